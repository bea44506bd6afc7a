"""From the beginnings and ends of system calls, as they come, to calls.

Each end belongs to the last beginning of its thread. In between, the kernel tells of that thread to which address it
connects, listens, or sends. Records can be missing: a beginning without its end is a call that did not return while it
was traced, and of an end without its beginning only the result is known. No end is put to the beginning of another
call. No input, no output, no clock.
"""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.kernel.tracing.call_points import CallKind
from netwatch_tui.kernel.tracing.descriptor_tables import Descriptor
from netwatch_tui.sockets.mapped_addresses import plain
from netwatch_tui.sockets.traced_call import CallEnd

MOST_OPEN = 65_536
"""Threads of which a call that has not returned is remembered; of more, the beginnings of all are forgotten."""


class PairedCall(NamedTuple):
    """A call, as far as its own thread told of it."""

    tid: int
    kind: CallKind
    began: int | None
    """Nanoseconds of CLOCK_MONOTONIC; None where that was not seen."""
    ended: int
    """When it returned; else when it was known that it would not any more."""
    arguments: dict[str, int] | None
    result: int | None
    """None where it did not return, or nobody can say with what."""
    local: CallEnd | None = None
    """Of a TCP socket that changed its state in the call."""
    peer: CallEnd | None = None
    routed: CallEnd | None = None
    """The only one to which the kernel looked up a route."""
    about: Descriptor | None = None
    """What stood behind its descriptor when it was made."""


class _OpenCall:
    """A call that has not returned."""

    __slots__ = ("about", "arguments", "began", "is_doubtful", "is_routed_twice", "kind", "local", "peer", "routed")

    def __init__(self, kind: CallKind, began: int, arguments: dict[str, int], about: Descriptor | None) -> None:
        self.kind = kind
        self.about = about
        self.began = began
        self.arguments = arguments
        self.is_doubtful = False
        self.local: CallEnd | None = None
        self.peer: CallEnd | None = None
        self.routed: CallEnd | None = None
        self.is_routed_twice = False

    def paired(self, tid: int, at: int, result: int | None) -> PairedCall:
        routed = None if self.is_routed_twice else self.routed
        return PairedCall(
            tid, self.kind, self.began, at, self.arguments, result, self.local, self.peer, routed, self.about
        )


class CallPairs:
    """The calls under way, by thread."""

    def __init__(self) -> None:
        self._open: dict[int, _OpenCall] = {}
        self.is_losing = False
        """Whether records may be missing now; see `lose`."""

    def entered(
        self, at: int, tid: int, kind: CallKind, arguments: dict[str, int], about: Descriptor | None = None
    ) -> PairedCall | None:
        """A thread begins a call. Gives the one before if it never returned, as far as is known."""
        before = self.ended(at, tid)
        if len(self._open) >= MOST_OPEN:
            self._open.clear()
        self._open[tid] = _OpenCall(kind, at, arguments, about)
        self._open[tid].is_doubtful = self.is_losing
        return before

    def state_changed(self, tid: int, local: tuple[bytes, int], peer: tuple[bytes, int]) -> None:
        """A TCP socket with these ends changes its state, by what a thread does.

        The first one in a call is the one that the call is about: who closes a listener closes what waits at it, too.
        """
        call = self._open.get(tid)
        if call is not None and (call.local, call.peer) == (None, None):
            call.local = _end(*local) if local[1] else None  # connect(2) has no port yet
            call.peer = _end(*peer) if peer[1] else None

    def routed(self, tid: int, address: bytes, port: int) -> None:
        """The kernel looks up a route for what a thread sends, or connects to."""
        if (call := self._open.get(tid)) is not None and port:
            found = _end(address, port)
            if call.routed is None:
                call.routed = found
            elif call.routed != found:
                call.is_routed_twice = True

    def returned(self, at: int, tid: int, kind: CallKind, result: int) -> list[PairedCall]:
        """A call of a thread returns; gives it, after another one that never did, as far as is known."""
        call = self._open.get(tid)
        if call is None:
            return [PairedCall(tid, kind, None, at, None, result)]
        if call.kind is kind and not call.is_doubtful:
            del self._open[tid]
            return [call.paired(tid, at, result)]
        del self._open[tid]
        unfinished = [] if call.kind is kind else [call.paired(tid, at, None)]
        return [*unfinished, PairedCall(tid, kind, None, at, None, result)]

    def ended(self, at: int, tid: int) -> PairedCall | None:
        """A thread does something else now, or has ended: gives the call that it was in."""
        call = self._open.pop(tid, None)
        return None if call is None else call.paired(tid, at, None)

    def under_way(self, at: int) -> list[PairedCall]:
        """All calls that have not returned, the oldest first; none is remembered any more."""
        order = sorted(self._open, key=lambda tid: self._open[tid].began)
        return [call for tid in order if (call := self.ended(at, tid)) is not None]

    def lose(self, *, is_losing: bool) -> None:
        """From now on records may be missing, or no more: no call that is under way then gets an end."""
        self.is_losing = is_losing
        for call in self._open.values():
            call.is_doubtful = True


def _end(address: bytes, port: int) -> CallEnd:
    """An end with its address as the process knows it: an IPv4 one may come in IPv6's clothes."""
    return CallEnd(ip_address(plain(address)), port)
