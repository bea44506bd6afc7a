"""Where in a recording the screen is; there only while one is played."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from netwatch_tui.fields.format import printable
from netwatch_tui.play.position import AS_IT_COMES, Position
from netwatch_tui.ui.wall_clock import date_and_time
from netwatch_tui.ui.widgets.parts import Part, Parts, fit


class PositionLine(Widget):
    """Host, time, number of the frame, speed, and how it ended."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._position: Position | None = None

    def show(self, position: Position) -> None:
        """Tell of another place."""
        if position != self._position:
            self._position = position
            self.refresh()

    def render(self) -> Content:
        """One line, cut at the screen's edge with a sign."""
        position = self._position
        if position is None:
            return Content("reading the recording...")
        return fit(_parts(position), self.size.width)


def _parts(position: Position) -> Parts:
    host = printable(position.host) or "?"
    is_stream = position.speed == AS_IT_COMES
    moment = "" if position.time is None else date_and_time(position.time)
    of_all = f" of {position.total:,}" if position.total else ""
    parts = [
        Part(f"{'live from' if is_stream else 'replay of'} {host}", "bold $accent"),
        Part(moment),
        Part(f"frame {position.number:,}{of_all}"),
    ]
    if not is_stream:
        parts.append(Part(f"{position.speed:g}x"))
    if position.paused:
        parts.append(Part("PAUSED", "bold $warning"))
    if position.ended is not None:
        parts.append(Part(printable(position.ended), "bold $warning"))
    return [part for part in parts if part.text]
