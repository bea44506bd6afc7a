"""What this machine calls things that a filter names: services, network devices, the user who looks."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from netwatch_tui.kernel.limits import read_lines
from netwatch_tui.sockets.services import names_of_ports

if TYPE_CHECKING:  # who prints without a filter does not wait for the language
    from netwatch_tui.query.language.names import MachineNames

SERVICES = "/etc/services"


def read_names(services: str = SERVICES) -> MachineNames:
    """All that a filter may be told. What can't be read is not known: services are then written as numbers."""
    from netwatch_tui.query.language.names import MachineNames

    found = read_services(services)
    names = MachineNames(me=os.geteuid(), services=found, port_names=names_of_ports(found))
    with suppress(OSError):
        names = names._replace(devices=dict(socket.if_nameindex()))
    return names


def read_services(path: str = SERVICES) -> dict[str, dict[str, int]]:
    """What the services are called; nothing where the file can't be read."""
    with suppress(OSError):
        return parse_services(read_lines(path))
    return {}


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
