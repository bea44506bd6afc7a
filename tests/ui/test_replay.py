from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from netwatch_tui.play.news import CollectFailed, News, PositionMoved, ViewReady
from netwatch_tui.play.player import Player
from netwatch_tui.play.position import Position
from netwatch_tui.query import parse
from netwatch_tui.recording.reader import Recording, count_looks, open_recording, read_lines
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from tests.support.build import tcp
from tests.support.fake import Watch
from tests.support.program import PROGRAM
from tests.support.recordings import HOST, lines_of, record, save
from tests.support.terminal import Terminal

PATIENCE = 20.0
WEB = tcp("10.0.0.1:443", inode=11)
VISIT = tcp("10.0.0.1:443", "10.0.0.9:50000", inode=12)


def story(looks: int = 6, gap: float = 1.0) -> list[bytes]:
    """The lines of a recording in which a connection comes and goes again and again."""
    watch = Watch()
    snapshots = [watch.tick(*((WEB, VISIT) if at % 2 else (WEB,)), after=gap) for at in range(looks)]
    return list(lines_of(record(snapshots)))


class Screen:
    """Takes what a feed sends."""

    def __init__(self) -> None:
        self.messages: SimpleQueue[News] = SimpleQueue()
        self.views: list[View] = []

    def wait(self, condition: Callable[[News], object]) -> News:
        while True:
            try:
                message = self.messages.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError("never came") from None
            if isinstance(message, ViewReady):
                self.views.append(message.view)
            if condition(message):
                return message

    def moved(self, condition: Callable[[Position], object]) -> Position:
        message = self.wait(lambda each: isinstance(each, PositionMoved) and condition(each.position))
        assert isinstance(message, PositionMoved)
        return message.position

    def is_silent(self, seconds: float = 0.2) -> bool:
        """Whether no other look is shown for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                message = self.messages.get(timeout=left)
            except Empty:
                return True
            if isinstance(message, PositionMoved) and message.position.number != self.number:
                return False
        return True

    number = 0


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


def test_every_look_is_shown_in_its_time_and_then_the_end(screen: Screen, play: Play) -> None:
    start = time.monotonic()
    play(story(5, gap=0.1))
    end = screen.moved(lambda position: position.ended)
    assert time.monotonic() - start >= 0.4
    assert end == Position(HOST, "2026-01-01T09:00:00Z", end.time, 5, None, 1.0, paused=False, ended=end.ended)
    assert end.ended == "the recording ends here"
    looks = [view for view in screen.views if view.snapshot.taken_at == view.moment.now]
    assert [len(view.snapshot.sockets) for view in looks] == [1, 2, 1, 2, 1]
    assert looks[1].moment.marked


def test_speed_goes_up_and_down_in_steps(screen: Screen, play: Play) -> None:
    feed = play(story(3, gap=1.5))
    screen.moved(lambda position: position.number == 1)
    start = time.monotonic()
    for speed in (2, 4, 8, 16, 16):
        feed.faster()
        assert screen.moved(lambda position: True).speed == speed
    screen.moved(lambda position: position.number == 3)
    assert time.monotonic() - start < 2
    screen.moved(lambda position: position.ended)
    for slower in (8, 4, 2, 1, 0.5, 0.25, 0.25):
        feed.slower()
        assert screen.moved(lambda position: True).speed == slower


def test_a_pause_stands_still_and_a_step_is_one_look(screen: Screen, play: Play) -> None:
    feed = play(story(gap=0.05))
    feed.pause()
    at = screen.moved(lambda position: position.paused)
    screen.number = at.number
    assert screen.is_silent()
    feed.step()
    after = screen.moved(lambda position: position.number == at.number + 1)
    assert after.paused
    screen.number = after.number
    assert screen.is_silent()
    feed.pause()
    assert screen.moved(lambda position: position.ended).number == 6


def test_a_step_pauses_what_runs(screen: Screen, play: Play) -> None:
    feed = play(story(gap=5))
    screen.moved(lambda position: position.number == 1)
    feed.step()
    feed.step()
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


def test_how_many_looks_there_are_is_told_when_it_is_known(screen: Screen, play: Play, tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    watch = Watch()
    save(path, [watch.tick(WEB) for _ in range(7)])
    assert count_looks(str(path)) == 7
    feed = Player(partial(open_recording, str(path)), ViewSpec(), count=partial(count_looks, str(path)))
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
    assert screen.moved(lambda position: position.ended).ended == "it is no recording of netwatch-tui"
    screen.wait(lambda message: isinstance(message, CollectFailed))


def test_stopping_does_not_wait_for_a_stream_that_is_silent() -> None:
    reader, writer = os.pipe()
    feed = Player(lambda: Recording(read_lines(reader), "it"), ViewSpec(), live=True)
    feed.begin(lambda _: None)
    start = time.monotonic()
    feed.stop()
    assert time.monotonic() - start < 5
    os.close(writer)


# --- on a terminal ---


def test_a_recording_is_shown_on_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"".join(story(3, gap=0.1)))
    with Terminal([PROGRAM, "--replay", str(path)], columns=120) as terminal:
        terminal.wait_for(lambda rows: any("10.0.0.1:443" in row for row in rows), "the socket")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_the_keys_rule_over_the_recording_and_a_line_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"".join(story(40, gap=1)))
    with Terminal([PROGRAM, "--replay", str(path)], columns=120) as terminal:
        terminal.wait_for(lambda rows: rows[0].startswith("replay of web-1") and " of 40  1x" in rows[0], "look 1")
        assert "recorded, tick" in terminal.rows[1]
        terminal.send(" ")
        terminal.wait_for(lambda rows: "PAUSED" in rows[0], "the pause")
        held = int(terminal.rows[0].partition("look ")[2].split()[0])
        terminal.send(".")
        terminal.wait_for(lambda rows: f"look {held + 1} of 40" in rows[0], "the next look")
        terminal.send("R")
        terminal.wait_for(lambda rows: "look 1 of 40" in rows[0] and "PAUSED" in rows[0], "the beginning")
        terminal.send("++++ ")
        terminal.wait_for(lambda rows: "16x" in rows[0] and "PAUSED" not in rows[0], "sixteen times the speed")
        terminal.wait_for(lambda rows: rows[0].endswith("the recording ends here"), "the end")
        terminal.send("N")
        terminal.wait_for(lambda rows: rows[-1].strip().startswith("A recording holds the namespaces"), "a word")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_a_stream_is_shown_on_the_screen_with_the_keys_of_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"".join(story(3, gap=0.1)[:-1]))
    with Terminal(["sh", "-c", f'(cat {path}; sleep 20) | "$0" --replay -', PROGRAM], columns=120) as terminal:
        terminal.wait_for(lambda rows: any("10.0.0.1:443" in row for row in rows), "the socket")
        assert terminal.rows[0].startswith("live from web-1")
        terminal.send("q")
        terminal.wait_for(lambda _: b"\x1b[?1049l" in terminal.written, "the end of the screen")


def test_what_is_seen_on_the_screen_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "it"
    with Terminal([PROGRAM, "--record", str(path), "--interval", "0.1"], columns=120) as terminal:
        terminal.wait_for(lambda _: path.exists() and path.read_bytes().count(b"\n") > 3, "three looks")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    recording = open_recording(str(path))
    assert len(list(recording)) >= 3
    assert not recording.is_broken


def test_what_can_not_be_replayed_is_refused_before_there_is_a_screen(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_text("hello")
    with Terminal([PROGRAM, "--replay", str(path)]) as terminal:
        assert terminal.wait_for_end() == 2
    assert b"is no recording" in terminal.written
    assert b"\x1b[?1049h" not in terminal.written
