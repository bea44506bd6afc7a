"""The one ticker of the screen, of a recording that is played, and of what runs without a screen.

It has the clock, knows what is due and what is asked for meanwhile, and ends everything that is timed by it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

JOIN_TIMEOUT = 0.2
"""Seconds for which quitting may wait for a thread; the thread sees the wish to stop far more often."""

WishT = TypeVar("WishT")

Clock = Callable[[], float]
"""Gives the time in seconds since the epoch."""

Sleep = Callable[[float | None], object]
"""Sleeps for so many seconds, None for as long as it takes; comes back earlier when there is a reason to."""


def steady_clock() -> Clock:
    """A clock in seconds since the epoch that never jumps when somebody sets the machine's time."""
    offset = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return lambda: time.clock_gettime(time.CLOCK_BOOTTIME) + offset


class Stopped(BaseException):
    """Raised in whatever is timed by a ticker when it is to end; no handler of errors on the way may hold it up."""


class TickPlan:
    """When the next tick is due. Ticks keep to the plan, however long each of them takes."""

    def __init__(self, interval: float, now: float) -> None:
        """Begin with a tick that is due now; the interval is in seconds."""
        self.interval = interval
        self.due = now

    def ticked(self, now: float) -> None:
        """Plan the next tick after one that is over.

        It is due an interval after the last one was due, not after its end. A tick that took longer than the interval
        is followed by the next one at once, and none is made up for.
        """
        self.due = max(self.due + self.interval, now)

    def pace(self, interval: float, now: float) -> None:
        """Have another interval, from the last tick on."""
        self.due = max(self.due - self.interval + interval, now)
        self.interval = interval

    def have_by(self, moment: float, now: float) -> None:
        """Have the next tick at this moment at the latest, or now if that is over."""
        self.due = min(self.due, max(moment, now))

    def hasten(self, now: float) -> None:
        """Have the next tick now."""
        self.due = now


class Ticker(Generic[WishT]):
    """Waits for what comes first: a moment, a wish, or the end.

    One thread waits. `ask` may be called from any thread, `stop` from signal handlers as well.
    """

    def __init__(self, clock: Clock | None = None, sleep: Sleep | None = None) -> None:
        """Begin nothing yet.

        Args:
            clock: What it goes by; a steady one where nothing is said.
            sleep: How it waits for a moment, where that has to be ended by something else than `ask` and `stop`.
        """
        self.clock = clock or steady_clock()
        self._sleep = sleep or self._sleep_until_asked
        self._asked: SimpleQueue[WishT | None] = SimpleQueue()  # whose put may be interrupted by another one
        self._heard: list[WishT | None] = []
        self._is_stopped = False
        self.is_last_tick = False
        """Whether the time is over of `ticks`, which give no other one."""

    def ask(self, wish: WishT) -> None:
        """Ask for something, which wakes who waits."""
        self._asked.put(wish)

    def stop(self) -> None:
        """End what is timed, in the middle of it if need be."""
        self._is_stopped = True
        self._asked.put(None)

    def check(self) -> None:
        """End what is going on if it is to end.

        Raises:
            Stopped: It is.
        """
        if self._is_stopped:
            raise Stopped

    def wait(self, until: float | None) -> list[WishT]:
        """Sleep until a moment, None for never, or until something is asked for; gives what was.

        Raises:
            Stopped: It is to end.
        """
        while True:
            self._sleep(None if until is None else max(until - self.clock(), 0.0))
            self.check()
            wishes = self._taken()
            if wishes or (until is not None and self.clock() >= until):
                return wishes

    def ticks(self, interval: float, lasts: float | None = None) -> Iterator[float]:
        """The time at each tick until it is stopped: the first at once, then one an interval.

        Args:
            interval: Seconds from tick to tick.
            lasts: Seconds after which the last one comes; None for never.
        """
        plan = TickPlan(interval, self.clock())
        end = None if lasts is None else plan.due + lasts
        with suppress(Stopped):
            while True:
                self.check()
                now = self.clock()
                self.is_last_tick = end is not None and now >= end
                yield now
                if self.is_last_tick:
                    return
                plan.ticked(self.clock())
                self.wait(plan.due if end is None else min(plan.due, end))

    def run(
        self, do_due: Callable[[], object], next_due: Callable[[], float | None], grant: Callable[[list[WishT]], object]
    ) -> None:
        """Do what is due and what is asked for, until it is stopped.

        Args:
            do_due: Does what it is time for.
            next_due: When there is something to do by itself again, by the clock; None for never.
            grant: Does what was asked for, in this order.
        """
        with suppress(Stopped):
            while True:
                do_due()
                if wishes := self.wait(next_due()):
                    grant(wishes)

    def _sleep_until_asked(self, seconds: float | None) -> None:
        with suppress(Empty):
            self._heard.append(self._asked.get(timeout=seconds))

    def _taken(self) -> list[WishT]:
        """All that was asked for and not granted yet."""
        with suppress(Empty):
            while True:
                self._heard.append(self._asked.get_nowait())
        wishes, self._heard = [wish for wish in self._heard if wish is not None], []
        return wishes


class TickerThread(Ticker[WishT]):
    """A ticker whose work is done by a thread of its own."""

    def __init__(self, name: str, clock: Clock | None = None) -> None:
        """Begin nothing yet; the name is the thread's."""
        super().__init__(clock)
        self._name = name
        self._thread: threading.Thread | None = None

    def begin(self, run: Callable[[], object]) -> None:
        """Start the thread with a function, which ends when it is stopped."""
        # A daemon: were it ever stuck in the kernel, the program could still end.
        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the work, and wait a little for it."""
        super().stop()
        if self._thread is not None:
            self._thread.join(JOIN_TIMEOUT)
