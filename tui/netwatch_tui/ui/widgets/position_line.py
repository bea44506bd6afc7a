"""Where in a recording the screen is; there only while one is played."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from netwatch_tui.model.format import printable
from netwatch_tui.ui.clock import date_and_time
from netwatch_tui.ui.replay import AS_IT_COMES, Position


class PositionLine(Widget):
    """Host, time, number of the look, speed, and how it ended."""

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
        line = Content.assemble(*[piece for part in _parts(position) for piece in ("  ", part)][1:])
        width = self.size.width
        return line if line.cell_length <= width else line.truncate(width, ellipsis=True)


def _parts(position: Position) -> list[tuple[str, str]]:
    host = printable(position.host) or "?"
    is_stream = position.speed == AS_IT_COMES
    moment = "" if position.time is None else date_and_time(position.time)
    of_all = f" of {position.total:,}" if position.total else ""
    parts = [
        (f"{'live from' if is_stream else 'replay of'} {host}", "bold $accent"),
        (moment, ""),
        (f"look {position.number:,}{of_all}", ""),
    ]
    if not is_stream:
        parts.append((f"{position.speed:g}x", ""))
    if position.paused:
        parts.append(("PAUSED", "bold $warning"))
    if position.ended is not None:
        parts.append((printable(position.ended), "bold $warning"))
    elif not is_stream:
        parts.append(("Space . + - R: hold, step, speed, from the beginning", "$foreground 60%"))
    return [part for part in parts if part[0]]
