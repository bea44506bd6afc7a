"""What is going on, in words and numbers: the lines above the table."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from netwatch_tui.model.columns import Column
from netwatch_tui.model.socket import State
from netwatch_tui.model.view import View

_Part = tuple[str, str]
"""A text and its style."""


class StatusLine(Widget):
    """Two lines: how the program does and what there is; a third one when something can't be seen."""

    def __init__(self, interval: float, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._interval = interval
        self._view: View | None = None
        self._failure = ""
        self._hidden: Sequence[Column] = ()
        self._notices: tuple[str, ...] = ()
        self._shown: tuple[object, ...] = ()

    def show(self, view: View) -> None:
        """Tell of this view; whatever failed before is over."""
        self._view, self._failure = view, ""
        self._update()

    def fail(self, reason: str) -> None:
        """Tell that a tick failed, until one succeeds."""
        self._failure = reason
        self._update()

    def warn(self, notices: Sequence[str]) -> None:
        """Tell something as long as the program runs."""
        self._notices = tuple(notices)
        self._update()

    def hide_columns(self, columns: Sequence[Column]) -> None:
        """Tell which columns found no room."""
        self._hidden = columns
        self._update()

    def _update(self) -> None:
        """Repaint if any word is another one."""
        lines = (self._first_line(), self._second_line(), self._third_line())
        if lines != self._shown:
            self._shown = lines
            self.styles.height = 3 if lines[2] else 2
            self.refresh()

    def render(self) -> Content:
        """All lines, each cut at the screen's edge with a sign."""
        lines = (self._first_line(), self._second_line(), self._third_line())
        return Content("\n").join(_fit(line, self.size.width) for line in lines if line is not lines[2] or line)

    def _first_line(self) -> list[_Part]:
        view = self._view
        if view is None:
            return [("reading sockets...", "")]
        counts = view.snapshot.counts
        total = len(view.snapshot.sockets)
        if view.paused_since is None:
            state = [(f"live, every {self._interval:g}s", "$success")]
        else:
            since = time.strftime("%H:%M:%S", time.localtime(view.paused_since))
            state = [(f"PAUSED since {since}", "bold $warning")]
        shown = (
            [(_counted(total, "socket"), "bold")]
            if view.shown == total
            else [(f"{view.shown:,} of {_counted(total, 'socket')}", "bold $accent")]
        )
        delta = view.snapshot.delta
        return [
            *shown,
            *((f"{netid} {count}", "") for netid, count in sorted(counts.by_netid.items())),
            (f"+{len(delta.opened)} -{len(delta.closed)}", ""),
            *state,
        ]

    def _second_line(self) -> list[_Part]:
        if self._view is None:
            return []
        by_state = self._view.snapshot.counts.by_state
        parts = [(f"{state} {by_state[state]}", "") for state in State if state in by_state]
        if self._hidden:
            parts.append((f"{_counted(len(self._hidden), 'column')} hidden: too narrow", "$text-muted"))
        return parts

    def _third_line(self) -> list[_Part]:
        parts = [(f"collecting failed, trying again: {self._failure}", "bold $error")] if self._failure else []
        if self._view is not None:
            snapshot = self._view.snapshot
            parts += [(problem.text, "$warning") for problem in snapshot.problems]
            if snapshot.counts.no_permission:
                count = snapshot.counts.no_permission
                parts.append((f"owners of {_counted(count, 'socket')} need root", "$warning"))
        return [*parts, *((notice, "$warning") for notice in self._notices)]


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def _fit(parts: Sequence[_Part], width: int) -> Content:
    """The parts in one line, with two blanks between; what does not fit ends in an ellipsis."""
    spaced = [piece for part in parts for piece in ("  ", part)][1:]
    line = Content.assemble(*spaced)
    return line if line.cell_length <= width else line.truncate(width, ellipsis=True)
