"""Which columns stand where on a screen of a given width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.fields.field import Field

GAP = 1
"""Blank cells between two columns."""

LUXURY = 10
"""Columns of this rank and less important ones are shown when all others have all the room that is of use to them."""

_ENDPOINT_STEPS = (21, 24, 28, 33, 40, 47)
"""Widths for address:port, from any IPv4 to any IPv6; few steps, so that columns seldom move."""


class Placed(NamedTuple):
    """A column with its place on the line."""

    column: Field
    x: int
    width: int


class Layout(NamedTuple):
    """The columns that fit, from left to right, and those that don't."""

    placed: tuple[Placed, ...]
    hidden: tuple[Field, ...]

    def column_at(self, x: int) -> Field | None:
        """The column at this cell, its gap included; None beyond the last."""
        for place in self.placed:
            if place.x <= x < place.x + place.width + GAP:
                return place.column
        return None


def endpoint_step(longest: int) -> int:
    """The column width that holds an address:port of this many characters."""
    return next((step for step in _ENDPOINT_STEPS if step >= longest), _ENDPOINT_STEPS[-1])


def lay_out(columns: Sequence[Field], width: int, endpoint_width: int) -> Layout:
    """Fit columns to a width.

    The least important columns go first; only when none is left to hide are the others made narrower. Spare room
    goes to the columns that can use it, the most important first.

    Args:
        columns: In the order in which they stand.
        width: Cells of the line.
        endpoint_width: Cells that the address columns need, from `endpoint_step`.
    """
    need, most = _needs(columns, endpoint_width), _uses(columns, endpoint_width)
    shown = list(columns)
    while shown:
        least = max(shown, key=lambda column: column.rank)
        if least.rank == 0 or _total(shown, most if least.rank >= LUXURY else need) <= width:
            break
        shown.remove(least)
    return _placed(columns, shown, need, width)


def scrolled(columns: Sequence[Field], width: int, endpoint_width: int, first: int) -> Layout:
    """What is seen after scrolling to the right: the pinned columns, and from `first` on the others that find room.

    Args:
        columns: In the order in which they stand.
        width: Cells of the line.
        endpoint_width: Cells that the address columns need, from `endpoint_step`.
        first: Which of the columns that are not pinned is the first one, from 0.
    """
    need = _needs(columns, endpoint_width)
    shown = [column for column in columns if column.is_pinned]
    for column in [column for column in columns if not column.is_pinned][first:]:
        if _total([*shown, column], need) > width and len(shown) > 2:
            break
        shown.append(column)
    return _placed(columns, [column for column in columns if column in shown], need, width)


def _needs(columns: Sequence[Field], endpoint_width: int) -> dict[str, int]:
    return {column.id: endpoint_width if column.is_endpoint else column.width for column in columns}


def _uses(columns: Sequence[Field], endpoint_width: int) -> dict[str, int]:
    return {column.id: endpoint_width if column.is_endpoint else column.most for column in columns}


def _placed(columns: Sequence[Field], shown: Sequence[Field], need: dict[str, int], width: int) -> Layout:
    widths = {column.id: need[column.id] for column in shown}
    _squeeze(shown, widths, width)
    _spread(shown, widths, width)
    placed, x = [], 0
    for column in shown:
        placed.append(Placed(column, x, widths[column.id]))
        x += widths[column.id] + GAP
    return Layout(tuple(placed), tuple(column for column in columns if column not in shown))


def _total(columns: Sequence[Field], widths: dict[str, int]) -> int:
    return sum(widths[column.id] for column in columns) + GAP * (len(columns) - 1)


def _squeeze(columns: Sequence[Field], widths: dict[str, int], width: int) -> None:
    """Take what is missing from the widest columns, one cell at a time."""
    while _total(columns, widths) > width:
        widest = max(widths, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= 1:
            return
        widths[widest] -= 1


def _spread(columns: Sequence[Field], widths: dict[str, int], width: int) -> None:
    """Give what is left to the columns that can use it, the most important first."""
    spare = width - _total(columns, widths)
    for column in sorted((column for column in columns if not column.is_endpoint), key=lambda column: column.rank):
        more = max(min(spare, column.most - widths[column.id]), 0)
        widths[column.id] += more
        spare -= more
