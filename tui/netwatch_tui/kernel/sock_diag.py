"""Exact questions to the kernel about sockets: NETLINK_SOCK_DIAG, see sock_diag(7).

What `/proc` does not tell, or tells only in a read that may be torn. Answers are about the network namespace of this
process. No privilege is needed.
"""

from __future__ import annotations

import socket as _socket
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netwatch_tui.sockets.socket import Address, Socket

_NETLINK_SOCK_DIAG = 4
_BY_FAMILY = 20
_REQUEST, _DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_LISTEN = 1 << 10
"""The bit of TCP_LISTEN in a mask of states."""
_ALL_STATES = 0xFFFF_FFFF

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_INET_REQUEST = struct.Struct("=BBBxI")  # struct inet_diag_req_v2: family, protocol, extensions, states; then the id
_ANY_DEVICE_AND_COOKIE = b"\0" * 4 + b"\xff" * 8
_INET_ANSWER = struct.Struct("=BBBB4s32s12sIIIII")
"""struct inet_diag_msg: family, state, timer, retransmits, ports, addresses, device, expires, queues, uid, inode."""
_UNIX_REQUEST = struct.Struct("=BBHIII8s")  # struct unix_diag_req: family, protocol, pad, states, inode, show, cookie
_UNIX_ANSWER = struct.Struct("=BBBBI8s")  # struct unix_diag_msg: family, type, state, pad, inode, cookie
_SHOW_PEER, _SHOW_QUEUES, _SHOW_UID = 0x4, 0x10, 0x40
_PEER, _QUEUES, _UID = 2, 4, 7
_BATCH = 128
"""Questions in one message: their answers fit into the smallest receive buffer that Linux gives."""
_PATIENCE = 1.0
"""Seconds to wait for an answer that the kernel gives at once or never."""


class SockDiagError(OSError):
    """The kernel can't be asked, or did not answer."""


class Bound(NamedTuple):
    """What only sock_diag tells of a listening or UDP socket."""

    recv_q: int
    send_q: int
    """For LISTEN the limit of the backlog."""
    interface: str | None
    """The device that it is bound to."""


class UnixDetails(NamedTuple):
    """What only sock_diag tells of a unix socket."""

    peer_inode: int
    """0 when there is no peer."""
    recv_q: int
    send_q: int
    uid: int | None
    """None before Linux 5.3."""


