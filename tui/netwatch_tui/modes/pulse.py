"""The beat of everything that goes on until it is stopped: by a signal, by its time, or because nobody reads it."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from netwatch_tui.play.steady_clock import steady_clock

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GRACE = 0.5
"""Seconds that a look or a write, whose reader may have stopped reading, has to come to its end after a signal."""


class Stopped(BaseException):
    """Raised inside a look when the program is to end; no handler of errors on the way may hold it up."""


class Pulse:
    """Beats at the interval. In its `with` block signals end the beat instead of the program."""

    def __init__(
        self,
        interval: float,
        seconds: float | None = None,
        *,
        for_reader: bool = False,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Begin nothing yet.

        Args:
            interval: Seconds from beat to beat.
            seconds: After how many the last beat comes; None for never.
            for_reader: It is all for whoever reads standard output, and over when they are gone.
            clock: Gives the time in seconds since the epoch.
        """
        self.stopped_by: int | None = None
        """The signal that ended the beat."""
        self._interval = interval
        self._seconds = seconds
        self._for_reader = for_reader
        self._clock = clock or steady_clock()
        self._before: dict[int, Any] = {}
        self._woken = self._waking = self._wakeup_before = -1

    def __enter__(self) -> Self:
        self._woken, self._waking = os.pipe()
        os.set_blocking(self._waking, False)
        self._before = {number: signal.signal(number, self._stop) for number in SIGNALS}
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._force)
        self._wakeup_before = signal.set_wakeup_fd(self._waking, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._waking)
        return kind is Stopped

    def check(self) -> None:
        """End what is going on if a signal has come.

        Raises:
            Stopped: One has.
        """
        if self.stopped_by is not None:
            raise Stopped

    def beats(self) -> Iterator[float]:
        """The time at each beat: the first at once, the last when the time is over."""
        due = self._clock()
        end = None if self._seconds is None else due + self._seconds
        while self.stopped_by is None:
            now = self._clock()
            yield now
            if end is not None and now >= end:
                return
            # As in the worker of the screen: beats keep their plan, and none is made up for.
            due = max(due + self._interval, self._clock())
            if self._is_over_before(due if end is None else min(due, end)):
                return

    def _is_over_before(self, due: float) -> bool:
        """Sleep; True if a signal came or nobody reads any more."""
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if self._for_reader and sys.stdout is not None:
            with suppress(OSError, ValueError):
                poll.register(sys.stdout.fileno(), 0)  # errors are told without being asked for
        while (left := due - self._clock()) > 0:
            if poll.poll(left * 1000 + 1):
                return True
        return self.stopped_by is not None

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.stopped_by = self.stopped_by or number
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    def _force(self, _number: int, _: FrameType | None) -> None:
        # What is left in the buffer would make the flush at exit wait for the same reader.
        if sys.stdout is not None:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Stopped
