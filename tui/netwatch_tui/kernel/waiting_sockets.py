"""The sockets that wait at one port of a network namespace; those that have other ports are passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.kernel.listed_answers import parse_listed
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import DAMAGE, TABLES, Table
from netwatch_tui.kernel.sock_diag import PortAnswer
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import Socket

_TABLES = tuple(table for table in TABLES if table.kind in ("tcp", "udp"))

Lines = Callable[[Table, Callable[[], None]], Iterable[list[bytes]]]
"""`Namespace.lines`."""


def parsed(answers: Iterable[PortAnswer], netns: int) -> list[Socket]:
    """The sockets of some messages; what is damaged is left out."""
    found = []
    for netid, family, message in answers:
        with suppress(*DAMAGE):
            found.append(parse_listed(message, netns, netid, family))
    return found


def waiting_in_tables(lines: Lines, netns: int, port: int) -> list[Socket]:
    """The same by the tables, for who may not ask sock_diag. Whole tables are read, and only what fits is parsed.

    Raises:
        OSError: There is none to be read.
    """
    return [
        socket
        for table in _TABLES
        for socket in _at_port(lines, table, netns, port)
        if socket.local_port == port and (table.kind == "udp" or socket.state in LISTENING)
    ]


def _at_port(lines: Lines, table: Table, netns: int, port: int) -> Iterator[Socket]:
    sign = b":%04X " % port
    with suppress(FileNotFoundError):  # a kernel without IPv6
        for part in lines(table, go_on):
            for line in part:
                if sign in line:
                    with suppress(LineError):
                        yield table.parse(line, netns)
