"""The line above the keys: what should not be overlooked, else all about the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from netwatch_tui.query import Query
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.widgets.parts import Parts, differences, fit, part_at
from netwatch_tui.ui.widgets.status_parts import concerns, marked_parts, row_parts
from netwatch_tui.view.view import View


class InfoLine(Widget):
    """One line that is always there; a notice or the filter that is being typed takes its place for a while."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: View | None = None
        self._row: Socket | None = None
        self._failure = ""
        self._wanted: Query | None = None
        """The filter that is wanted, while what is shown is not filtered by it yet."""
        self._marked = 0
        self._notices: tuple[str, ...] = ()
        self._parts: Parts = []

    def show(self, view: View, row: Socket | None) -> None:
        """Tell of this view, with the cursor on this row; if it is of another tick, what failed before is over."""
        if self._view is None or view.snapshot is not self._view.snapshot:
            self._failure = ""
        self._view, self._row = view, row
        if self._wanted == view.spec.query:
            self._wanted = None
        self._update()

    def expect(self, wanted: Query) -> None:
        """Tell at once which filter holds, though what is shown is not filtered by it yet."""
        self._wanted = None if self._view is None or wanted == self._view.spec.query else wanted
        self._update()

    def point(self, row: Socket | None) -> None:
        """The cursor is on this row."""
        self._row = row
        self._update()

    def fail(self, reason: str) -> None:
        """Tell that a tick failed, until one succeeds."""
        self._failure = reason
        self._update()

    def mark(self, rows: int) -> None:
        """Tell how many rows are marked."""
        self._marked = rows
        self._update()

    def warn(self, notices: Sequence[str]) -> None:
        """Tell something as long as the program runs."""
        self._notices = tuple(notices)
        self._update()

    def _update(self) -> None:
        before = self._parts
        concerned = concerns(self._view, self._failure, self._notices, self._wanted)
        self._parts = marked_parts(self._marked) + (concerned or row_parts(self._row))
        width = self.content_size.width
        regions = [Region(x, 0, cells, 1) for x, cells in differences(before, self._parts, width)]
        if regions:
            self.refresh(*regions)

    def render(self) -> Content:
        """The parts, cut at the screen's edge with a sign."""
        return fit(self._parts, self.content_size.width)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked words stand for."""
        if part := part_at(self._parts, event.x):
            await self.run_action(part.action)
