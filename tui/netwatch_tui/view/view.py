"""What is shown, in which order: a snapshot seen through what the person chose."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from operator import attrgetter, itemgetter
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query.regex import Effort
from netwatch_tui.sockets.marks import Mark, Marks
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.groups import GROUPINGS, Row, grouped
from netwatch_tui.view.order import SLICE, Order, in_order
from netwatch_tui.view.problem_groups import ProblemGroup, problem_groups
from netwatch_tui.view.socket_details import SocketDetails
from netwatch_tui.view.spec import ViewSpec

RowId = int | str
"""The id of a socket, or of a group."""


class EventCounts(NamedTuple):
    """How many sockets came and went in one tick."""

    opened: int = 0
    """Without those that were there already when their kind was looked at for the first time."""
    closed: int = 0


class View(NamedTuple):
    """The rows of the table, in order, with all that their cells depend on."""

    spec: ViewSpec
    snapshot: Snapshot
    order: Order
    """The sockets that match, and those that closed a moment ago."""
    rows: tuple[Row, ...]
    """The same from top to bottom, with the groups' lines, without the rows of collapsed groups."""
    position: Mapping[RowId, int]
    """Where in `rows` a socket or group stands; for a socket in a collapsed group, where the group's line does."""
    moment: Moment
    shown: int
    """How many of the snapshot's sockets match; lingering rows are not counted."""
    events: EventCounts
    """What the snapshot's tick brought of the sockets that match."""
    paused_since: float | None
    """When the screen was stopped, in seconds since the epoch; None while it is live."""
    pace: float | None = None
    """Seconds that really lie between the last two ticks; None before the second."""
    socket_details: SocketDetails | None = None
    """About the socket that the spec asks for."""
    problems: tuple[ProblemGroup, ...] = ()
    """What is wrong on the machine, whether it is shown or not."""
    note: str = ""
    """What the filter could not search in this look, in words; mostly nothing."""


def arrange(
    snapshot: Snapshot,
    marks: Marks,
    spec: ViewSpec,
    now: float,
    *,
    paused_since: float | None = None,
    before: View | None = None,
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
    """
    moment = Moment(
        now, marks.by_id, snapshot.namespaces.names, snapshot.findings, snapshot.networks,
        spec.query.names.port_names, snapshot.process_details, spec.service_names,
    )  # fmt: skip
    effort = Effort()
    if before is not None and _is_alike(before, spec, moment):
        order = _reordered(before, snapshot, spec, moment, effort)
    else:
        sockets = (*snapshot.sockets, *marks.closed)
        order = in_order(spec.choice.of(sockets, moment, effort), FIELD_BY_ID[spec.sort], moment)
    if before is not None and order is before.order and _LINES(spec) == _LINES(before.spec):
        rows, position = before.rows, before.position
    else:
        rows, position = _lines(order, spec)
    lingering = sum(socket.id in position for socket in marks.closed)
    if before is not None and snapshot is before.snapshot and spec.choice == before.spec.choice:
        events = before.events  # also when the lights are out by which a filter knew what is new
    else:
        events = _events(snapshot, spec, moment, effort)
    if before is not None and before.snapshot.findings is snapshot.findings:
        problems = before.problems
    else:
        problems = problem_groups(snapshot.findings)
    shown = len(order.entries) - lingering
    return View(
        spec, snapshot, order, rows, position, moment, shown, events, paused_since,
        problems=problems, note=effort.text,
    )  # fmt: skip


def _events(snapshot: Snapshot, spec: ViewSpec, moment: Moment, effort: Effort) -> EventCounts:
    """Count what opened and closed among the rows that are wanted."""
    opened, closed = [each for each in snapshot.delta.opened if not each.was_there], snapshot.delta.closed
    if not (opened or closed):
        return EventCounts()
    gone = {socket.id for socket in closed}
    chosen = spec.choice.of((*opened, *closed), moment, effort)
    count = sum(socket.id in gone for socket in chosen)
    return EventCounts(len(chosen) - count, count)


def _is_alike(before: View, spec: ViewSpec, moment: Moment) -> bool:
    """Whether all that decides on rows and order is as it was, but for the sockets and marks themselves."""
    was = before.spec
    if before.note:
        return False  # what was not searched is searched now
    if spec.query.depends_on_time and moment != before.moment:
        return False
    is_same_choice = (was.choice, was.sort) == (spec.choice, spec.sort)
    return is_same_choice and _PLACES(before.moment) == _PLACES(moment)


_PLACES = attrgetter("namespaces", "networks", "process_details")
"""All of a moment besides lights and findings by which a row may be chosen or ordered whatever the time."""


def _reordered(before: View, snapshot: Snapshot, spec: ViewSpec, moment: Moment, effort: Effort) -> Order:
    """The order before with only those rows touched that opened, changed, closed, or are lit otherwise."""
    lit, was_lit = moment.marked, before.moment.marked
    relit = set() if lit is was_lit else {id for id in lit.keys() | was_lit.keys() if lit.get(id) != was_lit.get(id)}
    gone = {id for id in relit if id in was_lit and was_lit[id].mark is Mark.CLOSED}
    found, was_found = moment.findings, before.moment.findings
    if found is not was_found:
        relit |= {id for id in found.keys() | was_found.keys() if found.get(id) != was_found.get(id)}
    fresh = {socket.id: socket for socket in before.order.sockets(relit - gone)}
    if snapshot is not before.snapshot:
        delta = snapshot.delta
        fresh.update((change.after.id, change.after) for change in (*delta.changed, *delta.updated))
        fresh.update((socket.id, socket) for socket in delta.opened)
        for socket in (*delta.closed, *delta.dropped):
            gone.add(socket.id)
            fresh.pop(socket.id, None)
    fresh.update((id, lit[id].socket) for id in relit if id in lit and lit[id].mark is Mark.CLOSED)
    if not (gone or fresh):
        return before.order
    chosen = spec.choice.of(fresh.values(), moment, effort)
    return before.order.replaced(gone | fresh.keys(), chosen, FIELD_BY_ID[spec.sort], moment)


_LINES = attrgetter("sort", "descending", "grouping", "folding")
"""All of a spec that decides how ordered sockets become lines."""


def _lines(order: Order, spec: ViewSpec) -> tuple[tuple[Row, ...], Mapping[RowId, int]]:
    """The lines of the table, and where each socket and group stands."""
    sockets = order.rows(descending=spec.descending)
    position: dict[RowId, int] = {}
    if not spec.grouping:
        for at in range(0, len(sockets), SLICE):
            position.update(zip(map(itemgetter(0), sockets[at : at + SLICE]), count(at), strict=False))
        return sockets, position
    rows: list[Row] = []
    grouping = GROUPINGS[spec.grouping]
    for group, members in grouped(sockets, grouping, spec.folding, spec.sort, descending=spec.descending):
        line = len(rows)
        position[group.id] = line
        rows.append(group)
        if group.is_open:
            position.update((socket.id, line + at) for at, socket in enumerate(members, 1))
            rows += members
        else:
            position.update((socket.id, line) for socket in members)
    return tuple(rows), position
