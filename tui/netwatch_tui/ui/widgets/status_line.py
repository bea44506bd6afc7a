"""What is going on, in words and numbers: the lines above the table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from netwatch_tui.model.columns import Column
from netwatch_tui.model.format import cell_width, printable
from netwatch_tui.model.kinds import KINDS, OTHER_KINDS
from netwatch_tui.model.selection import ESTABLISHED, LISTENING
from netwatch_tui.model.socket import State
from netwatch_tui.model.view import View

_UNLIT = "$foreground 60%"
"""The look of what is off, and of remarks."""

_LATE = 1.25
"""An interval that is this many times longer than the wanted one is shown as what it is."""


class _Part(NamedTuple):
    """A text, its style, and the action behind it."""

    text: str
    style: str = ""
    action: str = ""

    @property
    def content(self) -> Content:
        """As Textual wants it."""
        return Content.styled(self.text, self.style) if self.style else Content(self.text)


_Line = list[_Part]


class StatusLine(Widget):
    """Two lines: how the program does and what there is; a third one when something can't be seen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: View | None = None
        self._failure = ""
        self._hidden: Sequence[Column] = ()
        self._notices: tuple[str, ...] = ()
        self._busy = False
        self.is_recorded = False
        """Whether what is shown is a recording: then nothing here is live."""
        self._lines: list[_Line] = [[_Part("reading sockets...")], [], []]

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

    def busy(self, is_busy: bool) -> None:
        """Tell that what was asked for is not on the screen yet."""
        if is_busy != self._busy:
            self._busy = is_busy
            self._update()

    def _update(self) -> None:
        """Repaint what differs; of a line of the same length only the digits that do."""
        before, self._lines = self._lines, [self._first_line(), self._second_line(), self._third_line()]
        if bool(before[2]) != bool(self._lines[2]):
            self.styles.height = 3 if self._lines[2] else 2
            self.refresh()
            return
        regions = [
            Region(x, y, width, 1)
            for y, (was, is_now) in enumerate(zip(before, self._lines, strict=True))
            for x, width in _differences(was, is_now, self.size.width)
        ]
        if regions:
            self.refresh(*regions)

    def render(self) -> Content:
        """All lines, each cut at the screen's edge with a sign."""
        lines = self._lines if self._lines[2] else self._lines[:2]
        return Content("\n").join(_fit(line, self.size.width) for line in lines)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked word stands for."""
        if event.y < len(self._lines) and (part := _part_at(self._lines[event.y], event.x)):
            await self.run_action(part.action)

    def _first_line(self) -> _Line:
        view = self._view
        if view is None:
            return [_Part("reading sockets...")]
        selection, by_kind = view.spec.selection, view.snapshot.counts.by_kind
        total = sum(count for kind, count in by_kind.items() if selection.shows(kind))
        shown = f"{view.shown:,} of {_counted(total, 'socket')}", "bold $accent"
        delta = view.snapshot.delta
        opened = sum(not socket.was_there for socket in delta.opened)
        others = sum(by_kind.get(kind, 0) for kind in OTHER_KINDS)
        return [
            _Part(_counted(total, "socket"), "bold") if view.shown == total else _Part(*shown),
            self._pace(view),
            *(
                _toggle(f"{kind} {by_kind.get(kind, 0):,}", selection.shows(kind), f"screen.toggle_kind('{kind}')")
                for kind in KINDS
                if kind not in OTHER_KINDS
            ),
            _toggle(f"others {others:,}", any(map(selection.shows, OTHER_KINDS)), "screen.toggle_others"),
            *self._places(view),
            _Part(f"+{opened} -{len(delta.closed)}"),
        ]

    def _pace(self, view: View) -> _Part:
        if view.paused_since is not None:
            since = time.strftime("%H:%M:%S", time.localtime(view.paused_since))
            return _Part(f"PAUSED since {since}", "bold $warning", "screen.pause")
        if self._busy:
            return _Part("sorting...", "$warning")
        wanted, cost = view.spec.interval, f"tick {view.snapshot.cost * 1000:3.0f} ms"
        if self.is_recorded:
            return _Part(f"recorded, {cost}")
        if view.pace is not None and view.pace > wanted * _LATE + 0.01:
            return _Part(f"live, every {view.pace:.1f}s, not {wanted:g}s, {cost}", "$warning")
        return _Part(f"live, every {wanted:g}s, {cost}", "$success")

    @staticmethod
    def _places(view: View) -> _Line:
        """What is said about network namespaces."""
        seen, toggle = view.snapshot.namespaces, "screen.namespaces"
        if view.spec.namespaces == "*":
            return [_Part(_counted(len(seen.names), "namespace"), "$accent", toggle)]
        chosen = [_Part(f"namespace {printable(name)}", "$accent") for name in seen.names.values()]
        others = [_Part(_counted(seen.others, "other namespace"), _UNLIT, toggle)] if seen.others else []
        return [*(chosen if view.spec.namespaces else []), *others]

    def _second_line(self) -> _Line:
        if self._view is None:
            return []
        spec, counts = self._view.spec, self._view.snapshot.counts
        selection = spec.selection
        by_state = Counter[State]()
        for (netid, state), count in counts.by_state.items():
            if netid in selection.netids:
                by_state[state] += count
        parts = [
            _toggle("listening", selection.states == LISTENING, "screen.only_listening"),
            _toggle("established", selection.states == ESTABLISHED, "screen.only_established"),
        ]
        parts += [
            _Part(f"{state} {by_state[state]:,}", "" if state in selection.states else f"{_UNLIT} strike")
            for state in State
            if state in by_state
        ]
        parts += [_Part(f"sorted by {column.title}", "$accent") for column in self._hidden if column.id == spec.sort]
        if self._hidden:
            parts.append(_Part(f"{_counted(len(self._hidden), 'column')} hidden: → shows", _UNLIT))
        return parts

    def _third_line(self) -> _Line:
        parts = [_Part(f"collecting failed, trying again: {self._failure}", "bold $error")] if self._failure else []
        if self._view is not None:
            snapshot, spec = self._view.snapshot, self._view.spec
            parts += [_Part(problem.text, "$warning") for problem in snapshot.problems]
            count = sum(
                count for netid, count in snapshot.counts.no_permission.items() if netid in spec.selection.netids
            )
            if count:
                parts.append(_Part(f"owners of {_counted(count, 'socket')} need root", "$warning"))
            if spec.namespaces and snapshot.namespaces.denied:
                denied = _counted(snapshot.namespaces.denied, "process")
                parts.append(_Part(f"namespaces of {denied} need root", "$warning"))
        return [*parts, *(_Part(notice, "$warning") for notice in self._notices)]


def _toggle(text: str, is_on: bool, action: str) -> _Part:
    """A word that is lit or unlit, also where there is no colour, and is switched with a click."""
    return _Part(f"●{text}" if is_on else f"○{text}", "bold" if is_on else _UNLIT, action)


def _counted(count: int, word: str) -> str:
    plural = word + ("es" if word.endswith("s") else "s")
    return f"{count:,} {word if count == 1 else plural}"


def _spaced(line: _Line) -> _Line:
    """With two blanks between two parts."""
    return [piece for part in line for piece in (_Part("  "), part)][1:]


def _fit(line: _Line, width: int) -> Content:
    """The parts in one line; what does not fit ends in an ellipsis."""
    content = Content("").join(part.content for part in _spaced(line))
    return content if content.cell_length <= width else content.truncate(width, ellipsis=True)


def _part_at(line: _Line, x: int) -> _Part | None:
    """The part with an action at this cell."""
    for part in _spaced(line):
        x -= cell_width(part.text)
        if x < 0:
            return part if part.action else None
    return None


def _differences(before: _Line, after: _Line, width: int) -> list[tuple[int, int]]:
    """Place and width of what has to be painted again; the whole line if parts have moved or look different."""
    if before == after:
        return []
    alike = [(cell_width(part.text), part.style) for part in before] == [
        (cell_width(part.text), part.style) for part in after
    ]
    was, is_now = ("".join(part.text for part in _spaced(line)) for line in (before, after))
    if not alike or len(was) != cell_width(was) or len(is_now) != cell_width(is_now):
        x = _common_start(before, after)
        return [(x, max(width - x, 0))]
    pairs = zip(was[:width], is_now[:width], strict=True)
    return [(x, 1) for x, (one, other) in enumerate(pairs) if one != other]


def _common_start(before: _Line, after: _Line) -> int:
    """Cells of the parts at the beginning that are the same."""
    x = 0
    for was, is_now in zip(before, after, strict=False):
        if was != is_now:
            break
        x += cell_width(was.text) + 2
    return x
