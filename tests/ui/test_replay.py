"""A recording on the screen of the installed program, in a real terminal."""

from __future__ import annotations

from pathlib import Path

from netwatch_tui.recording.reader import open_recording
from tests.support.program import PROGRAM
from tests.support.recordings import story
from tests.support.terminal import Terminal


def test_a_recording_is_shown_on_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"".join(story(3, gap=0.1)))
    with Terminal([PROGRAM, "--replay", str(path)], columns=120) as terminal:
        terminal.wait_for(lambda rows: any("10.0.0.1:443" in row for row in rows), "the socket")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_the_keys_rule_over_the_recording_and_a_line_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"".join(story(40, gap=0.3)))
    with Terminal([PROGRAM, "--replay", str(path)], columns=120) as terminal:
        terminal.wait_for(lambda rows: rows[0].startswith("replay of web-1") and " of 40  1x" in rows[0], "frame 1")
        assert "recorded" in terminal.rows[1]
        terminal.send(" ")
        terminal.wait_for(lambda rows: "PAUSED" in rows[0], "the pause")
        held = int(terminal.rows[0].partition("frame ")[2].split()[0])
        terminal.send(".")
        terminal.wait_for(lambda rows: f"frame {held + 1} of 40" in rows[0], "the next frame")
        terminal.send("R")
        terminal.wait_for(lambda rows: "frame 1 of 40" in rows[0] and "PAUSED" in rows[0], "the beginning")
        terminal.send("++++ ")
        terminal.wait_for(lambda rows: "16x" in rows[0] and "PAUSED" not in rows[0], "sixteen times the speed")
        terminal.wait_for(lambda rows: rows[0].endswith("the recording ends here"), "the end")
        terminal.send("N")
        terminal.wait_for(lambda rows: rows[-2].strip().startswith("A recording has only"), "a word")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_one_goes_back_to_a_time_and_to_the_next_change_of_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"".join(story(40, gap=0.3)))
    with Terminal([PROGRAM, "--replay", str(path)], columns=120) as terminal:
        terminal.wait_for(lambda rows: " of 40  1x" in rows[0], "the beginning")
        assert "Space Pause  , Back  . Forward  d Next change  : Go to  + Faster" in terminal.rows[-1]
        terminal.send("+" * 6)
        terminal.wait_for(lambda rows: "64x" in rows[0] and rows[0].endswith("ends here"), "the end")
        terminal.send(",")
        terminal.wait_for(lambda rows: "frame 39 of 40" in rows[0] and "PAUSED" in rows[0], "one frame back")
        terminal.send(":")
        terminal.wait_for(lambda rows: any("Go to 12:00:07" in row for row in rows), "the question")
        terminal.send("-1h\r")
        terminal.wait_for(lambda rows: "frame 1 of 40" in rows[0], "the first frame")
        terminal.send("d")
        terminal.wait_for(lambda rows: "frame 2 of 40" in rows[0], "the first change")
        terminal.send(" ")
        terminal.wait_for(lambda rows: rows[0].endswith("ends here"), "the end again")
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
        terminal.wait_for(lambda _: path.exists() and path.read_bytes().count(b"\n") > 3, "three frames")
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
    assert b"is not a recording" in terminal.written
    assert b"\x1b[?1049h" not in terminal.written
