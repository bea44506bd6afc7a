"""Exact questions to the kernel about sockets: NETLINK_SOCK_DIAG, see sock_diag(7).

What `/proc` does not tell, or tells only in a read that may be torn. Answers are about the network namespace in which
the netlink socket was opened, whoever asks later. No privilege is needed.
"""

from __future__ import annotations

import _socket  # what `socket` is made of: to make its enumerations takes longer than all that is asked here
import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, product
from typing import NamedTuple, TypeVar

from netwatch_tui.kernel.inet_answers import InetAnswer, InetAnswers, InetFacts, InetFound, SocketKey
from netwatch_tui.kernel.listed_answers import listing_request
from netwatch_tui.kernel.sock_diag_messages import (
    ACKNOWLEDGE,
    ALL_STATES,
    BY_FAMILY,
    DUMP,
    ERROR,
    HEADER,
    INET_REQUEST,
    LISTING,
    REQUEST,
    UnixListing,
    address_family,
    answer_key,
    inet_question,
    message_of,
    packed_ends,
    payloads_of,
)
from netwatch_tui.kernel.unix_answers import inode_of, unix_request
from netwatch_tui.sockets.socket import DiagFacts, Family, Socket

_NETLINK_SOCK_DIAG = 4
_LISTEN = 1 << 10
"""The bit of TCP_LISTEN in a mask of states."""
_BOUND = 1 << 13
"""That of TCP_BOUND_INACTIVE, which kernels before 6.8 do not know."""
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type
_ENDS, _COOKIE = slice(4, 40), slice(44, 52)
"""Where they are in struct inet_diag_msg."""
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
_BATCH = 128
"""Questions in one message: their answers fit into the smallest receive buffer that Linux gives."""
_PATIENCE = 1.0
"""Seconds to wait for an answer that the kernel gives at once or never."""


class SockDiagError(OSError):
    """The kernel can't be asked, or did not answer."""


_FoundT = TypeVar("_FoundT", bound=InetFound)
_PartT = TypeVar("_PartT")


class Bound(NamedTuple):
    """What only sock_diag tells of a listening or UDP socket."""

    recv_q: int
    send_q: int
    """For LISTEN the limit of the backlog."""
    interface: str | None
    """The device that it is bound to."""
    diag: DiagFacts | None = None


