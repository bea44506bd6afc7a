"""What single events make of the rows, of the problems, of what is lit, and of a recording."""

from __future__ import annotations

import json

from netwatch_tui.collect.event_watch import LOSS_TOLD_FOR
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.modes.stream import events as chosen_events
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import event_lines
from netwatch_tui.query import parse
from netwatch_tui.sockets.connection_events import CaptureBatch, ConnectionTotals, EventKind, EventProcess
from netwatch_tui.sockets.marks import Mark, Marks
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.selection import EVERY_KIND
from netwatch_tui.sockets.socket import NOWHERE, State
from netwatch_tui.sockets.socket_events import Happening, ToldBy
from netwatch_tui.view.row_choice import RowChoice
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import EventCounts, arrange
from tests.support.build import NETNS, owner, tcp, udp
from tests.support.event_feeds import STATUS, FakeEvents, told
from tests.support.fake import Place, Watch, bare
from tests.support.recordings import record, replayed

CURL = EventProcess(7, "curl")
TOTALS = ConnectionTotals(100, 201, has_fin=True, bytes_retrans=0, retrans_total=0, rtt=0.001)
BRIEF = tcp("10.0.0.1:5001", "10.0.0.2:80")
"""A connection that is told of."""


def watched() -> tuple[Watch, FakeEvents]:
    """A collector after its first tick, at 101."""
    events = FakeEvents()
    watch = Watch(events=events)
    events.clock = 101.0
    watch.tick()
    return watch, events


def test_a_connection_that_no_tick_saw_is_a_row_with_its_process_and_totals() -> None:
    watch, events = watched()
    events.clock = 102.0
    closed = told(EventKind.CLOSED, 101.25, BRIEF, state=State.LAST_ACK, began=101.1875, owner=CURL, totals=TOTALS)
    events.tell(told(EventKind.OPENED, 101.1875, BRIEF), closed)
    snapshot = watch.tick()
    (passed,) = snapshot.delta.passed
    assert passed.owners == (owner(7, name="curl")._replace(fd=None),)
    assert (passed.state, passed.seen_at, passed.netns, passed.user) == (State.LAST_ACK, 101.1875, NETNS, "root")
    assert snapshot.events is not None
    opened, closed_event = snapshot.events
    assert (opened.kind, opened.at, opened.socket.state) == (Happening.OPENED, 101.1875, State.ESTAB)
    assert (closed_event.kind, closed_event.duration, closed_event.totals) == (Happening.CLOSED, 0.0625, TOTALS)
    assert opened.socket.id == closed_event.socket.id == passed.id
    assert (snapshot.sockets, snapshot.delta.is_empty) == ((), True)


def test_it_lights_up_as_closed_and_is_judged_as_any_row() -> None:
    watch, events = watched()
    events.clock = 102.0
    events.tell(told(EventKind.CLOSED, 101.25, BRIEF, began=101.125, owner=CURL))
    snapshot = watch.tick()
    marks = Marks().advance(snapshot.delta, until=105.0)
    assert [marked.mark for marked in marks.by_id.values()] == [Mark.CLOSED]
    for text, is_shown in (("process:curl", True), ("port:80", True), ("is:closed", True), ("process:nginx", False)):
        view = arrange(snapshot, marks, ViewSpec(query=parse(text)), 102.0)
        assert len(view.rows) == is_shown
        assert view.events == EventCounts(is_shown, is_shown)
        assert view.shown == 0


def test_what_is_left_of_a_connection_says_who_held_it() -> None:
    watch, events = watched()
    events.clock = 102.0
    closed = told(EventKind.CLOSED, 101.5, BRIEF, state=State.FIN_WAIT_2, began=101.25, owner=CURL)
    events.tell(told(EventKind.OPENED, 101.25, BRIEF), closed)
    snapshot = watch.tick(tcp("10.0.0.1:5001", "10.0.0.2:80", state=State.TIME_WAIT, inode=0))
    (row,) = snapshot.sockets
    assert row is snapshot.delta.opened[0]
    assert (row.owner_reason, row.evidence[0].process.name) == (OwnerReason.LAST_HELD, "curl")
    assert row.seen_at == 101.25
    assert snapshot.delta.passed == ()
    assert [(each.kind, each.socket.id) for each in snapshot.events or ()] == [
        (Happening.OPENED, row.id),
        (Happening.CLOSED, row.id),
    ]
    again = watch.again()
    assert (again.events, again.delta.is_empty) == ((), True)
    assert watch.tick().events == ()  # its end has been told