class SockDiag:
    """A netlink socket to ask with."""

    def __init__(self) -> None:
        """Open it.

        Raises:
            SockDiagError: The system does not allow it.
        """
        try:
            self._netlink = _socket.socket(
                _socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
            )
            self._netlink.settimeout(_PATIENCE)
        except OSError as error:
            raise SockDiagError(str(error)) from error
        self._sequence = 0

    def close(self) -> None:
        """Close it."""
        self._netlink.close()

    def inodes(self, sockets: Sequence[Socket]) -> list[int | None]:
        """For each TCP connection the inode of the socket that has its two ends now; None if none has.

        The inode is 0 for a socket in TIME-WAIT and for one without a file.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        found: list[int | None] = []
        for at in range(0, len(sockets), _BATCH):
            found += self._ask_batch(sockets[at : at + _BATCH])
        return found

    def bound(self) -> dict[int, Bound]:
        """The listening TCP sockets and all UDP sockets by inode.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        found: dict[int, Bound] = {}
        for protocol, states in ((_socket.IPPROTO_TCP, _LISTEN), (_socket.IPPROTO_UDP, _ALL_STATES)):
            for family in (_socket.AF_INET, _socket.AF_INET6):
                for answer in self._dump(_INET_REQUEST.pack(family, protocol, 0, states) + bytes(48)):
                    *_, place, _, recv_q, send_q, _, inode = _INET_ANSWER.unpack_from(answer)
                    device = int.from_bytes(place[:4], sys.byteorder)
                    found[inode] = Bound(recv_q, send_q, device_name(device))
        return found

    def unix(self) -> dict[int, UnixDetails]:
        """Details of all unix sockets by inode.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        show = _SHOW_PEER | _SHOW_QUEUES | _SHOW_UID
        request = _UNIX_REQUEST.pack(_socket.AF_UNIX, 0, 0, _ALL_STATES, 0, show, b"\xff" * 8)
        found: dict[int, UnixDetails] = {}
        for answer in self._dump(request):
            inode = _UNIX_ANSWER.unpack_from(answer)[4]
            attributes = dict(_attributes(answer[_UNIX_ANSWER.size :]))
            recv_q, send_q = struct.unpack("=II", attributes.get(_QUEUES, bytes(8)))
            found[inode] = UnixDetails(
                peer_inode=int.from_bytes(attributes.get(_PEER, b"\0"), sys.byteorder),
                recv_q=recv_q,
                send_q=send_q,
                uid=struct.unpack("=I", attributes[_UID])[0] if _UID in attributes else None,
            )
        return found

    def _ask_batch(self, sockets: Sequence[Socket]) -> list[int | None]:
        """One question a socket, all in one message; the sequence number says which answer is whose."""
        first = self._sequence + 1
        self._sequence += len(sockets)
        questions = (_message(_question(socket), _REQUEST, first + n) for n, socket in enumerate(sockets))
        found: list[int | None] = [None] * len(sockets)
        waiting = len(sockets)
        self._send(b"".join(questions))
        while waiting:
            for kind, sequence, payload in self._receive():
                if not first <= sequence <= self._sequence:
                    continue  # a late answer to a question that was given up
                waiting -= 1
                socket = sockets[sequence - first]
                if kind == _BY_FAMILY:
                    answer = _INET_ANSWER.unpack_from(payload)
                    # Without a connection of these ends the kernel answers with the listener that would take it.
                    if answer[4:6] == _ends(socket):
                        found[sequence - first] = answer[-1]
        return found

    def _dump(self, request: bytes) -> Iterator[bytes]:
        """The payload of every answer to one question."""
        self._sequence += 1
        self._send(_message(request, _REQUEST | _DUMP, self._sequence))
        while True:
            for kind, sequence, payload in self._receive():
                if sequence != self._sequence:
                    continue
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise SockDiagError(-struct.unpack_from("=i", payload)[0], "sock_diag refused")
                yield payload

    def _send(self, data: bytes) -> None:
        try:
            self._netlink.send(data)
        except OSError as error:
            raise SockDiagError(str(error)) from error

    def _receive(self) -> Iterator[tuple[int, int, bytes]]:
        """Kind, sequence number and payload of the messages in the next datagram."""
        try:
            data = self._netlink.recv(1 << 18)
        except OSError as error:
            raise SockDiagError(str(error)) from error
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
            yield kind, sequence, data[at + _HEADER.size : at + length]
            at += (length + 3) & ~3


def device_name(index: int) -> str | None:
    """The network device of this number in the own namespace; None for number 0, which means any."""
    try:
        return _socket.if_indextoname(index) if index else None
    except OSError:
        return f"if{index}"


def _message(payload: bytes, flags: int, sequence: int) -> bytes:
    return _HEADER.pack(_HEADER.size + len(payload), _BY_FAMILY, flags, sequence, 0) + payload


def _question(socket: Socket) -> bytes:
    """The request for the one socket with these ends."""
    family = _socket.AF_INET if socket.local.version == 4 else _socket.AF_INET6
    ports, addresses = _ends(socket)
    return _INET_REQUEST.pack(family, _socket.IPPROTO_TCP, 0, _ALL_STATES) + ports + addresses + _ANY_DEVICE_AND_COOKIE


def _ends(socket: Socket) -> tuple[bytes, bytes]:
    """Ports and addresses as sock_diag writes them."""
    addresses = _padded(socket.local) + _padded(socket.peer)
    return struct.pack("!HH", socket.local_port, socket.peer_port), addresses


def _padded(address: Address) -> bytes:
    return address.packed.ljust(16, b"\0")


def _attributes(data: bytes) -> Iterable[tuple[int, bytes]]:
    """Type and value of each attribute (struct nlattr: length, type, value, padded to four bytes)."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind, data[at + 4 : at + length]
        at += (length + 3) & ~3
