"""What is shown, in which order: a snapshot seen through what the person chose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from operator import attrgetter, itemgetter
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query.regex import Effort
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.host_names import NO_HOST_NAMES, HostNames
from netwatch_tui.sockets.marks import Mark, Marks
from netwatch_tui.sockets.slices import giving_way, slices
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent
from netwatch_tui.view.compared import Compared
from netwatch_tui.view.group_columns import in_group_order
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.groups import Group, GroupPlaces, Groups, Row, RowId, lines_with_flows, lines_with_rates
from netwatch_tui.view.known_order import PLACES, KnownOrder, nearest, unlike
from netwatch_tui.view.order import Order, in_order
from netwatch_tui.view.port_verdict import PortVerdict
from netwatch_tui.view.problem_groups import ProblemGroup, problem_groups
from netwatch_tui.view.socket_details import SocketDetails
from netwatch_tui.view.spec import ViewSpec

NO_EVENTS: Mapping[int, SocketEvent] = {}


class EventCounts(NamedTuple):
    """How many sockets came and went in one tick."""

    opened: int = 0
    """Without those that were there already when their kind was looked at for the first time."""
    closed: int = 0


CALM = 2.0
"""Seconds for which what flows chooses and orders the rows as it was read: who reads the table must be able to."""


class Judged(NamedTuple):
    """What flows, as rows are chosen and ordered by it; the cells show what was read last."""

    flows: Mapping[int, Flow] = {}
    since: float = 0.0
    """Seconds since the epoch."""


class Rewound(NamedTuple):
    """That something else than now is shown."""

    at: float
    """When that was, in seconds since the epoch."""
    seconds: float
    """How long before the newest tick."""


class View(NamedTuple):
    """The rows of the table, in order, with all that their cells depend on."""

    spec: ViewSpec
    snapshot: Snapshot
    order: Order
    """The sockets that match, and those that closed a moment ago."""
    rows: tuple[Row, ...]
    """The same from top to bottom, or the groups in which they are."""
    position: Mapping[RowId, int]
    """Where in `rows` a socket or group stands; while groups are shown, of a socket where its group does."""
    moment: Moment
    shown: int
    """How many of the snapshot's sockets match; lingering rows are not counted."""
    events: EventCounts
    """What the snapshot's tick brought of the sockets that match."""
    paused_since: float | None
    """When the screen was stopped, in seconds since the epoch; None while it is live, and after going back."""
    rewound: Rewound | None = None
    """How far back it is; None where it is not."""
    compared: Compared | None = None
    """How the rows differ from what they are compared with, which is what is lit then; None where they are not."""
    pace: float | None = None
    """Seconds that really lie between the last two ticks; None before the second."""
    socket_details: SocketDetails | None = None
    """About the socket that the spec asks for."""
    port_verdict: PortVerdict | None = None
    """About the port that the filter asks for, where it asks for nothing else and a tick has looked."""
    problems: tuple[ProblemGroup, ...] = ()
    """What is wrong on the machine, whether it is shown or not."""
    note: str = ""
    """What the filter could not search in this look, in words; mostly nothing."""
    judged: Judged = Judged()
    groups: Groups | None = None
    """What the groups' lines are made of; None while sockets are shown."""


