"""The plain table of `--once`: ss's columns and spelling, for eyes and for awk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from netwatch_tui.fields.format import BLANK, cell_width, local_text, peer_text
from netwatch_tui.fields.holders import users_text
from netwatch_tui.sockets.socket import Socket

SS_COLUMNS = ("netid", "state", "recv_q", "send_q", "local", "peer", "users")
"""Ids of the fields that it shows."""

_TITLES = ("Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process")


Cells = tuple[str, ...]
"""What a line says, a text a column."""


def table_lines(sockets: Iterable[Socket], *, header: bool = True) -> Iterator[str]:
    """The table, a line a socket, each column as wide as its widest cell."""
    return cells_lines([cells_of(socket) for socket in sockets], header=header)


def cells_lines(rows: list[Cells], *, header: bool) -> Iterator[str]:
    """The same of lines whose cells are there."""
    if header:
        rows.insert(0, _TITLES)
    columns = [[row[at] for row in rows] for at in range(len(_TITLES) - 1)]
    if all(map(str.isascii, chain.from_iterable(columns))):
        line = " ".join(f"%-{max(map(len, column), default=0)}s" for column in columns) + " %s"
        return map(line.__mod__, rows)
    padded = [_pad(column) for column in columns]
    return map(" ".join, zip(*padded, [row[-1] for row in rows], strict=True))


def _pad(column: Sequence[str]) -> list[str]:
    """Cells filled up to the width of the widest."""
    widths = [cell_width(cell) for cell in column]
    most = max(widths)
    return [cell + " " * (most - width) for cell, width in zip(column, widths, strict=True)]


def cells_of(socket: Socket) -> Cells:
    """The cells of a socket's line."""
    return (
        socket.netid,
        socket.state,
        BLANK if socket.recv_q is None else str(socket.recv_q),
        BLANK if socket.send_q is None else str(socket.send_q),
        local_text(socket),
        peer_text(socket),
        users_text(socket),
    )