class PortAnswer(NamedTuple):
    """A message about a socket that has a certain port; see `listed_answers.parse_listed`."""

    netid: str
    family: Family
    message: bytes


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
        self._devices: dict[int, None] = {}
        """Numbers of devices to which TCP sockets were seen bound."""
        self._untold: set[int] = set()
        """Protocols of which this kernel tells nothing: each question would make it look for a module again."""
        self._untold_kinds: set[str] = set()
        """The same of kinds that are listed."""
        self._listed = UnixListing()

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

    def count(self, sockets: Sequence[Socket]) -> list[int]:
        """For each TCP connection how many there are with its two ends, by their cookies.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        cookies: dict[bytes, set[bytes]] = {packed_ends(socket): set() for socket in sockets}
        for family in {address_family(socket) for socket in sockets}:
            request = INET_REQUEST.pack(family, _socket.IPPROTO_TCP, 0, ALL_STATES & ~_LISTEN) + bytes(48)
            for message in self._dump(request):
                if (ends := message[_ENDS]) in cookies:
                    cookies[ends].add(message[_COOKIE])
        return [len(cookies[packed_ends(socket)]) for socket in sockets]

    def facts_of(self, sockets: Sequence[Socket]) -> list[InetFacts | None]:
        """What only sock_diag tells of TCP connections; None of those that are not found, as in `inodes`.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        return [
            # On a device, and without an inode, it may be another one with the same ends.
            self._facts(answer)
            if answer and answer.inode == socket.inode and (answer.inode or not answer.device)
            else None
            for socket, answer in zip(sockets, self._answers(sockets, self._inet.read), strict=True)
        ]

    def bound(self, *, idle: bool = True) -> dict[int, Bound]:
        """The listening TCP sockets, those that are only bound, and all UDP sockets by inode.

        Args:
            idle: Whether to ask for those that are only bound: to find them the kernel looks at every connection.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        found: dict[int, Bound] = {}
        tcp = _LISTEN | _BOUND if idle else _LISTEN
        for protocol, states in ((_socket.IPPROTO_TCP, tcp), (_socket.IPPROTO_UDP, ALL_STATES)):
            for answer in self._list(protocol, states):
                interface, diag = self._facts(answer)
                found[answer.inode] = Bound(answer.recv_q, answer.send_q, interface, diag)
        return found

    def facts(self) -> dict[SocketKey, InetFacts]:
        """What only sock_diag tells of every internet socket that it knows.

        Not of those that their key does not tell from others: connections without a file, and with the same ends at two
        devices, or several that share a file.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        found: dict[SocketKey, InetFacts] = {}
        shared: set[SocketKey] = set()
        for protocol in _PROTOCOLS:
            for answer in self._list(protocol, ALL_STATES):
                facts = self._facts(answer)
                key = answer_key(answer, protocol)
                if found.setdefault(key, facts).diag.cookie != facts.diag.cookie:
                    shared.add(key)
        for key in shared:
            del found[key]
        return found

    def autobound(self) -> set[SocketKey]:
        """The internet sockets whose local port the kernel chose: those without SOCK_BINDPORT_LOCK.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        return {
            answer_key(answer, protocol)
            for protocol in _PROTOCOLS
            for answer in self._list(protocol, ALL_STATES, bytecode=_CHOSEN_BY_KERNEL)
        }

    def listing(self, kind: str, family: Family) -> list[list[bytes]] | None:
        """All sockets of a kind that `Table.answer_parser` reads, some hundred at a time.

        None where this kernel tells nothing of them.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        if kind == "unix":
            return self._list_or_none(kind, unix_request(), self._listed)
        request = listing_request(kind, family)
        return None if request is None else self._list_or_none(kind, request)

    def waiting_at(self, port: int) -> Iterator[PortAnswer]:
        """The TCP listeners and the UDP sockets that have a local port. The kernel passes over all others.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        asked = ("tcp", _socket.IPPROTO_TCP, _LISTEN), ("udp", _socket.IPPROTO_UDP, ALL_STATES)
        families = (Family.INET, _socket.AF_INET), (Family.INET6, _socket.AF_INET6)
        for (netid, protocol, states), (family, number) in product(asked, families):
            request = INET_REQUEST.pack(number, protocol, 0, states) + port.to_bytes(2) + bytes(46)
            for messages in self._list_or_none(f"{netid} at a port", request) or ():
                yield from (PortAnswer(netid, family, message) for message in messages)

    def unix_inodes(self) -> set[int] | None:
        """The inodes of all unix sockets; None where the kernel can't tell.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        parts = self._list_or_none("unix", unix_request(inodes_only=True))
        return None if parts is None else set(map(inode_of, chain.from_iterable(parts)))

    def device(self, index: int) -> str | None:
        """The network device of this number in the namespace of the netlink socket; None for number 0, which means any.

        Any socket answers ioctl(2) about the devices of its namespace.
        """
        if not index:
            return None
        try:
            told = fcntl.ioctl(self._netlink.fileno(), _SIOCGIFNAME, _IFREQ.pack(b"", index))
        except (OSError, struct.error):
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
            request = INET_REQUEST.pack(family, protocol, 0, states) + bytes(48) + filter
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

    def _list_or_none(self, kind: str, request: bytes, listed: UnixListing | None = None) -> list[list[bytes]] | None:
        if kind in self._untold_kinds:
            return None
        try:
            return list(self._parts(request, listed))
        except SockDiagError as error:
            if error.errno != errno.ENOENT:
                raise
            self._untold_kinds.add(kind)
            return None

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
                message_of(inet_question(socket, device, extensions), REQUEST, first + n)
                for n, socket in enumerate(sockets)
            )
        )
        while waiting:
            for kind, sequence, payload in self._receive():
                if not first <= sequence <= self._sequence:
                    continue  # a late answer to a question that was given up
                waiting -= 1
                if kind == BY_FAMILY:
                    answer = read(payload)
                    # Without a connection of these ends the kernel answers with the listener that would take it.
                    if answer is not None and answer.ends == packed_ends(sockets[sequence - first]):
                        found[sequence - first] = answer
        return found

    def _order(self, kind: int, payload: bytes) -> int:
        """Have the kernel do something; gives 0, or the error number with which it did not.

        Raises:
            SockDiagError: The kernel did not answer.
        """
        self._sequence += 1
        self._send(message_of(payload, REQUEST | ACKNOWLEDGE, self._sequence, kind))
        while True:
            for told, sequence, answer in self._receive():
                if told == ERROR and sequence == self._sequence:
                    return -int(struct.unpack_from("=i", answer)[0])

    def _dump(self, request: bytes) -> Iterator[bytes]:
        """The payload of every answer to one question."""
        return chain.from_iterable(self._parts(request))

    def _parts(self, request: bytes, listed: UnixListing | None = None) -> Iterator[list[bytes]]:
        """The payloads of the answers to one question, those of one datagram at a time."""
        take_apart = listed.begin() if listed else payloads_of
        yield from self._taken_apart(request, take_apart, LISTING if listed else None)

    def _taken_apart(
        self,
        request: bytes,
        take_apart: Callable[[bytes, int], tuple[list[_PartT], bytes | None]],
        sequence: int | None = None,
    ) -> Iterator[list[_PartT]]:
        """The answers to one question as something else takes them apart, those of one datagram at a time."""
        self._sequence += 1
        number = self._sequence if sequence is None else sequence
        self._send(message_of(request, REQUEST | DUMP, number))
        end = None
        while end is None:
            parts, end = take_apart(self._recv(), number)
            yield parts
        # It begins with 0 or a negative error number: a list that can't be made just ends with one.
        if code := -struct.unpack_from("=i", end)[0]:
            raise SockDiagError(code, os.strerror(code))

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
        while at + HEADER.size <= len(data):
            length, kind, _, sequence, _ = HEADER.unpack_from(data, at)
            yield kind, sequence, data[at + HEADER.size : at + length]
            at += max((length + 3) & ~3, HEADER.size)


def _is_of(answer: InetFound | None, socket: Socket) -> bool:
    """Whether an answer is about this socket, also if it has lost its file since."""
    return answer is not None and answer.inode in (socket.inode, 0)
