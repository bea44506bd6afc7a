"""Rows that are chosen and ordered by what flows, and groups that add it up."""

from __future__ import annotations

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import State
from netwatch_tui.view.group_columns import group_columns
from netwatch_tui.view.groups import Group, Sum
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import CALM, View, arrange
from tests.support.build import owner, snapshot, tcp, udp
from tests.support.fake import FakeSource
from tests.support.flows import counters, flow

A, B, C = (
    tcp("10.0.0.1:80", f"10.0.0.{at}:9", id=at, inode=at, owners=(owner(at % 2 + 1),), user="www") for at in (1, 2, 3)
)
LISTENER = tcp("10.0.0.1:80", id=4, inode=4, owners=(owner(2),), user="www")
DATAGRAMS = udp("10.0.0.1:53", id=5, inode=5, owners=(owner(2),), user="www")
OVER = tcp("10.0.0.1:80", "10.0.0.7:9", id=6, inode=0, state=State.TIME_WAIT, owners=(owner(2),), user="www")
ALL = (A, B, C, LISTENER, DATAGRAMS, OVER)
BUSIEST = ViewSpec(sort="rate_in", descending=True)


def at(now: float, *rates: float | None) -> Snapshot:
    """The machine at a moment, with what comes in through A, B and C."""
    flows = {id: flow(rate, 1.0, received=id) for id, rate in enumerate(rates, 1) if rate is not None}
    return snapshot(*ALL, taken_at=now)._replace(flows=flows)


def ids(view: View, count: int = 3) -> list[int | str]:
    return [row.id for row in view.rows[:count]]


def show(snapshot: Snapshot, before: View | None = None, spec: ViewSpec = BUSIEST) -> View:
    return arrange(snapshot, Marks(), spec, snapshot.taken_at, before=before)


def test_the_busiest_stand_first_and_what_is_not_known_last() -> None:
    assert ids(show(at(0, 5, 7, None)))[:2] == [2, 1]
    assert ids(show(at(0, 5, 7, None), spec=BUSIEST._replace(descending=False)))[:2] == [1, 2]
    assert ids(show(at(0, 5, 7, 6))) == [2, 3, 1]


def test_the_order_changes_at_most_once_in_two_seconds_and_the_cells_at_once() -> None:
    view = show(at(0, None, None, None))
    view = show(at(1, 5, 7, 6), view)
    assert ids(view) == [2, 3, 1], "as soon as there are rates"
    view = show(at(1.5, 9, 7, 6), view)
    assert ids(view) == [1, 2, 3], "the first reading has none"
    calm = show(at(2.5, 1, 7, 6), view)
    assert ids(calm) == [1, 2, 3]
    assert calm.moment.flows[1].rate_in == 1
    still = show(at(1.5 + CALM - 0.1, 1, 7, 6), calm)
    assert ids(still) == [1, 2, 3]
    assert ids(show(at(1.5 + CALM, 1, 7, 6), still)) == [2, 3, 1]


def test_what_is_asked_for_otherwise_is_shown_at_once() -> None:
    view = show(at(1, 5, 7, 6), show(at(0, 5, 7, 6)))
    view = show(at(1.1, 9, 8, 6), view, BUSIEST._replace(query=parse("rate_in:>7")))
    assert ids(view) == [1, 2]
    assert view.shown == 2


def test_a_filter_by_rate_is_calm_as_well() -> None:
    spec = ViewSpec(query=parse("rate_in:>7"), sort="local")
    view = show(at(1, 9, 8, 1), show(at(0, 9, 8, 1), spec=spec), spec)
    assert ids(view) == [1, 2]
    view = show(at(2, 9, 1, 8), view, spec)
    assert ids(view) == [1, 2]
    assert ids(show(at(3.5, 9, 1, 8), view, spec)) == [1, 3]


def test_a_step_gives_what_a_view_from_nothing_would_give() -> None:
    rates: list[tuple[float | None, ...]] = [(5, 7, 6), (5, 7, None), (None, 1, 2), (3, 3, 3), (9, None, 0)]
    for spec in (BUSIEST, ViewSpec(query=parse("rate_in:>2")), ViewSpec(query=parse("rate_in:-"), sort="bytes_in")):
        view = show(at(0, 1, 2, 3), spec=spec)
        for step, each in enumerate(rates, 1):
            now = at(step * CALM, *each)
            view = show(now, view, spec)
            assert view.rows == show(now, spec=spec).rows


