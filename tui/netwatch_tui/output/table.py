"""The plain table of `--once`: ss's columns and spelling, for eyes and for awk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwatch_tui.model.format import cell_width, endpoint, printable
from netwatch_tui.model.socket import Socket

_TITLES = ("Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process")


def table_lines(sockets: Iterable[Socket], *, header: bool = True) -> Iterator[str]:
    """The table, a line a socket, each column as wide as its widest cell."""
    rows = [_cells(socket) for socket in sockets]
    if header:
        rows.insert(0, _TITLES)
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (text + " " * (width - cell_width(text)) for text, width in zip(row, widths, strict=True))
        yield " ".join(padded).rstrip()


def _cells(socket: Socket) -> tuple[str, ...]:
    return (
        socket.netid,
        socket.state,
        str(socket.recv_q),
        "-" if socket.send_q is None else str(socket.send_q),
        endpoint(socket.local, socket.local_port),
        endpoint(socket.peer, socket.peer_port),
        _owners(socket),
    )


def _owners(socket: Socket) -> str:
    """All holders in the form of `ss -p`, or in brackets why there is none."""
    if not socket.owners:
        return f"({socket.owner_reason})"
    holders = (f'("{printable(owner.process.name)}",pid={owner.pid},fd={owner.fd})' for owner in socket.owners)
    return f"users:({','.join(holders)})"
