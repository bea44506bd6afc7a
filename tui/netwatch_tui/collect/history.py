"""The last things that happened to sockets, each as a row of a table of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from netwatch_tui.collect.event_ring import EventRing
from netwatch_tui.collect.kept_bytes import KeptBytes
from netwatch_tui.sockets.bounded_memory import bytes_of_process
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.snapshot import Counts, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent

MOST_EVENTS = 100_000
"""Events that are remembered, some 80 MB of connections that no tick saw, and half as much while they are shown."""

MOST_BYTES = 64 * 1024 * 1024
"""Bytes that what is large in them may take: sockets with many descriptors, processes with long command lines."""

_LARGE = 2_000
"""Bytes from which on something is: more than a socket takes that one or two processes hold, or such a process."""


class History:
    """Remembers what happened up to two bounds. A row is a socket as it was then, under a number of its own."""

    def __init__(self, most: int = MOST_EVENTS) -> None:
        """Remember nothing yet, and at most so many events."""
        self._events = EventRing(most)
        self._large = KeptBytes(_LARGE)
        self._rows: deque[Socket] = deque()
        """What was shown last, by the same numbers, which follow one another."""
        self._counts = Counts()

    @property
    def events(self) -> Mapping[int, SocketEvent]:
        """Each by the id of its row; the socket in it has the id of its own. It goes on while it is read."""
        return self._events

    def add(self, events: Iterable[SocketEvent]) -> None:
        """Remember these as well; the oldest are forgotten."""
        for event in giving_way(events):
            gone = self._events.add(event)
            if gone is not None and self._large.total:
                self._let_go(gone)
            if _may_be_large(event):
                self._large.keep(_sockets(event))
                while self._large.total > MOST_BYTES and len(self._events) > 1:
                    self._let_go(self._events.forget())

    def _let_go(self, event: SocketEvent | None) -> None:
        if event is not None and _may_be_large(event):
            self._large.let_go(_sockets(event))

    def hide(self) -> None:
        """Nothing of it is shown any more."""
        self._rows.clear()
        self._counts = Counts()

    def snapshot(self, now: Snapshot) -> Snapshot:
        """What is remembered in place of the sockets of a snapshot; its delta leads here from the last time."""
        rows, events = self._rows, self._events
        gone = []
        while rows and rows[0].id < events.first:
            gone.append(rows.popleft())
        new = range(rows[-1].id + 1 if rows else events.first, events.next)
        opened = tuple(events[id].socket._replace(id=id, was_there=False) for id in new)
        rows.extend(opened)
        delta = Delta(opened=opened, dropped=tuple(gone))
        self._counts = self._counts.after(delta)
        return now._replace(
            sockets=tuple(rows), delta=delta, counts=self._counts, findings={}, flows={}, histories={},
            port_facts=None, events=(),
        )  # fmt: skip


def _may_be_large(event: SocketEvent) -> bool:
    """Whether something about it may have to be counted; about most there is nothing, which is seen at a glance."""
    socket = event.socket
    owners = socket.owners
    if len(owners) > 1 or socket.evidence or event.before is not None:
        return True
    return len(owners) > 0 and bytes_of_process(owners[0].process) >= _LARGE


def _sockets(event: SocketEvent) -> tuple[Socket, ...]:
    return (event.socket,) if event.before is None else (event.socket, event.before)
