"""What came of trying listeners, as a table that fits into a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.fields.format import cell_width
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.probe_fields import ProbeField, table_fields
from netwatch_tui.sockets.probe_results import ProbeRow


class ProbeTable(NamedTuple):
    """Cells of one width a column."""

    fields: tuple[ProbeField, ...]
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class _Column(NamedTuple):
    field: ProbeField
    texts: tuple[str, ...]
    """The heading and the cells."""

    @property
    def needed(self) -> int:
        """Cells that its texts need."""
        return min(max(map(cell_width, self.texts)), self.field.most)

    @property
    def least(self) -> int:
        """Cells with which it is worth its place."""
        return min(self.needed, max(self.field.width, cell_width(self.field.title)))

    def cells(self, width: int) -> list[str]:
        """Its texts in this width."""
        clipped = (self.field.clip(text, width) for text in self.texts)
        return [_filled(text, width, right=self.field.right_aligned) for text in clipped]


def fitted(rows: Sequence[ProbeRow], moment: Moment, room: int) -> ProbeTable:
    """The most important columns that fit into a number of cells, with a blank between two.

    What room they leave is given to the columns that could use it, the more important ones first.
    """
    columns = [_column(field, rows, moment) for field in table_fields(rows)]
    while len(columns) > 1 and sum(each.least + 1 for each in columns) - 1 > room:
        columns.remove(max(reversed(columns), key=lambda each: each.field.rank))
    left = max(room - sum(each.least + 1 for each in columns) + 1, 0)
    widths: dict[str, int] = {}
    for each in sorted(columns, key=lambda each: each.field.rank):
        widths[each.field.id] = min(each.needed, each.least + left)
        left -= widths[each.field.id] - each.least
    heading, *cells = zip(*(each.cells(widths[each.field.id]) for each in columns), strict=True)
    return ProbeTable(tuple(each.field for each in columns), heading, tuple(cells))


def _column(field: ProbeField, rows: Sequence[ProbeRow], moment: Moment) -> _Column:
    return _Column(field, (field.title, *(field.text(row, moment) for row in rows)))


def _filled(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cell_width(text))
    return blanks + text if right else text + blanks
