"""What was shown is shown again as it was: rows, lights, counts, findings and details, and nothing of now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.collector import Collector
from netwatch_tui.collect.past_ticks import MEBIBYTE, PastTicks
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.play.live_feed import LiveFeed
from netwatch_tui.play.moves import Move, NextChange, Seek, Step
from netwatch_tui.play.news import News, Told, ViewReady
from netwatch_tui.play.rewinding import Moved, merged_moves, moved
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from tests.support.build import tcp, time_wait
from tests.support.fake import FakeSource
from tests.support.feeds import Posted

WEB = tcp("10.0.0.5:443", inode=11)
VISITS = [tcp("10.0.0.5:443", f"10.0.0.9:{50_000 + at}", inode=12 + at) for at in range(4)]
STUCK = tcp("10.0.0.5:22", "10.0.0.9:40000", inode=30, state=State.CLOSE_WAIT)


class Screening:
    """A session over a machine, a tick a second, and every view that it showed."""

    def __init__(self, spec: ViewSpec | None = None, most: float = 8.0 * MEBIBYTE) -> None:
        self.source = FakeSource()
        spec = spec or ViewSpec()
        collector = Collector(self.source, needs=spec.needs, stopwatch=lambda: 0.0)
        self.asked: list[int] = []
        self.session = Session(collector, spec, self._ask, PastTicks(most))
        self.now = 1_000.0
        self.shown: list[View] = []

    def _ask(self, pid: int) -> ProcessDetails | None:
        self.asked.append(pid)
        return self.source.process_details(pid)

    def tick(self, *sockets: Socket, after: float = 1.0) -> View | None:
        self.source.put(*sockets)
        self.now += after
        view = self.session.tick(self.now)
        if view is not None and view.rewound is None:
            self.shown.append(view)
        return view

    def move(self, move: Move) -> Moved:
        return moved(self.session, move, self.now)

    def step(self, ticks: int) -> View:
        view = self.move(Step(ticks)).view
        assert view is not None
        return view

    def pause(self, *, paused: bool = True) -> View:
        view = self.session.show(self.session.spec._replace(paused=paused), self.now)
        assert view is not None
        return view


def same(view: View, was: View) -> None:
    """What is shown now is what was shown then."""
    assert view.snapshot == was.snapshot
    assert view.moment == was.moment
    assert view.rows == was.rows
    assert (view.shown, view.events, view.pace, view.problems) == (was.shown, was.events, was.pace, was.problems)


crowds = st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=8)


def members(numbers: set[int]) -> list[Socket]:
    every = [WEB, *VISITS, STUCK]
    return [every[number] for number in sorted(numbers)]


@given(crowds, st.sampled_from([ViewSpec(), ViewSpec(sort="age"), ViewSpec(grouping="state"), ViewSpec(linger=0.5)]))
def test_back_to_the_first_tick_and_forward_to_the_last_shows_every_view_again(
    crowd: list[set[int]], spec: ViewSpec
) -> None:
    screening = Screening(spec)
    for numbers in crowd:
        screening.tick(*members(numbers))
    screening.pause()
    there = screening.shown
    for at in reversed(range(len(there) - 1)):
        same(screening.step(-1), there[at])
    for at in range(1, len(there)):
        same(screening.step(1), there[at])


@given(crowds, st.integers(0, 7), st.integers(1, 5))
def test_what_comes_while_it_is_rewound_is_not_lost(crowd: list[set[int]], rewound_at: int, back: int) -> None:
    screening, other = Screening(), Screening()
    for at, numbers in enumerate(crowd):
        screening.tick(*members(numbers))
        other.tick(*members(numbers))
        if at == rewound_at:
            screening.pause()
            screening.move(Step(-back))
    screening.pause()
    for at in reversed(range(len(crowd))):
        view = screening.move(Seek(other.shown[at].snapshot.taken_at)).view
        assert view is not None
        same(view, other.shown[at])


@given(crowds, st.sampled_from([0.0, 0.4, 2.0]))
def test_a_pause_after_lights_went_out_is_gone_back_from_all_the_same(crowd: list[set[int]], linger: float) -> None:
    screening = Screening(ViewSpec(linger=linger))
    for numbers in crowd:
        screening.tick(*members(numbers))
    screening.now += 0.5
    screening.session.expire(screening.now)
    screening.pause()
    for at in (*reversed(range(len(crowd) - 1)), len(crowd) - 1):
        view = screening.move(Seek(screening.shown[at].snapshot.taken_at)).view
        assert view is not None
        same(view, screening.shown[at])


def test_how_far_back_it_is_grows_while_ticks_go_on() -> None:
    screening = Screening()
    for _ in range(3):
        screening.tick(WEB)
    screening.pause()
    view = screening.step(-1)
    assert view.rewound == (1_002.0, 1.0)
    later = screening.tick(WEB, VISITS[0])
    assert later is not None
    assert later.rewound == (1_002.0, 2.0)
    assert later.snapshot is view.snapshot
    assert later.paused_since is None
    back = screening.pause(paused=False)
    assert back.rewound is None
    assert len(back.snapshot.sockets) == 2


def test_the_ends_are_said() -> None:
    screening = Screening()
    assert screening.move(Step(-1)).text == "Nothing was kept to go back to."
    for _ in range(2):
        screening.tick(WEB)
    screening.pause()
    assert screening.move(Step(-5)).text == "Nothing older was kept."
    assert screening.move(Step(-1)) == (None, "Nothing older was kept.")
    assert screening.move(Step(2)).text == "This is the newest tick."
    moved_on = screening.move(Step(1))
    assert moved_on == (None, "This is the newest tick.")


def test_what_is_older_than_what_is_kept_comes_no_more() -> None:
    screening = Screening(most=40_000)
    for at in range(40):
        screening.tick(WEB, VISITS[at % 4])
    screening.pause()
    screening.step(-1)
    for at in range(40):
        screening.tick(WEB, VISITS[at % 4])
    view = screening.step(1)
    assert view.snapshot.taken_at == screening.session.kept_since


def test_a_time_finds_what_was_shown_then() -> None:
    screening = Screening()
    for _ in range(4):
        screening.tick(WEB)
    screening.pause()
    for moment, at in ((1_002.7, 1_002.0), (1_003.0, 1_003.0), (9_999.0, 1_004.0)):
        view = screening.move(Seek(moment)).view
        assert view is not None
        assert view.snapshot.taken_at == at
    found = screening.move(Seek(5.0))
    assert found.text.startswith("What was kept begins at ")
    assert found.view is not None
    assert found.view.snapshot.taken_at == 1_001.0


def test_the_next_change_is_one_of_the_rows_that_are_shown() -> None:
    screening = Screening(ViewSpec(query=parse("peer_port:50001")))
    for crowd in ((WEB,), (WEB, VISITS[0]), (WEB, VISITS[1]), (WEB, VISITS[1]), (WEB, time_wait(VISITS[1])), (WEB,)):
        screening.tick(*crowd)
    screening.pause()
    screening.step(-5)
    moments = []
    while not (found := screening.move(NextChange())).text:
        assert found.view is not None
        moments.append(found.view.snapshot.taken_at)
    assert moments == [1_003.0, 1_005.0, 1_006.0]
    assert found.text == "This is the newest tick. Nothing that is shown opened, changed or closed up to it."


def test_the_details_are_those_of_the_moment_and_nobody_is_asked() -> None:
    screening = Screening()
    screening.source.hold(7, WEB)
    for _ in range(2):
        screening.tick(WEB)
    shown = screening.tick(WEB, VISITS[0])
    assert shown is not None
    newcomer = shown.snapshot.sockets[-1]
    screening.session.show(screening.session.spec._replace(subject=newcomer.id, paused=True), screening.now)
    screening.asked.clear()
    details = screening.step(-1).socket_details
    assert details is not None
    assert details.is_absent
    view = screening.session.show(screening.session.spec._replace(subject=shown.snapshot.sockets[0].id), screening.now)
    assert view is not None
    assert view.socket_details is not None
    assert view.socket_details.socket.inode == WEB.inode
    assert view.socket_details.processes == {}
    assert screening.asked == []


def test_of_a_socket_that_is_gone_by_now_it_is_not_said_when_it_closed() -> None:
    screening = Screening(ViewSpec(linger=0.0))
    first = screening.tick(WEB, VISITS[0])
    assert first is not None
    for _ in range(5):
        screening.tick(WEB)
    screening.pause()
    screening.step(-5)
    visit = next(each for each in first.snapshot.sockets if each.inode == VISITS[0].inode)
    view = screening.session.show(screening.session.spec._replace(subject=visit.id), screening.now)
    assert view is not None
    assert view.socket_details is not None
    assert not view.socket_details.is_absent
    now = screening.pause(paused=False)
    assert now.socket_details is not None
    assert (now.socket_details.is_absent, now.socket_details.closed_at) == (True, None)


def test_lights_go_out_in_the_past_as_they_did() -> None:
    screening = Screening(ViewSpec(linger=1.5))
    for crowd in ((WEB,), (WEB, VISITS[0]), (WEB, VISITS[0]), (WEB, VISITS[0]), (WEB,), (WEB,)):
        screening.tick(*crowd)
    screening.pause()
    marks = ["".join(each.mark for each in view.moment.marked.values()) for view in screening.shown]
    assert marks == ["", "+", "+", "", "-", "-"]
    again = ["".join(each.mark for each in screening.step(-1).moment.marked.values()) for _ in range(5)]
    assert again == marks[-2::-1]


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        ([Step(-1), Step(-1), Step(-1)], [Step(-3)]),
        ([Step(-1), Seek(1.0), Step(1), Step(-2)], [Step(-1), Seek(1.0), Step(-1)]),
        ([NextChange(), NextChange()], [NextChange(), NextChange()]),
    ],
)
def test_steps_in_a_row_are_one(asked: Sequence[Move], done: Sequence[Move]) -> None:
    assert merged_moves(asked) == done


def test_the_live_feed_goes_back_and_returns_to_now() -> None:
    source, posted = FakeSource(WEB), Posted()
    feed = LiveFeed(source, TABLES, ViewSpec(interval=0.05))
    feed.begin(posted.post)
    for _ in range(4):
        posted.next(ViewReady)
    feed.show(ViewSpec(interval=0.05, paused=True))
    feed.move(Step(-2))
    view = until(posted, lambda view: view.rewound is not None)
    assert view.rewound is not None
    assert view.rewound.seconds > 0
    feed.move(Step(-100_000))
    while not isinstance(news := posted.any(), Told):
        pass
    assert news.text == "Nothing older was kept."
    source.put(WEB, VISITS[0])
    feed.show(ViewSpec(interval=0.05))
    view = until(posted, lambda view: view.rewound is None and len(view.rows) == 2)
    assert view.paused_since is None
    feed.stop()


def until(posted: Posted, wanted: Callable[[View], bool]) -> View:
    while True:
        news: News = posted.any()
        if isinstance(news, ViewReady) and wanted(news.view):
            return news.view
