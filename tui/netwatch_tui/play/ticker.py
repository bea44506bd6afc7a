"""The thread that collects. It owns the session; specs go in, messages come out, nothing else is shared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from netwatch_tui.collect.collector import Collector, Collects
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.kernel.source import Source
from netwatch_tui.play.garbage import Garbage
from netwatch_tui.play.news import CollectFailed, Post, ViewReady, nowhere
from netwatch_tui.play.session import Session
from netwatch_tui.play.steady_clock import steady_clock
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

JOIN_TIMEOUT = 0.2
"""Seconds that quitting may wait for the thread; it looks for the wish to stop far more often."""


class _Stopped(BaseException):
    """Raised inside a tick when the program quits; no handler of errors on the way may hold it up."""


class Ticker:
    """Ticks at the interval, and whenever the person wants to see something else."""

    def __init__(
        self,
        source: Source,
        tables: Sequence[Table],
        spec: ViewSpec,
        clock: Callable[[], float] | None = None,
        record: Callable[[Collects], Collects] | None = None,
    ) -> None:
        """Begin nothing yet.

        Args:
            source: The machine.
            tables: The socket tables to read.
            spec: What is shown at first.
            clock: Gives the time in seconds since the epoch.
            record: Puts something around the collector that writes down what it sees.
        """
        self._clock = clock or steady_clock()
        self._source = source
        collector = Collector(source, tables, namespaces=spec.namespaces, check=self._check)
        self._session = Session(record(collector) if record else collector, spec, self._ask)
        self._wishes: SimpleQueue[ViewSpec | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._post: Post = nowhere
        # A daemon: were it ever stuck in the kernel, the program could still end.
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)

    def begin(self, post: Post) -> None:
        """Start the thread."""
        self._post = post
        self._thread.start()

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view; of several asked at once, only the last is made."""
        self._wishes.put(spec)

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
        garbage = Garbage()
        try:
            with suppress(_Stopped):
                self._loop(garbage)
        finally:
            garbage.hand_back()

    def _loop(self, garbage: Garbage) -> None:
        due = self._clock()
        while True:
            now = self._clock()
            if now >= due:
                self._attempt(self._session.tick)
                garbage.collect()
                # From the plan, not from the end of the tick: ticks keep their beat. A tick that took longer
                # than the interval is followed by the next one at once, and none is made up for.
                due = max(due + self._session.spec.interval, self._clock())
            expiry = self._session.next_expiry
            wake = due if expiry is None else min(due, expiry)
            wish = self._wish(max(wake - self._clock(), 0.0))
            if wish is not None:
                due = self._due(wish, due)
                self._attempt(partial(self._session.show, wish))
            elif expiry is not None and self._clock() >= expiry:
                self._attempt(self._session.expire)

    def _due(self, wish: ViewSpec, due: float) -> float:
        """When the next tick is due if this is granted."""
        now, interval = self._clock(), self._session.spec.interval
        if self._session.needs_tick(wish):
            return now
        return max(due - interval + wish.interval, now) if wish.interval != interval else due

    def _wish(self, timeout: float) -> ViewSpec | None:
        """What was asked for next, of several in a row the last; None when the time is over."""
        try:
            wish = self._wishes.get(timeout=timeout)
            while wish is not None and not self._wishes.empty():
                wish = self._wishes.get_nowait()
        except Empty:
            return None
        self._check()
        return wish

    def _ask(self, pid: int) -> ProcessDetails | None:
        """Find out about a process; a failure is told, and costs no more than the details."""
        try:
            return self._source.process_details(pid)
        except Exception as error:  # noqa: BLE001 -- as in _attempt
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return None

    def _attempt(self, step: Callable[[float], View | None]) -> None:
        """Do one thing and show what came of it, also when it failed."""
        try:
            view = step(self._clock())
        except Exception as error:  # noqa: BLE001 -- the program must outlive any fault of a tick, and shows it
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return
        if view is not None:
            self._post(ViewReady(view))