def arrange(
    snapshot: Snapshot,
    marks: Marks,
    spec: ViewSpec,
    now: float,
    *,
    paused_since: float | None = None,
    before: View | None = None,
    host_names: HostNames = NO_HOST_NAMES,
    way: Delta | None = None,
    happened: Mapping[int, SocketEvent] = NO_EVENTS,
    utc_offset: float = 0.0,
    known: Iterable[KnownOrder] = (),
) -> View:
    """Choose and order the rows.

    Args:
        snapshot: What there is.
        marks: What is lit.
        spec: What is wanted.
        now: Seconds since the epoch.
        paused_since: When the screen was stopped.
        before: The view of this snapshot or of the one from which its delta leads here. With it, only what changed
            is put in its place; without it everything is sorted.
        host_names: What addresses are called, as far as it is known.
        way: What leads here from the sockets of that view, where it is something else than this snapshot's delta.
        happened: What happened last, by the id of the row that tells of it.
        utc_offset: Seconds by which the clocks of the person's place are ahead of UTC.
        known: Orders of any rows and any time, of which one of the same column saves sorting.
    """
    moment = Moment(
        now, marks.by_id, snapshot.namespaces.names, snapshot.findings, snapshot.flows,
        snapshot.networks, spec.query.names.port_names, snapshot.process_details, spec.service_names,
        host_names if spec.host_names else NO_HOST_NAMES, happened, utc_offset, snapshot.hosts,
    )  # fmt: skip
    judged = _judged(before, snapshot, spec, now)
    effort = Effort()
    judging = moment._replace(flows=judged.flows)
    alike = before if before is not None and _is_alike(before, spec, moment) else None
    if alike is not None:
        step = _step(alike, snapshot, way or snapshot.delta, spec, judging, effort)
    else:
        chosen = spec.choice.of((*snapshot.sockets, *marks.closed), judging, effort)
        orders = (*known, known_order(before)) if before is not None else known
        base = nearest(orders, spec.sort, judging, len(chosen))
        column = FIELD_BY_ID[spec.sort]
        order = in_order(chosen, column, judging) if base is None else base.of(chosen, column, judging)
        step = _Step(order, (), chosen)
    order = step.order
    groups = _groups(alike, step, spec, moment)
    if before is not None and order is before.order and _is_drawn_alike(before, spec, moment):
        rows, position = before.rows, before.position
    elif groups is not None:
        rows, position = _group_lines(groups, spec, moment)
    else:
        rows, position = _lines(order, spec)
    lingering = sum(socket.id in position for socket in giving_way(marks.closed))
    if before is not None and snapshot is before.snapshot and spec.choice == before.spec.choice:
        events = before.events  # also when the lights are out by which a filter knew what is new
    else:
        events = _events(snapshot, spec, judging, effort)
    if before is not None and before.snapshot.findings is snapshot.findings:
        problems = before.problems
    else:
        problems = problem_groups(snapshot.findings, snapshot.hosts)
    shown = len(order.entries) - lingering
    return View(
        spec, snapshot, order, rows, position, moment, shown, events, paused_since,
        problems=problems, note=effort.text, judged=judged, groups=groups,
    )  # fmt: skip


def _judged(before: View | None, snapshot: Snapshot, spec: ViewSpec, now: float) -> Judged:
    """By what flows the rows are chosen and ordered now."""
    if not spec.is_judged_by_flows:
        return Judged(since=now)
    if before is None or JUDGES(before.spec) != JUDGES(spec) or not before.judged.flows:
        return Judged(snapshot.flows, now - CALM)  # there are no rates yet: the next reading brings them
    if 0 <= now - before.judged.since < CALM:
        return before.judged
    return Judged(snapshot.flows, now)


JUDGES = attrgetter("choice", "sort")
"""All of a spec that decides which rows there are, in which order."""


def _events(snapshot: Snapshot, spec: ViewSpec, moment: Moment, effort: Effort) -> EventCounts:
    """Count what opened and closed among the rows that are wanted."""
    opened, closed = [each for each in giving_way(snapshot.delta.opened) if not each.was_there], snapshot.delta.closed
    passed = snapshot.delta.passed
    if not (opened or closed or passed):
        return EventCounts()
    gone = {socket.id for socket in closed}
    chosen = spec.choice.of((*opened, *closed), moment, effort)
    count = sum(socket.id in gone for socket in chosen)
    both = len(spec.choice.of(passed, moment, effort))
    return EventCounts(len(chosen) - count + both, count + both)


def _is_alike(before: View, spec: ViewSpec, moment: Moment) -> bool:
    """Whether all that decides on rows and order is as it was, but for the sockets and marks themselves."""
    was = before.spec
    if before.note:
        return False  # what was not searched is searched now
    if spec.query.depends_on_time and moment != before.moment:
        return False
    return JUDGES(was) == JUDGES(spec) and PLACES(before.moment) == PLACES(moment)


