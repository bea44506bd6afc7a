"""What is lit while the table is compared: what is different, in whatever order it happened, and nothing else."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.collector import Collector
from netwatch_tui.collect.past_ticks import MEBIBYTE, PastTicks
from netwatch_tui.play.moves import CompareWith, Step
from netwatch_tui.play.rewinding import moved
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.comparison import Side, compare
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.sockets.snapshot import Seen, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.compared import Base, compared
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from tests.support.build import NETNS, owner, snapshot, tcp
from tests.support.fake import FakeSource
from tests.support.strategies import histories

WEB = tcp("10.0.0.5:443", id=1, inode=11)
VISIT = tcp("10.0.0.5:443", "10.0.0.9:50001", id=2, inode=12)
OTHER = tcp("10.0.0.5:443", "10.0.0.9:50002", id=3, inode=13)


def signs(base: Base, now: Snapshot) -> dict[tuple[int, int], str]:
    """The sign of each lit row, by its id and the port of its peer."""
    return {(id, each.socket.peer_port): each.mark.value for id, each in compared(base, now).marks.by_id.items()}


def test_what_came_went_and_changed_hands_is_lit() -> None:
    held, again = WEB._replace(owners=(owner(7),)), WEB._replace(owners=(owner(8),))
    base = Base(snapshot(held, VISIT), "then")
    assert signs(base, snapshot(again, OTHER)) == {(1, 0): "~", (2, 50001): "-", (3, 50002): "+"}
    assert signs(base, base.snapshot) == {}


def test_ids_of_a_file_say_nothing_and_none_stands_twice() -> None:
    base = Base(snapshot(VISIT._replace(id=1), OTHER._replace(id=2)), "file", is_own=False)
    assert signs(base, snapshot(WEB, OTHER)) == {(-1, 50001): "-", (1, 0): "+"}


def test_one_socket_that_moved_stands_at_both_places() -> None:
    base = Base(snapshot(VISIT), "then")
    assert signs(base, snapshot(VISIT._replace(peer_port=50007))) == {(-2, 50001): "-", (2, 50007): "+"}


def test_what_was_not_looked_at_is_not_called_new_or_gone() -> None:
    there = OTHER._replace(netns=77)
    every = snapshot(WEB, there)._replace(namespaces=Seen({NETNS: "own", 77: "blue"}, 0, 0))
    alone = snapshot(WEB)._replace(namespaces=Seen({NETNS: "own"}, 1, 0))
    assert signs(Base(alone, "then"), every) == {}
    assert signs(Base(every, "then"), alone) == {}


class Desk:
    """A session over a machine, a tick a second."""

    def __init__(self, spec: ViewSpec | None = None) -> None:
        self.source, self.now = FakeSource(), 1_000.0
        past = PastTicks(8.0 * MEBIBYTE)
        self.session = Session(Collector(self.source), spec or ViewSpec(linger=0.0), self.source.process_details, past)

    def tick(self, *sockets: Socket) -> View:
        self.source.put(*sockets)
        self.now += 1.0
        view = self.session.tick(self.now)
        assert view is not None
        return view

    def compare(self, comparand: CompareWith | Base) -> View:
        view = self.session.compare(comparand, self.now)
        assert view is not None
        return view


def marks(view: View) -> dict[int, Mark]:
    """By the inodes of the rows."""
    lit = view.moment.marked
    return {row.inode: lit[row.id].mark for row in view.order.rows(descending=False) if row.id in lit}


def test_from_now_on_what_is_different_stays_lit_until_that_is_ended() -> None:
    desk = Desk()
    assert desk.session.compare(CompareWith.NEWEST, 1.0) is None
    desk.tick(WEB, VISIT)
    view = desk.compare(CompareWith.NEWEST)
    assert (marks(view), view.compared and view.compared[1:]) == ({}, (0, 0, 0))
    view = desk.tick(WEB, OTHER)
    assert marks(view) == {12: Mark.CLOSED, 13: Mark.NEW}
    for _ in range(5):
        view = desk.tick(WEB, OTHER)
    assert marks(view) == {12: Mark.CLOSED, 13: Mark.NEW}
    assert view.compared is not None
    assert view.compared[1:] == (1, 1, 0)
    assert marks(desk.tick(WEB, VISIT)) == {}, "equal again"
    desk.tick(WEB)
    desk.compare(CompareWith.NOTHING)
    ended = desk.session.expire(desk.now)
    assert ended is not None
    assert (marks(ended), ended.compared) == ({}, None)


def test_a_filter_chooses_among_the_differences_and_they_are_counted_as_shown() -> None:
    desk = Desk(ViewSpec(query=parse("is:closed"), linger=0.0))
    desk.tick(WEB, VISIT)
    desk.compare(CompareWith.NEWEST)
    view = desk.tick(WEB, OTHER)
    assert marks(view) == {12: Mark.CLOSED}
    assert view.compared is not None
    assert view.compared[1:] == (0, 1, 0)


def test_a_moment_gone_back_to_is_what_now_is_compared_with() -> None:
    desk = Desk()
    desk.tick(WEB)
    desk.tick(WEB, VISIT)
    desk.tick(WEB, VISIT, OTHER)
    desk.session.show(desk.session.spec._replace(paused=True), desk.now)
    moved(desk.session, Step(-1), desk.now)
    desk.compare(CompareWith.SHOWN)
    view = desk.session.show(desk.session.spec._replace(paused=False), desk.now)
    assert view is not None
    assert marks(view) == {13: Mark.NEW}
    desk.session.show(desk.session.spec._replace(paused=True), desk.now)
    back = moved(desk.session, Step(-2), desk.now).view
    assert back is not None
    assert marks(back) == {12: Mark.CLOSED}


def test_the_details_of_a_row_of_the_other_side_say_that_it_is_not_there() -> None:
    desk = Desk()
    desk.tick(WEB)
    base = Base(snapshot(WEB, VISIT._replace(id=9)), "file", is_own=False)
    desk.compare(base)
    view = desk.session.show(desk.session.spec._replace(subject=-9), desk.now)
    assert view is not None
    assert view.socket_details is not None
    assert view.socket_details.is_absent
    assert view.socket_details.socket.peer_port == 50001


@given(histories(), st.booleans())
def test_it_does_not_matter_what_was_compared_before(history: list[dict[int, Socket]], is_own: bool) -> None:
    base = Base(snapshot(*history[0].values()), "then", is_own)
    before = None
    for sockets in history[1:]:
        now = snapshot(*sockets.values())
        before = compared(base, now, before)
        at_once = compared(base, now)
        assert before.marks == at_once.marks
        assert before.pairs == at_once.pairs
        found = compare(Side(base.snapshot.sockets, {}), Side(now.sockets, {}))
        told = (len(found.opened), len(found.closed), len(found.owner))
        count = Counter(each.mark for each in before.marks.by_id.values())
        assert (count[Mark.NEW], count[Mark.CLOSED], count[Mark.CHANGED]) == told, "as --diff tells it"


@given(st.lists(st.sets(st.integers(0, 2)), min_size=1, max_size=8), st.integers(0, 7))
def test_step_by_step_the_table_is_that_which_is_made_at_once(crowd: list[set[int]], at: int) -> None:
    """Rows are put in their place one by one; the differences must not depend on the way."""
    every, desk = (WEB, VISIT, OTHER), Desk()
    for number, numbers in enumerate(crowd):
        view = desk.tick(*(every[each] for each in sorted(numbers)))
        if number == at % len(crowd):
            view = desk.compare(CompareWith.NEWEST)
    desk.session.fail()  # so that the next view is made from nothing
    whole = desk.session.show(desk.session.spec, desk.now)
    assert whole is not None
    assert whole.rows == view.rows
    assert whole.position.keys() >= whole.moment.marked.keys()
