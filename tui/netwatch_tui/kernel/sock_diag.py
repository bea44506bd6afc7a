"""Exact questions to the kernel about sockets: NETLINK_SOCK_DIAG, see sock_diag(7).

What `/proc` does not tell, or tells only in a read that may be torn. Answers are about the network namespace in which
the netlink socket was opened, whoever asks later. No privilege is needed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket as _socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from netwatch_tui.kernel.inet_answers import InetAnswer, InetAnswers, InetFacts, SocketKey, attributes
from netwatch_tui.sockets.socket import Address, DiagFacts, Socket

if TYPE_CHECKING:  # imported where it is needed first: --once must be over before ss would be
    from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpAnswers, TcpPart

_NETLINK_SOCK_DIAG = 4
_BY_FAMILY = 20
_REQUEST, _DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_LISTEN = 1 << 10
"""The bit of TCP_LISTEN in a mask of states."""
_ALL_STATES = 0xFFFF_FFFF

_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_INET_REQUEST = struct.Struct("=BBBxI")  # struct inet_diag_req_v2: family, protocol, extensions, states; then the id
_ANY_COOKIE = b"\xff" * 8
_BYTECODE = 1
"""INET_DIAG_REQ_BYTECODE."""
_CHOSEN_BY_KERNEL = struct.pack("=BBH", 6, 4, 8)
"""INET_DIAG_BC_AUTO as struct inet_diag_bc_op: to the end if the port was not asked for, else past it."""
_UDPLITE = 136
_PROTOCOLS = (_socket.IPPROTO_TCP, _socket.IPPROTO_UDP, _UDPLITE, _socket.IPPROTO_RAW)
"""Those of which sock_diag may tell; which of them it does depends on the kernel's configuration."""
_SIOCGIFNAME = 0x8910
_IFREQ = struct.Struct("=16si20x")
"""struct ifreq: a device's name and number; see netdevice(7)."""
_MOST_DEVICES = 8
"""Devices on which a socket is looked for that has none of the ends without a device."""
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


class _Found(Protocol):
    """An answer about an internet socket."""

    @property
    def ends(self) -> bytes:
        """Ports and addresses."""

    @property
    def inode(self) -> int:
        """0 for one without a file."""


_FoundT = TypeVar("_FoundT", bound=_Found)


