"""The addresses of network devices with their networks."""

from __future__ import annotations

import socket
import struct

from netwatch_tui.kernel.rtnetlink import GET_ADDRESS, GET_LINK, RouteNetlink, attribute, attributes
from netwatch_tui.sockets.networks import AddressNetworks, Network

_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # struct ifaddrmsg: family, prefix length, flags, scope, index
_IFLA_IFNAME, _IFLA_EXT_MASK, _SKIP_STATS = 3, 29, 8
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_LENGTHS = {socket.AF_INET: 4, socket.AF_INET6: 16}


class InterfaceAddresses:
    """Asks about the network namespace in which it was made, for ever and from any thread."""

    def __init__(self) -> None:
        """Open a netlink socket.

        Raises:
            OSError: There is none to be had.
        """
        self._netlink = RouteNetlink()

    def close(self) -> None:
        """Ask no more."""
        self._netlink.close()

    def networks(self) -> AddressNetworks:
        """By every address of every device, the networks in which the device has it.

        Raises:
            OSError: The kernel does not tell.
            struct.error: It tells something else.
        """
        mask = attribute(_IFLA_EXT_MASK, struct.pack("=I", _SKIP_STATS))
        names: dict[int, str] = {}
        for body in self._netlink.list(GET_LINK, _LINK.pack(0, 0, 0, 0, 0) + mask):
            name = attributes(body, _LINK.size).get(_IFLA_IFNAME, b"").rstrip(b"\0")
            names[_LINK.unpack_from(body)[2]] = name.decode("utf-8", "surrogateescape")
        found: dict[bytes, list[Network]] = {}
        for body in self._netlink.list(GET_ADDRESS, _ADDRESS.pack(0, 0, 0, 0, 0)):
            family, bits, _, _, index = _ADDRESS.unpack_from(body)
            told = attributes(body, _ADDRESS.size)
            # The second is missing in IPv6; where they differ, the first is the far end of a point-to-point link.
            far = told.get(_IFA_ADDRESS, told.get(_IFA_LOCAL, b""))
            near = told.get(_IFA_LOCAL, far)
            if len(far) == len(near) == _LENGTHS.get(family):
                network = Network(_network_text(family, far, bits), names.get(index, f"if{index}"))
                found.setdefault(near, []).append(network)
        return {address: tuple(networks) for address, networks in found.items()}


def _network_text(family: int, packed: bytes, bits: int) -> str:
    """`10.0.0.0/8`, of any address in it."""
    whole = len(packed) * 8
    shift = max(whole - bits, 0)
    base = int.from_bytes(packed, "big") >> shift << shift
    return f"{socket.inet_ntop(family, base.to_bytes(len(packed), 'big'))}/{bits}"
