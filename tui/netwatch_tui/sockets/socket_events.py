"""What happened to sockets, one thing after the other: as the kernel told it, or as two ticks show it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.connection_events import ConnectionTotals, EventProcess
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Socket


class Happening(StrEnum):
    """What happened; of the first three the sense is that of `Delta`."""

    OPENED = "opened"
    CHANGED = "changed"
    """It has another state, other ends, or other owners."""
    CLOSED = "closed"
    REFUSED = "refused"
    """A connection that never came to be, as the four from here on: see `connection_events.EventKind`."""
    TIMED_OUT = "timed-out"
    FAILED = "failed"
    ABANDONED = "abandoned"


BEGINNINGS = frozenset(set(Happening) - {Happening.CHANGED, Happening.CLOSED})
"""A connection that was made, or tried in vain."""


ENDINGS = frozenset(set(Happening) - {Happening.CHANGED, Happening.OPENED})
"""After which there is no socket any more."""


class ToldBy(StrEnum):
    """Who told it."""

    TICK = "tick"
    """Two ticks that differ: the time is that of the second one."""
    EVENT = "event"
    """The kernel, at that moment."""


class SocketEvent(NamedTuple):
    """One thing that happened to one socket."""

    kind: Happening
    at: float
    """Seconds since the epoch."""
    source: ToldBy
    socket: Socket
    """As it was right after; of what is over as it was seen last."""
    before: Socket | None = None
    """As it was before, of a change."""
    duration: float | None = None
    """At its end, seconds since its beginning; None where that is not known. By ticks it may be an interval off."""
    totals: ConnectionTotals | None = None
    """What it had counted, at its end; None where the kernel did not tell."""
    closer: EventProcess | None = None
    """Who let go of it, where the kernel told."""
    error: int | None = None
    """The error number that the kernel reported with it."""


def has_other_owners(change: Change) -> bool:
    """Whether another process holds the socket than before, or none any more; to find an owner at last is no news."""
    before, after = change
    if before.owners is after.owners or _UNKNOWN.intersection((before.owner_reason, after.owner_reason)):
        return False
    return {owner.pid for owner in before.owners} != {owner.pid for owner in after.owners}


_UNKNOWN = frozenset({OwnerReason.NOT_YET, OwnerReason.NOT_FOUND, OwnerReason.PERMISSION})


def tick_event(kind: Happening, at: float, socket: Socket, before: Socket | None = None) -> SocketEvent:
    """What ticks alone tell."""
    duration = None
    if kind is Happening.CLOSED and not socket.was_there:
        duration = max(at - socket.seen_at, 0.0)
    return SocketEvent(kind, at, ToldBy.TICK, socket, before, duration)


def changed_sockets(delta: Delta) -> Iterator[Change]:
    """What is told as a change: another state, other ends, other owners."""
    yield from delta.changed
    yield from filter(has_other_owners, delta.updated)


def tick_events(delta: Delta, at: float) -> Iterator[SocketEvent]:
    """What a tick at this time tells by itself."""
    for socket in delta.closed:
        yield tick_event(Happening.CLOSED, at, socket)
    for change in changed_sockets(delta):
        yield tick_event(Happening.CHANGED, at, change.after, change.before)
    for socket in delta.opened:
        if not socket.was_there:
            yield tick_event(Happening.OPENED, at, socket)
