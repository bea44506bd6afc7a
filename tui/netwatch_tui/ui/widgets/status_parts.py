"""The words and numbers of the lines around the table, without the widgets that paint them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.fields.format import clip, duration, local_text, peer_text, printable
from netwatch_tui.fields.holders import process_text
from netwatch_tui.fields.quantities import amount
from netwatch_tui.query import Query
from netwatch_tui.sockets.health import Severity
from netwatch_tui.sockets.kinds import KINDS, OTHER_KINDS
from netwatch_tui.sockets.selection import ESTABLISHED, LISTENING, Selection
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.traffic import LOOPBACK, TrafficByDevice, outside
from netwatch_tui.ui.wall_clock import second_of_day
from netwatch_tui.ui.widgets.parts import UNLIT, Part, Parts, apart, length, whole_parts
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.host_words import away_text, live_hosts
from netwatch_tui.view.named_views import PROBLEMS
from netwatch_tui.view.problem_groups import problem_text
from netwatch_tui.view.view import View

_LATE = 1.25
"""An interval that is this many times longer than the wanted one is shown as what it is."""

_CHIPS_FROM = 60
"""Width from which on the kinds keep their place while there is no room for all states."""


class Tabs(NamedTuple):
    """The views by their number keys."""

    names: tuple[str, ...] = ()
    active: int = 0


def first_line(tabs: Tabs, view: View | None, pace: Part, graph: str, width: int, rang: int = 0) -> Parts:
    """The views; at the right how many alerts and rows there are, how the program does, and what ticks brought.

    What finds no room goes from the right: the graph of opened and closed, the tick's cost, the way of the capture,
    opened and closed, then the names of views. A capture that does not see everything goes last of these.
    """
    always = [pace] if view is None else [*_alerts(rang), *_hosts(view), _shown(view), pace]
    more: Parts = []
    if view is not None:
        status = view.snapshot.capture
        told = [*_capture(view), _events(view)] if status and status.is_partial else [_events(view), *_capture(view)]
        more = [*traffic_parts(view.snapshot.traffic), *told, _cost(view)]
    if more and graph:
        more.append(Part(graph, UNLIT))
    problems = len(view.problems) if view else 0
    for named in range(len(tabs.names), -1, -1):
        left = _tabs(tabs, problems, named)
        if length(left) + length(always) + _APART <= width:
            break
    else:
        left = [left[tabs.active]] if left else []
    while more and length(left) + length([*always, *more]) + _APART > width:
        more.pop()
    return apart(left, [*always, *more], width)


_APART = 4
"""Blank cells at least between what stands at the left and what stands at the right."""


def _tabs(tabs: Tabs, problems: int, named: int) -> Parts:
    """So many views with their names, and of the others, but for the one that is shown, only the numbers."""
    parts = []
    for at, name in enumerate(tabs.names):
        count = f" {problems}" if name == PROBLEMS and problems else ""
        is_active = at == tabs.active
        text = f"{at + 1} {name}{count}" if at < named or is_active else f"{at + 1}{count}"
        style = "bold $accent reverse" if is_active else "bold $warning" if count else ""
        parts.append(Part(f" {text} " if is_active else text, style, f"screen.view({at})"))
    return parts


def _alerts(rang: int) -> Parts:
    """How many sockets rang so far; nothing before the first."""
    return [Part(counted(rang, "alert"), "bold $warning", "screen.notices")] if rang else []


def _hosts(view: View) -> Parts:
    """The other machine that is shown, or how many there are, and how many of them are live."""
    hosts = view.snapshot.hosts
    is_whole = all(host.is_live for host in hosts.values())
    style = "bold" if is_whole else "bold $warning"
    return [Part(clip(live_hosts(hosts), _MOST_OF_NAME), style, "screen.hosts")] if hosts else []


_MOST_OF_NAME = 24
"""Cells of a machine's name beside the views."""


def _shown(view: View) -> Part:
    selection, by_kind = view.spec.selection, view.snapshot.counts.by_kind
    total = sum(count for kind, count in by_kind.items() if selection.shows(kind))
    word = "event" if view.spec.history else "socket"
    if view.shown == total:
        return Part(counted(total, word), "bold")
    return Part(f"{view.shown:,} of {counted(total, word)}", "bold $accent")


def traffic_parts(traffic: TrafficByDevice) -> Parts:
    """What goes through all devices together, and the one of several through which most of it goes."""
    total = outside(traffic)
    if total is None:
        return []
    devices = [device for device in traffic if device != LOOPBACK]
    busiest = max(devices, key=lambda device: traffic[device].both)
    which = f" most by {printable(busiest)}" if len(devices) > 1 and total.both else ""
    return [Part(f"in {amount(total.rate_in)}B/s out {amount(total.rate_out)}B/s{which}")]


