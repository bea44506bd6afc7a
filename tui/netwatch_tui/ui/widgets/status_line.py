"""What is going on, in words and numbers: the lines above the table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from netwatch_tui.model.columns import Column
from netwatch_tui.model.format import printable
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
        by_kind = view.snapshot.counts.by_kind
        total = sum(count for kind, count in by_kind.items() if view.spec.selection.shows(kind))
        shown = f"{view.shown:,} of {_counted(total, 'socket')}", "bold $accent"
        delta = view.snapshot.delta
        opened = sum(not socket.was_there for socket in delta.opened)
        return [
            (_counted(total, "socket"), "bold") if view.shown == total else shown,
            *((f"{kind} {count:,}", "") for kind, count in by_kind.items() if view.spec.selection.shows(kind)),
            (f"+{opened} -{len(delta.closed)}", ""),
            self._pace(view),
            *self._places(view),
        ]

    def _pace(self, view: View) -> _Part:
        if view.paused_since is None:
            return (f"live, every {self._interval:g}s", "$success")
        return (f"PAUSED since {time.strftime('%H:%M:%S', time.localtime(view.paused_since))}", "bold $warning")

    @staticmethod
    def _places(view: View) -> list[_Part]:
        """What is said about network namespaces."""
        seen = view.snapshot.namespaces
        if view.spec.namespaces == "*":
            return [(_counted(len(seen.names), "namespace"), "$accent")]
        chosen = [(f"namespace {printable(name)}", "$accent") for name in seen.names.values() if view.spec.namespaces]
        return [*chosen, (f"{_counted(seen.others, 'other namespace')}", "$text-muted")] if seen.others else chosen

    def _second_line(self) -> list[_Part]:
        if self._view is None:
            return []
        selection, counts = self._view.spec.selection, self._view.snapshot.counts
        by_state = Counter[State]()
        for (netid, state), count in counts.by_state.items():
            if netid in selection.netids:
                by_state[state] += count
        parts = [
            (f"{state} {by_state[state]:,}", "" if state in selection.states else "$text-muted strike")
            for state in State
            if state in by_state
        ]
        off = [f"{kind} {count:,}" for kind, count in counts.by_kind.items() if not selection.shows(kind)]
        if off:
            parts.append((f"off: {', '.join(off)}", "$text-muted"))
        parts += [
            (f"sorted by {column.title}", "$accent") for column in self._hidden if column.id == self._view.spec.sort
        ]
        if self._hidden:
            parts.append((f"{_counted(len(self._hidden), 'column')} hidden: too narrow", "$text-muted"))
        return parts

    def _third_line(self) -> list[_Part]:
        parts = [(f"collecting failed, trying again: {self._failure}", "bold $error")] if self._failure else []
        if self._view is not None:
            snapshot, spec = self._view.snapshot, self._view.spec
            parts += [(problem.text, "$warning") for problem in snapshot.problems]
            count = sum(
                count for netid, count in snapshot.counts.no_permission.items() if netid in spec.selection.netids
            )
            if count:
                parts.append((f"owners of {_counted(count, 'socket')} need root", "$warning"))
            if spec.namespaces and snapshot.namespaces.denied:
                denied = _counted(snapshot.namespaces.denied, "process")
                parts.append((f"namespaces of {denied} need root", "$warning"))
        return [*parts, *((notice, "$warning") for notice in self._notices)]


def _counted(count: int, word: str) -> str:
    plural = word + ("es" if word.endswith("s") else "s")
    return f"{count:,} {word if count == 1 else plural}"


def _fit(parts: Sequence[_Part], width: int) -> Content:
    """The parts in one line, with two blanks between; what does not fit ends in an ellipsis."""
    spaced = [piece for part in parts for piece in ("  ", part)][1:]
    line = Content.assemble(*spaced)
    return line if line.cell_length <= width else line.truncate(width, ellipsis=True)
