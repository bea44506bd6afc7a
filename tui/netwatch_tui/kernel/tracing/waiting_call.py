"""A call that has returned, and is not told yet: what it tells of its socket, and what only a look can tell."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import NamedTuple

from netwatch_tui.kernel.tracing.call_pairs import PairedCall
from netwatch_tui.kernel.tracing.call_points import Role
from netwatch_tui.kernel.tracing.descriptor_tables import Descriptor, SocketLook, TracedSocket
from netwatch_tui.sockets.connection_events import EventProcess
from netwatch_tui.sockets.traced_call import CallEnd

_STREAM = 1
"""SOCK_STREAM."""
_DATAGRAMS = {2, 3, 4}
"""SOCK_DGRAM, SOCK_RAW, SOCK_RDM: each message may come from somewhere else."""
_UNDER_WAY = {0, -errno.EINPROGRESS}
"""Results of a connect(2) that has a peer."""
_NEEDS_LOOK = {"bind", "connect", "accept", "accept4"}
"""Calls that need one even if all is known of the socket."""


class WaitingCall(NamedTuple):
    """One of them."""

    call: PairedCall
    who: EventProcess
    fd: int | None
    about: Descriptor | None
    """What stands behind its descriptor."""
    made: Descriptor | None
    """The socket that it made."""

    def must_wait(self, known: int) -> bool:
        """Whether it may be known later what is not known yet; all is known up to a time."""
        if any(True for _ in self.to_look_at()):
            return True
        looks = (each.look for each in (self.about, self.made) if each is not None)
        return any(look is not None and look.at > known for look in looks)

    def to_look_at(self) -> Iterator[tuple[Descriptor, int]]:
        """The descriptors with their numbers that would tell what is still needed."""
        call, _, fd, about, made = self
        if about is not None and about.socket.type is not None and call.kind.name not in _NEEDS_LOOK:
            return
        new = call.result if call.kind.role is Role.ACCEPTS else None
        if new is not None and made is not None and (made.ended, made.look, made.socket.peer) == (None, None, None):
            yield made, new
        if about is None or fd is None or about.ended is not None:
            return
        socket = about.socket
        is_unknown = socket.is_socket is None or (socket.is_socket and socket.type is None)
        if (about.look is None and is_unknown) or (call.result == 0 and _needs_end(call, socket, about.look)):
            yield about, fd


def note(call: PairedCall, socket: TracedSocket) -> None:
    """What a call tells of the socket that it is about."""
    name, result, at = call.kind.name, call.result, call.ended
    if call.kind.role in (Role.USES, Role.ACCEPTS) and result is not None:
        if result >= 0:
            socket.is_socket = True
        elif result == -errno.ENOTSOCK:
            socket.is_socket = False
    peer = call.peer or socket.peer
    if name == "connect":
        socket.connected_at = socket.connected_at or call.began or at
        socket.changed_at = at
        socket.local = None
        peer = (call.peer or call.routed) if result in _UNDER_WAY else None
    elif name == "bind" and result == 0:
        socket.changed_at, socket.local = at, None
    elif name == "listen" and result == 0:
        socket.listens_at = call.local
    socket.local, socket.peer = call.local or socket.local, peer


def _needs_end(call: PairedCall, socket: TracedSocket, look: SocketLook | None) -> bool:
    """Whether only a look that was not made yet can tell to which end a socket was bound, or connected."""
    if (look is not None and look.began >= call.ended) or socket.connected_at not in (None, call.began):
        return False
    match call.kind.name:
        case "bind":
            return socket.listens_at is None
        case "connect":
            return (call.peer or call.routed) is None
        case _:
            return False


def end_of(
    call: PairedCall, socket: TracedSocket, made: TracedSocket | None, look: SocketLook | None
) -> tuple[bool, CallEnd | None]:
    """Whether a call has an address, and which, if it is known."""
    name, is_done = call.kind.name, call.result is not None and call.result >= 0
    later = look if look is not None and look.began >= call.ended else None
    is_stream = socket.type == _STREAM
    has_pointer = bool(call.arguments and call.arguments.get("addr"))
    match name:
        case "connect":
            is_only = call.result == 0 and socket.connected_at == call.began
            return True, call.peer or call.routed or (later.peer if later is not None and is_only else None)
        case "bind":
            is_same = later is not None and (socket.connected_at is None or socket.connected_at > later.at)
            seen = later.local if later is not None and is_same else socket.listens_at
            return True, seen if is_done else None
        case "accept" | "accept4":
            return is_done, None if made is None else made.peer
        case "sendto":
            return has_pointer, call.routed
        case "sendmsg" | "sendmmsg":
            return call.routed is not None or (socket.type in _DATAGRAMS and socket.peer is None), call.routed
        case "recvfrom" | "recvmsg" | "recvmmsg":
            may_have = has_pointer and not is_stream if name == "recvfrom" else socket.type in _DATAGRAMS
            was_connected = socket.connected_at is None or socket.connected_at < (call.began or 0)
            return is_done and may_have, socket.peer if was_connected else None
        case _:
            return False, None
