"""Which columns stand where on a screen of a given width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.model.columns import Column

GAP = 1
"""Blank cells between two columns."""

LUXURY = 10
"""Columns of this rank and less important ones are shown when all others have all the room that is of use to them."""

_ENDPOINT_STEPS = (21, 24, 28, 33, 40, 47)
"""Widths for address:port, from any IPv4 to any IPv6; few steps, so that columns seldom move."""


class Placed(NamedTuple):
    """A column with its place on the line."""

    column: Column
    x: int
    width: int


class Layout(NamedTuple):
    """The columns that fit, from left to right, and those that don't."""

    placed: tuple[Placed, ...]
    hidden: tuple[Column, ...]

    def column_at(self, x: int) -> Column | None:
        """The column at this cell, its gap included; None beyond the last."""
        for place in self.placed:
            if place.x <= x < place.x + place.width + GAP:
                return place.column
        return None


def endpoint_step(longest: int) -> int:
    """The column width that holds an address:port of this many characters."""
    return next((step for step in _ENDPOINT_STEPS if step >= longest), _ENDPOINT_STEPS[-1])


def lay_out(columns: Sequence[Column], width: int, endpoint_width: int) -> Layout:
    """Fit columns to a width.

    The least important columns go first; only when none is left to hide are the others made narrower. Spare room
    goes to the columns that can use it, in turn.

    Args:
        columns: In the order in which they stand.
        width: Cells of the line.
        endpoint_width: Cells that the address columns need, from `endpoint_step`.
    """
    need = {column.id: endpoint_width if column.is_endpoint else column.width for column in columns}
    most = {column.id: endpoint_width if column.is_endpoint else column.most for column in columns}
    shown = list(columns)
    while shown:
        least = max(shown, key=lambda column: column.rank)
        if least.rank == 0 or _total(shown, most if least.rank >= LUXURY else need) <= width:
            break
        shown.remove(least)
    widths = {column.id: need[column.id] for column in shown}
    _squeeze(shown, widths, width)
    _spread(shown, widths, width)
    placed, x = [], 0
    for column in shown:
        placed.append(Placed(column, x, widths[column.id]))
        x += widths[column.id] + GAP
    return Layout(tuple(placed), tuple(column for column in columns if column not in shown))


def _total(columns: Sequence[Column], widths: dict[str, int]) -> int:
    return sum(widths[column.id] for column in columns) + GAP * (len(columns) - 1)


def _squeeze(columns: Sequence[Column], widths: dict[str, int], width: int) -> None:
    """Take what is missing from the widest columns, one cell at a time."""
    while _total(columns, widths) > width:
        widest = max(widths, key=widths.__getitem__)
        if widths[widest] <= 1:
            return
        widths[widest] -= 1


def _spread(columns: Sequence[Column], widths: dict[str, int], width: int) -> None:
    """Give what is left to the columns that can use it, the most important first in each turn."""
    spare = width - _total(columns, widths)
    growing = sorted((column for column in columns if not column.is_endpoint), key=lambda column: column.rank)
    while spare > 0:
        growing = [column for column in growing if widths[column.id] < column.most]
        if not growing:
            return
        for column in growing[:spare]:
            widths[column.id] += 1
            spare -= 1
