"""The table with columns of one's own choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwatch_tui.fields.catalogue import named_fields
from netwatch_tui.fields.format import aligned
from netwatch_tui.output.head import Head
from netwatch_tui.output.ss_table import SS_COLUMNS
from netwatch_tui.sockets.socket import Socket


def column_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """The table, a line a socket, each column as wide as its widest cell."""
    fields, moment = named_fields(head.fields(SS_COLUMNS)), head.moment
    rows = [[field.text(socket, moment) for field in fields] for socket in sockets]
    if head.header:
        rows.insert(0, [field.title for field in fields])
    return aligned(rows, [field.right_aligned for field in fields])