def _events(view: View) -> Part:
    """How many sockets a second opened and closed; before there is a time between two ticks, nothing did."""
    pace = view.pace or 1.0
    return Part(f"+{_a_second(view.events.opened / pace)} -{_a_second(view.events.closed / pace)}/s")


def _a_second(rate: float) -> str:
    """With a decimal place where there are few: 0, 0.5, 1, 12."""
    return f"{rate:.1f}".removesuffix(".0") if rate < 10 else f"{rate:,.0f}"


def _capture(view: View) -> Parts:
    """How sockets are followed between two ticks; a click says what that can't see."""
    status = view.snapshot.capture
    if status is None:
        return []
    style = "$warning" if status.is_partial else UNLIT
    return [Part(f"capture: {printable(status.brief)}", style, "screen.tell_capture")]


def _cost(view: View) -> Part:
    return Part(f"{view.snapshot.cost * 1000:3.0f} ms")


def pace_part(view: View | None, age: float | None, *, is_busy: bool, is_recorded: bool) -> Part:
    """Whether what is shown is of now, and how often it is made anew; `age` in seconds if the next tick is late."""
    if view is None:
        waits = f" for {duration(age)}" if age else ""
        return Part(f"reading sockets{waits}...", "$warning" if waits else "")
    if view.rewound is not None and not is_recorded:
        at = time.strftime("%H:%M:%S", time.localtime(view.rewound.at))
        return Part(f"◂ {duration(view.rewound.seconds)} back, {at}", "bold $warning", "screen.pause")
    if view.paused_since is not None:
        since = time.strftime("%H:%M:%S", time.localtime(view.paused_since))
        return Part(f"PAUSED since {since}", "bold $warning", "screen.pause")
    if is_busy:  # which answers a key, and soon gives way to how old it is
        return Part("sorting...", "$warning")
    if age is not None:
        return Part(f"{duration(age)} old, the next tick is late", "bold $warning")
    if is_recorded:
        return Part("recorded")
    if (hosts := view.snapshot.hosts) and not any(host.is_live for host in hosts.values()):
        last = max((host.as_of for host in hosts.values() if host.as_of is not None), default=None)
        text = "connecting..." if last is None else f"as of {second_of_day(last)}"
        return Part(text, "bold $warning", "screen.hosts")
    wanted = view.spec.interval
    if view.pace is not None and view.pace > wanted * _LATE + 0.01:
        return Part(f"● live {view.pace:.1f}s, not {wanted:g}s", "$warning", "screen.pause")
    return Part(f"● live {wanted:g}s", "$success", "screen.pause")


def second_line(view: View | None, width: int, wanted: Selection | None = None) -> Parts:
    """States and kinds with their counts, each of which can be switched; which are on is as wanted, or as shown."""
    if view is None:
        return []
    selection = wanted or view.spec.selection
    states, kinds = _states(view, selection), _kinds(view, selection)
    if width < _CHIPS_FROM:
        return whole_parts([*states, *kinds], width)
    return apart(whole_parts(states, width - length(kinds) - _APART), kinds, width)


def _states(view: View, selection: Selection) -> Parts:
    by_state = Counter[State]()
    for (netid, state), count in view.snapshot.counts.by_state.items():
        if netid in selection.netids:
            by_state[state] += count
    return [_state(state, by_state[state], selection) for state in State if by_state[state]]


_OWN_KEYS = {State.LISTEN: ("only_listening", LISTENING), State.ESTAB: ("only_established", ESTABLISHED)}


def _state(state: State, count: int, selection: Selection) -> Part:
    action, _ = _OWN_KEYS.get(state, (f"only_state('{state}')", None))
    hot = 0 if state in _OWN_KEYS else None
    return _switch(f"{state} {count:,}", f"screen.{action}", hot, is_on=state in selection.states)


def _kinds(view: View, selection: Selection) -> Parts:
    by_kind = view.snapshot.counts.by_kind
    parts = [
        _switch(
            f"{kind} {by_kind.get(kind, 0):,}",
            f"screen.toggle_kind('{kind}')",
            _HOT[kind],
            is_on=selection.shows(kind),
        )
        for kind in KINDS
        if kind not in OTHER_KINDS
    ]
    others = sum(by_kind.get(kind, 0) for kind in OTHER_KINDS)
    is_on = any(map(selection.shows, OTHER_KINDS))
    return [*parts, _switch(f"other {others:,}", "screen.toggle_others", 0, is_on=is_on), *_places(view)]


_HOT = {"tcp": 0, "udp": 0, "unix": 3}
"""Where in a kind's name its key stands."""


