"""What is remembered of what happened: within a bound, as rows of a table like any other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.event_ring import EventRing
from netwatch_tui.collect.history import History
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.event_fields import HISTORY_COLUMNS
from netwatch_tui.fields.moment import Moment
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.connection_events import ConnectionTotals, EventProcess
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.selection import EVERY_KIND
from netwatch_tui.sockets.snapshot import Counts, Snapshot
from netwatch_tui.sockets.socket import State
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy
from netwatch_tui.view.group_columns import group_columns
from netwatch_tui.view.groups import Group
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange
from tests.support.build import NETNS, owner, snapshot, tcp
from tests.support.fake import Watch

NOW = 1_767_258_000.0
SPEC = ViewSpec(history=True, selection=EVERY_KIND, columns=HISTORY_COLUMNS, sort="happened_at", descending=True)
TOTALS = ConnectionTotals(2_048, 4_097, has_fin=True, bytes_retrans=0, retrans_total=0, rtt=0.001)


def event(number: int, kind: Happening = Happening.OPENED, name: str = "curl", **fields: object) -> SocketEvent:
    socket = tcp("10.0.0.1:5001", f"10.0.0.2:{number % 1000 + 1}", id=number, owners=(owner(number, name=name),))
    return SocketEvent(kind, NOW + number, ToldBy.EVENT, socket)._replace(**fields)  # type: ignore[arg-type]


def shown(history: History, spec: ViewSpec = SPEC, now: float = NOW + 100, before: View | None = None) -> View:
    made = history.snapshot(snapshot()._replace(taken_at=now))
    return arrange(made, Marks(), spec, now, happened=history.events, before=before)


def test_ten_times_as_much_is_no_more_than_the_bound() -> None:
    history = History(100)
    history.add(map(event, range(1_000)))
    history.snapshot(snapshot())
    history.add(map(event, range(1_000, 1_050)))
    assert [each.at - NOW for each in history.events.values()] == list(map(float, range(950, 1_050)))
    rows = history.snapshot(snapshot())
    assert [history.events[row.id].socket.id for row in rows.sockets] == list(range(950, 1_050))


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 20))
def test_each_delta_leads_from_what_was_shown_to_what_is(amounts: list[int], most: int) -> None:
    history, sockets, number, counts = History(most), dict[int, object](), 0, Counts()
    for amount in amounts:
        history.add(event(number + each) for each in range(amount))
        number += amount
        made = history.snapshot(snapshot())
        made.delta.apply(sockets)  # type: ignore[arg-type]  # of rows
        assert tuple(sockets.values()) == made.sockets
        assert [row.id for row in made.sockets] == list(history.events)
        counts = counts.after(made.delta)
        assert made.counts == counts == Counts().after(Delta(opened=made.sockets))


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=40))
def test_the_last_events_are_found_by_number_and_no_others(most: int, steps: list[bool]) -> None:
    ring, model, number = EventRing(most), dict[int, SocketEvent](), 0
    for adds in steps:
        oldest = next(iter(model), 0)
        if adds:
            number += 1
            model[number] = event(number)
            assert ring.add(model[number]) is (model.pop(oldest) if len(model) > most else None)
        else:
            assert ring.forget() is model.pop(oldest, None)
        assert dict(ring) == model
        assert len(ring) == len(model)
        assert [ring.get(each) for each in range(number + 2)] == [model.get(each) for each in range(number + 2)]


def test_the_columns_say_what_happened_when_and_how_much() -> None:
    closer = EventProcess(9, "nginx")
    ended = event(1, Happening.CLOSED, duration=0.0125, totals=TOTALS, closer=closer, error=104, source=ToldBy.EVENT)
    moment = Moment(NOW, {}, {NETNS: "own"}, events={1: ended}, utc_offset=7_200.0)
    texts = {id: FIELD_BY_ID[id].text(ended.socket, moment) for id in FIELD_BY_ID}
    assert (texts["happened_at"], texts["event"], texts["told_by"]) == ("11:00:01.000", "closed", "event")
    assert (texts["lifetime"], texts["received"], texts["sent"]) == ("12ms", "4.0k", "2.0k")
    assert (texts["closer"], texts["error"]) == ("nginx 9", "ECONNRESET")
    values = {id: FIELD_BY_ID[id].value(ended.socket, moment) for id in FIELD_BY_ID}
    assert (values["happened_at"], values["received"]) == ("2026-01-01T09:00:01.000000Z", 4_096)
    blank = Moment(NOW, {}, {NETNS: "own"})
    assert {FIELD_BY_ID[id].text(ended.socket, blank) for id in ("happened_at", "event", "lifetime", "sent")} == {"-"}


def test_it_is_filtered_and_sorted_as_any_table() -> None:
    history = History()
    history.add(
        [event(1), event(2, Happening.CLOSED, duration=0.5), event(3, Happening.REFUSED), event(4, name="nginx")]
    )
    assert [row.id for row in shown(history).rows] == [4, 3, 2, 1]
    for text, ids in (
        ("event:refused", [3]), ("lifetime:<1s", [2]), ("process:nginx", [4]), ("-event:opened", [3, 2]),
        ("port:5001", [4, 3, 2, 1]),
    ):  # fmt: skip
        assert [row.id for row in shown(history, SPEC._replace(query=parse(text))).rows] == ids


def test_what_comes_is_put_in_its_place() -> None:
    history = History(3)
    history.add(map(event, range(3)))
    before = shown(history)
    history.add([event(3)])
    after = shown(history, before=before)
    assert [row.id for row in after.rows] == [4, 3, 2]
    assert after.rows == shown(history).rows


def test_groups_say_how_many_connections_a_minute_were_made() -> None:
    history = History()
    history.add(event(number) for number in range(10))
    history.add([event(10, Happening.CLOSED), event(11, Happening.REFUSED, name="nginx")])
    view = shown(history, SPEC.grouped_by("process"), now=NOW + 120)
    columns = group_columns("process", flows=False, history=True)
    cells = {
        row.id: [column.text(row, view.moment) for column in columns] for row in view.rows if isinstance(row, Group)
    }
    assert cells == {"curl": ["curl", "5", "11", "11"], "nginx": ["nginx", "0.5", "1", "1"]}


class Given:
    """Stands where a session expects a collector."""

    namespaces = ""
    needs = ViewSpec().needs

    def collect(self, now: float) -> Snapshot:
        raise NotImplementedError(now)


def test_a_session_remembers_from_the_second_tick_on_and_holds_still_in_a_pause() -> None:
    watch = Watch()
    session = Session(Given(), ViewSpec(), lambda _: None)
    session.take(watch.tick(tcp("10.0.0.1:80", inode=1)), 1.0)
    session.take(watch.tick(tcp("10.0.0.1:80", inode=1), tcp("10.0.0.1:81", inode=2)), 2.0)
    view = session.show(SPEC, 2.5)
    assert view is not None
    assert [(view.moment.events[row.id].kind, row.state) for row in view.order.sockets({1, 2, 3})] == [
        (Happening.OPENED, State.LISTEN)
    ]
    held = session.show(SPEC._replace(paused=True), 3.0)
    assert held is not None
    assert session.take(watch.tick(), 4.0) is None
    again = session.show(SPEC._replace(paused=True, sort="event"), 5.0)
    assert again is not None
    assert len(again.rows) == len(held.rows) == 1
    going_on = session.show(SPEC, 6.0)
    assert going_on is not None
    assert len(going_on.rows) == 3
    back = session.show(ViewSpec(), 7.0)
    assert back is not None
    once_more = session.show(SPEC, 8.0)
    assert once_more is not None
    assert once_more.rows == going_on.rows
    back = session.show(ViewSpec(), 9.0)
    assert back is not None
    assert (back.shown, {row.state for row in back.order.sockets({1, 2})}) == (0, {State.LISTEN})
