"""The table: draws the visible lines of a view, and keeps the cursor on its socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.end_fields import NAMED_PEER
from netwatch_tui.fields.format import cell_width
from netwatch_tui.sockets.hosts import names_hosts
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.ui.keymap import TABLE_KEYS, USUAL_KEYS, bindings
from netwatch_tui.ui.messages import CursorMoved, MenuWanted, Opened, Said, SortWanted, WidthWanted
from netwatch_tui.ui.widgets.heading_drag import HeadingDrag
from netwatch_tui.ui.widgets.lines import (
    INKS,
    Inks,
    Line,
    changed_cells,
    heading,
    reason_line,
    row_line,
    wrapped_reasons,
)
from netwatch_tui.ui.widgets.view_parts import TableOf, columns_of, find_again, kinds_of, table_of
from netwatch_tui.view.column_names import Sort
from netwatch_tui.view.column_widths import ColumnWidths
from netwatch_tui.view.emptiness import why_empty
from netwatch_tui.view.group_columns import group_columns
from netwatch_tui.view.group_signals import Signals, group_signals
from netwatch_tui.view.groups import Group, Row, RowId
from netwatch_tui.view.layout import Column, Layout, lay_out, scrolled
from netwatch_tui.view.spec import USUAL_SPEC, ViewSpec
from netwatch_tui.view.view import View

HEADER_HEIGHT = 1

MOST_LEFT = 64
"""Tables that were left of which it is remembered where the cursor stood."""

_LEFT, _RIGHT = 1, 3
"""Buttons of the mouse."""


class SocketTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of a view under a heading that stays. Row and scroll positions follow sockets, never numbers."""

    COMPONENT_CLASSES = {f"socket-table--{name}" for name in INKS}
    BINDINGS = bindings(TABLE_KEYS)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keymap = USUAL_KEYS
        """Which keys do what, for words that name them."""
        self._view: View | None = None
        self._sorting: Sort | None = None
        """By what the rows are to be sorted, while they are not yet; None where that is what is shown."""
        self._group_signals: Mapping[str, Signals] = {}
        self._tagged: frozenset[RowId] = frozenset()
        self._cursor = 0
        self._chosen: RowId | None = None
        """The row that the person chose; the cursor stands elsewhere only while it is not shown."""
        self._left: dict[TableOf, tuple[RowId | None, int]] = {}
        """The chosen row of each table that was left, and its height on the screen; the last one left at the end."""
        self._widths = ColumnWidths()
        self._layout_of_columns = Layout((), ())
        self._drag: HeadingDrag | None = None
        self._dropped: HeadingDrag | None = None
        """An edge that was let go of: the click that ends it is told next."""
        self._first_column: int | None = None
        """How many columns are scrolled off to the left; None while those are shown that matter most."""
        self._painted: list[Line | None] = []
        self._inks: Inks | None = None

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Nothing: it looks the same with and without the keys. Textual would look for all its styles anew."""

    # What is shown

    def show(self, view: View) -> None:
        """Show another view: the cursor stays on its socket, at its height on the screen where that is possible."""
        before, self._view = self._view, view
        if before is None or table_of(before.spec) != table_of(view.spec) or self._sorting == view.spec.sorting:
            self._sorting = None
        self._group_signals = group_signals(view.groups.names, view.moment.findings) if view.groups else {}
        self._resize_rows(len(view.rows))
        if before is None:
            self._chosen = view.rows[0].id if view.rows else None
        elif table_of(before.spec) != table_of(view.spec):
            self._change_table(before, view)
        else:
            self._follow(before, view)
        if before is None or kinds_of(before) != kinds_of(view):
            self._widths.forget()
        is_tick = before is None or before.snapshot is not view.snapshot
        if self._measure(is_tick=is_tick) or before is None or columns_of(before) != columns_of(view):
            self._lay_out()
        if before is None or self._look(before) != self._look(view):
            self.refresh()
        else:
            self._repaint_changed()

    def expect(self, wanted: ViewSpec) -> None:
        """Have the heading tell at once by what the rows of this table will be sorted, though they are not yet."""
        view = self._view
        if view is not None and table_of(wanted) == table_of(view.spec):
            self._sorting = wanted.sorting
            self.refresh(Region(0, 0, self._width, HEADER_HEIGHT))

    def tag(self, ids: frozenset[RowId]) -> None:
        """Show these rows as marked by the person, and no others."""
        self._tagged = ids
        self._repaint_changed()

    @property
    def cursor_row(self) -> Row | None:
        """The socket or group under the cursor; None in an empty table."""
        return self._row(self._cursor)

    @property
    def cursor_socket(self) -> Socket | None:
        """The socket under the cursor; None in an empty table or on the line of a group."""
        row = self.cursor_row
        return row if isinstance(row, Socket) else None

    def ids_in_sight(self, pages: int = 0) -> frozenset[int]:
        """The ids of the sockets on the screen, and of so many pages before and after."""
        rows = self._view.rows if self._view else ()
        top = max(self.scroll_offset.y - pages * self._page, 0)
        seen = rows[top : self.scroll_offset.y + (pages + 1) * self._page]
        return frozenset(row.id for row in seen if isinstance(row, Socket))

    @property
    def sockets_in_sight(self) -> Sequence[Socket]:
        """Those whose rows are on the screen."""
        rows, top = self._view.rows if self._view else (), self.scroll_offset.y
        return [row for row in rows[top : top + self._page] if isinstance(row, Socket)]

    def _row(self, index: int) -> Row | None:
        rows = self._view.rows if self._view else ()
        return rows[index] if 0 <= index < len(rows) else None

    def _resize_rows(self, count: int) -> None:
        """Tell the scroll bar how many rows there are, without a new layout of the whole screen."""
        size = Size(self._width, count + HEADER_HEIGHT)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height

    def _change_table(self, before: View, after: View) -> None:
        """Put the cursor where it was when this table was left, on the group that is left for it, or on the first row.

        Groups, the sockets of one of them, and all sockets are tables of their own.
        """
        self._first_column = None
        if before.spec.inside is None:  # in a group one begins at the top
            self._left.pop(table_of(before.spec), None)
            if len(self._left) >= MOST_LEFT:
                del self._left[next(iter(self._left))]
            self._left[table_of(before.spec)] = self._chosen, self._cursor - self.scroll_offset.y
        chosen, height = self._left.get(table_of(after.spec), (None, 0))
        if table_of(after.spec) == (before.spec.history, before.spec.grouping, None):
            chosen = before.spec.inside
        if chosen is None or chosen not in after.position:
            chosen = after.rows[0].id if after.rows else None
        self._chosen = chosen
        self._cursor = 0 if chosen is None else after.position[chosen]
        self._scroll_rows(self._cursor - height)
        self._reveal_cursor()

    def aim(self, id: int, grouping: str) -> None:
        """Have the cursor on this socket when the table of sockets with this grouping is shown again."""
        self._left[False, grouping, None] = id, self._page // 2

    def _follow(self, before: View, after: View) -> None:
        """Find the cursor's socket again, or take the one that now stands in its place.

        A row keeps its height on the screen: the cursor's if it is visible, else the topmost. Only at the very top the
        view stays at the top while the cursor can still be seen, so that what appears there is seen as well. In the
        history a cursor on the first row stays there, so that one sees what happens.
        """
        top, cursor = self.scroll_offset.y, self._cursor
        if after.spec.history and cursor == top == 0 and after.rows:
            self._chosen = after.rows[0].id
        visible = top <= cursor < top + self._page
        anchor = cursor if visible else top
        self._cursor = self._find_cursor(before, after)
        if top > 0:
            target = self._cursor if visible else find_again(before, after, anchor)
            self._scroll_rows(target - (anchor - top))
        if visible:
            self._reveal_cursor()

    def _find_cursor(self, before: View, after: View) -> int:
        """Where the cursor belongs now: on the chosen row, or else where it stood.

        A row that a filter hides stays the chosen one, so that it has the cursor again when it comes back; one that
        is gone for good leaves it to its neighbour.
        """
        chosen = self._chosen
        if chosen is not None and chosen in after.position:
            return after.position[chosen]
        stands = find_again(before, after, self._cursor)
        marked = before.moment.marked.get(chosen) if isinstance(chosen, int) else None
        has_closed = marked is not None and marked.mark is Mark.CLOSED
        if after.rows and (has_closed or chosen is None):  # a group may come back
            self._chosen = after.rows[stands].id
        if has_closed:
            self.post_message(Said("The socket under the cursor has closed; the cursor is on its neighbour now."))
        return stands

    # Moving

    def take_keyboard(self) -> None:
        """Have the keys from now on; `focus()` would take effect later, and keys typed meanwhile would go astray."""
        self.screen.set_focus(self)

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
        row = self._row(max(min(index, self._count - 1), 0))
        if row is None:
            return  # the table is empty; where the cursor was is kept for what may come back
        self._cursor = max(min(index, self._count - 1), 0)
        self._chosen = row.id
        self._reveal_cursor()
        self._repaint_changed()
        self.post_message(CursorMoved())

    def _reveal_cursor(self) -> None:
        """Scroll as little as is needed to see the cursor."""
        top = self.scroll_offset.y
        self._scroll_rows(max(min(top, self._cursor), self._cursor - self._page + 1))

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(min(top, self._count - self._page), 0), animate=False)

    def action_scroll_columns(self, step: int) -> None:
        """Shift the columns sideways: right as long as one is hidden there, left back to where it began."""
        first = self._first_column
        if step > 0 and not self._layout_of_columns.hidden:
            self.post_message(Said("All columns are visible."))
        elif step > 0 and first is not None and self.columns[-1] not in self._layout_of_columns.hidden:
            self.post_message(Said("This is the last column."))
        elif step < 0 and first is None:
            self.post_message(Said("This is the first column."))
        else:
            self._first_column = (0 if first is None else first + 1) if step > 0 else (first or 0) - 1
            if self._first_column < 0:
                self._first_column = None
            self._lay_out()

    # Mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the edge of a column's heading."""
        edge = self._layout_of_columns.edge_at(event.x) if event.y < HEADER_HEIGHT else None
        self._drag = HeadingDrag(edge) if edge is not None and event.button == _LEFT else None
        if self._drag is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Have the edge follow the mouse."""
        if self._drag is not None and self._drag.move_to(event.x):
            self._lay_out()

    def on_mouse_up(self) -> None:
        """Let go of the edge."""
        drag, self._drag = self._drag, None
        self._dropped = drag
        if drag is not None:
            self.release_mouse()
            if drag.has_moved:
                self.post_message(WidthWanted(drag.column, drag.cells))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to a row, open it with a second click; the right button asks what to do with a cell."""
        if event.y < HEADER_HEIGHT:
            self._click_heading(event)
            return
        index = self.scroll_offset.y + event.y - HEADER_HEIGHT
        if index >= self._count:
            return
        is_again = event.chain > 1 and index == self._cursor
        self._move_to(index)
        if event.button == _RIGHT:
            if column := self._layout_of_columns.column_at(event.x):
                self.post_message(MenuWanted(column))
        elif is_again:
            self.post_message(Opened())

    def _click_heading(self, event: events.Click) -> None:
        """Sort by a column; a second click on its edge takes its width back."""
        drag, self._dropped = self._dropped, None
        if drag is not None and drag.has_moved:
            return
        if drag is not None and event.chain > 1:
            self.post_message(WidthWanted(drag.column, None))
        elif drag is None and (column := self._layout_of_columns.column_at(event.x)):
            self.post_message(SortWanted(column))

    def on_mouse_scroll_right(self) -> None:
        """Shift the columns."""
        self.action_scroll_columns(1)

    def on_mouse_scroll_left(self) -> None:
        """Shift the columns back."""
        self.action_scroll_columns(-1)

    # Painting

    def on_resize(self) -> None:
        """Lay the columns out for the new width."""
        self._resize_rows(self._count)
        self._lay_out()
        self._reveal_cursor()

    def notify_style_update(self) -> None:
        """Paint everything in the new colours."""
        super().notify_style_update()
        self._inks = None
        self.refresh()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those of groups while groups are shown, else the wanted ones and the one that sorts.

        While there are several hosts each row says on which it is, whatever the person chose; the namespace has a
        column only while a host has several.
        """
        if self._view is None:
            return ()
        if self._view.spec.shows_groups:
            spec = self._view.spec
            return group_columns(spec.grouping, flows=spec.has_flows, history=spec.history)
        spec, moment = self._view.spec, self._view.moment
        several = names_hosts(moment.hosts)
        idle = set() if several else {"host"}
        if len(moment.namespaces) <= max(len(moment.hosts), 1):
            idle.add("netns")
        wanted = spec.columns if spec.sort in spec.columns else (*spec.columns, spec.sort)
        if several and "host" not in wanted:
            at = 1 if wanted[:1] == ("mark",) else 0
            wanted = (*wanted[:at], "host", *wanted[at:])
        fields = {**FIELD_BY_ID, NAMED_PEER.id: NAMED_PEER} if spec.host_names else FIELD_BY_ID
        return tuple(fields[id] for id in wanted if id not in idle or id == spec.sort)

    def _lay_out(self) -> None:
        before, spec = self._layout_of_columns, self._view.spec if self._view else USUAL_SPEC
        chosen = spec.widths if self._drag is None else {**spec.widths, self._drag.column.id: self._drag.cells}
        if self._first_column is None:
            after = lay_out(self.columns, self._width, self._widths.needed, spec.sorting.column, chosen)
        else:
            after = scrolled(self.columns, self._width, self._widths.needed, self._first_column, chosen)
        self._layout_of_columns = after
        if after != before:
            self.refresh()

    def _line(self, index: int) -> Line | None:
        """How the row at this place looks now; None below the last."""
        row, view = self._row(index), self._view
        if row is None or view is None:
            return None
        is_cursor = index == self._cursor
        cells = tuple(place.column.text(row, view.moment) for place in self._layout_of_columns.placed)
        if isinstance(row, Group):
            signals = self._group_signals.get(row.id, ())
            return Line(cells, None, is_cursor, signals=signals, is_tagged=row.id in self._tagged)
        marked, found = view.moment.marked.get(row.id), view.moment.findings.get(row.id, ())
        is_past = view.moment.is_past(row)
        return Line(
            cells,
            marked.mark if marked else None,
            is_cursor,
            is_quiet=is_past or row.state is State.TIME_WAIT,
            signals=() if is_past else tuple((finding.rule.field, finding.rule.severity) for finding in found),
            is_tagged=row.id in self._tagged,
        )

    def _repaint_changed(self) -> None:
        """Repaint what looks different from what was painted last: of a line that is else the same, single cells."""
        top = self.scroll_offset.y
        regions: list[Region] = []
        for y, painted in enumerate(self._painted):
            line = self._line(top + y)
            if line == painted:
                continue
            for x, width in changed_cells(painted, line, self._layout_of_columns) or [(0, self._width)]:
                regions.append(Region(x, y + HEADER_HEIGHT, width, 1))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line of the widget: the heading, a row, or nothing."""
        width = self._width
        inks = self._inks = self._inks or Inks.of(self)
        if y < HEADER_HEIGHT:
            view = self._view
            sort = self._sorting or (view.spec.sorting if view else None)
            return heading(self._layout_of_columns, sort, inks, width, is_scrolled=self._first_column is not None)
        row_y = y - HEADER_HEIGHT
        line = self._line(self.scroll_offset.y + row_y)
        self._painted += [None] * (row_y + 1 - len(self._painted))
        del self._painted[self._page :]
        if row_y < len(self._painted):
            self._painted[row_y] = line
        if line is None:
            return reason_line(self._reasons, row_y, inks, width)
        self._widen(line)
        return row_line(line, self._layout_of_columns, inks, width)

    def _look(self, view: View) -> tuple[object, ...]:
        """All of a view that shows in the heading, or in place of rows."""
        return view.spec.sorting, () if view.rows else why_empty(view, self.keymap.first)

    @property
    def _reasons(self) -> Sequence[str]:
        """Why there is nothing to see."""
        if self._view is None or self._view.rows:
            return ()
        return wrapped_reasons(why_empty(self._view, self.keymap.first), self._width)

    def _widen(self, line: Line) -> None:
        """Ask for more room if a text that came into sight has too little."""
        placed = self._layout_of_columns.placed
        if any(len(cell) > place.width for place, cell in zip(placed, line.cells, strict=True)):
            self.call_after_refresh(self._measure_again)

    def _measure_again(self) -> None:
        if self._measure(is_tick=False):
            self._lay_out()

    def _measure(self, *, is_tick: bool) -> bool:
        """See how wide the texts of the rows in sight are; tells whether a column needs another width than before."""
        view, top = self._view, self.scroll_offset.y
        if view is None:
            return False
        rows = view.rows[top : top + self._page]
        seen = [
            (column, max((cell_width(column.text(row, view.moment)) for row in rows), default=0))
            for column in self.columns
        ]
        return self._widths.tick(seen) if is_tick else self._widths.grow(seen)
