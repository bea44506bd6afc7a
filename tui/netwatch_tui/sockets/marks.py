"""Which rows are lit: what opened, changed or closed a moment ago."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Socket


class Mark(StrEnum):
    """A signal on a row; the value is the sign in the mark column."""

    NEW = "+"
    CHANGED = "~"
    CLOSED = "-"


MARK_RANK = {mark: rank for rank, mark in enumerate(Mark)}


class Marked(NamedTuple):
    """A lit row."""

    mark: Mark
    until: float | None
    """When the light goes out, in seconds since the epoch; None while the screen is paused."""
    socket: Socket
    """As it was when it was marked; for a closed socket the last that was seen of it."""


class Marks(NamedTuple):
    """All lit rows by socket id. Immutable: each step gives a new value."""

    by_id: Mapping[int, Marked] = {}

    def advance(self, delta: Delta, until: float | None) -> Marks:
        """Light what this delta brought until the given time; the latest event on a socket wins."""
        if not (delta.opened or delta.changed or delta.closed or delta.dropped or delta.passed):
            return self
        by_id = dict(self.by_id)
        for socket in delta.dropped:
            by_id.pop(socket.id, None)
        for socket in giving_way(delta.opened):
            if not socket.was_there:
                by_id[socket.id] = Marked(Mark.NEW, until, socket)
        for change in giving_way(delta.changed):
            by_id[change.after.id] = Marked(Mark.CHANGED, until, change.after)
        for socket in giving_way((*delta.closed, *delta.passed)):
            by_id[socket.id] = Marked(Mark.CLOSED, until, socket)
        return Marks(by_id)

    def expire(self, now: float) -> Marks:
        """Put out what has been lit long enough."""
        lit = giving_way(self.by_id.items())
        left = {id: marked for id, marked in lit if marked.until is None or marked.until > now}
        return self if len(left) == len(self.by_id) else Marks(left)

    def release(self, until: float) -> Marks:
        """Give what was marked during a pause its time from now on."""
        return Marks(
            {id: marked._replace(until=until) if marked.until is None else marked for id, marked in self.by_id.items()},
        )

    @property
    def next_expiry(self) -> float | None:
        """When the next light goes out; None if none will."""
        lit = giving_way(self.by_id.values())
        return min((marked.until for marked in lit if marked.until is not None), default=None)

    @property
    def closed(self) -> tuple[Socket, ...]:
        """The lingering rows: sockets that are gone but still shown."""
        return tuple(marked.socket for marked in giving_way(self.by_id.values()) if marked.mark is Mark.CLOSED)
