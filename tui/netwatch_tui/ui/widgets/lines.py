"""How the lines of the table look: texts and styles, from cells to strips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from netwatch_tui.fields.format import BLANK, cell_width, clip, printable, wrap
from netwatch_tui.sockets.health import Severity
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.view.column_names import Sort
from netwatch_tui.view.layout import GAP, Column, Layout, Placed

INKS = ("header", "sorted", "blank", "new", "changed", "closed", "cursor", "reason", "warning", "critical")
"""Names of what has a look of its own."""

_MARGIN = "  "
"""At the left of what stands in place of rows."""

_MARK_INK = {Mark.NEW: "new", Mark.CHANGED: "changed", Mark.CLOSED: "closed"}


class Line(NamedTuple):
    """All that decides how one line looks; two equal ones need no repaint."""

    cells: tuple[str, ...]
    """Texts of the placed columns, neither clipped nor padded."""
    mark: Mark | None
    is_cursor: bool
    is_quiet: bool = False
    """Of a socket that is normal and plenty, such as those in TIME-WAIT, or of a machine that is late or lost."""
    signals: tuple[tuple[str, Severity], ...] = ()
    """Columns whose cells show that something is wrong, by id, and how bad that is."""
    is_tagged: bool = False
    """Whether the person marked the row."""


class Inks(NamedTuple):
    """The styles of a table in the present theme."""

    plain: Style
    header: Style
    sorted: Style
    blank: Style
    reason: Style
    cursor: Style
    by_mark: dict[Mark, Style]
    by_severity: dict[Severity, Style]

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
            reason=plain + _color(full["reason"]) + Style(bold=True),
            cursor=Style(bgcolor=cursor.bgcolor, bold=cursor.bold, reverse=cursor.reverse),
            by_mark={mark: plain + _color(full[ink]) for mark, ink in _MARK_INK.items()},
            by_severity={
                Severity.WARNING: plain + _color(full["warning"]) + Style(bold=True),
                Severity.CRITICAL: plain + _color(full["critical"]) + Style(bold=True),
            },
        )


def _color(style: Style) -> Style:
    """The text colour alone, to lay over another style."""
    return Style(color=style.color)


def row_line(line: Line, layout: Layout, inks: Inks, width: int) -> Strip:
    """The line of a socket or group."""
    style, blank = _inks_of(line, inks)
    segments = [
        Segment(_fit(cell, place) + " " * GAP, blank if _is_blank(cell) else style)
        for place, cell in zip(layout.placed, line.cells, strict=True)
    ]
    if line.mark is Mark.CLOSED:
        _paint_mark(segments, line, layout, inks)
    for column, severity in line.signals:
        _paint_signal(segments, column, severity, line, layout, inks)
    if line.is_tagged and segments:
        segments[:1] = _tagged(segments[0], line, inks)
    return Strip(segments).adjust_cell_length(width, style)


def _inks_of(line: Line, inks: Inks) -> tuple[Style, Style]:
    """The style of a line's texts, and of its blanks; what has closed is no alarm, and dim."""
    if line.mark is Mark.CLOSED:
        style = blank = inks.blank
    elif line.mark:
        style = blank = inks.by_mark[line.mark]
    else:
        style, blank = (inks.blank if line.is_quiet else inks.plain), inks.blank
    return (style + inks.cursor, blank + inks.cursor) if line.is_cursor else (style, blank)


def _paint_mark(segments: list[Segment], line: Line, layout: Layout, inks: Inks) -> None:
    style = inks.by_mark[Mark.CLOSED]
    for at, place in enumerate(layout.placed):
        if _is_mark(place.column):
            segments[at] = Segment(segments[at].text, style + inks.cursor if line.is_cursor else style)


TAG = "*"
"""In the gap behind the first column of a row that the person marked, beside the sign of what is new."""


def _tagged(first: Segment, line: Line, inks: Inks) -> list[Segment]:
    sign = inks.plain + Style(color=inks.sorted.color, bold=True)
    return [Segment(first.text[:-GAP], first.style), Segment(TAG, sign + inks.cursor if line.is_cursor else sign)]


