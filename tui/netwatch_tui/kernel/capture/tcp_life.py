"""A TCP connection or listener from its beginning to its end, as far as it is known, and the events that tell of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket
from netwatch_tui.kernel.inet_lines import STATES
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.sockets.connection_events import (
    ConnectionEvent,
    ConnectionTotals,
    EventKind,
    EventProcess,
    EventSource,
)
from netwatch_tui.sockets.socket import Address, Family

Change = tuple[int, int, int, int, int, int, bytes, bytes]
"""The values of `tracepoints.STATE`: skaddr, old and new state, local and peer port, AF_*, local and peer address."""
SKADDR: Final = 0
OLD: Final = 1
NEW: Final = 2
LOCAL_PORT: Final = 3
PEER_PORT: Final = 4
_FAMILY: Final = 5
LOCAL: Final = 6
PEER: Final = 7

_AF_INET = 2
_STATES = {int(number, 16): state for number, state in STATES.items()}
"""By their numbers in the kernel's include/net/tcp_states.h."""
_FIN_COUNTED = {8: True, 9: True, 11: True, 1: False, 4: False}
"""By the state before the end, whether a FIN had come: CLOSE-WAIT, LAST-ACK and CLOSING follow one, ESTABLISHED and
FIN-WAIT-1 do not. From FIN-WAIT-2 it may go either way."""
_FAILURES = {111: EventKind.REFUSED, 110: EventKind.TIMED_OUT}
"""By ECONNREFUSED and ETIMEDOUT."""

_new = tuple.__new__


class TcpLife:
    """What is known of one. Once it has ended it is an event of which something is still to come."""

    __slots__ = (
        "began", "change", "closer", "cookie", "deadline", "ended", "ends", "error", "family", "is_complete",
        "is_outgoing", "kind", "local", "owner", "peer", "state", "told",
    )  # fmt: skip

    def __init__(
        self, change: Change, began: float | None, *, is_outgoing: bool | None, owner: EventProcess | None
    ) -> None:
        """Begin.

        Args:
            change: The change of state that tells of it.
            began: Seconds since the epoch; None if its beginning was not seen.
            is_outgoing: Whether it is this end that called connect(2), if that is known.
            owner: Whose it is, if that is known.
        """
        self.change = change
        """The one that told its ends best."""
        self.ends = change[LOCAL_PORT:]
        self.family: Family | None = None
        self.began = began
        self.is_outgoing = is_outgoing
        self.owner = owner
        self.closer: EventProcess | None = None

    def tell(self, change: Change) -> None:
        """Take a change that tells its ends better."""
        self.change = change
        self.ends = change[LOCAL_PORT:]
        self.family = None

    def is_told_by(self, change: Change) -> bool:
        """Whether a change can be one of this life, by its ends. At first, the kernel has not chosen a local port."""
        own = self.change
        return own[PEER_PORT] == change[PEER_PORT] and own[PEER] == change[PEER] and (
            own[LOCAL_PORT] == change[LOCAL_PORT] or not own[LOCAL_PORT]
        )  # fmt: skip

    def has_ports(self, local: int, peer: int) -> bool:
        """Whether its ports are these. One that was disconnected, as by SO_LINGER, has no peer any more."""
        return self.change[LOCAL_PORT] == local and (peer == self.change[PEER_PORT] or not peer)

    def end(self, at: float, state: int, kind: EventKind, deadline: int) -> None:
        """It is over, and some of what belongs to that is still to come.

        Args:
            at: Seconds since the epoch.
            state: That it was in before, by its number; 0 if it is not known.
            kind: What to tell; of a connection that never came to be, what to say if no error is reported.
            deadline: See `event_queue.Unfinished`.
        """
        self.ended = at
        self.state = state
        self.kind = kind
        self.deadline = deadline
        self.is_complete = False
        self.error: int | None = None
        self.cookie: int | None = None
        self.told: DestroyedSocket | None = None

    def finish(self) -> ConnectionEvent:
        """Its end."""
        kind, told, totals = self.kind, self.told, None
        if kind is EventKind.CLOSED:
            self.owner = self.owner or self.closer
            if told is not None and (totals := told.totals) is not None and totals.has_fin is None:
                out, received, _, *others = totals
                totals = _new(ConnectionTotals, (out, received, _FIN_COUNTED.get(self.state), *others))
        else:
            if self.error:
                kind = _FAILURES.get(self.error, EventKind.FAILED)
            if kind is not EventKind.ABANDONED:
                self.closer = None
        change = self.change
        if self.family is None:
            self._find_place()
        return _new(
            ConnectionEvent,
            (kind, self.ended, EventSource.TRACEPOINT, change[SKADDR], "tcp", self.family, self.local,
             change[LOCAL_PORT], self.peer, change[PEER_PORT], self.began, _STATES.get(self.state), self.is_outgoing,
             self.owner, self.closer, self.error, self.cookie, None if told is None else told.netns, totals),
        )  # fmt: skip

    def event(self, kind: EventKind, at: float) -> ConnectionEvent:
        """Something that happened to it; built without the constructor, which takes several times as long."""
        change = self.change
        if self.family is None:
            self._find_place()
        return _new(
            ConnectionEvent,
            (kind, at, EventSource.TRACEPOINT, change[SKADDR], "tcp", self.family, self.local, change[LOCAL_PORT],
             self.peer, change[PEER_PORT], self.began, None, self.is_outgoing, self.owner, self.closer, None, None,
             None, None),
        )  # fmt: skip

    def _find_place(self) -> None:
        """Its addresses as they are told."""
        is_v4 = self.change[_FAMILY] == _AF_INET
        self.family = Family.INET if is_v4 else Family.INET6
        self.local = _address(self.change[LOCAL], is_v4)
        self.peer = _address(self.change[PEER], is_v4)


@lru_cache(16_384)
def _address(packed: bytes, is_v4: bool) -> Address:
    """An end as the kernel writes it, `::ffff:192.0.2.1` for IPv4."""
    return ip_address(packed[12:] if is_v4 else packed)
