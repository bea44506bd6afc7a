"""What sock_diag answers about an internet socket: struct inet_diag_msg and its attributes, see sock_diag(7).

Which attributes there are depends on kernel, socket and rights. Messages of one length mostly have the same ones at the
same places, so the places are learned once a length, and each message is taken apart by one call. The headers of the
attributes are part of what is taken apart, and prove that the places are right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from netwatch_tui.sockets.socket import DiagFacts

_FIXED = "=BBBB36sIIIIIIII"
"""Family, state, timer, retransmits; ports and addresses; device, cookie (twice), expires, queues, uid, inode."""
_FIXED_SIZE = struct.calcsize(_FIXED)
_FIXED_FIELDS = 13
_V6ONLY, _MARK, _CGROUP = 11, 15, 21
"""INET_DIAG_SKV6ONLY, INET_DIAG_MARK, INET_DIAG_CGROUP_ID."""
_WANTED = {_V6ONLY: "B3x", _MARK: "I", _CGROUP: "Q"}
_TYPE_MASK = 0x3FFF
"""NLA_TYPE_MASK: the two upper bits of a type are flags."""

SocketKey = tuple[int, bytes]
"""What finds a socket again: its inode, and of TCP its ports and addresses as sock_diag writes them.

All subflows of an MPTCP connection have one inode (`mptcp_subflow_create_socket` in the kernel's net/mptcp/subflow.c),
and what has no file has inode 0. What is not TCP may get another peer.
"""


class InetFacts(NamedTuple):
    """What sock_diag alone tells of an internet socket."""

    interface: str | None
    """The device that it is bound to."""
    diag: DiagFacts


class InetFound(Protocol):
    """An answer about an internet socket."""

    @property
    def ends(self) -> bytes:
        """Ports and addresses."""

    @property
    def inode(self) -> int:
        """0 for one without a file."""


class InetAnswer(NamedTuple):
    """One message."""

    ends: bytes
    """Ports and addresses."""
    device: int
    """Number of the device that it is bound to; 0 for none."""
    recv_q: int
    send_q: int
    inode: int
    diag: DiagFacts


class InetAnswers:
    """Takes messages apart, and remembers the places of attributes."""

    def __init__(self) -> None:
        self._layouts: dict[int, _Layout] = {}

    def read(self, message: bytes) -> InetAnswer:
        """One message, without its netlink header.

        Raises:
            struct.error: It is too short.
        """
        layout = self._layouts.get(len(message))
        values = layout.unpack(message) if layout else ()
        if layout is None or layout.headers(values) != layout.expected:
            layout = self._layouts[len(message)] = _Layout(message)
            values = layout.unpack(message)
        v6only, mark, cgroup = layout.places
        diag = DiagFacts(
            cookie=values[6] | values[7] << 32,
            v6only=None if v6only is None else bool(values[v6only]),
            fwmark=None if mark is None else values[mark],
            cgroup=None if cgroup is None else values[cgroup],
        )
        return InetAnswer(values[4], values[5], values[9], values[10], values[12], diag)


class _Layout:
    """Where the attributes of a message are."""

    def __init__(self, message: bytes) -> None:
        format, headers, found, count = [_FIXED], [0], dict[int, int](), _FIXED_FIELDS
        at = _FIXED_SIZE
        while at + 4 <= len(message):
            length, kind = struct.unpack_from("=HH", message, at)
            if length < 4:
                break
            padded = min((length + 3) & ~3, len(message) - at) - 4
            value = _WANTED.get(kind & _TYPE_MASK, "")
            is_known = value != "" and struct.calcsize(f"={value}") == padded
            format.append(f"HH{value if is_known else f'{padded}x'}")
            headers += (count, count + 1)
            if is_known:
                found[kind & _TYPE_MASK] = count + 2
            count += 2 + is_known
            at += 4 + padded
        self.unpack = struct.Struct("".join(format)).unpack_from
        self.headers: itemgetter[Any] = itemgetter(*headers)
        self.expected = self.headers(self.unpack(message))
        self.places = tuple(map(found.get, (_V6ONLY, _MARK, _CGROUP)))


def attributes(data: bytes) -> Iterable[tuple[int, bytes]]:
    """Type and value of each attribute (struct nlattr: length, type, value, padded to four bytes)."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind, data[at + 4 : at + length]
        at += (length + 3) & ~3
