"""The thread that collects. It owns the session; specs go in, messages come out, nothing else is shared."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Protocol

from textual.message import Message

from netwatch_tui.collect.clock import steady_clock
from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.procnet import Table
from netwatch_tui.kernel.source import Source
from netwatch_tui.model.view import View, ViewSpec
from netwatch_tui.ui.messages import CollectFailed, DetailsReady, ViewReady
from netwatch_tui.ui.session import Collects, Session

JOIN_TIMEOUT = 0.2
"""Seconds that quitting may wait for the thread; it looks for the wish to stop far more often."""

_Wish = ViewSpec | frozenset[int]
"""Another view, or details of these processes."""

Post = Callable[[Message], object]


class Feed(Protocol):
    """What the screen needs of whatever feeds it: the worker, or in tests something without a thread."""

    interval: float
    """Seconds between two ticks."""

    def begin(self, post: Post) -> None:
        """Start to send messages."""

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view of what was collected."""

    def ask(self, pids: frozenset[int]) -> None:
        """Ask for details of processes."""

    def stop(self) -> None:
        """Send nothing any more."""


class _Stopped(BaseException):
    """Raised inside a tick when the program quits; no handler of errors on the way may hold it up."""


def _as_it_is(collector: Collects) -> Collects:
    """Nothing is recorded."""
    return collector


class Worker:
    """Ticks at the interval, and whenever the person wants to see something else."""

    def __init__(
        self,
        source: Source,
        tables: Sequence[Table],
        spec: ViewSpec,
        interval: float,
        clock: Callable[[], float] | None = None,
        record: Callable[[Collects], Collects] = _as_it_is,
    ) -> None:
        self.interval = interval
        self._clock = clock or steady_clock()
        self._source = source
        self._postponed: _Wish | None = None
        collector = Collector(source, tables, namespaces=spec.namespaces, check=self._check)
        self._session = Session(record(collector), spec)
        self._wishes: SimpleQueue[_Wish | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._post: Post = _nowhere
        # A daemon: were it ever stuck in the kernel, the program could still end.
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)

    def begin(self, post: Post) -> None:
        """Start the thread."""
        self._post = post
        self._thread.start()

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view; of several asked at once, only the last is made."""
        self._wishes.put(spec)

    def ask(self, pids: frozenset[int]) -> None:
        """Ask for details of processes."""
        self._wishes.put(pids)

    def stop(self) -> None:
        """End the thread, in the middle of a tick if need be, and wait for it."""
        self._stopping.set()
        self._wishes.put(None)
        if self._thread.is_alive():
            self._thread.join(JOIN_TIMEOUT)

    def _check(self) -> None:
        if self._stopping.is_set():
            raise _Stopped

    def _run(self) -> None:
        with suppress(_Stopped):
            self._loop()

    def _loop(self) -> None:
        due = self._clock()
        first = True
        while True:
            now = self._clock()
            if now >= due:
                self._attempt(self._session.tick)
                if first:
                    # What the first tick built stays: no collection need walk through 100,000 sockets again, which
                    # would hold up the screen each time.
                    gc.freeze()
                    first = False
                # From the plan, not from the end of the tick: ticks keep their beat. A tick that took longer
                # than the interval is followed by the next one at once, and none is made up for.
                due = max(due + self.interval, self._clock())
            expiry = self._session.next_expiry
            wake = due if expiry is None else min(due, expiry)
            wish = self._wish(max(wake - self._clock(), 0.0))
            if isinstance(wish, ViewSpec):
                if self._session.needs_tick(wish):
                    due = self._clock()
                self._attempt(partial(self._session.show, wish))
            elif wish is not None:
                self._answer(wish)
            elif expiry is not None and self._clock() >= expiry:
                self._attempt(self._session.expire)

    def _wish(self, timeout: float) -> _Wish | None:
        """What was asked for next, of several specs in a row the last; None when the time is over."""
        try:
            wish = self._postponed or self._wishes.get(timeout=timeout)
            self._postponed = None
            while isinstance(wish, ViewSpec) and not self._wishes.empty():
                later = self._wishes.get_nowait()
                if not isinstance(later, ViewSpec):
                    self._postponed = later
                    break
                wish = later
        except Empty:
            return None
        self._check()
        return wish

    def _answer(self, pids: frozenset[int]) -> None:
        """Tell about processes; one about which nothing can be told is left out."""
        try:
            asked = {pid: self._source.process_details(pid) for pid in pids}
        except Exception as error:  # noqa: BLE001 -- as in _attempt
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
        else:
            self._post(DetailsReady({pid: found for pid, found in asked.items() if found is not None}))

    def _attempt(self, step: Callable[[float], View | None]) -> None:
        """Do one thing and show what came of it, also when it failed."""
        try:
            view = step(self._clock())
        except Exception as error:  # noqa: BLE001 -- the program must outlive any fault of a tick, and shows it
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return
        if view is not None:
            self._post(ViewReady(view))


def _nowhere(message: Message) -> None:
    """Where messages go before anybody listens."""
