"""What is going on, in words and numbers: the lines above the table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from netwatch_tui.fields.field import Field
from netwatch_tui.fields.format import cell_width, printable
from netwatch_tui.fields.quantities import amount
from netwatch_tui.sockets.kinds import KINDS, OTHER_KINDS
from netwatch_tui.sockets.selection import ESTABLISHED, LISTENING
from netwatch_tui.sockets.snapshot import Seen
from netwatch_tui.sockets.socket import State
from netwatch_tui.sockets.traffic import LOOPBACK, TrafficByDevice, outside
from netwatch_tui.ui.widgets.parts import UNLIT, Part, Parts, fit, spaced
from netwatch_tui.view.view import View

_LATE = 1.25
"""An interval that is this many times longer than the wanted one is shown as what it is."""


class StatusLine(Widget):
    """Two lines: how the program does and what there is; a third one when something can't be seen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: View | None = None
        self._failure = ""
        self._hidden: Sequence[Field] = ()
        self._notices: tuple[str, ...] = ()
        self._busy = False
        self.is_recorded = False
        """Whether what is shown is a recording: then nothing here is live."""
        self._lines: list[Parts] = [[Part("reading sockets...")], [], []]

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

    def hide_columns(self, columns: Sequence[Field]) -> None:
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
        return Content("\n").join(fit(line, self.size.width) for line in lines)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked word stands for."""
        if event.y < len(self._lines) and (part := _part_at(self._lines[event.y], event.x)):
            await self.run_action(part.action)

    def _first_line(self) -> Parts:
        view = self._view
        if view is None:
            return [Part("reading sockets...")]
        selection, by_kind = view.spec.selection, view.snapshot.counts.by_kind
        total = sum(count for kind, count in by_kind.items() if selection.shows(kind))
        shown = f"{view.shown:,} of {_counted(total, 'socket')}", "bold $accent"
        others = sum(by_kind.get(kind, 0) for kind in OTHER_KINDS)
        return [
            Part(_counted(total, "socket"), "bold") if view.shown == total else Part(*shown),
            self._pace(view),
            *(
                _toggle(f"{kind} {by_kind.get(kind, 0):,}", selection.shows(kind), f"screen.toggle_kind('{kind}')")
                for kind in KINDS
                if kind not in OTHER_KINDS
            ),
            _toggle(f"others {others:,}", any(map(selection.shows, OTHER_KINDS)), "screen.toggle_others"),
            *self._places(view),
            *_traffic(view.snapshot.traffic),
            Part(f"+{view.events.opened} -{view.events.closed}"),
        ]

    def _pace(self, view: View) -> Part:
        if view.paused_since is not None:
            since = time.strftime("%H:%M:%S", time.localtime(view.paused_since))
            return Part(f"PAUSED since {since}", "bold $warning", "screen.pause")
        if self._busy:
            return Part("sorting...", "$warning")
        wanted, cost = view.spec.interval, f"tick {view.snapshot.cost * 1000:3.0f} ms"
        if self.is_recorded:
            return Part(f"recorded, {cost}")
        if view.pace is not None and view.pace > wanted * _LATE + 0.01:
            return Part(f"live, every {view.pace:.1f}s, not {wanted:g}s, {cost}", "$warning")
        return Part(f"live, every {wanted:g}s, {cost}", "$success")

    @staticmethod
    def _places(view: View) -> Parts:
        """What is said about network namespaces."""
        seen, toggle = view.snapshot.namespaces, "screen.namespaces"
        if view.spec.namespaces == "*":
            return [Part(_counted(len(seen.names), "namespace"), "$accent", toggle)]
        chosen = [Part(f"namespace {printable(name)}", "$accent") for name in seen.names.values()]
        others = [Part(_counted(seen.others, "other namespace"), UNLIT, toggle)] if seen.others else []
        return [*(chosen if view.spec.namespaces else []), *others]

    def _second_line(self) -> Parts:
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
            Part(f"{state} {by_state[state]:,}", "" if state in selection.states else f"{UNLIT} strike")
            for state in State
            if state in by_state
        ]
        if self._hidden:
            parts.append(Part(f"{_counted(len(self._hidden), 'column')} hidden: → shows", UNLIT))
        return parts

    def _third_line(self) -> Parts:
        parts = [Part(f"collecting failed, trying again: {self._failure}", "bold $error")] if self._failure else []
        if self._view is not None:
            snapshot, spec = self._view.snapshot, self._view.spec
            parts += [Part(problem.text, "$warning") for problem in snapshot.problems]
            count = sum(
                count for netid, count in snapshot.counts.no_permission.items() if netid in spec.selection.netids
            )
            if count:
                why = "; ".join(snapshot.unseen.texts())
                parts.append(Part(f"owners of {_counted(count, 'socket')} hidden: {why}", "$warning"))
            if spec.namespaces:
                parts += _hidden_places(snapshot.namespaces)
        return [*parts, *(Part(notice, "$warning") for notice in self._notices)]


def _traffic(traffic: TrafficByDevice) -> Parts:
    """What goes through the devices together, and of two or more through which most of it goes."""
    total = outside(traffic)
    if total is None:
        return []
    devices = [device for device in traffic if device != LOOPBACK]
    busiest = max(devices, key=lambda device: traffic[device].both)
    which = f" most by {printable(busiest)}" if len(devices) > 1 and total.both else ""
    return [Part(f"in {amount(total.rate_in)}B/s out {amount(total.rate_out)}B/s{which}")]


def _hidden_places(seen: Seen) -> Parts:
    """What may not be looked at although every namespace was asked for."""
    parts = []
    if seen.denied:
        parts.append(Part(f"{_counted(seen.denied, 'process')} may be in namespaces that are hidden", "$warning"))
    if seen.unreadable:
        parts.append(Part(f"{_counted(seen.unreadable, 'namespace')} may not be entered", "$warning"))
    return parts


def _toggle(text: str, is_on: bool, action: str) -> Part:
    """A word that is lit or unlit, also where there is no colour, and is switched with a click."""
    return Part(f"●{text}" if is_on else f"○{text}", "bold" if is_on else UNLIT, action)


def _counted(count: int, word: str) -> str:
    plural = word + ("es" if word.endswith("s") else "s")
    return f"{count:,} {word if count == 1 else plural}"


def _part_at(line: Parts, x: int) -> Part | None:
    """The part with an action at this cell."""
    for part in spaced(line):
        x -= cell_width(part.text)
        if x < 0:
            return part if part.action else None
    return None


def _differences(before: Parts, after: Parts, width: int) -> list[tuple[int, int]]:
    """Place and width of what has to be painted again; the whole line if parts have moved or look different."""
    if before == after:
        return []
    alike = [(cell_width(part.text), part.style) for part in before] == [
        (cell_width(part.text), part.style) for part in after
    ]
    was, is_now = ("".join(part.text for part in spaced(line)) for line in (before, after))
    if not alike or len(was) != cell_width(was) or len(is_now) != cell_width(is_now):
        x = _common_start(before, after)
        return [(x, max(width - x, 0))]
    pairs = zip(was[:width], is_now[:width], strict=True)
    return [(x, 1) for x, (one, other) in enumerate(pairs) if one != other]


def _common_start(before: Parts, after: Parts) -> int:
    """Cells of the parts at the beginning that are the same."""
    x = 0
    for was, is_now in zip(before, after, strict=False):
        if was != is_now:
            break
        x += cell_width(was.text) + 2
    return x
