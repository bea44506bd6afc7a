"""Closes sockets from outside of the processes that hold them: SOCK_DESTROY, see sock_diag(7) and `ss -K`.

The kernel finds a socket by its ends and then compares the cookie, which names one socket for its whole life: what has
the same ends meanwhile is never hit. It takes CAP_NET_ADMIN in the network namespace, and CONFIG_INET_DIAG_DESTROY.
What is told to the holder is ECONNABORTED (`sock_diag_destroy` in net/core/sock_diag.c); a TCP peer gets RST, and
who waits in accept(2) EINVAL.
"""

from __future__ import annotations

import errno
import os
import socket as sockets  # a socket of ours is a value
import struct
import sys
from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.kernel.inet_answers import InetAnswer
from netwatch_tui.kernel.sock_diag import SockDiag
from netwatch_tui.kernel.sock_diag_messages import packed_ends
from netwatch_tui.sockets.socket import Socket, State

_SOCK_DESTROY = 21
_REQUEST = struct.Struct("=BBBBI")
"""struct inet_diag_req_v2, and of raw sockets inet_diag_req_raw: family, protocol, extensions, raw protocol, states."""
_ALL_STATES = 0xFFFF_FFFF
_PROTOCOLS = {
    "tcp": sockets.IPPROTO_TCP,
    "udp": sockets.IPPROTO_UDP,
    "udpl": 136,  # IPPROTO_UDPLITE, which Python has no name for everywhere
    "raw": sockets.IPPROTO_RAW,
}
"""By netid, the protocols whose modules of sock_diag can destroy."""


class Named(NamedTuple):
    """What names one socket for ever."""

    cookie: int
    device: int
    """Number of the network device that it is bound to, by which the kernel finds it; 0 for none."""


class SocketCloser(SockDiag):
    """A netlink socket that closes others of its network namespace. To be opened inside of it."""

    def __init__(self) -> None:
        """Open it, and try what it may do.

        Raises:
            OSError: The system does not allow it, or the kernel did not answer.
        """
        super().__init__()
        self.why_not = self._try()
        """Why sockets can't be destroyed here; empty where they can."""

    def names(self, asked: Sequence[Socket]) -> list[Named | None]:
        """What names each of these sockets; None of one that is not there any more, or of whose kind nothing is told.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        connections = [each for each in asked if _is_connection(each)]
        found = dict(zip(connections, self._answers(connections, self._inet.read), strict=True))
        names = {each: _named(answer) for each, answer in found.items() if answer and answer.inode == each.inode}
        missing = [each for each in asked if each not in names]
        for protocol in {_PROTOCOLS[each.netid] for each in missing}:
            listed = {(answer.inode, answer.ends): answer for answer in self._list(protocol, _ALL_STATES)}
            by_inode = {inode: answer for (inode, _), answer in listed.items() if inode}
            for each in missing:
                if _PROTOCOLS[each.netid] == protocol:
                    # The ends tell what has no file, and those of what may connect anew are others by now.
                    answer = by_inode.get(each.inode) or listed.get((each.inode, packed_ends(each)))
                    if answer is not None:
                        names[each] = _named(answer)
        return [names.get(each) for each in asked]

    def tells_of(self, socket: Socket) -> bool:
        """Whether this kernel told of sockets of this kind when it was asked."""
        return _PROTOCOLS[socket.netid] not in self._untold

    def destroy(self, socket: Socket, name: Named) -> None:
        """Close a socket of which the kernel said that this names it.

        Raises:
            FileNotFoundError: It is not there any more, or the kernel finds another one at its ends first.
            PermissionError: This takes CAP_NET_ADMIN.
            OSError: This kernel can't (EOPNOTSUPP), or did not answer.
        """
        protocol = _PROTOCOLS[socket.netid]
        raw_protocol = socket.local_port if socket.netid == "raw" else 0
        family = sockets.AF_INET if socket.local.version == 4 else sockets.AF_INET6
        number = self._order(
            _SOCK_DESTROY,
            _REQUEST.pack(family, protocol, 0, raw_protocol, _ALL_STATES)
            + packed_ends(socket)
            + name.device.to_bytes(4, sys.byteorder)
            + _packed_cookie(name.cookie),
        )
        if number:
            raise OSError(number, os.strerror(number))

    def _try(self) -> str:
        """Why sockets can't be destroyed here; empty where they can.

        A socket of one's own is made, of which nobody hears, and destroyed: the kernel judges the right and the kind
        only when it has found one.
        """
        with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM | sockets.SOCK_CLOEXEC) as own:
            own.bind(("127.0.0.1", 0))
            inode = os.fstat(own.fileno()).st_ino
            found = next((each for each in self._list(sockets.IPPROTO_UDP, _ALL_STATES) if each.inode == inode), None)
            if found is None:
                return "sock_diag does not answer here"
            request = _REQUEST.pack(sockets.AF_INET, sockets.IPPROTO_UDP, 0, 0, _ALL_STATES)
            number = self._order(_SOCK_DESTROY, request + found.ends + bytes(4) + _packed_cookie(found.diag.cookie))
        match number:
            case 0:
                return ""
            case errno.EPERM | errno.EACCES:
                return "it takes CAP_NET_ADMIN"
            case errno.EOPNOTSUPP:
                return "this kernel is built without INET_DIAG_DESTROY"
            case _:
                return os.strerror(number)


def can_destroy(socket: Socket) -> bool:
    """Whether the kernel knows how to destroy sockets of this kind and state."""
    return socket.netid in _PROTOCOLS and bool(socket.local.version)


def _is_connection(socket: Socket) -> bool:
    return socket.netid == "tcp" and socket.state is not State.LISTEN


def _packed_cookie(cookie: int) -> bytes:
    return struct.pack("=II", cookie & 0xFFFF_FFFF, cookie >> 32)


def _named(answer: InetAnswer) -> Named:
    return Named(answer.diag.cookie, answer.device)
