"""The kernel's socket tables: `/proc/net/tcp`, `tcp6`, `udp` and `udp6` as lines, and one line as a Socket.

The formats are those of `get_tcp4_sock` and its siblings in the kernel's `net/ipv4/tcp_ipv4.c`, `net/ipv6/tcp_ipv6.c`
and `net/ipv4/udp.c`.
"""

from __future__ import annotations

import os
import socket as _socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from netwatch_tui.model.socket import Address, Family, OwnerReason, Socket, State


class Table(NamedTuple):
    """One file of sockets below `/proc/net`."""

    name: str
    netid: str
    family: Family


TABLES = (
    Table("tcp", "tcp", Family.INET),
    Table("tcp6", "tcp", Family.INET6),
    Table("udp", "udp", Family.INET),
    Table("udp6", "udp", Family.INET6),
)

#: include/net/tcp_states.h; 0C is TCP_NEW_SYN_RECV, and UDP prints 07 for a socket without a peer.
_STATES = {
    b"01": State.ESTAB,
    b"02": State.SYN_SENT,
    b"03": State.SYN_RECV,
    b"04": State.FIN_WAIT_1,
    b"05": State.FIN_WAIT_2,
    b"06": State.TIME_WAIT,
    b"07": State.UNCONN,
    b"08": State.CLOSE_WAIT,
    b"09": State.LAST_ACK,
    b"0A": State.LISTEN,
    b"0B": State.CLOSING,
    b"0C": State.SYN_RECV,
}

_READ = 128 * 1024
"""Bytes cut into lines at a time: small, so that another thread never waits long for this one."""

_HEX = frozenset(b"0123456789ABCDEFabcdef")
_IDLE_QUEUES = b"00000000:00000000"
_TIME_WAIT_TIMER = b"03"


class LineError(ValueError):
    """A line that is none of this table's."""


def read_lines(path: Path, check: Callable[[], None]) -> list[bytes]:
    """The lines of a socket table without the heading and without the leading slot number.

    The slot number shifts whenever another socket comes or goes, so without it an unchanged socket is an unchanged
    line. One read is not atomic: a line can be missing or stand twice (the kernel hands out about a page at a time).

    Args:
        path: The file.
        check: Called between slices; what it raises ends the reading.

    Raises:
        OSError: The file can't be read; FileNotFoundError where the kernel lacks the protocol.
    """
    lines: list[bytes] = []
    for part in _slices(path):
        check()
        lines += [rest if found else line for line in part.splitlines() for _, found, rest in (line.partition(b": "),)]
    return lines[1:]


def _slices(path: Path) -> Iterator[bytes]:
    """The file in parts of whole lines."""
    pending: list[bytes] = []
    size = 0
    with path.open("rb", buffering=0) as file:
        while data := os.read(file.fileno(), _READ):
            pending.append(data)
            size += len(data)
            if size >= _READ:
                whole, newline, rest = b"".join(pending).rpartition(b"\n")
                yield whole + newline
                pending, size = [rest], len(rest)
    yield b"".join(pending)


def parse_line(line: bytes, table: Table) -> Socket:
    """One line, as `read_lines` gives it, as a socket that is not yet followed.

    Raises:
        LineError: The line is damaged.
    """
    fields = line.split(None, 9)
    try:
        local, peer, state, queues, timer, _, uid, _, inode = fields[:9]
        if queues == _IDLE_QUEUES:
            send_q = recv_q = 0
        else:
            send_q, recv_q = int(queues[:8], 16), int(queues[9:], 16)
        parsed_state = _STATES[state.upper()]
        return Socket(
            id=0,
            opened_at=None,
            user=None,
            owners=(),
            owner_reason=OwnerReason.KERNEL,
            netid=table.netid,
            family=table.family,
            state=parsed_state,
            recv_q=recv_q,
            send_q=None if parsed_state is State.LISTEN else send_q,
            local=_ADDRESSES[local[:-5]],
            local_port=_PORTS[local[-5:]],
            peer=_ADDRESSES[peer[:-5]],
            peer_port=_PORTS[peer[-5:]],
            inode=int(inode),
            uid=None if timer[:2] == _TIME_WAIT_TIMER else int(uid),
        )
    except (ValueError, KeyError) as error:
        raise LineError(line.decode("ascii", "backslashreplace")) from error


class _Addresses(dict[bytes, Address]):
    """Addresses by their hexadecimal spelling; one object for each address, so that equal ones are shared."""

    limit = 65_536
    """After this many distinct addresses it starts anew, so that it can't grow for ever."""

    def __missing__(self, text: bytes) -> Address:
        if len(text) not in (8, 32) or not _HEX.issuperset(text):
            raise ValueError(text)
        # Each 32-bit word is printed as one number of the machine's own byte order.
        packed = b"".join(int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8))
        if len(packed) == 4:
            address = Address(4, packed, _socket.inet_ntop(_socket.AF_INET, packed))
        else:
            address = Address(6, packed, _socket.inet_ntop(_socket.AF_INET6, packed))
        if len(self) >= self.limit:
            self.clear()
        self[text] = address
        return address


class _Ports(dict[bytes, int]):
    """Port numbers by their spelling, `:01BB`."""

    def __missing__(self, text: bytes) -> int:
        if len(text) != 5 or text[:1] != b":" or not _HEX.issuperset(text[1:]):
            raise ValueError(text)
        self[text] = port = int(text[1:], 16)
        return port


_ADDRESSES = _Addresses()
_PORTS = _Ports()
