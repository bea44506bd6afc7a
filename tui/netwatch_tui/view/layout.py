"""Which columns stand where on a screen of a given width, by what the rows in sight need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from netwatch_tui.fields.format import cell_width

GAP = 1
"""Blank cells between two columns."""

AS_NEEDED: Mapping[str, int] = {}
"""Widths where a person chose none."""

LUXURY = 10
"""Columns of this rank and less important ones are shown when all others have all the room that they need."""


class Column(Protocol):
    """A column of sockets or of groups, each part as `field.Field` has it."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def title(self) -> str:
        """Its heading."""

    @property
    def label(self) -> str:
        """A shorter one."""

    @property
    def meaning(self) -> str:
        """What it says."""

    @property
    def text(self) -> Callable[..., str]:
        """From a row of its kind and the moment to what the cell says."""

    @property
    def descends(self) -> bool:
        """Whether the greatest is wanted first."""

    @property
    def rank(self) -> int:
        """Importance, 0 the highest."""

    @property
    def width(self) -> int:
        """Least cells."""

    @property
    def enough(self) -> int:
        """Cells before a less important column is shown."""

    @property
    def most(self) -> int:
        """Cells before a luxury is shown."""

    @property
    def right_aligned(self) -> bool:
        """Whether blanks stand before its texts."""

    @property
    def is_endpoint(self) -> bool:
        """Whether its texts can lose their middle."""

    @property
    def is_pinned(self) -> bool:
        """Whether it stays when others are scrolled."""

    @property
    def clip(self) -> Callable[[str, int], str]:
        """Fits a text into a number of cells."""


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

    def edge_at(self, x: int) -> Placed | None:
        """The column whose right edge, the gap behind it, is this cell."""
        return next((place for place in self.placed if x == place.x + place.width), None)


class _Bounds(NamedTuple):
    """Cells of one column, as the rows in sight are."""

    floor: int
    """Less is given only where not even the columns that are always there find room."""
    least: int
    """So many it has before a less important column gets any."""
    full: int
    """So many it has before a luxury gets any."""
    whole: int
    """More would stay blank."""

    @classmethod
    def of(cls, column: Column, needed: int, chosen: int | None) -> _Bounds:
        """The bounds of a column whose widest text takes so many cells, or that a person made so wide."""
        if chosen is not None:
            return cls(min(column.width, chosen), chosen, chosen, chosen)
        whole = max(column.width, needed, cell_width(column.title))
        least = max(column.width, min(column.enough, needed))
        return cls(column.width, least, max(least, min(column.most, needed)), whole)


def lay_out(
    columns: Sequence[Column],
    width: int,
    needed: Mapping[str, int],
    sort: str = "",
    chosen: Mapping[str, int] = AS_NEEDED,
) -> Layout:
    """Fit columns to a width.

    Columns of rank 0 and the one that sorts are always there. Others are added by rank, as long as every column has
    its least width; luxuries only if nothing is cut for their sake. Then the columns are widened to what their cells
    need: first those whose text can't be cut without a loss, then the addresses, which can lose their middle.

    Args:
        columns: In the order in which they stand.
        width: Cells of the line.
        needed: Cells of the widest text in each column, by its id.
        sort: Id of the column that orders the rows.
        chosen: Cells of the columns that a person gave a width, by id: so many they have where there is room.
    """
    bounds = _bounds(columns, needed, chosen)
    shown = [column for column in columns if column.rank == 0 or column.id == sort]
    for column in sorted((column for column in columns if column not in shown), key=_rank):
        cells = {each.id: bounds[each.id].least if column.rank < LUXURY else bounds[each.id].full for each in shown}
        if _total(cells | {column.id: bounds[column.id].least}) > width:
            break
        shown.append(column)
    return _placed(columns, shown, bounds, width)


def scrolled(
    columns: Sequence[Column],
    width: int,
    needed: Mapping[str, int],
    first: int,
    chosen: Mapping[str, int] = AS_NEEDED,
) -> Layout:
    """What is seen after scrolling to the right: the pinned columns, and from `first` on the others that find room.

    Args:
        columns: In the order in which they stand.
        width: Cells of the line.
        needed: Cells of the widest text in each column, by its id.
        first: Which of the columns that are not pinned is the first one, from 0.
        chosen: As for `lay_out`.
    """
    bounds = _bounds(columns, needed, chosen)
    shown = [column for column in columns if column.is_pinned]
    for column in [column for column in columns if not column.is_pinned][first:]:
        if _total({each.id: bounds[each.id].least for each in (*shown, column)}) > width and len(shown) > 2:
            break
        shown.append(column)
    return _placed(columns, shown, bounds, width)


def _bounds(columns: Sequence[Column], needed: Mapping[str, int], chosen: Mapping[str, int]) -> dict[str, _Bounds]:
    return {column.id: _Bounds.of(column, needed.get(column.id, 0), chosen.get(column.id)) for column in columns}


def _rank(column: Column) -> int:
    return column.rank


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _placed(columns: Sequence[Column], shown: Sequence[Column], bounds: dict[str, _Bounds], width: int) -> Layout:
    standing = [column for column in columns if column in shown]
    widths = {column.id: bounds[column.id].least for column in standing}
    _squeeze(widths, {id: bounds[id].floor for id in widths}, width)
    _squeeze(widths, dict.fromkeys(widths, 1), width)
    _spread(standing, widths, {id: bounds[id].full for id in widths}, width)
    _spread(standing, widths, {id: bounds[id].whole for id in widths}, width)
    placed, x = [], 0
    for column in standing:
        placed.append(Placed(column, x, widths[column.id]))
        x += widths[column.id] + GAP
    return Layout(tuple(placed), tuple(column for column in columns if column not in standing))


def _squeeze(widths: dict[str, int], floors: Mapping[str, int], width: int) -> None:
    """Take what is missing from the widest columns, down to their floors."""
    while _total(widths) > width:
        above = [id for id in widths if widths[id] > floors[id]]
        if not above:
            return
        widths[max(above, key=widths.__getitem__)] -= 1


def _spread(columns: Sequence[Column], widths: dict[str, int], wanted: Mapping[str, int], width: int) -> None:
    """Give what is left to the columns that need it: by rank, in equal parts to the addresses, at last to luxuries."""
    spare = width - _total(widths)
    others = sorted((column for column in columns if not column.is_endpoint), key=_rank)
    ends = [column.id for column in columns if column.is_endpoint]
    for column in (column for column in others if column.rank < LUXURY):
        spare -= _widen(column.id, widths, wanted, spare)
    while spare > 0 and (cut := [id for id in ends if widths[id] < wanted[id]]):
        spare -= _widen(min(cut, key=widths.__getitem__), widths, wanted, 1)
    for column in (column for column in others if column.rank >= LUXURY):
        spare -= _widen(column.id, widths, wanted, spare)


def _widen(id: str, widths: dict[str, int], wanted: Mapping[str, int], spare: int) -> int:
    """Give a column as much of the spare room as it wants; tells how much that was."""
    more = max(min(spare, wanted[id] - widths[id]), 0)
    widths[id] += more
    return more
