"""The addresses of network devices with their networks, from the kernel by rtnetlink(7). Any user may ask."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

from netwatch_tui.sockets.networks import AddressNetworks, Network

_NEW_LINK, _GET_LINK, _NEW_ADDRESS, _GET_ADDRESS = 16, 18, 20, 22
_ERROR, _DONE = 2, 3
_REQUEST_DUMP = 0x301
_DUMP_INTERRUPTED = 0x10
"""NLM_F_DUMP_INTR: something changed while the list was made, so that it may be none of any moment."""
_TRIES = 3
_TIMEOUT = 2.0
"""Seconds; the kernel answers at once."""

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr: length, type
_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # struct ifaddrmsg: family, prefix length, flags, scope, index
_IFLA_IFNAME, _IFLA_EXT_MASK, _SKIP_STATS = 3, 29, 8
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_LENGTHS = {socket.AF_INET: 4, socket.AF_INET6: 16}


class _InterruptedError(Exception):
    """The list must be asked for again."""


class InterfaceAddresses:
    """Asks about the network namespace in which it was made, for ever and from any thread."""

    def __init__(self) -> None:
        """Open a netlink socket.

        Raises:
            OSError: There is none to be had.
        """
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._netlink.settimeout(_TIMEOUT)
        self._sequence = 0

    def close(self) -> None:
        """Ask no more."""
        self._netlink.close()

    def networks(self) -> AddressNetworks:
        """By every address of every device, the networks in which the device has it.

        Raises:
            OSError: The kernel does not tell.
            struct.error: It tells something else.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._ask(takes_any=False)
            except _InterruptedError:
                continue
        return self._ask(takes_any=True)

    def _ask(self, *, takes_any: bool) -> AddressNetworks:
        mask = _ATTRIBUTE.pack(8, _IFLA_EXT_MASK) + struct.pack("=I", _SKIP_STATS)
        names: dict[int, str] = {}
        for body in self._dump(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0) + mask, _NEW_LINK, takes_any=takes_any):
            name = _attributes(body, _LINK.size).get(_IFLA_IFNAME, b"").rstrip(b"\0")
            names[_LINK.unpack_from(body)[2]] = name.decode("utf-8", "surrogateescape")
        found: dict[bytes, list[Network]] = {}
        for body in self._dump(_GET_ADDRESS, _ADDRESS.pack(0, 0, 0, 0, 0), _NEW_ADDRESS, takes_any=takes_any):
            family, bits, _, _, index = _ADDRESS.unpack_from(body)
            told = _attributes(body, _ADDRESS.size)
            # The second is missing in IPv6; where they differ, the first is the far end of a point-to-point link.
            far = told.get(_IFA_ADDRESS, told.get(_IFA_LOCAL, b""))
            near = told.get(_IFA_LOCAL, far)
            if len(far) == len(near) == _LENGTHS.get(family):
                network = Network(_network_text(family, far, bits), names.get(index, f"if{index}"))
                found.setdefault(near, []).append(network)
        return {address: tuple(networks) for address, networks in found.items()}

    def _dump(self, kind: int, body: bytes, wanted: int, *, takes_any: bool) -> Iterator[bytes]:
        """The bodies of all messages of a list."""
        self._sequence += 1
        self._netlink.send(_HEADER.pack(_HEADER.size + len(body), kind, _REQUEST_DUMP, self._sequence, 0) + body)
        is_whole = True
        while True:
            data, at = self._netlink.recv(1 << 18), 0
            while at + _HEADER.size <= len(data):
                length, told, flags, sequence, _ = _HEADER.unpack_from(data, at)
                payload = data[at + _HEADER.size : at + length]
                at += max((length + 3) & ~3, _HEADER.size)
                if sequence != self._sequence:
                    continue  # what is left of a list that was given up
                is_whole = is_whole and not flags & _DUMP_INTERRUPTED
                if told == _ERROR:
                    code = -struct.unpack_from("=i", payload)[0]
                    raise OSError(code, os.strerror(code))
                if told == _DONE:
                    if not (is_whole or takes_any):
                        raise _InterruptedError
                    return
                if told == wanted:
                    yield payload


def _attributes(body: bytes, at: int) -> dict[int, bytes]:
    """What stands behind the head of a message, by its kind."""
    found: dict[int, bytes] = {}
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        found[kind] = body[at + _ATTRIBUTE.size : at + length]
        at += max((length + 3) & ~3, _ATTRIBUTE.size)
    return found


def _network_text(family: int, packed: bytes, bits: int) -> str:
    """`10.0.0.0/8`, of any address in it."""
    whole = len(packed) * 8
    shift = max(whole - bits, 0)
    base = int.from_bytes(packed, "big") >> shift << shift
    return f"{socket.inet_ntop(family, base.to_bytes(len(packed), 'big'))}/{bits}"
