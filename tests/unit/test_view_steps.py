"""A view made from the one before is the view that would have been made from nothing."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.play.left_orders import LeftOrders
from netwatch_tui.query import parse
from netwatch_tui.sockets.delta import diff
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.selection import ESTABLISHED, Selection
from netwatch_tui.sockets.slices import SLICE
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.group_columns import COLUMN_BY_ID
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.groups import Group
from netwatch_tui.view.known_order import KnownOrder
from netwatch_tui.view.order import in_order
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange, known_order
from tests.support.build import owner, snapshot, tcp

LINGER = 3.0


class Step(NamedTuple):
    """What happens before the next view."""

    sockets: frozenset[int]
    """Which of the sockets are there."""
    touched: int
    """Turns some of them into others: state, queue and owner depend on it."""
    seconds: float


def made(number: int, touched: int) -> Socket:
    """One of the sockets as it is after some changes."""
    late = (number + touched) % 3 == 0
    return tcp(
        f"10.0.0.{number % 4}:{80 + number % 2}",
        f"10.0.1.{number}:5000",
        id=number,
        inode=number,
        state=State.CLOSE_WAIT if late else State.ESTAB,
        recv_q=(number * touched) % 5,
        owners=(owner(number % 3 + 1),) if number % 2 else (),
        user=None if number % 5 else "root",
    )


STEPS = st.lists(
    st.builds(
        Step,
        st.frozensets(st.integers(1, 20)),
        st.integers(0, 5),
        st.sampled_from([0.0, 1.0, 2.0, 5.0]),
    ),
    min_size=1,
    max_size=6,
)
SPECS = st.builds(
    ViewSpec,
    selection=st.sampled_from([Selection(), Selection(states=ESTABLISHED)]),
    namespaces=st.just(""),
    paused=st.just(False),
    columns=st.just(("mark", "local")),
    interval=st.just(1.0),
    subject=st.none(),
    query=st.sampled_from(["", "10.0.0.1", "estab"]).map(parse),
    sort=st.sampled_from([*FIELD_BY_ID]),
    descending=st.booleans(),
    grouping=st.sampled_from(["", *GROUPINGS]),
    group_sort=st.sampled_from([*COLUMN_BY_ID]),
    group_descending=st.booleans(),
    inside=st.sampled_from([None, None, None, "root", "ESTAB", "(not found)", "10.0.1.0/24"]),
)


def add_up(view: View) -> bool:
    """Whether the groups hold as many sockets, in all and of each state, as there are in the order of rows."""
    if not view.spec.shows_groups:
        return len(view.rows) == len(view.order.entries)
    groups = [row for row in view.rows if isinstance(row, Group)]
    states = Counter(socket.state for socket in view.order.rows(descending=False))
    return (
        sum(group.sockets for group in groups) == len(view.order.entries)
        and sum(group.estab for group in groups) == states[State.ESTAB]
        and sum(group.close_wait for group in groups) == states[State.CLOSE_WAIT]
        and sum(group.listen for group in groups) == 0
    )


def lines(view: View) -> tuple[object, ...]:
    """All that the table shows of a view."""
    return view.rows, view.position, view.shown, view.moment


@settings(max_examples=150)
@given(STEPS, SPECS, st.lists(st.one_of(st.none(), SPECS), min_size=6, max_size=6))
def test_each_step_gives_what_a_fresh_start_would_give(
    steps: list[Step], spec: ViewSpec, others: list[ViewSpec | None]
) -> None:
    now, marks, before = 1000.0, Marks(), None
    left, earlier = LeftOrders(), list[KnownOrder]()
    held: dict[int, Socket] = {}
    for step, other in zip(steps, others, strict=False):
        now += step.seconds
        after = {number: made(number, step.touched) for number in sorted(step.sockets)}
        delta = diff(held, after)
        held = after
        taken: Snapshot = snapshot(*after.values(), taken_at=now, delta=delta)
        marks = marks.expire(now).advance(delta, now + LINGER)
        left.tick(delta, now)
        was, before = before, arrange(taken, marks, spec, now, before=before, known=left.known)
        assert lines(before) == lines(arrange(taken, marks, spec, now, before=was)), "what was there is not touched"
        assert lines(before) == lines(arrange(taken, marks, spec, now))
        assert add_up(before)
        assert before.events == arrange(taken, marks, spec, now).events
        if other is not None:
            spec = other
            was, before = before, arrange(taken, marks, spec, now, before=before, known=left.known)
            left.see(was, before, now)
            assert lines(before) == lines(arrange(taken, marks, spec, now))
            assert lines(before) == lines(arrange(taken, marks, spec, now, known=earlier)), (
                "an order of any time serves"
            )
            earlier.append(known_order(was))


@settings(max_examples=50)
@given(STEPS, st.sampled_from(["", "10.0.0.1", "port:80"]))
def test_the_counts_of_a_screen_add_up(steps: list[Step], text: str) -> None:
    """None of these filters asks for what a socket may change, so that rows come and go with their sockets only."""
    spec, held, shown = ViewSpec(parse(text)), dict[int, Socket](), 0
    for now, step in enumerate(steps):
        after = {number: made(number, step.touched) for number in sorted(step.sockets)}
        delta = diff(held, after)
        held = after
        view = arrange(snapshot(*after.values(), delta=delta), Marks().advance(delta, now + LINGER), spec, float(now))
        assert view.shown == shown + view.events.opened - view.events.closed
        shown = view.shown


def test_nothing_is_ordered_anew_where_nothing_happened() -> None:
    taken = snapshot(*(made(number, 0) for number in range(1, 9)), taken_at=1000.0)
    first = arrange(taken, Marks(), ViewSpec(), 1000.0)
    again = arrange(taken._replace(taken_at=1001.0), Marks(), ViewSpec(columns=("mark", "local")), 1001.0, before=first)
    assert again.rows is first.rows
    assert again.position is first.position


def test_more_rows_than_a_slice_are_sorted_as_if_they_were_one() -> None:
    sockets = [tcp(f"10.{n % 200}.{n % 7}.{n % 3}:{n % 50 + 1}", id=n, inode=n) for n in range(2 * SLICE + 100)]
    order = in_order(sockets, FIELD_BY_ID["local"], Moment(0.0, {}))
    keys = [(each.local, each.local_port, each.peer, each.peer_port, each.id) for each in sockets]
    found = order.rows(descending=False)
    assert [(s.local, s.local_port, s.peer, s.peer_port, s.id) for s in found] == sorted(keys)
