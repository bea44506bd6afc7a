"""What came of trying listeners, as a table that has to fit into a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.fields.format import cell_width, clip
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.probe_fields import ProbeField, table_fields
from netwatch_tui.sockets.probe_results import ProbeRow

_MOST = 26
"""Cells of a column at most."""


class ProbeTable(NamedTuple):
    """Cells of one width a column."""

    fields: tuple[ProbeField, ...]
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def fitted(rows: Sequence[ProbeRow], moment: Moment, room: int) -> ProbeTable:
    """The most important columns that fit into a number of cells, with a blank between two."""
    fields = table_fields(rows)
    texts = {field.id: [clip(text, _MOST) for text in _column(field, rows, moment)] for field in fields}
    widths = {id: max(map(cell_width, cells)) for id, cells in texts.items()}
    while len(fields) > 1 and sum(widths[field.id] + 1 for field in fields) - 1 > room:
        fields.remove(max(reversed(fields), key=lambda field: field.rank))
    columns = [[_filled(text, widths[field.id], field) for text in texts[field.id]] for field in fields]
    heading, *others = zip(*columns, strict=True)
    return ProbeTable(tuple(fields), heading, tuple(others))


def _column(field: ProbeField, rows: Sequence[ProbeRow], moment: Moment) -> list[str]:
    return [field.title, *(field.text(row, moment) for row in rows)]


def _filled(text: str, width: int, field: ProbeField) -> str:
    blanks = " " * (width - cell_width(text))
    return blanks + text if field.right_aligned else text + blanks
