"""The table: draws the visible lines of a view, and keeps the cursor on its socket."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from netwatch_tui.model.columns import COLUMNS, Column
from netwatch_tui.model.format import BLANK, cell_width, clip, clip_endpoint
from netwatch_tui.model.layout import GAP, Layout, Placed, endpoint_step, lay_out
from netwatch_tui.model.marks import Mark
from netwatch_tui.model.socket import Socket
from netwatch_tui.model.view import View
from netwatch_tui.ui.keymap import TABLE_KEYS, bindings
from netwatch_tui.ui.messages import ColumnsHidden, SortWanted

HEADER_HEIGHT = 1

_MARK_STYLE = {
    Mark.NEW: "socket-table--new",
    Mark.CHANGED: "socket-table--changed",
    Mark.CLOSED: "socket-table--closed",
}


class Line(NamedTuple):
    """All that decides how one line looks; two equal ones need no repaint."""

    cells: tuple[str, ...]
    """Texts of the placed columns, neither clipped nor padded."""
    mark: Mark | None
    is_cursor: bool


class SocketTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of a view under a heading that stays. Row and scroll positions follow sockets, never numbers."""

    COMPONENT_CLASSES = {
        "socket-table--header",
        "socket-table--sorted",
        "socket-table--blank",
        "socket-table--new",
        "socket-table--changed",
        "socket-table--closed",
        "socket-table--cursor",
    }
    BINDINGS = bindings(TABLE_KEYS)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: View | None = None
        self._cursor = 0
        self._endpoint_width = endpoint_step(0)
        self._layout_of_columns = Layout((), ())
        self._painted: list[Line | None] = []

    # What is shown

    def show(self, view: View) -> None:
        """Show another view: the cursor stays on its socket, at its height on the screen where that is possible."""
        before, self._view = self._view, view
        self._resize_rows(len(view.rows))
        if before is None or before.moment.namespaces != view.moment.namespaces:
            self._lay_out()
        if before is not None:
            self._follow(before, view)
        if before is None or (before.spec.sort, before.spec.descending) != (view.spec.sort, view.spec.descending):
            self.refresh()
        else:
            self._repaint_changed()

    @property
    def cursor_socket(self) -> Socket | None:
        """The socket under the cursor; None in an empty table."""
        return self._row(self._cursor)

    def _row(self, index: int) -> Socket | None:
        rows = self._view.rows if self._view else ()
        return rows[index] if 0 <= index < len(rows) else None

    def _resize_rows(self, count: int) -> None:
        """Tell the scroll bar how many rows there are, without a new layout of the whole screen."""
        size = Size(self._width, count + HEADER_HEIGHT)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height

    def _follow(self, before: View, after: View) -> None:
        """Find the cursor's socket again, or take the one that now stands in its place.

        A row keeps its height on the screen: the cursor's if it is visible, else the topmost. Only at the very top the
        view stays at the top while the cursor can still be seen, so that what appears there is seen as well.
        """
        top, cursor = self.scroll_offset.y, self._cursor
        visible = top <= cursor < top + self._page
        anchor = cursor if visible else top
        self._cursor = _find_again(before, after, cursor)
        if top > 0:
            self._scroll_rows(_find_again(before, after, anchor) - (anchor - top))
        if visible:
            self._reveal_cursor()

    # Moving

    @property
    def _width(self) -> int:
        """Cells of a line, without the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def _page(self) -> int:
        """Rows that fit on the screen."""
        return max(self.size.height - HEADER_HEIGHT, 1)

    def action_move(self, rows: int) -> None:
        """Move the cursor up or down."""
        self._move_to(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by whole pages."""
        self._move_to(self._cursor + pages * self._page)

    def action_first(self) -> None:
        """Go to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._move_to(self._count - 1)

    @property
    def _count(self) -> int:
        return len(self._view.rows) if self._view else 0

    def _move_to(self, index: int) -> None:
        self._cursor = max(min(index, self._count - 1), 0)
        self._reveal_cursor()
        self._repaint_changed()

    def _reveal_cursor(self) -> None:
        """Scroll as little as is needed to see the cursor."""
        top = self.scroll_offset.y
        self._scroll_rows(max(min(top, self._cursor), self._cursor - self._page + 1))

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(min(top, self._count - self._page), 0), animate=False)

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to a row, or sort by a column's heading."""
        if event.y >= HEADER_HEIGHT:
            index = self.scroll_offset.y + event.y - HEADER_HEIGHT
            if index < self._count:
                self._move_to(index)
        elif column := self._layout_of_columns.column_at(event.x):
            self.post_message(SortWanted(column))

    # Painting

    def on_resize(self) -> None:
        """Lay the columns out for the new width."""
        self._resize_rows(self._count)
        self._lay_out()
        self._reveal_cursor()

    def notify_style_update(self) -> None:
        """Paint everything in the new colours."""
        super().notify_style_update()
        self.refresh()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The namespace has a column while there is more than one."""
        several = self._view is not None and len(self._view.moment.namespaces) > 1
        return tuple(column for column in COLUMNS if several or column.id != "netns")

    def _lay_out(self) -> None:
        before = self._layout_of_columns
        self._layout_of_columns = lay_out(self.columns, self._width, self._endpoint_width)
        if self._layout_of_columns != before:
            self.refresh()
        if self._layout_of_columns.hidden != before.hidden:
            self.post_message(ColumnsHidden(self._layout_of_columns.hidden))

    def _line(self, index: int) -> Line | None:
        """How the row at this place looks now; None below the last."""
        socket = self._row(index)
        if socket is None or self._view is None:
            return None
        moment = self._view.moment
        cells = tuple(place.column.text(socket, moment) for place in self._layout_of_columns.placed)
        marked = moment.marked.get(socket.id)
        return Line(cells, marked.mark if marked else None, index == self._cursor)

    def _repaint_changed(self) -> None:
        """Repaint the visible lines that look different from what was painted last."""
        top = self.scroll_offset.y
        for y, painted in enumerate(self._painted):
            if self._line(top + y) != painted:
                self.refresh(Region(0, y + HEADER_HEIGHT, self._width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the widget: the heading, a row, or nothing."""
        width = self._width
        if y < HEADER_HEIGHT:
            return self._header().adjust_cell_length(width, self.rich_style)
        row_y = y - HEADER_HEIGHT
        line = self._line(self.scroll_offset.y + row_y)
        self._painted += [None] * (row_y + 1 - len(self._painted))
        del self._painted[self._page :]
        if row_y < len(self._painted):
            self._painted[row_y] = line
        if line is None:
            return Strip.blank(width, self.rich_style)
        self._widen(line)
        return self._strip(line, width)

    def _widen(self, line: Line) -> None:
        """Make room for the longest address seen so far; never taken back, so that columns stay where they are."""
        placed = self._layout_of_columns.placed
        longest = max(
            (len(cell) for place, cell in zip(placed, line.cells, strict=True) if place.column.is_endpoint), default=0
        )
        if longest > self._endpoint_width:
            self._endpoint_width = endpoint_step(longest)
            self.call_after_refresh(self._lay_out)

    def _strip(self, line: Line, width: int) -> Strip:
        style = self.rich_style
        if line.mark:
            style += self._ink(_MARK_STYLE[line.mark])
        blank = style if line.mark else style + self._ink("socket-table--blank")
        if line.is_cursor:
            full = self.get_component_rich_style("socket-table--cursor")
            cursor = Style(bgcolor=full.bgcolor, bold=full.bold, reverse=full.reverse)
            style, blank = style + cursor, blank + cursor
        segments = [
            Segment(text, blank if _is_blank(cell) else style)
            for place, cell in zip(self._layout_of_columns.placed, line.cells, strict=True)
            for text in (_fit(cell, place) + " " * GAP,)
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def _ink(self, component: str) -> Style:
        """The text colour of a component, to lay over another style."""
        return Style(color=self.get_component_rich_style(component).color)

    def _header(self) -> Strip:
        plain = self.rich_style + self.get_component_rich_style("socket-table--header")
        lit = plain + self._ink("socket-table--sorted") + Style(bold=True)
        spec = self._view.spec if self._view else None
        segments = []
        for place in self._layout_of_columns.placed:
            title = place.column.title
            if spec and spec.sort == place.column.id:
                segments.append(Segment(_sorted_title(title.strip(), place, "▼" if spec.descending else "▲"), lit))
            else:
                segments.append(Segment(_aligned(clip(title, place.width), place, place.width) + " " * GAP, plain))
        return Strip(segments).adjust_cell_length(self._width, plain)


def _find_again(before: View, after: View, index: int) -> int:
    """Where the socket that stood at this place stands now; the same place if it is gone."""
    nearest = max(min(index, len(after.rows) - 1), 0)
    return after.position.get(before.rows[index].id, nearest) if index < len(before.rows) else nearest


def _is_blank(cell: str) -> bool:
    """Whether a cell says that something is not known, or why there is nothing."""
    return cell == BLANK or cell.startswith("(")


def _fit(cell: str, place: Placed) -> str:
    """The cell's text in exactly the width of its column."""
    clipped = clip_endpoint(cell, place.width) if place.column.is_endpoint else clip(cell, place.width)
    return _aligned(clipped, place, place.width)


def _sorted_title(title: str, place: Placed, arrow: str) -> str:
    """A title with its arrow, on the inner side where there is room and else in the gap behind the column."""
    if place.column.right_aligned and cell_width(title) < place.width:
        return _aligned(arrow + title, place, place.width) + " " * GAP
    return _aligned(title + arrow, place, place.width + GAP)


def _aligned(text: str, place: Placed, width: int) -> str:
    padding = " " * (width - cell_width(text))
    return padding + text if place.column.right_aligned else text + padding
