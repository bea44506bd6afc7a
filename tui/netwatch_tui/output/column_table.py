"""The table with columns of one's own choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netwatch_tui.fields.catalogue import named_fields
from netwatch_tui.fields.format import cell_width
from netwatch_tui.output.head import Head
from netwatch_tui.output.ss_table import SS_COLUMNS
from netwatch_tui.sockets.socket import Socket


def column_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """The table, a line a socket, each column as wide as its widest cell."""
    fields, moment = named_fields(head.columns or SS_COLUMNS), head.moment
    rows = [[field.text(socket, moment) for field in fields] for socket in sockets]
    if head.header:
        rows.insert(0, [field.title for field in fields])
    return aligned(rows, [field.right_aligned for field in fields])


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> Iterator[str]:
    """Lines of cells, each column as wide as its widest; no blanks at the ends of lines.

    Args:
        rows: Cells that are harmless to show, the same number in each.
        right: Which columns stand at their right edge; none where nothing is said.
    """
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    sides = right or [False] * len(widths)
    for row in rows:
        yield " ".join(map(_filled, row, widths, sides)).rstrip()


def _filled(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_width(cell))
    return blanks + cell if right else cell + blanks
