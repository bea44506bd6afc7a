"""The page of notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from netwatch_tui.fields.format import printable
from netwatch_tui.ui.keymap import PAGE_KEYS, bindings
from netwatch_tui.ui.notice_log import Notice
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.wall_clock import date_and_time


class NoticesScreen(Dialog[None]):
    """What was said, the newest first."""

    BINDINGS = bindings(PAGE_KEYS)
    HINTS = PAGE_KEYS

    def __init__(self, notices: Sequence[Notice]) -> None:
        super().__init__("Notices")
        self._notices = notices

    def content(self) -> Iterable[Widget]:
        """One page that scrolls."""
        with VerticalScroll(id="notices", classes="dialog-scrolls"):
            yield Static(self._page(), markup=False)

    def _page(self) -> Content:
        lines = [_line(notice) for notice in reversed(self._notices)]
        return Content("\n").join(lines) if lines else Content("Nothing was said so far.")

    def action_scroll(self, lines: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _line(notice: Notice) -> Content:
    times = f" ({notice.times:,} times)" if notice.times > 1 else ""
    return Content.assemble((date_and_time(notice.at), "$text-muted"), f"  {printable(notice.text)}{times}")