def _places(view: View) -> Parts:
    """What is said about network namespaces."""
    seen, toggle = view.snapshot.namespaces, "screen.namespaces"
    looked_at = len(seen.names) or 1
    if view.spec.namespaces == "*":
        return [_switch(f"netns {len(seen.names):,}", toggle, None, is_on=True)]
    if view.spec.namespaces:
        return [Part(f"netns {printable(name)}", "$accent", toggle) for name in seen.names.values()]
    return [_switch(f"netns {looked_at + seen.others:,}", toggle, None, is_on=False)] if seen.others else []


def _switch(text: str, action: str, hot: int | None, *, is_on: bool) -> Part:
    """A word that is lit or unlit, also where there is no colour, and is switched with a click."""
    if is_on:
        return Part(text, "bold", action, hot)
    return Part(f"○{text}", UNLIT, action, None if hot is None else hot + 1)


def concerns(view: View | None, failure: str, notices: Sequence[str], wanted: Query | None = None) -> Parts:
    """What should not be overlooked: what failed, what is filtered, what is wrong, what can't be seen.

    Args:
        view: What is shown.
        failure: Why the last tick failed; empty if it did not.
        notices: What is said as long as the program runs.
        wanted: The filter that is wanted, while what is shown is not filtered by it yet.
    """
    parts = [Part(f"tick failed, retrying: {printable(failure)}", "bold $error")] if failure else []
    if view is not None:
        snapshot, spec = view.snapshot, view.spec
        if away := away_text(snapshot.hosts, view.moment.now, second_of_day):
            parts.append(Part(away, "$warning", "screen.hosts"))
        if view.compared:
            name, opened, closed, changed = view.compared
            told = f"Compared with {printable(name)}: +{opened:,} -{closed:,} ~{changed:,}"
            parts.append(Part(told, "bold $accent", "screen.compare"))
        parts += [Part(printable(problem.text), "$warning") for problem in snapshot.problems]
        if spec.history:
            parts.append(Part("History", "bold", "screen.history"))
        if spec.inside is not None:
            parts.append(Part(f"{GROUPINGS[spec.grouping].title}: {spec.inside}", "bold", "screen.leave_group"))
        if wanted is not None and not wanted.is_everything:
            parts.append(Part(f"Filter: {printable(wanted.text)}", "bold", "screen.edit_filter"))
        elif wanted is None and not spec.query.is_everything:
            parts.append(Part(f"Filter: {printable(spec.query.text)}", "bold", "screen.edit_filter"))
            if view.port_verdict is not None:
                parts.append(Part(view.port_verdict.brief, "bold $accent"))
            if view.note:
                parts.append(Part(f"filter: {printable(view.note)}", "$warning"))
            if spec.query.note:
                parts.append(Part(printable(spec.query.note), UNLIT))
        parts += _problems(view)
        count = sum(count for netid, count in snapshot.counts.no_permission.items() if netid in spec.selection.netids)
        if count:
            why = printable("; ".join(snapshot.unseen.texts()))
            parts.append(Part(f"owners of {counted(count, 'socket')} hidden: {why}", "$warning"))
        if spec.namespaces:
            parts += [Part(printable(text), "$warning") for text in snapshot.namespaces.hidden_texts()]
    return [*parts, *(Part(printable(notice), "$warning") for notice in notices)]


def marked_parts(rows: int) -> Parts:
    """How many rows are marked, which an action would hit."""
    return [Part(f"{rows:,} marked", "bold $accent", "screen.act")] if rows else []


def _problems(view: View) -> Parts:
    if not view.problems:
        return []
    word = counted(len(view.problems), "problem")
    worst = view.problems[0].severity
    style = "bold $error" if worst is Severity.CRITICAL else "bold $warning"
    texts = " · ".join(problem_text(group, view.moment) for group in view.problems[:_MOST_TOLD])
    return [Part(f"{word}:", style, "screen.problems"), Part(texts, "", "screen.problems")]


_MOST_TOLD = 10
"""Problems that are told one by one; no line has room for more."""


def row_parts(socket: Socket | None) -> Parts:
    """A row's addresses in full, and the command line of who holds it."""
    if socket is None:
        return []
    parts = [Part(f"{socket.netid} {local_text(socket)}")]
    if socket.peer_port:
        parts.append(Part(f"→ {peer_text(socket)}"))
    parts.append(Part(process_text(socket), "bold"))
    if socket.owners:
        parts.append(Part(printable(" ".join(socket.owners[0].process.cmdline)), UNLIT))
    return parts


def counted(count: int, word: str) -> str:
    """`1 socket`, `1,200 sockets`."""
    plural = word + ("es" if word.endswith("s") else "s")
    return f"{count:,} {word if count == 1 else plural}"
