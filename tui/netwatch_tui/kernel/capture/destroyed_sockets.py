"""Every internet socket that is destroyed, with what it had counted: sock_diag's multicast, which `ss -E` shows, too.

For any user, of the network namespace in which it is listened to. Who let go of the socket is not told. The kernel
sends it by a work queue when the last reference is gone (`sock_diag_broadcast_destroy` in net/core/sock_diag.c).
"""

from __future__ import annotations

import _socket  # see sock_diag
import errno
import struct
import time
from contextlib import suppress
from typing import NamedTuple

from netwatch_tui.kernel.inet_answers import attributes
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.sockets.connection_events import (
    ConnectionEvent,
    ConnectionTotals,
    EventKind,
    EventProcess,
    EventSource,
)
from netwatch_tui.sockets.socket import Address, Family

_NETLINK_SOCK_DIAG = 4
_GROUPS = (1, 2, 3, 4)
"""SKNLGRP_INET_TCP_DESTROY, _UDP_, and both of INET6."""
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_SO_RCVBUFFORCE = 33
_BUFFER = 8 * 1024 * 1024
"""Bytes to ask for. An ordinary user gets net.core.rmem_max of them, see socket(7)."""
_LONGEST = 8 * 1024
"""Bytes of a datagram: one message, of some hundred."""
_MOST_AT_ONCE = 50_000
"""Messages of one reading, so that it comes to an end on whatever machine."""

_BY_FAMILY = 20
_MESSAGE = "IH10x4x2s2s36xQ20x"
"""struct nlmsghdr: length, type; struct inet_diag_msg: local and peer port, cookie."""
_ATTRIBUTES = struct.calcsize(f"={_MESSAGE}")
"""Where they begin."""
_ENDS = struct.Struct("=16xB3x2s2s16s16s")
"""struct inet_diag_msg after its header: family; ports and addresses."""
_INFO, _PROTOCOL = 2, 10
"""INET_DIAG_INFO, INET_DIAG_PROTOCOL."""
_AF_INET = 2
_NO_PORT = b"\0\0"

_INFO_FIELDS = "68xI28xI24xQ16xI44xQQ"
"""struct tcp_info: rtt, total_retrans, bytes_received, data_segs_in, bytes_sent, bytes_retrans (Linux 4.19)."""
_INFO_SIZE = struct.calcsize(f"={_INFO_FIELDS}")
_new = tuple.__new__


class DestroyedSocket(NamedTuple):
    """What one message says."""

    read_at: int
    """When, in nanoseconds of CLOCK_MONOTONIC."""
    netns: int
    is_tcp: bool
    """Or else UDP."""
    cookie: int
    message: bytes
    """As it came, with its netlink header."""
    totals: ConnectionTotals | None
    """Of TCP; None where the kernel had thrown them away, as it does when a connection is reset by this end."""

    @property
    def local(self) -> tuple[Address, int]:
        """Its own end."""
        family, port, _, local, _ = _ENDS.unpack_from(self.message)
        return _end(family, local), int.from_bytes(port)

    @property
    def peer(self) -> tuple[Address, int]:
        """The other one; without an address where it was not connected, or not any more."""
        family, _, port, _, peer = _ENDS.unpack_from(self.message)
        return _end(family, peer), int.from_bytes(port)

    def as_event(self, at: float, began: float | None = None, owner: EventProcess | None = None) -> ConnectionEvent:
        """Its end, as far as nothing else tells of it."""
        family = Family.INET if _ENDS.unpack_from(self.message)[0] == _AF_INET else Family.INET6
        return ConnectionEvent(
            EventKind.CLOSED, at, EventSource.DESTROYED, None, "tcp" if self.is_tcp else "udp",
            family, *self.local, *self.peer,
            began=began, owner=owner, cookie=self.cookie, netns=self.netns, totals=self.totals,
        )  # fmt: skip


def _end(family: int, packed: bytes) -> Address:
    return ip_address(packed[:4] if family == _AF_INET else packed)


class _DestroyedLayout:
    """Where in messages like this one the attributes are; see `inet_answers`."""

    def __init__(self, message: bytes) -> None:
        places = {}
        at = _ATTRIBUTES
        for kind, value in attributes(message[_ATTRIBUTES:]):
            places[kind] = (at, value)
            at += (len(value) + 7) & ~3
        protocol = places.get(_PROTOCOL, (0, b""))[1][:1]
        info, value = places.get(_INFO, (len(message), b""))
        self.is_tcp = protocol == b"\6" if protocol else bool(value)
        self.has_totals = self.is_tcp and len(value) >= _INFO_SIZE
        if self.has_totals:
            skipped = info - _ATTRIBUTES
            self.headers = message[_ATTRIBUTES : info + 4]
            self.unpack = struct.Struct(f"={_MESSAGE}{skipped + 4}s{_INFO_FIELDS}").unpack_from
        else:
            self.headers = message[_ATTRIBUTES:]
            self.unpack = struct.Struct(f"={_MESSAGE}{len(self.headers)}s").unpack_from


class DestroyedSockets:
    """Listens in one network namespace: that of the thread that makes it."""

    def __init__(self, netns: int) -> None:
        """Begin.

        Args:
            netns: Inode of the namespace.

        Raises:
            OSError: The system does not allow it.
        """
        self.netns = netns
        self._layouts: dict[int, _DestroyedLayout] = {}
        """By the length of messages."""
        self._netlink = _socket.socket(
            _socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC | _socket.SOCK_NONBLOCK, _NETLINK_SOCK_DIAG
        )
        try:
            try:
                self._netlink.setsockopt(_socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
            except PermissionError:
                self._netlink.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVBUF, _BUFFER)
            self._netlink.bind((0, 0))  # what has no port of its own is taken for the sender, and passed over
            for group in _GROUPS:
                with suppress(OSError):  # kernels without IPv6 have no groups of it
                    self._netlink.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        except OSError:
            self._netlink.close()
            raise

    @property
    def file(self) -> int:
        """A descriptor that polls readable when there is something to read."""
        return self._netlink.fileno()

    def close(self) -> None:
        """Listen no more."""
        self._netlink.close()

    def read(self) -> tuple[list[DestroyedSocket], int]:
        """What was told since the last time, and how often some of it was lost because it was not read in time."""
        found: list[DestroyedSocket] = []
        overruns = 0
        receive, now = self._netlink.recv, time.monotonic_ns
        for _ in range(_MOST_AT_ONCE):
            try:
                data = receive(_LONGEST)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                overruns += 1
                continue
            if (told := self._understood(data, now())) is not None:
                found.append(told)
        return found, overruns

    def _understood(self, message: bytes, now: int) -> DestroyedSocket | None:
        """What a datagram says, which is one message; None if it says something else."""
        layout = self._layouts.get(len(message))
        values = layout.unpack(message) if layout else ()
        if layout is None or values[5] != layout.headers:
            if len(message) < _ATTRIBUTES:
                return None
            layout = self._layouts[len(message)] = _DestroyedLayout(message)
            values = layout.unpack(message)
        if values[1] != _BY_FAMILY:
            return None
        totals = None
        if layout.has_totals and values[3] != _NO_PORT:
            rtt, segments, received, data_segments, sent, again = values[6:]
            # Data come in segments; without one, what was received is the FIN.
            has_fin = None if data_segments else received > 0
            totals = _new(ConnectionTotals, (sent - again, received, has_fin, again, segments, rtt / 1e6 or None))
        return _new(DestroyedSocket, (now, self.netns, layout.is_tcp, values[4], message, totals))
