"""The two lines above the table: the views and how the program does; states and kinds."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from netwatch_tui.sockets.selection import Selection
from netwatch_tui.ui.widgets.parts import Parts, differences, fit, part_at
from netwatch_tui.ui.widgets.status_parts import Tabs, first_line, pace_part, second_line
from netwatch_tui.view.event_history import EventHistory
from netwatch_tui.view.view import View


class StatusLine(Widget):
    """Always two lines, so that the table below never moves."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: View | None = None
        self._event_history = EventHistory()
        self._tabs = Tabs()
        self._age: float | None = None
        self._busy = False
        self._wanted: Selection | None = None
        """What is chosen, while what is shown is not yet; None where that is the same."""
        self._rang = 0
        self.is_recorded = False
        """Whether what is shown is a recording: then nothing here is live."""
        self._lines: list[Parts] = [[], []]

    def show(self, view: View) -> None:
        """Tell of this view; if it is of another tick, the data is new."""
        if self._view is None or view.snapshot is not self._view.snapshot:
            self._age = None
        self._view = view
        if self._wanted == view.spec.selection:
            self._wanted = None
        self._event_history.note(view)
        self._update()

    def age(self, seconds: float) -> None:
        """Tell how old the data is, until there is newer data."""
        self._age = seconds
        self._update()

    def show_tabs(self, tabs: Tabs) -> None:
        """Tell which views there are, and which is open."""
        self._tabs = tabs
        self._update()

    def expect(self, wanted: Selection) -> None:
        """Tell at once which kinds and states are on, though what is shown is not chosen so yet."""
        self._wanted = wanted
        self._update()

    def busy(self, is_busy: bool) -> None:
        """Tell that what was asked for is not on the screen yet."""
        if is_busy != self._busy:
            self._busy = is_busy
            self._update()

    def rang(self, total: int) -> None:
        """Tell how many sockets rang so far."""
        self._rang = total
        self._update()

    def on_resize(self) -> None:
        """Find other places for what is said."""
        self._update()

    def _update(self) -> None:
        """Repaint what differs; of a line of the same length only the digits that do."""
        width = self.content_size.width
        pace = pace_part(self._view, self._age, is_busy=self._busy, is_recorded=self.is_recorded)
        before = self._lines
        self._lines = [
            first_line(self._tabs, self._view, pace, self._event_history.graph, width, self._rang),
            second_line(self._view, width, self._wanted),
        ]
        regions = [
            Region(x, y, cells, 1)
            for y, (was, is_now) in enumerate(zip(before, self._lines, strict=True))
            for x, cells in differences(was, is_now, self.size.width)
        ]
        if regions:
            self.refresh(*regions)

    def render(self) -> Content:
        """Both lines, each cut at the screen's edge with a sign."""
        return Content("\n").join(fit(line, self.content_size.width) for line in self._lines)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked word stands for."""
        if event.y < len(self._lines) and (part := part_at(self._lines[event.y], event.x)):
            await self.run_action(part.action)
