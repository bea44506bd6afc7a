"""What tracepoints and the multicast tell, from all processors in the order of time, and put together to events."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_queue import EventQueue
from netwatch_tui.kernel.capture.record_source import RecordSource
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.tcp_lives import TcpLives
from netwatch_tui.kernel.capture.tracepoints import DESTROY, ERROR, ROUTE, STATE, UDP_END, Row
from netwatch_tui.kernel.capture.udp_lives import UdpLives
from netwatch_tui.sockets.connection_events import CaptureBatch

HOLD_BACK = 2_000_000
"""Nanoseconds before the start of a reading up to which everything is there: the processors are read one after the
other, and what one recorded meanwhile may come before what another one did."""
_EARLY_FOR = 1_000_000_000
"""Nanoseconds for which totals wait for the end that they belong to."""
_TIME: itemgetter[Any] = itemgetter(0)


class EventTrace:
    """Reads a source of records and makes events of them."""

    def __init__(self, source: RecordSource, names: TaskNames, clock: EventClock) -> None:
        self._source = source
        self._later: list[Row] = []
        self._queue = EventQueue()
        self._epoch = clock.epoch
        self._tcp = TcpLives(self._queue, names.actor, clock.epoch, tells_errors=source.tells_errors)
        udp = UdpLives(self._queue, names.actor, clock.epoch)
        self._handlers: dict[int, Callable[[int, int, Any], None]] = {
            STATE: self._tcp.changed,
            DESTROY: self._tcp.destroyed,
            ERROR: self._tcp.failed,
            ROUTE: udp.routed,
            UDP_END: udp.destroyed,
            **names.handlers,
        }

    @property
    def holds_back(self) -> bool:
        """Whether something was read that is told the next time."""
        return bool(self._later)

    @property
    def files(self) -> list[int]:
        """Descriptors that poll readable when something has been written."""
        return self._source.files

    def read(
        self, destroyed: Callable[[], Iterable[DestroyedSocket]], *, has_totals: bool, is_last: bool = False
    ) -> CaptureBatch:
        """What happened since the last time.

        Args:
            destroyed: Gives what the multicast has told; it is asked after the source was read.
            has_totals: Whether the multicast is listened to, so that ends wait for it.
            is_last: Whether nothing is held back for a next time.
        """
        start = time.monotonic_ns()
        self._tcp.has_totals = has_totals
        rows = self._later
        losses = self._source.read(rows)
        if losses.tcp or losses.is_suspect:
            self._tcp.lost(start)
        for told in destroyed():
            if told.is_tcp:
                self._tcp.told(told)
            else:
                rows.append((told.read_at, 0, UDP_END, told))
        rows.sort(key=_TIME)
        known = start - HOLD_BACK
        split = len(rows) if is_last else bisect_right(rows, known, key=_TIME)
        self._later = rows[split:]
        handlers = self._handlers
        for at, task, code, values in rows[:split]:
            handlers[code](at, task, values)
        self._tcp.forget(start - _EARLY_FOR)
        events = self._queue.release(None if is_last else known)
        waits_since = self._queue.waits_since
        until = self._epoch(start if is_last else known) if waits_since is None else waits_since
        return CaptureBatch(tuple(events), losses.tcp, losses.udp, losses.gaps, until)

    def close(self) -> None:
        """End it."""
        self._source.close()
