"""Which addresses of another network namespace this one leads to over a wire between the two, and over no router.

The kernel tells of each device in which namespace its other end is (IFLA_LINK_NETNSID), and which device it would take
to an address. Where that is such a device, or the bridge that it is a port of, and no gateway is on the way, what is
sent arrives in that namespace and nowhere else.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

from netwatch_tui.kernel.rtnetlink import GET_LINK, GET_NAMESPACE_ID, GET_ROUTE, RouteNetlink, attribute, attributes
from netwatch_tui.sockets.address_classes import is_link_local, is_loopback

_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, change
_ROUTE = struct.Struct("=BBBBBBBBI")  # struct rtmsg: family, lengths, tos, table, protocol, scope, type, flags
_GENERIC = struct.Struct("=Bxxx")  # struct rtgenmsg: family
_IFLA_MASTER, _IFLA_LINK_NETNSID = 10, 37
_NAMESPACE_ID, _NAMESPACE_FILE = 1, 3
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_VIA = 1, 4, 5, 18
_UNICAST = 1
_FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}


class DirectRoutes:
    """Asks about the network namespace in which it was made."""

    def __init__(self) -> None:
        """Open a netlink socket.

        Raises:
            OSError: There is none to be had.
        """
        self._netlink = RouteNetlink()

    def close(self) -> None:
        """Ask no more."""
        self._netlink.close()

    def lead_to(self, addresses: Iterable[bytes], namespace: int) -> frozenset[bytes]:
        """Which of these addresses are reached directly.

        Args:
            addresses: Those of another network namespace.
            namespace: A descriptor of its file.

        Raises:
            OSError: The kernel does not tell.
            struct.error: It tells something else.
        """
        wires = self._wires(namespace)
        if not wires:
            return frozenset()
        asked = (each for each in addresses if not is_loopback(each) and not is_link_local(each))
        return frozenset(each for each in asked if self._device_to(each) in wires)

    def _wires(self, namespace: int) -> set[int]:
        """The devices, by number, that lead to a namespace: those with their other end there, and their bridges."""
        question = _GENERIC.pack(socket.AF_UNSPEC) + attribute(_NAMESPACE_FILE, struct.pack("=i", namespace))
        id = attributes(self._netlink.one(GET_NAMESPACE_ID, question), _GENERIC.size).get(_NAMESPACE_ID)
        found: set[int] = set()
        for body in self._netlink.list(GET_LINK, _LINK.pack(0, 0, 0, 0, 0)):
            told = attributes(body, _LINK.size)
            if id is not None and told.get(_IFLA_LINK_NETNSID) == id:
                bridge = told.get(_IFLA_MASTER)
                found.add(struct.unpack("=i", bridge)[0] if bridge else _LINK.unpack_from(body)[2])
        return found

    def _device_to(self, address: bytes) -> int | None:
        """The number of the device that is taken to an address; None where there is none, or a router."""
        question = _ROUTE.pack(_FAMILIES[len(address)], len(address) * 8, 0, 0, 0, 0, 0, 0, 0)
        try:
            body = self._netlink.one(GET_ROUTE, question + attribute(_RTA_DST, address))
        except TimeoutError:
            raise
        except OSError:  # network is unreachable, or prohibited: there is no way
            return None
        told = attributes(body, _ROUTE.size)
        is_direct = _ROUTE.unpack_from(body)[7] == _UNICAST and not {_RTA_GATEWAY, _RTA_VIA} & told.keys()
        return struct.unpack("=i", told[_RTA_OIF])[0] if is_direct and _RTA_OIF in told else None
