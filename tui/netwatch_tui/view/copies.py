"""What of a row a person may want in another window: each value, the whole row, the ss command that shows it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.fields.columns import Column, Moment
from netwatch_tui.fields.format import BLANK, endpoint, local_text, peer_text, printable
from netwatch_tui.sockets.kinds import KIND_OF
from netwatch_tui.sockets.socket import NOWHERE, PORT_NETIDS, Socket, State

_SS_LETTERS = {"tcp": "t", "udp": "u", "raw": "w", "unix": "x", "packet": "0", "sctp": "S"}


class Copy(NamedTuple):
    """One thing that can be copied."""

    id: str
    label: str
    text: str
    """Without control characters, so that pasting it into a shell runs nothing by itself."""


def copies(socket: Socket, columns: Sequence[Column], moment: Moment, own_namespace: int) -> list[Copy]:
    """Everything of a row that can be copied, the most wanted first."""
    cells = {column: column.text(socket, moment) for column in columns if column.title.strip()}
    found = [
        Copy("row", "whole row", "\t".join(cells.values())),
        Copy("local", "local address:port", local_text(socket)),
        Copy("peer", "peer address:port", peer_text(socket)),
    ]
    if socket.owners:
        owner = socket.owners[0]
        found += [
            Copy("pid", "pid", str(owner.pid)),
            Copy("cmdline", "command line", printable(shlex.join(owner.process.cmdline))),
        ]
    found.append(Copy("ss", "ss command", ss_command(socket, own_namespace)))
    known = {each.id for each in found}
    found += [
        Copy(column.id, column.title, text)
        for column, text in cells.items()
        if column.id not in known and text not in ("", BLANK)
    ]
    return found


def ss_command(socket: Socket, own_namespace: int) -> str:
    """The command that makes ss (iproute2) print this socket, to be run by a shell; as root if in another namespace."""
    kind = KIND_OF[socket.netid]
    letter = _SS_LETTERS.get(kind)
    which = "l" if socket.state in (State.LISTEN, State.UNCONN) else "a"  # else its connections are printed as well
    command = ["ss", f"-{letter}{which}np"] if letter else ["ss", "-anp", "-A", kind]
    if socket.netns != own_namespace and socket.owners:
        command = ["nsenter", "-t", str(socket.owners[0].pid), "-n", *command]
    text = shlex.join(command)
    if socket.netid in PORT_NETIDS:
        ends = f"src {endpoint(socket.local, socket.local_port)}"
        if socket.peer is not NOWHERE and socket.peer_port:
            ends += f" and dst {endpoint(socket.peer, socket.peer_port)}"
        return f"{text} {shlex.quote(ends)}"
    return f"{text} | grep -w {socket.local_port if kind == 'unix' else shlex.quote(local_text(socket))}"