def known_order(view: View) -> KnownOrder:
    """The order of a view, for another one."""
    return KnownOrder(view.order, view.spec.sort, view.moment._replace(flows=view.judged.flows))


class _Step(NamedTuple):
    """What became of the rows: those with these ids are gone, and these are in their place."""

    order: Order
    gone: Collection[int] = ()
    fresh: Sequence[Socket] = ()


def _step(before: View, snapshot: Snapshot, delta: Delta, spec: ViewSpec, moment: Moment, effort: Effort) -> _Step:
    """The order before with only those rows touched that opened, changed, closed, or are lit otherwise."""
    lit, was_lit = moment.marked, before.moment.marked
    relit = unlike(was_lit, lit)
    gone = {id for id in giving_way(relit) if id in was_lit and was_lit[id].mark is Mark.CLOSED}
    relit |= unlike(before.moment.findings, moment.findings)
    fresh = {socket.id: socket for socket in before.order.sockets(relit - gone)}
    if snapshot is not before.snapshot:
        fresh.update((change.after.id, change.after) for change in giving_way((*delta.changed, *delta.updated)))
        fresh.update((socket.id, socket) for socket in delta.opened)
        for socket in giving_way((*delta.closed, *delta.dropped)):
            gone.add(socket.id)
            fresh.pop(socket.id, None)
    fresh.update((id, lit[id].socket) for id in relit if id in lit and lit[id].mark is Mark.CLOSED)
    if moved := unlike(before.judged.flows, moment.flows):
        fresh = {**{each.id: each for each in snapshot.sockets if each.id in moved}, **fresh}
    if not (gone or fresh):
        return _Step(before.order)
    chosen = spec.choice.of(fresh.values(), moment, effort)
    gone |= fresh.keys()
    return _Step(before.order.replaced(gone, chosen, FIELD_BY_ID[spec.sort], moment), gone, chosen)


def _is_drawn_alike(before: View, spec: ViewSpec, moment: Moment) -> bool:
    """Whether the same sockets in the same order make the same lines: groups add up what flows."""
    if _LINES(spec) != _LINES(before.spec):
        return False
    return not spec.shows_groups or (moment.flows is before.moment.flows and not spec.history)


_LINES = attrgetter("sort", "descending", "grouping", "inside", "group_sort", "group_descending", "history")
"""All of a spec that decides how ordered sockets become lines."""


def _lines(order: Order, spec: ViewSpec) -> tuple[tuple[Row, ...], Mapping[RowId, int]]:
    """The sockets from top to bottom, and where each stands."""
    sockets = order.rows(descending=spec.descending)
    position: dict[RowId, int] = {}
    places = count()
    for part in slices(sockets):
        position.update(zip(map(itemgetter(0), part), places, strict=False))
    return sockets, position


def _groups(before: View | None, step: _Step, spec: ViewSpec, moment: Moment) -> Groups | None:
    """The groups that are shown: those of the view before with only the touched sockets counted anew."""
    if not spec.shows_groups:
        return None
    grouping = GROUPINGS[spec.grouping]
    if before is None or before.groups is None or before.groups.grouping is not grouping:
        return Groups.of(grouping, step.order.rows(descending=False), moment)
    if step.order is before.order:
        return before.groups
    return before.groups.replaced(step.gone, step.fresh, moment)


def _group_lines(groups: Groups, spec: ViewSpec, moment: Moment) -> tuple[tuple[Group, ...], Mapping[RowId, int]]:
    """The groups from top to bottom, and where each stands."""
    lines: Iterable[Group]
    if spec.history:
        lines = lines_with_rates(groups, moment.events, moment.now)
    else:
        lines = lines_with_flows(groups, moment.flows) if moment.flows else groups.by_name.values()
    rows = in_group_order(lines, spec.group_sort, descending=spec.group_descending)
    return rows, GroupPlaces(groups, rows)
