"""How the lines of the table look: texts and styles, from cells to strips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from netwatch_tui.fields.field import Field
from netwatch_tui.fields.format import BLANK, cell_width, clip, printable
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.view.groups import Group
from netwatch_tui.view.layout import GAP, Layout, Placed

INKS = ("header", "sorted", "blank", "new", "changed", "closed", "cursor", "group")
"""Names of what has a look of its own."""

_MARK_INK = {Mark.NEW: "new", Mark.CHANGED: "changed", Mark.CLOSED: "closed"}


class Line(NamedTuple):
    """All that decides how one line looks; two equal ones need no repaint."""

    cells: tuple[str, ...]
    """Texts of the placed columns, neither clipped nor padded; of a group's line the one text."""
    mark: Mark | None
    is_cursor: bool
    is_group: bool = False


class Inks(NamedTuple):
    """The styles of a table in the present theme."""

    plain: Style
    header: Style
    sorted: Style
    blank: Style
    group: Style
    cursor: Style
    by_mark: dict[Mark, Style]

    @classmethod
    def of(cls, widget: Widget) -> Inks:
        """The styles that the theme gives to a widget with a component for each of `INKS`."""
        plain = widget.rich_style
        full = {ink: widget.get_component_rich_style(f"socket-table--{ink}") for ink in INKS}
        cursor = full["cursor"]
        header = plain + full["header"]
        return cls(
            plain=plain,
            header=header,
            sorted=header + _color(full["sorted"]) + Style(bold=True),
            blank=plain + _color(full["blank"]),
            group=plain + _color(full["group"]) + Style(bold=True),
            cursor=Style(bgcolor=cursor.bgcolor, bold=cursor.bold, reverse=cursor.reverse),
            by_mark={mark: plain + _color(full[ink]) for mark, ink in _MARK_INK.items()},
        )


def _color(style: Style) -> Style:
    """The text colour alone, to lay over another style."""
    return Style(color=style.color)


def group_line(group: Group) -> str:
    """A group in one line: open or shut, how many, and sums."""
    states = "  ".join(f"{state} {count:,}" for state, count in sorted(group.states.items(), key=lambda item: -item[1]))
    sockets = "socket" if group.size == 1 else "sockets"
    queues = f"Recv-Q {group.recv_q.text}  Send-Q {group.send_q.text}"
    return f"{'▾' if group.is_open else '▸'} {group.id}  {group.size:,} {sockets}  {queues}  {states}"


def row_line(line: Line, layout: Layout, inks: Inks, width: int) -> Strip:
    """The line of a socket or group."""
    style = inks.group if line.is_group else inks.by_mark[line.mark] if line.mark else inks.plain
    blank = style if line.mark else inks.blank
    if line.is_cursor:
        style, blank = style + inks.cursor, blank + inks.cursor
    if line.is_group:
        return Strip([Segment(clip(printable(line.cells[0]), width), style)]).adjust_cell_length(width, style)
    segments = [
        Segment(_fit(cell, place) + " " * GAP, blank if _is_blank(cell) else style)
        for place, cell in zip(layout.placed, line.cells, strict=True)
    ]
    return Strip(segments).adjust_cell_length(width, style)


def changed_cells(before: Line | None, after: Line | None, layout: Layout) -> list[tuple[int, int]]:
    """Place and width of the cells that differ; nothing if the lines differ in more than cells."""
    if before is None or after is None or before[1:] != after[1:] or after.is_group:
        return []
    if not len(before.cells) == len(after.cells) == len(layout.placed):
        return []
    cells = zip(layout.placed, before.cells, after.cells, strict=True)
    return [(place.x, place.width) for place, was, is_now in cells if was != is_now]


def reason_line(reasons: Sequence[str], y: int, inks: Inks, width: int) -> Strip:
    """A line of a table without rows: why it is empty, a line down from the heading; else nothing."""
    text = reasons[y - 1] if 0 < y <= len(reasons) else ""
    style = inks.group if y == 1 else inks.plain
    return Strip([Segment(clip(f"  {printable(text)}", width), style)]).adjust_cell_length(width, inks.plain)


def heading(
    layout: Layout, sort: tuple[str, bool] | None, inks: Inks, width: int, *, is_scrolled: bool = False
) -> Strip:
    """The titles; the one that sorts carries an arrow, and signs at the start say where more columns are."""
    more = ("◂" if is_scrolled else "") + ("▸" if layout.hidden else "")
    segments = []
    for place in layout.placed:
        title = place.column.title
        if sort is not None and sort[0] == place.column.id:
            segments.append(Segment(_sorted_title(title.strip(), place, "▼" if sort[1] else "▲"), inks.sorted))
        elif _is_mark(place.column):
            segments.append(Segment(clip(more, place.width + GAP).ljust(place.width + GAP), inks.sorted))
        else:
            segments.append(Segment(_aligned(clip(title, place.width), place, place.width) + " " * GAP, inks.header))
    return Strip(segments).adjust_cell_length(width, inks.header)


def _is_mark(column: Field) -> bool:
    return not column.title.strip()


def _is_blank(cell: str) -> bool:
    """Whether a cell says that something is not known, why there is nothing, or what was before: no name looks so."""
    return cell == BLANK or cell.startswith("(") or cell.endswith("†")


def _fit(cell: str, place: Placed) -> str:
    """The cell's text in exactly the width of its column."""
    return _aligned(place.column.clip(printable(cell), place.width), place, place.width)


def _sorted_title(title: str, place: Placed, arrow: str) -> str:
    """A title with its arrow, on the inner side where there is room and else in the gap behind the column."""
    if place.column.right_aligned and cell_width(title) < place.width:
        return _aligned(arrow + title, place, place.width) + " " * GAP
    title = clip(title, place.width)
    return _aligned(title + arrow, place, place.width + GAP)


def _aligned(text: str, place: Placed, width: int) -> str:
    padding = " " * (width - cell_width(text))
    return padding + text if place.column.right_aligned else text + padding
