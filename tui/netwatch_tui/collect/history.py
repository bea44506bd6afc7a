"""The last things that happened to sockets, each as a row of a table of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.snapshot import Counts, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent

MOST_EVENTS = 100_000
"""Events that are remembered, some 80 MB of connections that no tick saw, and half as much while they are shown."""


class History:
    """Remembers what happened up to a bound. A row is a socket as it was then, under a number of its own.

    Numbers follow one another, so that the oldest is found without a search.
    """

    def __init__(self, most: int = MOST_EVENTS) -> None:
        """Remember nothing yet, and at most so many events."""
        self._most = most
        self._events: dict[int, SocketEvent] = {}
        self._next = 1
        self._rows: dict[int, Socket] = {}
        """What was shown last, by the same numbers."""
        self._counts = Counts()
        self.events: Mapping[int, SocketEvent] = MappingProxyType(self._events)
        """Each by the id of its row; the socket in it has the id of its own. It goes on while it is read."""

    def add(self, events: Iterable[SocketEvent]) -> None:
        """Remember these as well; the oldest are forgotten."""
        remembered = self._events
        for event in giving_way(events):
            remembered[self._next] = event
            self._next += 1
        while len(remembered) > self._most:
            del remembered[self._first]

    @property
    def _first(self) -> int:
        """The number of the oldest that is remembered."""
        return self._next - len(self._events)

    def hide(self) -> None:
        """Nothing of it is shown any more."""
        self._rows.clear()
        self._counts = Counts()

    def snapshot(self, now: Snapshot) -> Snapshot:
        """What is remembered in place of the sockets of a snapshot; its delta leads here from the last time."""
        rows, events = self._rows, self._events
        shown = next(reversed(rows), 0)
        oldest = shown - len(rows) + 1
        gone = tuple(rows.pop(id) for id in range(oldest, min(self._first, shown + 1)))
        new = range(max(shown + 1, self._first), self._next)
        opened = tuple(events[id].socket._replace(id=id, was_there=False) for id in new)
        rows.update((row.id, row) for row in opened)
        delta = Delta(opened=opened, dropped=gone)
        self._counts = self._counts.after(delta)
        return now._replace(
            sockets=tuple(rows.values()), delta=delta, counts=self._counts, findings={}, flows={}, histories={},
            port_facts=None, events=(),
        )  # fmt: skip
