"""The program and its terminal: rubbish in, nobody reading, signals, hang-ups, and the modes that are left behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netwatch_tui.recording.reader import END, open_recording
from netwatch_tui.ui.terminal.hang_watch import WORDS
from tests.support.program import PROGRAM, wait_until
from tests.support.terminal import Terminal

ENDS = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[<u", b"\x1b[?1004l")
"""What a terminal is told at the end."""

SOON = 5.0
"""Seconds that are a second on the busiest machine."""


def python(code: str, *argv: str) -> list[str]:
    """The program after some code of a test."""
    return [
        sys.executable,
        "-c",
        f"import os, signal, time\n{code}\nfrom netwatch_tui.cli import entry\nentry()",
        *argv,
    ]


def ready(terminal: Terminal) -> None:
    terminal.wait_for(lambda rows: "socket" in rows[0] and "reading" not in rows[0], "the counts")


def memory(terminal: Terminal) -> int:
    """Resident memory in bytes."""
    fields = Path(f"/proc/{terminal.process.pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def is_left_well(terminal: Terminal) -> bool:
    return terminal.settings == terminal.settings_before and all(end in terminal.written for end in ENDS)


def not_reading(terminal: Terminal, keys: Callable[[int], str]) -> None:
    """Keep the program painting without reading any of it."""
    for each in range(150):
        os.write(terminal._ours, keys(each).encode())
        time.sleep(0.005)


def test_a_terminal_that_does_not_read_costs_no_memory_and_holds_nobody_up() -> None:
    with Terminal([PROGRAM, "-A", "all"], columns=200, lines=60) as terminal:
        ready(terminal)
        not_reading(terminal, lambda each: "SSjk"[each % 2 :])
        before = memory(terminal)
        not_reading(terminal, lambda each: "SSjk"[each % 2 :])
        assert memory(terminal) - before < 4_000_000
        start, count = time.monotonic(), len(terminal.written)
        terminal.process.terminate()
        assert terminal.process.wait(SOON) == 0
        assert time.monotonic() - start < SOON
        terminal.wait_for_end()
        assert is_left_well(terminal)
        assert len(terminal.written) - count < 100_000, "what it never read is thrown away"


def test_a_terminal_that_reads_again_gets_everything_anew() -> None:
    with Terminal([PROGRAM, "-A", "all"], columns=200, lines=60) as terminal:
        ready(terminal)
        not_reading(terminal, lambda each: "SSjk"[each % 2 :])
        terminal.send("/reads-again")
        rows = terminal.wait_for(lambda rows: any("Filter: reads-again" in row for row in rows), "what was typed")
        assert "Netid" in "".join(rows)


def test_bytes_and_keys_that_no_terminal_sends_are_dropped() -> None:
    with Terminal([PROGRAM]) as terminal:
        ready(terminal)
        terminal.send("/ab")
        terminal.send_bytes(
            b"\xff\xfe\x1b[99999999999u\x1b[55296;1;55296u\x1b[<0;99999;99999M\x1b[48;9999;9999;0;0t\xc3"
        )
        terminal.send_bytes(b"c")
        terminal.wait_for(lambda rows: any("Filter: abc" in row for row in rows), "the letters alone")
        terminal.send("\x03")
        assert terminal.wait_for_end() == 0


def test_a_hundred_thousand_letters_are_bounded(tmp_path: Path) -> None:
    with Terminal([PROGRAM], environment={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        ready(terminal)
        before = memory(terminal)
        terminal.send("/" + "x" * 100_000)
        terminal.wait_for(lambda rows: any("what is more was left out" in row for row in rows), "a word about it")
        terminal.send("\x03")
        assert memory(terminal) - before < 40_000_000
        assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("ignored", ["", "HUP INT TERM QUIT"])
def test_it_ends_with_its_terminal_whatever_is_ignored(ignored: str) -> None:
    shell = f"trap '' {ignored}; exec \"$0\"" if ignored else 'exec "$0"'
    with Terminal(["sh", "-c", shell, PROGRAM]) as terminal:
        ready(terminal)
        start = time.monotonic()
        assert terminal.close() == 128 + signal.SIGHUP
        assert time.monotonic() - start < SOON


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_a_signal_leaves_terminal_and_recording_whole(number: int, status: int, tmp_path: Path) -> None:
    path = tmp_path / "it.gz"
    with Terminal([PROGRAM, "--interval", "0.1", "--record", str(path)]) as terminal:
        ready(terminal)
        terminal.process.send_signal(number)
        assert terminal.wait_for_end() == status
        assert is_left_well(terminal)
    recording = open_recording(str(path))
    assert list(recording)
    assert recording.ended == END


def test_signals_that_a_parent_blocked_are_heard() -> None:
    blocked = "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"
    with Terminal(python(blocked)) as terminal:
        ready(terminal)
        terminal.process.terminate()
        assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("what", ["time.sleep(600)", "[0 for _ in iter(int, 1)]", "os.read(os.pipe()[0], 1)"])
def test_it_is_ended_where_it_hangs_and_says_so(what: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    hangs = (
        "import pathlib\nfrom netwatch_tui.ui.screens.main import MainScreen\n"
        f"MainScreen.action_help = lambda self: (pathlib.Path({str(there)!r}).touch(), {what})"
    )
    with Terminal(python(hangs)) as terminal:
        ready(terminal)
        terminal.send("?")
        wait_until(there.exists)
        terminal.process.terminate()
        assert terminal.wait_for_end() == 1
        assert is_left_well(terminal)
        assert terminal.written.replace(b"\r\n", b"\n").endswith(WORDS.encode())


def test_it_ends_well_where_it_hardly_gets_a_processor(tmp_path: Path) -> None:
    with scarce_processor(percent=1.4) as admit, Terminal([PROGRAM, "--record", str(tmp_path / "it.gz")]) as terminal:
        ready(terminal)
        admit(terminal.process.pid)
        terminal.process.terminate()
        assert terminal.wait_for_end() == 0
        assert is_left_well(terminal)


@contextmanager
def scarce_processor(percent: float) -> Iterator[Callable[[int], object]]:
    """A cgroup with some hundredths of a processor; gives what lets a process in."""
    root = Path("/sys/fs/cgroup")
    place = (root / "cpu" if (root / "cpu").is_dir() else root) / f"netwatch-tests-{os.getpid()}"
    try:
        place.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup of its own: {error}")
    try:
        try:
            if (place / "cpu.cfs_quota_us").exists():
                (place / "cpu.cfs_quota_us").write_text(f"{percent * 1_000:.0f}")
            else:
                (place / "cpu.max").write_text(f"{percent * 1_000:.0f} 100000")
        except OSError as error:
            pytest.skip(f"no share of processors for a cgroup: {error}")
        yield lambda pid: (place / "cgroup.procs").write_text(str(pid))
    finally:
        place.rmdir()


def test_quitting_does_not_wait_for_a_look_that_hangs() -> None:
    hangs = (
        "from netwatch_tui.collect.collector import Collector\n"
        "from netwatch_tui.ui.widgets.key_line import KeyLine\n"
        "Collector.collect = lambda *_: time.sleep(600)"
    )
    with Terminal(python(hangs)) as terminal:
        terminal.wait_for(lambda rows: "Quit" in rows[-1], "the keys")
        terminal.send("q")
        start = time.monotonic()
        assert terminal.wait_for_end() == 0
        assert time.monotonic() - start < SOON
        assert is_left_well(terminal)


def test_without_memory_it_ends_with_a_line_and_a_status() -> None:
    fails = (
        "from netwatch_tui.ui.screens.main import MainScreen\n"
        "def fail(self): raise MemoryError\n"
        "MainScreen.action_help = fail"
    )
    with Terminal(python(fails)) as terminal:
        ready(terminal)
        terminal.send("?")
        assert terminal.wait_for_end() == 1
        assert is_left_well(terminal)
        assert b"netwatch-tui: Help failed: out of memory" in terminal.written
        assert b"Traceback" not in terminal.written


def test_what_can_not_start_is_a_line_and_a_status() -> None:
    fails = (
        "from netwatch_tui.ui.screens.main import MainScreen\n"
        "def fail(self): raise RuntimeError('no such\\x1b[31m thing')\n"
        "MainScreen.compose = fail"
    )
    with Terminal(python(fails)) as terminal:
        assert terminal.wait_for_end() == 1
        assert terminal.settings == terminal.settings_before
        assert rb"netwatch-tui: This failed: RuntimeError: no such\x1b[31m thing" in terminal.written
        assert b"Traceback" not in terminal.written


def test_what_can_not_be_painted_does_not_fail_for_ever() -> None:
    fails = (
        "from netwatch_tui.ui.widgets.status_line import StatusLine\n"
        "def fail(self): raise RuntimeError('no such thing')\n"
        "StatusLine.render = fail"
    )
    with Terminal(python(fails), columns=120) as terminal:
        assert terminal.wait_for_end() == 1
        assert is_left_well(terminal)
        assert b"netwatch-tui: This failed: RuntimeError: no such thing" in terminal.written


def test_ctrl_z_gives_the_shell_back_and_fg_goes_on(tmp_path: Path) -> None:
    shell = ["setsid", "--ctty", "--wait", "bash", "--norc", "--noprofile", "-i"]
    environment = {"PS1": "shell> ", "HISTFILE": "", "XDG_STATE_HOME": str(tmp_path)}
    with Terminal(shell, environment=environment, own_session=False) as terminal:
        terminal.wait_for(lambda rows: any(row.startswith("shell>") for row in rows), "the shell")
        terminal.send(f"{PROGRAM}\r")
        ready(terminal)
        terminal.send("\x1a")
        terminal.wait_for(lambda rows: any("Stopped" in row for row in rows), "that it is stopped")
        terminal.send("echo it-is=$(stty -a | grep -c ' icanon')\r")
        terminal.wait_for(lambda rows: any(row.startswith("it-is=1") for row in rows), "the shell's own modes")
        terminal.send("fg\r")
        ready(terminal)
        terminal.send("/went-on")
        terminal.wait_for(lambda rows: any("Filter: went-on" in row for row in rows), "that it goes on")
        terminal.send("\x03")
        terminal.wait_for(lambda rows: any("shell>" in row for row in rows), "the shell in the end")
        terminal.send("exit\r")
        assert terminal.wait_for_end() == 0


def test_ctrl_z_without_a_shell_that_could_go_on_goes_on_by_itself() -> None:
    with Terminal([PROGRAM]) as terminal:
        ready(terminal)
        terminal.send("\x1a/went-on")
        terminal.wait_for(lambda rows: any("Filter: went-on" in row for row in rows), "that it goes on")


def test_a_dumb_terminal_is_one_line() -> None:
    with Terminal([PROGRAM], environment={"TERM": "dumb"}, columns=120) as terminal:
        assert terminal.wait_for_end() == 2
    assert terminal.written.count(b"\n") == 1
    assert b"TERM is dumb; --once prints to any" in terminal.written


def test_a_locale_without_utf_8_gets_signs_that_it_has() -> None:
    with Terminal([PROGRAM], environment={"PYTHONIOENCODING": "latin-1"}) as terminal:
        ready(terminal)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert b"\xe2\x97\x8f" not in terminal.written  # a disc in UTF-8


def test_what_is_typed_ahead_waits_until_the_dialog_is_there() -> None:
    with Terminal([PROGRAM], columns=120) as terminal:
        ready(terminal)
        for each in range(5):
            terminal.send("c \x1b[27u")
            terminal.wait_for(lambda rows: "Help" in rows[-1] and not any("Enter takes" in row for row in rows), "it")
            terminal.send(f"/typed-{each}\x1b[27u")
        terminal.send("/the-end")
        terminal.wait_for(lambda rows: any("the-end" in row or "failed: " in row for row in rows), "the end")
        assert b"failed: " not in terminal.written
