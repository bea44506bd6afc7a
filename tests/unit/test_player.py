"""A recording that is played: in its time, in other times, and as a stream."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from netwatch_tui.files.text_lines import read_lines
from netwatch_tui.play.moves import Step
from netwatch_tui.play.news import CollectFailed, ViewReady
from netwatch_tui.play.player import Player
from netwatch_tui.play.position import Position
from netwatch_tui.query import parse
from netwatch_tui.recording.reader import Recording, count_frames, open_recording
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.spec import ViewSpec
from tests.support.fake import Watch
from tests.support.feeds import PATIENCE, Screen
from tests.support.recordings import HOST, WEB, save, story


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def play(screen: Screen) -> Iterator[Callable[..., Player]]:
    feeds: list[Player] = []

    def play(lines: list[bytes], spec: ViewSpec | None = None, **settings: object) -> Player:
        feed = Player(lambda: Recording(iter(lines), "it"), spec or ViewSpec(), **settings)  # type: ignore[arg-type]
        feeds.append(feed)
        feed.begin(screen.messages.put)
        return feed

    yield play
    for feed in feeds:
        feed.stop()
    deadline = time.monotonic() + PATIENCE
    while {thread.name for thread in threading.enumerate()} & {"recording", "replay"}:
        assert time.monotonic() < deadline
        time.sleep(0.01)


Play = Callable[..., Player]


def test_every_frame_is_shown_in_its_time_and_then_the_end(screen: Screen, play: Play) -> None:
    start = time.monotonic()
    play(story(5, gap=0.1))
    end = screen.moved(lambda position: position.ended)
    assert time.monotonic() - start >= 0.4
    assert end == Position(HOST, "2026-01-01T09:00:00Z", end.time, 5, None, 1.0, paused=False, ended=end.ended)
    assert end.ended == "the recording ends here"
    shown = [view for view in screen.views if view.snapshot.taken_at == view.moment.now]
    assert [len(view.snapshot.sockets) for view in shown] == [1, 2, 1, 2, 1]
    assert shown[1].moment.marked


def test_speed_goes_up_and_down_in_steps(screen: Screen, play: Play) -> None:
    feed = play(story(3, gap=1.5))
    screen.moved(lambda position: position.number == 1)
    start = time.monotonic()
    for speed in (2, 4, 8, 16, 32, 64, 64):
        feed.faster()
        assert screen.moved(lambda position: True).speed == speed
    screen.moved(lambda position: position.number == 3)
    assert time.monotonic() - start < 2
    screen.moved(lambda position: position.ended)
    for slower in (32, 16, 8, 4, 2, 1, 0.5, 0.25, 0.25):
        feed.slower()
        assert screen.moved(lambda position: True).speed == slower


def test_a_pause_stands_still_and_a_step_is_one_frame(screen: Screen, play: Play) -> None:
    feed = play(story(gap=0.05))
    feed.pause()
    at = screen.moved(lambda position: position.paused)
    screen.number = at.number
    assert screen.is_silent()
    feed.move(Step(1))
    after = screen.moved(lambda position: position.number == at.number + 1)
    assert after.paused
    screen.number = after.number
    assert screen.is_silent()
    feed.pause()
    assert screen.moved(lambda position: position.ended).number == 6


def test_a_step_pauses_what_runs(screen: Screen, play: Play) -> None:
    feed = play(story(gap=5))
    screen.moved(lambda position: position.number == 1)
    feed.move(Step(1))
    feed.move(Step(1))
    assert screen.moved(lambda position: position.number == 3).paused


def test_what_is_shown_can_be_filtered_at_any_time(screen: Screen, play: Play) -> None:
    feed = play(story(2, gap=0.01))
    screen.moved(lambda position: position.ended)
    feed.show(ViewSpec(query=parse("50000")))
    view = screen.wait(lambda message: isinstance(message, ViewReady) and message.view.spec.query.text)
    assert isinstance(view, ViewReady)
    assert [row.peer_port for row in view.view.rows if isinstance(row, Socket)] == [50000]


def test_a_new_beginning(screen: Screen, play: Play) -> None:
    feed = play(story(3, gap=0.01))
    screen.moved(lambda position: position.ended)
    feed.restart()
    assert screen.moved(lambda position: position.number == 1).ended is None
    assert screen.moved(lambda position: position.ended).number == 3


def test_a_night_is_not_sat_through(screen: Screen, play: Play) -> None:
    feed = play(story(2, gap=80_000))
    for _ in range(4):
        feed.faster()
    assert screen.moved(lambda position: position.ended).number == 2


def test_lights_go_out_in_recorded_time(screen: Screen, play: Play) -> None:
    feed = play([*story(2, gap=1), *story(4, gap=9)[-2:]][:-1])
    for _ in range(4):
        feed.faster()
    screen.wait(lambda message: isinstance(message, ViewReady) and message.view.moment.marked)
    screen.moved(lambda position: position.ended)


def test_how_many_frames_there_are_is_told_when_it_is_known(screen: Screen, play: Play, tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    watch = Watch()
    save(path, [watch.tick(WEB) for _ in range(7)])
    assert count_frames(str(path)) == 7
    feed = Player(partial(open_recording, str(path)), ViewSpec(), count=partial(count_frames, str(path)))
    feed.begin(screen.messages.put)
    assert screen.moved(lambda position: position.total == 7)
    feed.stop()


def test_a_stream_is_shown_as_it_comes_and_its_end_is_told(screen: Screen, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    header, *frames = story(3, gap=100)[:-1]
    feed = Player(lambda: Recording(read_lines(reader), "it"), ViewSpec(), live=True)
    feed.begin(screen.messages.put)
    os.write(writer, header)
    assert screen.moved(lambda position: position.host).number == 0
    for number, frame in enumerate(frames, 1):
        os.write(writer, frame)
        assert screen.moved(lambda position, number=number: position.number == number).ended is None  # type: ignore[misc]
    feed.faster()
    feed.restart()
    os.close(writer)
    ended = screen.moved(lambda position: position.ended)
    assert (ended.speed, ended.number) == (0, 3)
    assert ended.ended == "the recording breaks off: its writer was stopped before it could end it"
    assert screen.wait(lambda message: isinstance(message, CollectFailed)) == CollectFailed(ended.ended)
    feed.stop()


def test_what_is_no_recording_is_told_on_the_screen(screen: Screen, play: Play) -> None:
    play([b"hello\n"])
    assert screen.moved(lambda position: position.ended).ended == "it is not a recording of netwatch-tui"
    screen.wait(lambda message: isinstance(message, CollectFailed))


def test_stopping_does_not_wait_for_a_stream_that_is_silent() -> None:
    reader, writer = os.pipe()
    feed = Player(lambda: Recording(read_lines(reader), "it"), ViewSpec(), live=True)
    feed.begin(lambda _: None)
    start = time.monotonic()
    feed.stop()
    assert time.monotonic() - start < 5
    os.close(writer)
