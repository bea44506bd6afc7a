"""Nothing from outside reaches a terminal raw, wherever it is from and whichever way it leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Address, DiagFacts, Socket, Timer
from tests.support.build import packet, process, tcp, unix
from tests.support.fake import Watch
from tests.support.program import PROGRAM, run
from tests.support.recordings import record
from tests.support.terminal import Terminal

ESCAPE = "\x1b[27u"
"""The key as terminals write it that leave no doubt."""

EVIL = "\x1b]0;title\x07\x1b[31m\x9b2J\u202e\u200b\ufeff\u2066\r\x08=1;=2"
"""A title, a colour, C1, a turned direction, signs of no width, and ways to go back."""

_OURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b\]22;[a-z-]*\x07")
"""What the program itself says to a terminal: no title, and no bell."""


def odd(text: str) -> set[str]:
    return {char for char in _OURS.sub("", text) if not char.isprintable() and char not in "\r\n"}


def hostile(socket: Socket) -> Socket:
    """With all in it that anybody can name."""
    evil = process(7, EVIL)._replace(cmdline=(EVIL, EVIL), user=EVIL, container=EVIL)
    return socket._replace(
        user=EVIL,
        interface=EVIL,
        timer=Timer(EVIL, 1.0) if socket.netid == "tcp" else None,
        owners=(Owner(7, 3, evil),),
        owner_reason=None,
        diag=DiagFacts(7, cgroup=9, cgroup_path=EVIL),
    )


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """What somebody else recorded, on a machine whose name is no better."""
    watch = Watch(tcp("10.0.0.5:443", inode=11), unix("/run/x", inode=12), packet(inode=13))
    snapshot: Snapshot = watch.again()
    rows = [hostile(each) for each in snapshot.sockets]
    rows[1] = rows[1]._replace(local=Address(0, EVIL.encode(), EVIL))
    data = record([snapshot._replace(sockets=tuple(rows))])
    path = tmp_path / "it"
    path.write_bytes(data.replace(b'"web-1"', json.dumps(EVIL).encode()))
    return path


ALL = ",".join(field.id for field in FIELDS)


@pytest.mark.parametrize(
    "words", [["--once", "-A", "all"], ["--once", "-A", "all", "--columns", ALL, "--color", "always"]]
)
@pytest.mark.parametrize("format", ["table", "csv", "tsv", "json", "ndjson"])
def test_no_format_lets_it_through(recording: Path, format: str, words: list[str]) -> None:
    done = run("--replay", recording, "--once", "-A", "all", *words, "-f", format)
    assert done.returncode == 0, done.stderr
    assert "title" in done.stdout
    assert odd(done.stdout) <= ({"\t"} if format == "tsv" else set())
    assert odd(done.stderr) == set()


def test_no_stream_and_no_difference_lets_it_through(recording: Path, tmp_path: Path) -> None:
    assert odd(run("--replay", recording, "--watch", "-A", "all").stdout) == set()
    nothing = tmp_path / "before"
    nothing.write_bytes(record([Watch().again()]))
    done = run("--diff", nothing, recording, "-A", "all", "--color", "always")
    assert (done.returncode, "title" in done.stdout) == (1, True)
    assert odd(done.stdout) == set()


def test_an_address_with_another_text_than_its_bytes_is_refused_and_its_text_is_harmless(tmp_path: Path) -> None:
    snapshot = Watch(tcp("10.0.0.5:443", inode=11)).again()
    (row,) = snapshot.sockets
    path = tmp_path / "it"
    for wrong in (
        row._replace(local=Address(4, b"\x0a\0\0\x05", EVIL)),
        row._replace(peer=Address(6, bytes(16), EVIL)),
    ):
        path.write_bytes(record([snapshot._replace(sockets=(wrong,))]))
        done = run("--replay", path, "--once")
        assert (done.returncode, done.stdout, odd(done.stderr)) == (1, "", set())
        assert "says two things" in done.stderr


def test_standard_error_does_not_either(tmp_path: Path) -> None:
    wrong = tmp_path / f"a{EVIL}b"
    for words in (["--replay", wrong, "--once"], ["--diff", wrong, wrong], ["--record", wrong / "x"], [f"port:{EVIL}"]):
        done = run(*words)
        assert done.returncode == 2
        assert odd(done.stderr) == set()


def test_the_screen_does_not_either(recording: Path, tmp_path: Path) -> None:
    state = tmp_path / "state" / "netwatch-tui"
    state.mkdir(parents=True)
    filters = {"version": 1, "typed": [f"typed {EVIL}"], "saved": {f"saved {EVIL}": f"word {EVIL}"}}
    (state / "filters.json").write_text(json.dumps(filters))
    with Terminal(
        [PROGRAM, "--replay", str(recording), "-A", "all", "--columns", ALL],
        columns=250,
        lines=60,
        environment={"XDG_STATE_HOME": str(state.parent), "HOME": str(tmp_path)},
    ) as terminal:
        terminal.wait_for(lambda rows: any(r"\x1b]0;title" in row for row in rows), "a name, spelled out")
        for keys, what in (
            ("\r", "Process"),
            (ESCAPE, "Netid"),
            ("f", "Rows like this one"),
            (ESCAPE, "Netid"),
            ("y", "Copy"),
            ("\r", "Sent to the"),
            ("F", "Views and filters"),
            ("saved\r", "None of 3 sockets matches"),
            (ESCAPE, "u_str"),
            ("b", "Group by"),
            ("process\r", "CLOSE-WAIT"),
            ("/\x1b[A", "Filter: typed"),
            (ESCAPE, "CLOSE-WAIT"),
            ("\x10", "Palette"),
            (ESCAPE, "CLOSE-WAIT"),
        ):
            terminal.send(keys)
            terminal.wait_for(lambda rows, what=what: any(what in row for row in rows), what)  # type: ignore[misc]
        terminal.send("\x03")
        assert terminal.wait_for_end() == 0
    assert odd(terminal.written.decode()) == set()


def test_every_way_out_says_that_a_disk_is_full(recording: Path) -> None:
    for words in (
        ["--version"],
        ["--help"],
        ["--once"],
        ["--format", "json"],
        ["-f", "csv"],
        ["--replay", str(recording), "--once", "-A", "all"],
        ["--wait-for", "age:>=0s", "--format", "table", "-A", "all"],
        ["--record", "-", "--for", "0"],
    ):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode not in (0, -6, -11), words
        assert done.stderr.count("\n") == 1, (words, done.stderr)
        assert "No space left on device" in done.stderr


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "<&-", ">&-", "2>&-", "<&- >&-"])
def test_closed_streams_are_no_place_for_files(closed: str, tmp_path: Path) -> None:
    path = tmp_path / "it"
    shell = f'exec "$0" --record "$1" --for 0 {closed}'
    done = subprocess.run(["sh", "-c", shell, PROGRAM, path], check=False)
    assert done.returncode == 0
    assert run("--replay", path, "--once").returncode == 0
    assert subprocess.run(["sh", "-c", f'exec "$0" --once {closed} >/dev/null', PROGRAM], check=False).returncode == 0


def test_an_empty_environment_will_do() -> None:
    done = subprocess.run([PROGRAM, "--once", "-A", "all"], env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("RuntimeError('a\\x1b[31m')", r"RuntimeError: a\x1b[31m"),
        ("RecursionError", "nested too"),
        ("MemoryError", "memory"),
    ],
)
def test_what_should_not_fail_is_one_line_and_a_status(error: str, words: str, tmp_path: Path) -> None:
    code = (
        "from netwatch_tui.modes import once\n"
        f"def fail(*_): raise {error}\n"
        "once.once = fail\n"
        "from netwatch_tui.cli import entry\n"
        "entry()"
    )
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, "--once", "--debug"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert words in done.stderr
    assert "in fail" in (tmp_path / "netwatch-tui" / "debug.log").read_text()