def _paint_signal(
    segments: list[Segment], column: str, severity: Severity, line: Line, layout: Layout, inks: Inks
) -> None:
    """Colour the cell in which something is wrong, with a sign behind its text for who sees no colours."""
    style = inks.by_severity[severity]
    for at, place in enumerate(layout.placed):
        if place.column.id == column:
            cell = segments[at].text
            text = cell[:-GAP] + "!" if place.column.right_aligned else (cell.rstrip() + "!").ljust(len(cell))
            segments[at] = Segment(text, style + inks.cursor if line.is_cursor else style)


def changed_cells(before: Line | None, after: Line | None, layout: Layout) -> list[tuple[int, int]]:
    """Place and width of the cells that differ; nothing if the lines differ in more than cells."""
    if before is None or after is None or before[1:] != after[1:]:
        return []
    if not len(before.cells) == len(after.cells) == len(layout.placed):
        return []
    cells = zip(layout.placed, before.cells, after.cells, strict=True)
    return [(place.x, place.width) for place, was, is_now in cells if was != is_now]


def wrapped_reasons(reasons: Iterable[str], width: int) -> list[str]:
    """Why a table is empty in lines that fit beside its margins."""
    return [line for text in reasons for line in wrap(printable(text), max(width - 2 * len(_MARGIN), 1))]


def reason_line(reasons: Sequence[str], y: int, inks: Inks, width: int) -> Strip:
    """A line of a table without rows: why it is empty, a line down from the heading; else nothing."""
    text = reasons[y - 1] if 0 < y <= len(reasons) else ""
    style = inks.reason if y == 1 else inks.plain
    return Strip([Segment(clip(f"{_MARGIN}{text}", width), style)]).adjust_cell_length(width, inks.plain)


def heading(layout: Layout, sort: Sort | None, inks: Inks, width: int, *, is_scrolled: bool = False) -> Strip:
    """The titles; the one that sorts carries an arrow, and signs at the start say where more columns are."""
    more = ("◂" if is_scrolled else "") + ("▸" if layout.hidden else "")
    segments = []
    for place in layout.placed:
        title = _title(place)
        if sort is not None and sort.column == place.column.id:
            segments.append(
                Segment(_sorted_title(title.strip(), place, "▼" if sort.descending else "▲", width), inks.sorted)
            )
        elif _is_mark(place.column):
            segments.append(Segment(clip(more, place.width + GAP).ljust(place.width + GAP), inks.sorted))
        else:
            segments.append(Segment(_aligned(clip(title, place.width), place, place.width) + " " * GAP, inks.header))
    return Strip(segments).adjust_cell_length(width, inks.header)


def _title(place: Placed) -> str:
    """The title of a column, or the shorter one that the details use where it finds no room."""
    column = place.column
    return column.title if cell_width(column.title) <= place.width or not column.label else column.label


def _is_mark(column: Column) -> bool:
    return not column.title.strip()


def _is_blank(cell: str) -> bool:
    """Whether a cell says nothing, or 0, why there is nothing, or what was before: no name looks so."""
    return cell in (BLANK, "0") or cell.startswith("(") or cell.endswith("†")


def _fit(cell: str, place: Placed) -> str:
    """The cell's text in exactly the width of its column."""
    return _aligned(place.column.clip(printable(cell), place.width), place, place.width)


def _sorted_title(title: str, place: Placed, arrow: str, width: int) -> str:
    """A title with its arrow, on the inner side where there is room and else in the gap behind the column."""
    if place.column.right_aligned and cell_width(title) < place.width:
        return _aligned(arrow + title, place, place.width) + " " * GAP
    room = place.width + (GAP if place.x + place.width + GAP <= width else 0)
    return _aligned(clip(title, room - 1) + arrow, place, room)


def _aligned(text: str, place: Placed, width: int) -> str:
    padding = " " * (width - cell_width(text))
    return padding + text if place.column.right_aligned else text + padding
