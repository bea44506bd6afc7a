"""From where a listener can be reached, as its bound address, its device and IPV6_V6ONLY tell."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.sockets.address_classes import is_loopback, is_public
from netwatch_tui.sockets.mapped_addresses import is_unspecified, plain
from netwatch_tui.sockets.networks import Network, Networks
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import PORT_NETIDS, Socket

THIS_MACHINE = "this machine"
EVERYONE = "everyone"
PRIVATE_NETWORK = "private network"
PUBLIC_NETWORK = "public network"
"""The last two stand for a network of which no device of the machine is known to be part."""

_NETIDS = PORT_NETIDS - {"bound"}
_LOOPBACK_DEVICE = "lo"
"""The kernel gives every network namespace one of this name (loopback_net_init in drivers/net/loopback.c)."""


class Scope(NamedTuple):
    """From where a listener can be reached."""

    whom: str
    """`this machine`, `everyone`, `10.0.0.0/8`, or what kind of network it is."""
    device: str | None = None
    """Through which device; None for any."""
    is_v6only: bool = False
    """Over IPv6 only, though it waits on all addresses."""

    @property
    def text(self) -> str:
        """In words: `10.0.0.0/8 by eth0`, `everyone, IPv6 only`."""
        by_device = f" by {self.device}" if self.device else ""
        return f"{self.whom}{by_device}{', IPv6 only' if self.is_v6only else ''}"

    @property
    def breadth(self) -> int:
        """The greater, the more can reach it."""
        return {THIS_MACHINE: 0, EVERYONE: 2}.get(self.whom, 1)


_LOCAL = Scope(THIS_MACHINE)


def is_listener(socket: Socket) -> bool:
    """Whether it waits at a port of the machine for whoever comes."""
    return (
        socket.state in LISTENING and socket.netid in _NETIDS and socket.local_port != 0 and socket.local.version != 0
    )


def is_exposed(socket: Socket) -> bool:
    """Whether it is a listener that can be reached from beyond this machine, as far as its address and device tell."""
    return is_listener(socket) and not _is_local(socket)


def scope_of(socket: Socket, networks: Networks) -> Scope | None:
    """From where a listener can be reached; None for what is no listener.

    Args:
        socket: Any.
        networks: Those that the machine is part of. Without them only the kind of a network can be told.
    """
    if not is_listener(socket):
        return None
    if _is_local(socket):
        return _LOCAL
    address, device = plain(socket.local.packed), socket.interface
    if is_unspecified(address):
        is_v6only = len(address) == 16 and socket.diag is not None and socket.diag.v6only is True
        return Scope(EVERYONE, device, is_v6only)
    of_address = networks.get(socket.netns, {}).get(address, ())
    if found := _by_device(of_address, device):
        return Scope(found.text, found.device)
    return Scope(PUBLIC_NETWORK if is_public(address) else PRIVATE_NETWORK, device)


def _is_local(socket: Socket) -> bool:
    return is_loopback(socket.local.packed) or socket.interface == _LOOPBACK_DEVICE


def _by_device(networks: tuple[Network, ...], device: str | None) -> Network | None:
    """That of the networks of an address which is reached through a device; any for None."""
    return next((each for each in networks if device in (None, each.device)), None)
