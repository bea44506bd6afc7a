"""The messages of NETLINK_SOCK_DIAG about internet sockets: requests put together, and datagrams taken apart.

See netlink(7), sock_diag(7) and linux/inet_diag.h. No input, no output.
"""

from __future__ import annotations

import _socket  # see sock_diag
import struct
import sys
from collections.abc import Callable

from netwatch_tui.kernel.inet_answers import InetAnswer, SocketKey
from netwatch_tui.kernel.unix_answers import with_waiting
from netwatch_tui.sockets.socket import Address, Socket

BY_FAMILY = 20
REQUEST, ACKNOWLEDGE, DUMP = 0x1, 0x4, 0x300
ERROR, DONE = 2, 3
ALL_STATES = 0xFFFF_FFFF
LISTING = 0xFFFF_FFFF
"""The sequence number of every list of unix sockets: what tells the same is the same datagram."""

HEADER = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence, port."""
INET_REQUEST = struct.Struct("=BBBxI")
"""struct inet_diag_req_v2: family, protocol, extensions, states; then the id."""
_ANY_COOKIE = b"\xff" * 8

TakenApart = tuple[list[bytes], bytes | None]
"""Payloads, and that of the message that ends the list."""


class UnixListing:
    """The datagrams of the last list of unix sockets, taken apart: what did not change costs next to nothing."""

    def __init__(self) -> None:
        self._before: dict[bytes, TakenApart] = {}
        self._now: dict[bytes, TakenApart] = {}

    def begin(self) -> Callable[[bytes, int], TakenApart]:
        """What takes apart the datagrams of the next list."""
        self._before, self._now = self._now, {}
        return self._take_apart

    def _take_apart(self, data: bytes, sequence: int) -> TakenApart:
        found = self._before.get(data)
        if found is None:
            payloads, end = payloads_of(data, sequence)
            found = with_waiting(payloads), end
        self._now[data] = found
        return found


def payloads_of(data: bytes, sequence: int) -> TakenApart:
    """The answers to one question in a datagram, and the payload of the message that ends them, if it is there.

    The hottest loop of this module: it runs for every unix socket that is new, and for its neighbours.
    """
    payloads: list[bytes] = []
    at, last = 0, len(data) - HEADER.size
    while at <= last:
        length, kind, _, number, _ = HEADER.unpack_from(data, at)
        if number == sequence:
            payload = data[at + 16 : at + length]
            if kind in (DONE, ERROR):
                return payloads, payload
            payloads.append(payload)
        at += max((length + 3) & ~3, 16)
    return payloads, None


def message_of(payload: bytes, flags: int, sequence: int, kind: int = BY_FAMILY) -> bytes:
    """A message with its netlink header."""
    return HEADER.pack(HEADER.size + len(payload), kind, flags, sequence, 0) + payload


def tcp_request(family: int, extensions: int, states: int) -> bytes:
    """The request for all TCP sockets of a family that are in one of these states."""
    return INET_REQUEST.pack(family, _socket.IPPROTO_TCP, extensions, states) + bytes(48)


def inet_question(socket: Socket, device: int, extensions: int) -> bytes:
    """The request for the one socket with these ends on this device."""
    head = INET_REQUEST.pack(address_family(socket), _socket.IPPROTO_TCP, extensions, ALL_STATES)
    return head + packed_ends(socket) + device.to_bytes(4, sys.byteorder) + _ANY_COOKIE


def address_family(socket: Socket) -> int:
    """Its number for the kernel."""
    return _socket.AF_INET if socket.local.version == 4 else _socket.AF_INET6


def packed_ends(socket: Socket) -> bytes:
    """Ports and addresses of an internet socket as sock_diag writes them: the head of struct inet_diag_sockid."""
    return struct.pack("!HH", socket.local_port, socket.peer_port) + _padded(socket.local) + _padded(socket.peer)


def socket_key(socket: Socket) -> SocketKey:
    """What finds an internet socket among the answers."""
    return socket.inode, packed_ends(socket) if socket.netid in ("tcp", "bound") else b""


def answer_key(answer: InetAnswer, protocol: int) -> SocketKey:
    """What `socket_key` gives of the same socket."""
    return answer.inode, answer.ends if protocol == _socket.IPPROTO_TCP else b""


def _padded(address: Address) -> bytes:
    return address.packed.ljust(16, b"\0")