def groups(view: View) -> dict[str, Group]:
    return {row.id: row for row in view.rows if isinstance(row, Group)}


def test_groups_add_up_what_flows_through_their_connections() -> None:
    spec = ViewSpec(grouping="process", group_sort="rate_in", group_descending=True)
    view = show(at(0, 5, 7, 6), spec=spec)
    found = groups(view)
    assert list(found) == ["p2", "p1"]
    assert found["p2"].flows["rate_in"] == Sum(11, is_whole=True), "without listeners, datagrams and TIME-WAIT"
    assert found["p2"].flows["bytes_in"] == Sum(4, is_whole=True)
    cells = {column.id: column.text(found["p2"], view.moment) for column in group_columns("process", flows=True)}
    assert [cells[id] for id in ("rate_in", "rate_out", "bytes_in", "bytes_out")] == ["11", "2", "4", "0"]
    part = groups(show(at(0, 5, 7, None), spec=spec))["p2"].flows["rate_in"]
    assert (part.known, part.text) == (5, "≥5")
    assert groups(show(at(0), spec=spec))["p2"].flows == {}


def test_sums_follow_what_flows_also_where_no_row_changes() -> None:
    spec = ViewSpec(grouping="user")
    first = at(0, 5, 7, 6)
    view = show(first, spec=spec)
    assert groups(show(at(1, 5, 7, 9), view, spec))["www"].flows["rate_in"].known == 21
    assert show(first, view, spec).rows is view.rows


# --- what a view needs ---


@pytest.mark.parametrize(
    ("spec", "needs"),
    [
        (ViewSpec(looked_at=frozenset({1})), Needs()),
        (ViewSpec(looked_at=frozenset({1})).with_flows(), Needs(flows_of_ids=frozenset({1}), rates=True)),
        (ViewSpec().with_flows().without_flows(), Needs()),
        (ViewSpec(subject=7), Needs(of_ids=frozenset({7}), flows_of_ids=frozenset({7}))),
        (ViewSpec(sort="rtt"), Needs(flows_of_all=True)),
        (ViewSpec(query=parse("is:problem")), Needs(flows_of_all=True)),
        (ViewSpec(query=parse("problem:retransmits")), Needs(flows_of_all=True)),
        (ViewSpec(columns=("mark", "problem")), Needs()),
    ],
)
def test_what_flows_is_read_of_what_is_looked_at_or_decides(spec: ViewSpec, needs: Needs) -> None:
    told = spec.needs
    assert (told.flows_of_all, told.flows_of_ids, told.rates) == (needs.flows_of_all, needs.flows_of_ids, needs.rates)


def test_columns_that_are_added_up_are_read_of_all() -> None:
    assert ViewSpec(grouping="user").with_flows().needs.flows_of_all
    assert not ViewSpec(grouping="user").needs.flows_of_all


def test_flow_columns_stand_behind_the_other_end_and_leave_no_trace() -> None:
    spec = ViewSpec()
    shown = spec.with_flows()
    at = shown.columns.index("peer")
    assert shown.columns[at + 1 : at + 3] == ("rate_in", "rate_out")
    assert shown.has_flows
    assert shown.with_flows() == shown
    assert shown.without_flows() == spec


# --- a session ---


def test_details_tell_what_flows_and_go_on_telling_what_it_came_to() -> None:
    source = FakeSource(A._replace(id=0))
    source.counters = {A.inode: counters(received=100)}
    session = Session(Collector(source), ViewSpec(), lambda _: None)
    view = session.tick(100.0)
    assert view
    (socket,) = view.snapshot.sockets
    session.show(ViewSpec(subject=socket.id), 100.0)
    for now in (101.0, 102.0):
        view = session.tick(now)
    assert view
    details = view.socket_details
    assert details
    assert details.flow
    assert details.flow.bytes_in == 100
    assert [sample.at for sample in details.history] == [101.0, 102.0]
    source.put()
    for now in (103.0, 120.0):
        view = session.tick(now)
    assert view
    assert view.socket_details
    assert view.socket_details.flow
    assert view.socket_details.flow.bytes_in == 100


def test_a_wish_for_flows_is_granted_at_once() -> None:
    session = Session(Collector(FakeSource(tcp())), ViewSpec(), lambda _: None)
    assert session.needs_tick(BUSIEST)
    assert not session.needs_tick(ViewSpec().with_flows())
    session.show(BUSIEST, 100.0)
    assert not session.needs_tick(BUSIEST)