class Bound(NamedTuple):
    """What only sock_diag tells of a listening or UDP socket."""

    recv_q: int
    send_q: int
    """For LISTEN the limit of the backlog."""
    interface: str | None
    """The device that it is bound to."""
    diag: DiagFacts | None = None


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
        self._inet = InetAnswers()
        self._tcp: TcpAnswers | None = None
        self._devices: dict[int, None] = {}
        """Numbers of devices to which TCP sockets were seen bound."""
        self._untold: set[int] = set()
        """Protocols of which this kernel tells nothing: each question would make it look for a module again."""

    def close(self) -> None:
        """Close it."""
        self._netlink.close()

    @property
    def inode(self) -> int:
        """Its own inode: it is a socket of the namespace, too."""
        return os.fstat(self._netlink.fileno()).st_ino

    def inodes(self, sockets: Sequence[Socket]) -> list[int | None]:
        """For each TCP connection the inode of the socket that has its two ends now; None if none has.

        The inode is 0 for a socket in TIME-WAIT and for one without a file. A socket that is bound to a device is found
        if one on that device was seen before.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        return [answer and answer.inode for answer in self._answers(sockets, self._inet.read)]

    def facts_of(self, sockets: Sequence[Socket]) -> list[InetFacts | None]:
        """What only sock_diag tells of TCP connections; None of those that are not found, as in `inodes`.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        return [
            None if answer is None or answer.inode != socket.inode else self._facts(answer)
            for socket, answer in zip(sockets, self._answers(sockets, self._inet.read), strict=True)
        ]

    def tcp_of(self, sockets: Sequence[Socket]) -> list[TcpAnswer | None]:
        """What the kernel counts of TCP connections; None of those that are not found, as in `inodes`.

        Raises:
            SockDiagError: The kernel did not answer, or in a way that is not understood.
        """
        from netwatch_tui.kernel.tcp_info import EXTENSIONS

        try:
            return self._answers(sockets, self._tcp_answers.read, EXTENSIONS)
        except ValueError as error:
            raise SockDiagError(str(error)) from error

    def tcp(self, check: Callable[[], None]) -> Iterator[TcpPart]:
        """What the kernel counts of all TCP connections.

        Args:
            check: Called between two parts of the list; what it raises ends it.

        Raises:
            SockDiagError: The kernel did not answer, or in a way that is not understood.
        """
        from netwatch_tui.kernel.tcp_info import EXTENSIONS, STATE_MASK, TcpPart

        for family in (_socket.AF_INET, _socket.AF_INET6):
            self._sequence += 1
            request = _INET_REQUEST.pack(family, _socket.IPPROTO_TCP, EXTENSIONS, STATE_MASK) + bytes(48)
            self._send(_message(request, _REQUEST | _DUMP, self._sequence))
            end = None
            while end is None:
                check()
                data, read_at = self._recv(), time.perf_counter()
                try:
                    answers, end = self._tcp_answers.read_datagram(data, self._sequence)
                except ValueError as error:
                    raise SockDiagError(str(error)) from error
                yield TcpPart(read_at, answers)
            _raise_for(end)

    @property
    def _tcp_answers(self) -> TcpAnswers:
        if self._tcp is None:
            from netwatch_tui.kernel.tcp_info import TcpAnswers

            self._tcp = TcpAnswers()
        return self._tcp

    def bound(self) -> dict[int, Bound]:
        """The listening TCP sockets and all UDP sockets by inode.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        found: dict[int, Bound] = {}
        for protocol, states in ((_socket.IPPROTO_TCP, _LISTEN), (_socket.IPPROTO_UDP, _ALL_STATES)):
            for answer in self._list(protocol, states):
                interface, diag = self._facts(answer)
                found[answer.inode] = Bound(answer.recv_q, answer.send_q, interface, diag)
        return found

    def facts(self) -> dict[SocketKey, InetFacts]:
        """What only sock_diag tells of every internet socket that it knows.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        return {
            _key(answer, protocol): self._facts(answer)
            for protocol in _PROTOCOLS
            for answer in self._list(protocol, _ALL_STATES)
        }

    def autobound(self) -> set[SocketKey]:
        """The internet sockets whose local port the kernel chose: those without SOCK_BINDPORT_LOCK.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        return {
            _key(answer, protocol)
            for protocol in _PROTOCOLS
            for answer in self._list(protocol, _ALL_STATES, bytecode=_CHOSEN_BY_KERNEL)
        }

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
            told = dict(attributes(answer[_UNIX_ANSWER.size :]))
            recv_q, send_q = struct.unpack("=II", told.get(_QUEUES, bytes(8)))
            found[inode] = UnixDetails(
                peer_inode=int.from_bytes(told.get(_PEER, b"\0"), sys.byteorder),
                recv_q=recv_q,
                send_q=send_q,
                uid=struct.unpack("=I", told[_UID])[0] if _UID in told else None,
            )
        return found

    def device(self, index: int) -> str | None:
        """The network device of this number in the namespace of the netlink socket; None for number 0, which means any.

        Any socket answers ioctl(2) about the devices of its namespace.
        """
        if not index:
            return None
        try:
            told = fcntl.ioctl(self._netlink.fileno(), _SIOCGIFNAME, _IFREQ.pack(b"", index))
        except OSError:
            return f"if{index}"
        return os.fsdecode(told[:16].partition(b"\0")[0])

    def _facts(self, answer: InetAnswer) -> InetFacts:
        return InetFacts(self.device(answer.device), answer.diag)

    def _list(self, protocol: int, states: int, bytecode: bytes = b"") -> Iterator[InetAnswer]:
        """The sockets of one protocol, of both families; none where the kernel has no sock_diag for it."""
        if protocol in self._untold:
            return
        filter = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(bytecode), _BYTECODE) + bytecode if bytecode else b""
        for family in (_socket.AF_INET, _socket.AF_INET6):
            request = _INET_REQUEST.pack(family, protocol, 0, states) + bytes(48) + filter
            try:
                for answer in map(self._inet.read, self._dump(request)):
                    if answer.device and protocol == _socket.IPPROTO_TCP:
                        self._devices[answer.device] = None
                    yield answer
            except SockDiagError as error:
                if error.errno != errno.ENOENT:
                    raise
                self._untold.add(protocol)
                return

    def _answers(
        self, sockets: Sequence[Socket], read: Callable[[bytes], _FoundT | None], extensions: int = 0
    ) -> list[_FoundT | None]:
        """For each TCP connection the answer about the socket that has its two ends.

        The kernel passes over sockets that are bound to another device than the question names, or to any if it names
        none. So what is not found is looked for on the devices on which sockets were seen.
        """
        found = self._ask(sockets, 0, read, extensions)
        for device in list(self._devices)[-_MOST_DEVICES:]:
            missing = [at for at, socket in enumerate(sockets) if not _is_of(found[at], socket)]
            answers = self._ask([sockets[at] for at in missing], device, read, extensions)
            for at, answer in zip(missing, answers, strict=True):
                found[at] = answer if _is_of(answer, sockets[at]) else found[at] or answer
        return found

    def _ask(
        self, sockets: Sequence[Socket], device: int, read: Callable[[bytes], _FoundT | None], extensions: int
    ) -> list[_FoundT | None]:
        found: list[_FoundT | None] = []
        for at in range(0, len(sockets), _BATCH):
            found += self._ask_batch(sockets[at : at + _BATCH], device, read, extensions)
        return found

    def _ask_batch(
        self, sockets: Sequence[Socket], device: int, read: Callable[[bytes], _FoundT | None], extensions: int
    ) -> list[_FoundT | None]:
        """One question a socket, all in one message; the sequence number says which answer is whose."""
        first = self._sequence + 1
        self._sequence += len(sockets)
        found: list[_FoundT | None] = [None] * len(sockets)
        waiting = len(sockets)
        self._send(
            b"".join(
                _message(_question(socket, device, extensions), _REQUEST, first + n) for n, socket in enumerate(sockets)
            )
        )
        while waiting:
            for kind, sequence, payload in self._receive():
                if not first <= sequence <= self._sequence:
                    continue  # a late answer to a question that was given up
                waiting -= 1
                if kind == _BY_FAMILY:
                    answer = read(payload)
                    # Without a connection of these ends the kernel answers with the listener that would take it.
                    if answer is not None and answer.ends == packed_ends(sockets[sequence - first]):
                        found[sequence - first] = answer
        return found

    def _dump(self, request: bytes) -> Iterator[bytes]:
        """The payload of every answer to one question."""
        self._sequence += 1
        self._send(_message(request, _REQUEST | _DUMP, self._sequence))
        while True:
            for kind, sequence, payload in self._receive():
                if sequence != self._sequence:
                    continue
                if kind in (_DONE, _ERROR):
                    _raise_for(payload)
                    return
                yield payload

    def _send(self, data: bytes) -> None:
        try:
            self._netlink.send(data)
        except OSError as error:
            raise SockDiagError(str(error)) from error

    def _recv(self) -> bytes:
        try:
            return self._netlink.recv(1 << 18)
        except OSError as error:
            raise SockDiagError(str(error)) from error

    def _receive(self) -> Iterator[tuple[int, int, bytes]]:
        """Kind, sequence number and payload of the messages in the next datagram."""
        data = self._recv()
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
            yield kind, sequence, data[at + _HEADER.size : at + length]
            at += (length + 3) & ~3


def _message(payload: bytes, flags: int, sequence: int) -> bytes:
    return _HEADER.pack(_HEADER.size + len(payload), _BY_FAMILY, flags, sequence, 0) + payload


def _raise_for(end: bytes) -> None:
    """Raise if a list ended early: the payload of its end begins with 0 or a negative error number."""
    if code := -struct.unpack_from("=i", end)[0]:
        raise SockDiagError(code, os.strerror(code))


def _question(socket: Socket, device: int, extensions: int) -> bytes:
    """The request for the one socket with these ends on this device."""
    family = _socket.AF_INET if socket.local.version == 4 else _socket.AF_INET6
    head = _INET_REQUEST.pack(family, _socket.IPPROTO_TCP, extensions, _ALL_STATES)
    return head + packed_ends(socket) + device.to_bytes(4, sys.byteorder) + _ANY_COOKIE


def packed_ends(socket: Socket) -> bytes:
    """Ports and addresses of an internet socket as sock_diag writes them: the head of struct inet_diag_sockid."""
    return struct.pack("!HH", socket.local_port, socket.peer_port) + _padded(socket.local) + _padded(socket.peer)


def socket_key(socket: Socket) -> SocketKey:
    """What finds an internet socket among the answers."""
    return socket.inode, packed_ends(socket) if socket.netid == "tcp" else b""


def _key(answer: InetAnswer, protocol: int) -> SocketKey:
    return answer.inode, answer.ends if protocol == _socket.IPPROTO_TCP else b""


def _padded(address: Address) -> bytes:
    return address.packed.ljust(16, b"\0")


def _is_of(answer: _Found | None, socket: Socket) -> bool:
    """Whether an answer is about this socket, also if it has lost its file since."""
    return answer is not None and answer.inode in (socket.inode, 0)
