"""What this machine calls things that a filter names: services, network devices, the user who looks."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress

from netwatch_tui.kernel.limits import read_lines
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.sockets.services import names_of_ports

SERVICES = "/etc/services"


def read_names(services: str = SERVICES) -> MachineNames:
    """All that a filter may be told. What can't be read is not known: services are then written as numbers."""
    names = MachineNames(me=os.geteuid())
    with suppress(OSError):
        found = parse_services(read_lines(services))
        names = names._replace(services=found, port_names=names_of_ports(found))
    with suppress(OSError):
        names = names._replace(devices=dict(socket.if_nameindex()))
    return names


def parse_services(lines: Iterable[bytes]) -> dict[str, dict[str, int]]:
    """Ports by protocol and name, from lines as services(5) has them: `http 80/tcp www # comment`.

    What is no such line is left out, as the C library does; the first line of a name is the one that counts.
    """
    found: dict[str, dict[str, int]] = {}
    for line in lines:
        words = line.partition(b"#")[0].decode("utf-8", "surrogateescape").split()
        if len(words) < 2:
            continue
        port, slash, protocol = words[1].partition("/")
        if slash and protocol and port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 0xFFFF:
            for name in (words[0], *words[2:]):
                found.setdefault(protocol, {}).setdefault(name, int(port))
    return found
