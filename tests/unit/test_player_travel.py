"""Going back and forward in a recording shows every frame as it was shown, also where it has to be read again."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netwatch_tui.play.moves import Move, NextChange, Seek, Step
from netwatch_tui.play.news import News, PositionMoved, Told, ViewReady
from netwatch_tui.play.player import Player
from netwatch_tui.play.position import Position
from netwatch_tui.query import parse
from netwatch_tui.recording.reader import Recording, open_recording
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import State
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from tests.support.build import tcp
from tests.support.fake import Watch
from tests.support.feeds import Screen
from tests.support.recordings import WEB, save

FRAMES = 60
GAP = 4.0
LEAK = tcp("10.0.0.1:22", "10.0.0.9:40000", inode=90, state=State.CLOSE_WAIT)
NOTHING = 0.0
LITTLE = 0.04
"""MiB: room for a few frames."""
MUCH = 32.0


def path_lines(path: Path) -> list[bytes]:
    """The lines of a compressed recording."""
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def visit(number: int) -> tuple[object, ...]:
    return (tcp("10.0.0.1:443", f"10.0.0.9:{50_000 + number}", inode=100 + number),) if number % 3 else ()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording in which a connection leaks, visitors come and go, and all sockets stand in every tenth frame."""
    monkeypatch.setattr("netwatch_tui.recording.writer.ALL_EVERY", 10)
    watch = Watch()
    story: list[Snapshot] = []
    for number in range(FRAMES):
        leaks = (LEAK,) if number >= 2 else ()
        story.append(watch.tick(WEB, *leaks, *visit(number), after=GAP))  # type: ignore[arg-type]  # sockets
    return save(tmp_path / "it.gz", story)


class Travel:
    """A player that stands at its last frame or an earlier one, and what it showed of each on the way there."""

    def __init__(self, path: Path, memory: float, spec: ViewSpec | None = None, frames: int = FRAMES) -> None:
        self.screen = Screen()
        self.said: list[str] = []
        self.shown: dict[int, View] = {}
        spec = spec or ViewSpec(linger=6.0)
        self.player = Player(partial(open_recording, str(path)), spec, rewind_memory=memory)
        self.player.begin(self.screen.messages.put)
        for number in range(1, frames + 1):
            self.shown[number] = self.go(Step(1) if number > 1 else None, number)
        self.number = frames
        if frames == FRAMES:
            self.screen.moved(lambda position: position.ended)

    def go(self, move: Move | None, number: int) -> View:
        """Move, and wait for the view of a frame."""
        views: list[View] = []
        places: list[Position] = []

        def is_there(news: News) -> bool:
            if isinstance(news, ViewReady):
                views.append(news.view)
            elif isinstance(news, Told):
                self.said.append(news.text)
            elif isinstance(news, PositionMoved):
                places.append(news.position)
            is_told = bool(views and places) and places[-1].number == number
            return is_told and views[-1].snapshot.taken_at == places[-1].time

        if move is not None:
            self.player.move(move)
        self.screen.wait(is_there)
        return views[-1]


@pytest.fixture
def travel(path: Path) -> Iterator[Callable[..., Travel]]:
    begun: list[Travel] = []

    def begin(memory: float, spec: ViewSpec | None = None, frames: int = FRAMES) -> Travel:
        begun.append(Travel(path, memory, spec, frames))
        return begun[-1]

    yield begin
    for each in begun:
        each.player.stop()


def same(view: View, was: View) -> None:
    assert view.snapshot == was.snapshot
    assert view.moment == was.moment
    assert view.rows == was.rows
    assert (view.events, view.pace, view.problems) == (was.events, was.pace, was.problems)


@pytest.mark.parametrize("memory", [NOTHING, LITTLE, MUCH])
def test_every_frame_is_shown_again_as_it_was_in_any_order(travel: Callable[..., Travel], memory: float) -> None:
    there = travel(memory)
    assert any(view.problems for view in there.shown.values())
    for number in (59, 58, 57, 41, 40, 12, 11, 10, 3, 1):
        same(there.go(Step(number - there.player.position.number), number), there.shown[number])
    for number in (2, 3, 4):
        same(there.go(Step(1), number), there.shown[number])
    assert there.player.position.paused
    assert there.player.position.ended is None


@pytest.mark.parametrize("memory", [NOTHING, LITTLE, MUCH])
def test_a_time_is_found_before_and_after(travel: Callable[..., Travel], memory: float) -> None:
    there = travel(memory)
    first = there.shown[1].snapshot.taken_at
    for number in (30, 7, 31, 55, 2):
        same(there.go(Seek(first + (number - 1) * GAP + 1.5), number), there.shown[number])
    there.go(Seek(first - 100.0), 1)
    there.go(Seek(first + 10_000.0), FRAMES)
    assert there.said == ["The recording ends before that."]