def test_a_read_that_left_a_connection_out_costs_nothing_of_its_history() -> None:
    watch, events = watched()
    for clock, told_now in (
        (102.0, told(EventKind.OPENED, 101.5, BRIEF)),
        (103.0, told(EventKind.CLOSED, 102.5, BRIEF, owner=CURL, began=101.5)),
    ):
        events.clock = clock
        events.tell(told_now)
        snapshot = watch.tick()
    assert [(each.kind, each.at) for each in snapshot.events or ()] == [
        (Happening.OPENED, 101.5),
        (Happening.CLOSED, 102.5),
    ]


def test_a_refused_connection_is_told_with_who_tried() -> None:
    watch, events = watched()
    events.clock = 102.0
    events.tell(told(EventKind.REFUSED, 101.5, BRIEF, owner=CURL, error=111, state=State.SYN_SENT, began=101.25))
    snapshot = watch.tick()
    (event,) = snapshot.events or ()
    assert (event.kind, event.error, event.duration, event.socket.owners[0].pid) == (Happening.REFUSED, 111, 0.25, 7)
    assert event.socket.netns == NETNS  # the only one that there is
    assert snapshot.delta.passed == (event.socket,)


def test_where_an_attempt_was_made_is_not_known_where_there_are_other_namespaces() -> None:
    watch, events = watched()
    watch.source.others = (Place(5, "blue", 2),)
    events.clock = 107.0
    events.tell(told(EventKind.REFUSED, 101.5, BRIEF, error=111))
    (event,) = watch.tick(after=6.0).events or ()
    assert event.socket.netns == 0
    field = FIELD_BY_ID["netns"]
    moment = Moment(0.0, {}, {NETNS: "own"})
    assert (field.value(event.socket, moment), field.text(event.socket, moment)) == (None, "-")


def test_what_happens_in_a_namespace_that_is_not_looked_at_is_not_told() -> None:
    watch, events = watched()
    events.clock = 102.0
    events.tell(
        told(EventKind.OPENED, 101.25, BRIEF),
        told(EventKind.CLOSED, 101.5, BRIEF, netns=5),
        told(EventKind.CLOSED, 101.625, BRIEF, netns=None),
    )
    snapshot = watch.tick()
    assert (snapshot.events, snapshot.delta.passed) == ((), ())


def test_who_held_it_is_unknown_where_the_kernel_does_not_tell() -> None:
    watch, events = watched()
    events.clock = 102.0
    events.tell(told(EventKind.CLOSED, 101.5, BRIEF, state=None, skaddr=None))
    (passed,) = watch.tick().delta.passed
    assert (passed.owners, passed.owner_reason, passed.state) == ((), OwnerReason.GONE, State.UNCONN)


def test_a_udp_socket_is_found_by_its_port() -> None:
    watch, events = watched()
    watch.source.held[7] = {3: 30}
    events.clock = 102.0
    lasting, brief = udp("0.0.0.0:5353", inode=30), udp("10.0.0.1:40000")
    sent = [
        told(EventKind.OPENED, at, socket, skaddr=None, local=NOWHERE, owner=CURL)
        for at, socket in ((101.25, lasting), (101.5, brief))
    ]
    gone = told(EventKind.CLOSED, 101.625, brief, skaddr=None, state=None, began=101.5, owner=CURL)
    events.tell(*sent, gone)
    snapshot = watch.tick(lasting)
    assert [(each.kind, each.at, each.source, each.socket.local_port) for each in snapshot.events or ()] == [
        (Happening.OPENED, 101.25, ToldBy.EVENT, 5353),
        (Happening.OPENED, 101.5, ToldBy.EVENT, 40000),
        (Happening.CLOSED, 101.625, ToldBy.EVENT, 40000),
    ]
    events.clock = 103.0
    events.tell(told(EventKind.CLOSED, 102.5, lasting, skaddr=None, state=None, owner=CURL))
    (closed,) = watch.tick().events or ()
    assert (closed.kind, closed.at, closed.source, closed.socket.inode) == (Happening.CLOSED, 102.5, ToldBy.EVENT, 30)


