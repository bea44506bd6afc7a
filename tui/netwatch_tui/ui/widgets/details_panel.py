"""Everything about one socket, beside or below the table, kept up to date while it is open."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from netwatch_tui.fields.format import cell_width, clip, wrap
from netwatch_tui.fields.moment import Moment
from netwatch_tui.ui.keymap import DETAILS_KEYS, bindings
from netwatch_tui.ui.messages import CopyWanted
from netwatch_tui.ui.wall_clock import date_and_time
from netwatch_tui.view.details import DetailsSection, Fact, describe
from netwatch_tui.view.socket_details import SocketDetails

_HEADING = 1
_INDENT = 13
_BOLD = Style(bold=True)


class _PanelLine(NamedTuple):
    """One line of the page."""

    fact: int
    """Of which fact it is a part; of a heading, that which stands below it."""
    label: str
    text: str
    is_heading: bool = False


class DetailsPanel(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows one socket, and goes on showing it when it has closed. With the keyboard in it, values can be copied."""

    COMPONENT_CLASSES = {
        "details-panel--header",
        "details-panel--label",
        "details-panel--closed",
        "details-panel--cursor",
    }
    BINDINGS = bindings(DETAILS_KEYS)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections: list[DetailsSection] = []
        self._facts: list[Fact] = []
        """Of all sections."""
        self._lines: list[_PanelLine] = []
        self._cursor = 0
        self._subject: int | None = None

    def show(self, socket_details: SocketDetails, moment: Moment) -> None:
        """Tell of a socket; another one than before is shown from its beginning."""
        self._sections = describe(socket_details, moment, date_and_time)
        self._facts = [fact for section in self._sections for fact in section.facts]
        if socket_details.socket.id != self._subject:
            self._subject, self._cursor = socket_details.socket.id, 0
            self.scroll_to(y=0, animate=False)
        self._cursor = min(self._cursor, len(self._facts) - 1)
        self._break_lines()

    def take_keyboard(self) -> None:
        """Have the keys from now on; `focus()` would take effect later, and keys typed meanwhile would go astray."""
        self.screen.set_focus(self)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._break_lines()
        self.refresh()

    def _break_lines(self) -> None:
        room = max(self.scrollable_content_region.width - _INDENT - 1, 10)
        before, self._lines, index = self._lines, [], 0
        for section in self._sections:
            if section.title:
                self._lines.append(_PanelLine(index, section.title, "", is_heading=True))
            for fact in section.facts:
                lines = enumerate(wrap(fact.value, room))
                self._lines += [_PanelLine(index, fact.label if at == 0 else "", text) for at, text in lines]
                index += 1
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines) + _HEADING)
        if len(before) != len(self._lines):
            self.refresh()
            return
        regions = [
            Region(0, line - self.scroll_offset.y + _HEADING, self.size.width, 1)
            for line, (was, is_now) in enumerate(zip(before, self._lines, strict=True))
            if was != is_now and line >= self.scroll_offset.y
        ]
        if regions:
            self.refresh(*regions)

    # With the keyboard in it

    def action_move(self, facts: int) -> None:
        """Go to another value."""
        self._go_to(self._cursor + facts)

    def action_page(self, pages: int) -> None:
        """Go on by as many lines as are seen."""
        line = self._first_line(self._cursor) + pages * max(self.size.height - _HEADING, 1)
        self._go_to(self._lines[max(min(line, len(self._lines) - 1), 0)].fact)

    def _go_to(self, fact: int) -> None:
        self._cursor = max(min(fact, len(self._facts) - 1), 0)
        first = self._first_line(self._cursor)
        last = first + sum(line.fact == self._cursor for line in self._lines) - 1
        page, top = max(self.size.height - _HEADING, 1), self.scroll_offset.y
        self.scroll_to(y=min(max(top, last - page + 1), first), animate=False)
        self.refresh()

    def _first_line(self, fact: int) -> int:
        """With the heading, if it stands below one."""
        return next((at for at, line in enumerate(self._lines) if line.fact == fact), 0)

    def action_copy(self) -> None:
        """Copy the value under the cursor."""
        if self._facts:
            self._copy(self._cursor)

    def on_click(self, event: events.Click) -> None:
        """Copy the value that was clicked."""
        line = self.scroll_offset.y + event.y - _HEADING
        if event.y >= _HEADING and line < len(self._lines) and not self._lines[line].is_heading:
            self._cursor = self._lines[line].fact
            self.refresh()
            self._copy(self._cursor)

    def _copy(self, index: int) -> None:
        fact = self._facts[index]
        self.post_message(CopyWanted(fact.label.strip() or "line", fact.value))

    # Painting

    def notify_style_update(self) -> None:
        """Paint everything in the new colours."""
        super().notify_style_update()
        self.refresh()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The heading, or a line of the page."""
        width, plain = self.scrollable_content_region.width, self.rich_style
        if y < _HEADING:
            hint = "y copies, Tab goes back" if self.has_focus else "j k other rows, Tab values, Esc closes"
            header = plain + self.get_component_rich_style("details-panel--header")
            return Strip([Segment(clip(f"Details  {hint}", width), header)]).adjust_cell_length(width, header)
        index = self.scroll_offset.y + y - _HEADING
        if index >= len(self._lines):
            return Strip.blank(width, plain)
        line = self._lines[index]
        label = plain + self._color("label")
        if line.is_heading:
            text = clip(f" {line.label} ", width)
            rule = "─" * max(width - cell_width(text) - 1, 0)
            return Strip([Segment(text, label + _BOLD), Segment(rule, label)]).adjust_cell_length(width, plain)
        value = plain + self._color("closed") if self._facts[line.fact].label == "Closed" else plain
        if self.has_focus and line.fact == self._cursor:
            lit = self.get_component_rich_style("details-panel--cursor")
            cursor = Style(bgcolor=lit.bgcolor, reverse=lit.reverse)
            label, value = label + cursor, value + cursor
        segments = [Segment(f" {line.label}".ljust(_INDENT + 1), label), Segment(line.text, value)]
        return Strip(segments).adjust_cell_length(width, value)

    def _color(self, component: str) -> Style:
        return Style(color=self.get_component_rich_style(f"details-panel--{component}").color)