@pytest.mark.parametrize("memory", [NOTHING, LITTLE, MUCH])
def test_the_next_change_is_one_that_the_filter_shows(travel: Callable[..., Travel], memory: float) -> None:
    there = travel(memory, ViewSpec(query=parse("peer_port:40000,50004,50020")))
    there.go(Step(-FRAMES), 1)
    for number in (3, 5, 6, 21, 22):
        same(there.go(NextChange(), number), there.shown[number])
    there.go(NextChange(), FRAMES)
    assert there.said == ["Nothing that is shown opened, changed or closed up to the end."]


@pytest.mark.parametrize("memory", [NOTHING, LITTLE, MUCH])
def test_what_was_not_read_yet_is_passed_by_and_can_be_gone_back_to(
    travel: Callable[..., Travel], memory: float
) -> None:
    spec = ViewSpec(query=parse("peer_port:50004,50025"), linger=6.0)
    there, whole = travel(memory, spec, frames=8), travel(MUCH, spec).shown
    first = whole[1].snapshot.taken_at
    for move, number in (
        (Step(-7), 1), (Step(1), 2), (NextChange(), 5), (NextChange(), 6), (NextChange(), 26), (Step(-1), 25),
        (Step(-20), 5), (Seek(first + 49 * GAP), 50), (Step(-3), 47), (Step(4), 51), (Seek(first + 11 * GAP), 12),
        (Step(1), 13),
    ):  # fmt: skip
        same(there.go(move, number), whole[number])


CHANGES = (5, 6, 26, 27)
"""Frames in which a visitor of the filter below comes or goes."""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from([NOTHING, LITTLE, MUCH]))
def test_whatever_way_one_goes_each_frame_is_what_it_is(path: Path, data: st.DataObject, memory: float) -> None:
    spec = ViewSpec(query=parse("peer_port:50004,50025"), linger=6.0)
    whole = Travel(path, MUCH, spec)
    there = Travel(path, memory, spec, frames=data.draw(st.integers(1, 12)))
    try:
        first, number = whole.shown[1].snapshot.taken_at, there.number
        for _ in range(8):
            target = data.draw(st.integers(1, FRAMES))
            moves: list[tuple[Move, int]] = [
                (Step(target - number), target),
                (Seek(first + (target - 1) * GAP + data.draw(st.sampled_from([0.0, 3.0]))), target),
                (NextChange(), next((each for each in CHANGES if each > number), FRAMES)),
            ]
            move, target = data.draw(st.sampled_from(moves))
            if target != number:
                same(there.go(move, target), whole.shown[target])
                number = target
    finally:
        whole.player.stop()
        there.player.stop()


def test_before_the_first_frame_there_is_none_and_none_behind_the_last(travel: Callable[..., Travel]) -> None:
    there = travel(MUCH)
    there.player.move(Step(1))
    there.screen.wait(lambda news: news == Told("This is the last frame."))
    there.go(Step(-FRAMES), 1)
    there.player.move(Step(-1))
    there.screen.wait(lambda news: news == Told("This is the first frame."))


@pytest.mark.parametrize("memory", [NOTHING, MUCH])
def test_it_plays_on_from_where_one_went(travel: Callable[..., Travel], memory: float) -> None:
    there = travel(memory)
    for _ in range(6):
        there.player.faster()
    there.go(Step(-3), FRAMES - 3)
    there.player.pause()
    numbers: list[int] = []
    while not numbers or numbers[-1] < FRAMES:
        news = there.screen.wait(lambda news: isinstance(news, PositionMoved))
        assert isinstance(news, PositionMoved)
        numbers.append(news.position.number)
    assert sorted(set(numbers)) == [57, 58, 59, 60]
    there.screen.moved(lambda position: position.ended)


@pytest.mark.parametrize("memory", [NOTHING, MUCH])
def test_a_stream_goes_back_as_far_as_it_was_kept(path: Path, memory: float) -> None:
    screen = Screen()
    player = Player(partial(open_recording, str(path)), ViewSpec(), live=True, rewind_memory=memory)
    player.begin(screen.messages.put)
    screen.moved(lambda position: position.number == FRAMES and position.ended)
    player.move(Step(-FRAMES))
    if memory:
        screen.moved(lambda position: position.number == 1)
        player.move(Step(5))
        screen.moved(lambda position: position.number == 6)
    else:
        screen.wait(lambda news: news == Told("Nothing older was kept of the stream."))
        assert player.position.number == FRAMES
    player.stop()


def test_a_pause_ends_the_search_for_a_change(path: Path) -> None:
    screen, frames = Screen(), iter(path_lines(path))
    gate = threading.Event()

    def slowly() -> Iterator[bytes]:
        for at, line in enumerate(frames):
            if at == 10:
                gate.wait(20)
            yield line

    spec = ViewSpec(query=parse("peer_port:50099"))
    player = Player(lambda: Recording(slowly(), "it"), spec)
    player.begin(screen.messages.put)
    screen.moved(lambda position: position.number == 1)
    player.move(NextChange())
    screen.moved(lambda position: position.number == 9)
    player.pause()
    screen.wait(lambda news: isinstance(news, ViewReady) and news.view.snapshot.taken_at == player.position.time)
    assert player.position.number == 9
    assert player.position.paused
    gate.set()
    player.stop()