def test_a_udp_socket_whose_owner_is_not_known_is_found_by_its_port_alone() -> None:
    watch, events = watched()
    events.clock = 102.0
    lasting = udp("0.0.0.0:5353", inode=30)
    events.tell(told(EventKind.OPENED, 101.25, lasting, skaddr=None, local=NOWHERE, owner=CURL))
    (opened,) = watch.tick(lasting).events or ()
    assert (opened.kind, opened.at, opened.socket.inode) == (Happening.OPENED, 101.25, 30)


def test_another_owner_is_a_change() -> None:
    watch, events = watched()
    connection = tcp("10.0.0.1:5001", "10.0.0.2:80", inode=30)
    watch.source.held[7] = {3: 30}
    watch.tick(connection)
    watch.source.held = {8: {4: 30}}
    events.clock = 110.0
    changes = [each for each in watch.again(6.0).events or () if each.kind is Happening.CHANGED]
    (change,) = changes
    assert change.before is not None
    assert ([each.pid for each in change.before.owners], [each.pid for each in change.socket.owners]) == ([7], [8])


def test_a_filter_asks_for_what_happened() -> None:
    watch, events = watched()
    events.clock = 102.0
    closed = told(EventKind.CLOSED, 101.25, BRIEF, state=State.LAST_ACK, began=101.1875, owner=CURL, totals=TOTALS)
    events.tell(told(EventKind.OPENED, 101.1875, BRIEF), closed)
    snapshot = watch.tick()
    for text, kinds in (
        ("event:opened", [Happening.OPENED]),
        ("history:closed lifetime:<1s sent:>50", [Happening.CLOSED]),
        ("event:refused", []),
        ("process:curl", [Happening.OPENED, Happening.CLOSED]),
    ):
        choice = RowChoice(EVERY_KIND, (parse(text),))
        assert [each.kind for each in chosen_events(snapshot, choice)] == kinds
    head = Head(102.0, "web", ("event", "lifetime"))
    told_lines = [json.loads(line)["socket"] for line in event_lines(snapshot.happened, head)]
    assert told_lines == [{"event": "opened", "lifetime": None}, {"event": "closed", "lifetime": 0.0625}]


def test_losses_and_gaps_are_problems_for_a_while() -> None:
    watch, events = watched()
    events.batch = CaptureBatch((), 3, 1, ("something was missed",))
    texts = [problem.text for problem in watch.again().problems]
    assert texts == [
        "something was missed",
        "connection events lost so far, too many to be read in time: 3",
        "UDP events lost so far: 1",
    ]
    events.batch = CaptureBatch((), 4)
    assert [problem.times for problem in watch.again().problems] == [1, 7, 1]
    assert watch.again(LOSS_TOLD_FOR + 1).problems == ()


def test_a_capture_that_is_off_leaves_the_ticks_alone() -> None:
    events = FakeEvents()
    events.is_on = False
    watch = Watch(events=events)
    watch.tick()
    snapshot = watch.tick(BRIEF)
    assert (snapshot.events, snapshot.capture) == (None, STATUS)
    assert [(each.kind, each.source) for each in snapshot.happened] == [(Happening.OPENED, ToldBy.TICK)]


def test_a_recording_has_all_of_it() -> None:
    watch, events = watched()
    watch.source.held[7] = {3: 30}
    events.clock = 102.0
    lasting = tcp("10.0.0.1:6000", "10.0.0.2:80", inode=30)
    closed = told(EventKind.CLOSED, 101.25, BRIEF, began=101.125, owner=CURL, totals=TOTALS, closer=CURL, error=104)
    events.tell(told(EventKind.OPENED, 101.0625, lasting, skaddr=2, owner=CURL), closed)
    taken = [watch.tick(lasting)]
    events.clock = 103.0
    events.tell(told(EventKind.CLOSED, 102.25, lasting, skaddr=2, owner=CURL, closer=CURL))
    taken += [watch.tick(), watch.again()]
    found, recording = replayed(record(taken))
    assert not recording.is_broken
    assert [each.events for each in found] == [each.events for each in taken]
    assert [each.delta for each in found[1:]] == [each.delta for each in taken[1:]]
    assert [each.capture for each in found] == [STATUS] * 3
    assert list(map(bare, found[0].delta.passed)) == list(map(bare, taken[0].delta.passed))
