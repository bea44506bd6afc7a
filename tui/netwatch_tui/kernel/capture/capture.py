"""What happens to sockets between two ticks, by the best way that this user has on this machine."""

from __future__ import annotations

import select
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket, DestroyedSockets
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_trace import EventTrace
from netwatch_tui.sockets.connection_events import CaptureBatch

_OVERRUN = "news of ended sockets was lost, because it was not read in time"


class CaptureWay(StrEnum):
    """How it is done."""

    PERF = "perf"
    """Tracepoints by perf_event_open(2)."""
    TRACEFS = "tracefs"
    """Tracepoints by an own instance of ftrace."""
    DESTROYED = "destroyed"
    """sock_diag's multicast of destroyed sockets alone."""
    NONE = "none"


class ListenableNamespace(Protocol):
    """A network namespace in which destroyed sockets can be listened to."""

    @property
    def inode(self) -> int:
        """Its number."""

    def destroyed_sockets(self) -> DestroyedSockets:
        """What listens in it.

        Raises:
            OSError: It may not be entered, or listened in.
        """


class Capture:
    """What happens to sockets. It has no thread and no timer: who holds it reads it soon after its `poller` says so."""

    def __init__(self, way: CaptureWay, sentence: str, trace: EventTrace | None, clock: EventClock) -> None:
        """Begin; see `open_capture`.

        Args:
            way: How it is done.
            sentence: What a person should know about it: which way it is, and what can't be seen.
            trace: The tracepoints, if they may be used.
            clock: Gives the time of events.
        """
        self.way = way
        self.sentence = sentence
        self._trace = trace
        self._clock = clock
        self._listening: dict[int, DestroyedSockets] = {}
        self._overruns = 0

    def listen_in(self, namespaces: Iterable[ListenableNamespace]) -> None:
        """Learn the totals of connections, and the ends of UDP sockets, in these network namespaces and no others.

        Those that may not be entered are left out. Each is kept alive as long as it is listened to.
        """
        if self.way is CaptureWay.NONE:
            return
        wanted = {namespace.inode: namespace for namespace in namespaces}
        for inode in self._listening.keys() - wanted.keys():
            self._listening.pop(inode).close()
        for inode in wanted.keys() - self._listening.keys():
            with suppress(OSError):
                self._listening[inode] = wanted[inode].destroyed_sockets()

    @property
    def is_listening(self) -> bool:
        """Whether it learns totals, and the ends of UDP sockets, of any network namespace."""
        return bool(self._listening)

    def poller(self) -> select.poll | None:
        """What can be waited with for something to read; None where what was read already is told the next time."""
        if self._trace and self._trace.holds_back:
            return None
        poll = select.poll()
        for file in self._trace.files if self._trace else [each.file for each in self._listening.values()]:
            poll.register(file, select.POLLIN)
        return poll

    def read(self, *, is_last: bool = False) -> CaptureBatch:
        """What happened since the last time, without waiting.

        Args:
            is_last: Whether to give everything: else the last milliseconds are kept for the next time, because their
                order is not certain yet.

        Raises:
            OSError: The kernel fails; that a user can do something about it is not known.
        """
        self._clock.check()
        if self._trace is not None:
            batch = self._trace.read(self._destroyed, has_totals=self.is_listening, is_last=is_last)
        else:
            epoch, start = self._clock.epoch, time.monotonic_ns()
            # What has no port was never bound nor connected: nothing happened with it.
            batch = CaptureBatch(
                tuple(told.as_event(epoch(told.read_at)) for told in self._destroyed() if told.local[1]),
                complete_until=epoch(start),
            )
        if self._overruns:
            batch = batch._replace(gaps=(*batch.gaps, _OVERRUN))
            self._overruns = 0
        return batch

    def close(self) -> None:
        """End it; nothing of it is left on the machine."""
        if self._trace is not None:
            self._trace.close()
        while self._listening:
            self._listening.popitem()[1].close()

    def _destroyed(self) -> Iterator[DestroyedSocket]:
        for each in self._listening.values():
            found, overruns = each.read()
            yield from found
            self._overruns += overruns
