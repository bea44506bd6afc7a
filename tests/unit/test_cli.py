from __future__ import annotations

import os
import re
import socket as net
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from netwatch_tui import cli
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.model.socket import State
from tests.support.build import file_of, line, tcp, udp
from tests.support.fake import table_name

SOCKETS = {
    "web": tcp("10.0.0.1:443", inode=11),
    "visit": tcp("10.0.0.1:443", "10.0.0.9:50000", inode=12),
    "ending": tcp("10.0.0.1:443", "10.0.0.9:50001", state=State.TIME_WAIT, inode=0),
    "web6": tcp("[::1]:443", inode=13),
    "dns": udp("127.0.0.53:53", inode=14),
    "query": udp("10.0.0.1:5000", "9.9.9.9:53", inode=15),
    "dns6": udp("[::1]:53", inode=16),
}


class Result(NamedTuple):
    status: int | str | None
    out: list[str]
    err: list[str]


Run = Callable[..., Result]


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with some sockets, one of them held twice by this very process."""
    (tmp_path / "net").mkdir()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        lines = [line(socket) for socket in SOCKETS.values() if table_name(socket) == name]
        (tmp_path / "net" / name).write_bytes(file_of(lines))
    folder = tmp_path / str(os.getpid()) / "fd"
    folder.mkdir(parents=True)
    for fd in (3, 4):
        (folder / str(fd)).symlink_to("socket:[11]")
    monkeypatch.setattr(cli, "LinuxSource", lambda: LinuxSource(tmp_path))
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*argv: str) -> Result:
        status: int | str | None
        try:
            status = cli.main(argv)
        except SystemExit as left:
            status = left.code
        out, err = capsys.readouterr()
        return Result(status, out.splitlines(), err.splitlines())

    return run


def locals_of(lines: list[str]) -> list[tuple[str, str]]:
    """Netid and local end of each line."""
    return sorted((words[0], words[4]) for words in map(str.split, lines))


def named(names: str) -> list[tuple[str, str]]:
    sockets = [SOCKETS[name] for name in names.split()]
    hosts = [socket.local.text if socket.local.version == 4 else f"[{socket.local.text}]" for socket in sockets]
    return sorted((socket.netid, f"{host}:{socket.local_port}") for socket, host in zip(sockets, hosts, strict=True))


# --- what is printed ---


def test_one_snapshot_is_a_table_with_the_columns_and_the_spelling_of_ss(proc: Path, run: Run) -> None:
    result = run("--once")
    assert (result.status, result.err) == (0, [])
    assert re.split(r"\s+(?!Address)", result.out[0]) == [
        "Netid",
        "State",
        "Recv-Q",
        "Send-Q",
        "Local Address:Port",
        "Peer Address:Port",
        "Process",
    ]
    rows = {(words[1], words[4], words[5]): words for words in map(str.split, result.out[1:])}
    assert len(result.out) == 1 + len(SOCKETS)
    assert rows["LISTEN", "10.0.0.1:443", "0.0.0.0:*"][:4] == ["tcp", "LISTEN", "0", "-"]
    assert rows["TIME-WAIT", "10.0.0.1:443", "10.0.0.9:50001"][6] == "(kernel)"
    assert rows["UNCONN", "[::1]:53", "[::]:*"][0] == "udp"


def test_all_holders_of_a_socket_are_printed(proc: Path, run: Run) -> None:
    (row,) = run("--once", "-H", "-l", "-t", "-4").out
    holders = re.search(r'users:\(\("([^"]+)",pid=(\d+),fd=3\),\("\1",pid=\2,fd=4\)\)$', row)
    assert holders
    assert int(holders[2]) == os.getpid()


def test_the_columns_stand_under_their_titles(proc: Path, run: Run) -> None:
    result = run("--once")
    for title in ("State", "Local Address:Port", "Peer Address:Port", "Process"):
        at = result.out[0].index(title)
        assert all(row[at - 1] == " " != row[at] for row in result.out[1:])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("", "web visit ending web6 dns query dns6"),
        ("-a", "web visit ending web6 dns query dns6"),
        ("-t", "web visit ending web6"),
        ("-u", "dns query dns6"),
        ("-t -u", "web visit ending web6 dns query dns6"),
        ("-4", "web visit ending dns query"),
        ("-6", "web6 dns6"),
        ("-46", "web visit ending web6 dns query dns6"),
        ("-l", "web web6 dns dns6"),
        ("-la", "web visit ending web6 dns query dns6"),
        ("-tulpn", "web web6 dns dns6"),
        ("-tanp", "web visit ending web6"),
        ("-ulpn6", "dns6"),
        ("-t4 -l", "web"),
        ("--tcp --ipv6", "web6"),
        ("port:53", "dns query dns6"),
        ("-t 50001", "ending"),
        ("-tn tcp 10.0.0.9", "visit ending"),
        ("port:9", ""),
    ],
)
def test_options_and_filter_choose_the_sockets(proc: Path, run: Run, options: str, names: str) -> None:
    result = run("--once", "-H", *options.split())
    assert (result.status, result.err) == (0, [])
    assert locals_of(result.out) == named(names)


def test_without_a_heading_only_the_heading_is_missing(proc: Path, run: Run) -> None:
    with_heading, without = run("--once", "-t"), run("--once", "-t", "-H")
    assert with_heading.out[0].startswith("Netid")
    assert [row.split() for row in without.out] == [row.split() for row in with_heading.out[1:]]
    assert run("--once", "-H", "port:9").out == []


def test_a_snapshot_is_printed_when_stdout_is_no_terminal(proc: Path, run: Run) -> None:
    assert run("-t").out == run("--once", "-t").out


def test_a_table_that_is_not_asked_for_is_not_read(proc: Path, run: Run) -> None:
    for name in ("tcp6", "udp6"):
        (proc / "net" / name).unlink()
        (proc / "net" / name).mkdir()
    assert run("--once", "-H", "-4").err == []
    result = run("--once", "-H")
    assert locals_of(result.out) == named("web visit ending dns query")
    assert result.err == [f"netwatch-tui: can't read /proc/net/{name}: Is a directory" for name in ("tcp6", "udp6")]


def test_a_machine_without_ipv6_is_no_problem(proc: Path, run: Run) -> None:
    (proc / "net" / "tcp6").unlink()
    (proc / "net" / "udp6").unlink()
    status, out, err = run("--once", "-6")
    assert (status, len(out), err) == (0, 1, [])


def test_damaged_lines_are_reported_beside_the_others(proc: Path, run: Run) -> None:
    with (proc / "net" / "udp").open("ab") as file:
        file.write(b"   9: rubbish\n")
    result = run("--once", "-H", "-u", "-4")
    assert locals_of(result.out) == named("dns query")
    assert result.err == ["netwatch-tui: 1 of the lines in /proc/net/udp can't be understood"]


# --- what is refused ---


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["--nope"], "--nope"),
        (["-Z"], "-Z"),
        (["--onc"], "--onc"),
        (["--interval"], "--interval"),
        (["--interval", "soon"], "'soon'"),
        (["--interval", "0"], "'0'"),
        (["--interval", "0.049"], "0.05"),
        (["--interval", "60.5"], "60"),
        (["--interval", "nan"], "'nan'"),
        (["--interval", "inf"], "'inf'"),
        (["--interval=-1"], "'-1'"),
        (["--theme"], "--theme"),
        (["--tcp=yes"], "--tcp"),
    ],
)
def test_a_wrong_argument_is_one_line_and_status_2(proc: Path, run: Run, argv: list[str], word: str) -> None:
    status, out, err = run("--once", *argv)
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith("netwatch-tui: ")
    assert word in err[0]


@pytest.mark.parametrize("seconds", ["0.05", "60", "1e1"])
def test_any_interval_in_the_range_is_taken(proc: Path, run: Run, seconds: str) -> None:
    assert run("--once", "--interval", seconds).status == 0


@pytest.mark.parametrize(
    ("words", "carets"),
    [
        (["port:http"], "     ^^^^"),
        (["tcp", "port:70000"], "         ^^^^^"),
        (["process:"], "        ^"),
        (['process:"nginx'], "        ^^^^^^"),
    ],
)
def test_a_wrong_filter_has_carets_under_its_wrong_part(proc: Path, run: Run, words: list[str], carets: str) -> None:
    status, out, err = run("--once", *words)
    assert (status, out) == (2, [])
    assert err[0].startswith("netwatch-tui: filter: ")
    assert err[1:] == [" ".join(words), carets]


def test_a_screen_without_a_keyboard_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    status, out, err = run()
    assert (status, out, len(err)) == (2, [], 1)
    assert "--once" in err[0]


def test_help_and_version_are_told(run: Run) -> None:
    assert run("--version").out[0].startswith("netwatch-tui ")
    status, out, err = run("--help")
    assert (status, err) == (0, [])
    assert out[0] == "usage: netwatch-tui [options] [FILTER ...]"
    options = {"--tcp", "--udp", "--listening", "--all", "--numeric", "--processes", "--ipv4", "--ipv6", "--once"}
    assert {word.rstrip(",") for text in out for word in text.split() if word.startswith("--")} >= options


# --- the program as a process ---

PROGRAM = [sys.executable, "-m", "netwatch_tui"]


def test_one_snapshot_imports_neither_textual_nor_rich() -> None:
    code = (
        "import sys; from netwatch_tui.cli import main; status = main(['--once']); "
        "print(status, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status, *modules = done.stderr.split()
    assert status == "0"
    assert done.stdout.startswith("Netid")
    assert "netwatch_tui.output.table" in modules
    assert not {module.partition(".")[0] for module in modules} & {"textual", "rich"}


@pytest.mark.parametrize("command", [PROGRAM, [str(Path(sys.executable).with_name("netwatch-tui"))]])
def test_the_installed_program_lists_a_socket_of_this_process(command: list[str]) -> None:
    with net.create_server(("127.0.0.1", 0)) as server:
        port, fd = server.getsockname()[1], server.fileno()
        done = subprocess.run([*command, "-Htln", f"port:{port}"], capture_output=True, text=True, check=True)
    (row,) = done.stdout.splitlines()
    assert row.split()[:6] == ["tcp", "LISTEN", "0", "-", f"127.0.0.1:{port}", "0.0.0.0:*"]
    assert f"pid={os.getpid()},fd={fd})" in row
    assert done.stderr == ""


def test_a_closed_pipe_ends_it_silently() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run([*PROGRAM, "--once"], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_argument_ends_the_process_with_status_2() -> None:
    done = subprocess.run([*PROGRAM, "port:x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 3
