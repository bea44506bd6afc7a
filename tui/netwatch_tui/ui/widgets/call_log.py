"""The calls of a trace, one below the other, of which the last are kept."""

from __future__ import annotations

from collections import deque

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from netwatch_tui.fields.format import clip
from netwatch_tui.sockets.traced_call import TraceBatch, TracedCall
from netwatch_tui.ui.wall_clock import time_of_day
from netwatch_tui.view.call_text import call_line, is_failure, lost_text

MOST_CALLS = 20_000
"""Calls that are kept, some 20 MB; of more, the oldest go."""


class CallLog(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows calls; follows the last one until the person goes to another."""

    COMPONENT_CLASSES = {"call-log--failed", "call-log--lost", "call-log--cursor"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: deque[TracedCall | str] = deque(maxlen=MOST_CALLS)
        """Calls, and sentences about what is missing between them."""
        self._dropped = 0
        self._cursor: int | None = None
        """By the number of all entries so far; None while the last one is followed."""

    @property
    def calls(self) -> tuple[TracedCall, ...]:
        """Those that are kept."""
        return tuple(entry for entry in self._entries if isinstance(entry, TracedCall))

    def add(self, batch: TraceBatch) -> None:
        """Show more."""
        entries: list[TracedCall | str] = list(batch.calls)
        if batch.lost:
            entries.append(lost_text(batch.lost))
        if not entries:
            return
        before = len(self._entries)
        self._entries.extend(entries)
        self._dropped += before + len(entries) - len(self._entries)
        self._settle()

    @property
    def current(self) -> str | None:
        """The line under the cursor, whole; None if there is none."""
        return self._text(self._at, None) if self._entries else None

    @property
    def _at(self) -> int:
        """The place of the cursor among what is kept."""
        last = len(self._entries) - 1
        return last if self._cursor is None else min(max(self._cursor - self._dropped, 0), last)

    def go(self, by: int) -> None:
        """Go to another call; from the last one on, what comes is followed."""
        at = max(self._at + by, 0)
        self._cursor = None if at >= len(self._entries) - 1 else at + self._dropped
        self._settle()

    def page(self, pages: int) -> None:
        """Go on by as many calls as are seen."""
        self.go(pages * max(self.size.height, 1))

    def _settle(self) -> None:
        """Have the cursor in sight."""
        width, height = self.scrollable_content_region.width, max(self.size.height, 1)
        self.virtual_size = Size(width, len(self._entries))
        at, top = self._at, self.scroll_offset.y
        self.scroll_to(y=min(max(top, at - height + 1), max(at, 0)), animate=False, immediate=True, force=True)
        self.refresh()

    def on_resize(self) -> None:
        """Fit the lines anew."""
        self._settle()

    def notify_style_update(self) -> None:
        """Paint everything in the new colours."""
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A call, or what is missing."""
        width, style = self.scrollable_content_region.width, self.rich_style
        at = self.scroll_offset.y + y
        if at >= len(self._entries):
            return Strip.blank(width, style)
        entry = self._entries[at]
        if isinstance(entry, str):
            style += Style(color=self.get_component_rich_style("call-log--lost").color)
        elif is_failure(entry):
            style += Style(color=self.get_component_rich_style("call-log--failed").color)
        if at == self._at and self._cursor is not None:
            lit = self.get_component_rich_style("call-log--cursor")
            style += Style(bgcolor=lit.bgcolor, reverse=lit.reverse)
        return Strip([Segment(self._text(at, width), style)]).adjust_cell_length(width, style)

    def _text(self, at: int, width: int | None) -> str:
        entry = self._entries[at]
        if isinstance(entry, TracedCall):
            return call_line(entry, time_of_day, width)
        return entry if width is None else clip(entry, width)
