"""What happened to a socket, as the kernel told it at that moment: what no look at its tables can be sure to see."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.ownership import own_number
from netwatch_tui.sockets.socket import Address, Family, State


class EventKind(StrEnum):
    """What happened."""

    LISTENING = "listening"
    """listen(2)."""
    OPENED = "opened"
    """A connection was established, by this end or by the other one; or a UDP socket sent for the first time."""
    REFUSED = "refused"
    """connect(2) was answered with a reset, ECONNREFUSED."""
    TIMED_OUT = "timed-out"
    """connect(2) was not answered, ETIMEDOUT."""
    FAILED = "failed"
    """connect(2) failed otherwise; `ConnectionEvent.error` tells how where the kernel said so."""
    ABANDONED = "abandoned"
    """The process let go of the socket before connect(2) had an outcome."""
    CLOSED = "closed"
    """It is not among the kernel's sockets any more; see `ConnectionEvent.may_linger`.

    Of `EventSource.DESTROYED` that can also be a connection that never came to be: the multicast does not tell.
    """
    END_UNSEEN = "end-unseen"
    """Its end was among lost events: it was over by then, at the latest."""


ATTEMPTS = frozenset({EventKind.REFUSED, EventKind.TIMED_OUT, EventKind.FAILED, EventKind.ABANDONED})
"""Connections that never came to be."""


class EventSource(StrEnum):
    """Who told it."""

    TRACEPOINT = "tracepoint"
    """The kernel's tracepoints, which tell the time."""
    DESTROYED = "destroyed"
    """sock_diag's multicast of destroyed sockets: the time is when it was read, which is a little later."""


class EventProcess(NamedTuple):
    """The process that did it."""

    pid: int
    name: str | None
    """Its name at that moment; None where it could not be learned any more."""

    @property
    def own_pid(self) -> int:
        """The pid as its own machine calls it."""
        return own_number(self.pid)


TOLD_WITHIN = 1.0
"""Seconds: a life that is shorter can't be measured by when its end was read."""


class ConnectionTotals(NamedTuple):
    """What a TCP connection had counted when it was destroyed, by its struct tcp_info."""

    bytes_out: int
    """Payload that was sent, each byte once."""
    received: int
    """Bytes that were received in order. The peer's FIN counts as one."""
    has_fin: bool | None
    """Whether a FIN is among them; None where that is not known."""
    bytes_retrans: int
    """Payload that was sent again."""
    retrans_total: int
    """Segments that were sent again."""
    rtt: float | None
    """Smoothed round-trip time in seconds; None if none was measured."""

    @property
    def bytes_in(self) -> int:
        """Payload that was received; where it is not known whether a FIN came with it, it may be one byte less."""
        return self.received - bool(self.has_fin)


class ConnectionEvent(NamedTuple):
    """One thing that happened to one socket."""

    kind: EventKind
    at: float
    """Seconds since the epoch."""
    source: EventSource
    skaddr: int | None
    """Names the socket among those that are there: nothing but a key, and used again once the socket is gone."""
    netid: str
    """tcp or udp."""
    family: Family
    local: Address
    local_port: int
    peer: Address
    peer_port: int
    """0 for a listener."""
    began: float | None = None
    """When connect(2) was called, or else when it was opened; None if that was before the capture or lost."""
    state: State | None = None
    """At its end the state that it was in before; None where that is not known, and else."""
    is_outgoing: bool | None = None
    """Whether this end called connect(2); None where its beginning was not seen."""
    owner: EventProcess | None = None
    """Whose socket it is, as far as its own calls have told so far.

    That is who called connect(2) or listen(2), or who sent; of an accepted connection it is only known from its close.
    """
    closer: EventProcess | None = None
    """Who let go of it; None where the kernel did so alone, or by the other end's wish."""
    error: int | None = None
    """The error number that the kernel reported with it: ECONNREFUSED, ECONNRESET, ETIMEDOUT..."""
    cookie: int | None = None
    """See `DiagFacts`."""
    netns: int | None = None
    """Inode of the network namespace, where the multicast told."""
    totals: ConnectionTotals | None = None
    """Of a TCP connection; None where the kernel did not tell in time, or had thrown them away: when this end resets a
    connection (SO_LINGER, see tcp(7)), they are gone before it is destroyed."""

    @property
    def duration(self) -> float | None:
        """Seconds from its beginning to this event; None where that is not known, or told too late to be measured."""
        if self.began is None:
            return None
        seconds = max(self.at - self.began, 0.0)
        return None if self.source is EventSource.DESTROYED and seconds < TOLD_WITHIN else seconds

    @property
    def may_linger(self) -> bool:
        """Whether a remnant of it may still be listed, without inode and in TIME-WAIT or FIN-WAIT-2.

        The kernel puts a small structure with the same ends in its place (`tcp_time_wait` in net/ipv4/tcp_minisocks.c).
        """
        return self.kind is EventKind.CLOSED and self.state in _LINGERING


_LINGERING = frozenset({State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, None})


class CaptureBatch(NamedTuple):
    """What was captured since the last time."""

    events: tuple[ConnectionEvent, ...]
    """In the order of time; none is earlier than one of an earlier batch, unless the machine's clock was set back."""
    lost: int = 0
    """Events about TCP and processes that the kernel had to throw away, because they were not read in time."""
    lost_udp: int = 0
    """The same about UDP."""
    gaps: tuple[str, ...] = ()
    """Sentences about times in which nobody can say how much was lost."""
    complete_until: float = math.inf
    """In seconds since the epoch: nothing that happened before is still to come."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not (self.lost or self.lost_udp or self.gaps)
