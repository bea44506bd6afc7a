"""What ports are called, as services(5) has it."""

from __future__ import annotations

from collections.abc import Mapping

from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import PORT_NETIDS, Socket

ServiceNames = Mapping[str, Mapping[int, str]]
"""By protocol (`tcp`, `udp`...), then by port, the official name."""

NO_SERVICES: ServiceNames = {}

_PROTOCOLS = {"mptcp": "tcp", "bound": "tcp", "udpl": "udp"}
"""Of those netids that are not the names of protocols themselves; the ports of UDP-Lite are those of UDP (RFC 3828)."""


def names_of_ports(services: Mapping[str, Mapping[str, int]]) -> ServiceNames:
    """The first name of each port.

    Args:
        services: By protocol, then by name or alias in the order of the file, the port.
    """
    found: dict[str, dict[int, str]] = {}
    for protocol, ports in services.items():
        names = found[protocol] = {}
        for name, port in ports.items():
            names.setdefault(port, name)
    return found


def name_of_port(socket: Socket, port: int, names: ServiceNames) -> str | None:
    """What a port of a socket is called in its protocol; None where it has no name."""
    if socket.netid not in PORT_NETIDS:
        return None
    by_port = names.get(_PROTOCOLS.get(socket.netid, socket.netid))
    return by_port.get(port) if by_port else None


def service_of(socket: Socket, names: ServiceNames) -> str | None:
    """The service that a socket offers or uses.

    That of the local port where it listens. Else that of the port which has a name; of two the lower one, since ports
    that a client got by chance are high.
    """
    if socket.state in LISTENING:
        return name_of_port(socket, socket.local_port, names)
    low, high = sorted((socket.local_port, socket.peer_port))
    return name_of_port(socket, low, names) or name_of_port(socket, high, names)
