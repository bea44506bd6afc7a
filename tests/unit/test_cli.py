from __future__ import annotations

import gc
import json
import os
import re
import socket as net
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from netwatch_tui import cli
from netwatch_tui.kernel import descriptor_scan, machine_names, prefetched_descriptors, table_scan
from netwatch_tui.kernel import source as kernel_source
from netwatch_tui.kernel.descriptor_scan import DescriptorScan
from netwatch_tui.kernel.prefetched_descriptors import PrefetchedSource
from netwatch_tui.kernel.sock_diag import SockDiag
from netwatch_tui.kernel.source import LinuxSource, ProcessReader
from netwatch_tui.kernel.table_scan import TableScan
from netwatch_tui.sockets.socket import Family, State
from tests.support.build import (
    NETNS,
    UnixDetails,
    datagram,
    file_of,
    line,
    netlink,
    packet,
    tcp,
    udp,
    unix,
    unix_answer,
)
from tests.support.fake import table_name

#: No socket of the machine has such an inode, so that nothing that it tells gets among these.
INODE = 4_200_000_000
BLUE = NETNS + 100

SOCKETS = {
    "web": tcp("10.0.0.1:443", inode=INODE + 11),
    "visit": tcp("10.0.0.1:443", "10.0.0.9:50000", inode=INODE + 12),
    "ending": tcp("10.0.0.1:443", "10.0.0.9:50001", state=State.TIME_WAIT, inode=0),
    "web6": tcp("[::1]:443", inode=INODE + 13),
    "dns": udp("127.0.0.53:53", inode=INODE + 14),
    "query": udp("10.0.0.1:5000", "9.9.9.9:53", inode=INODE + 15),
    "dns6": udp("[::1]:53", inode=INODE + 16),
}
OTHERS = {
    "ping": datagram("icmp", "0.0.0.0:7", inode=INODE + 21),
    "trace": datagram("raw", "0.0.0.0:1", inode=INODE + 22),
    "bus": unix("/run/bus", state=State.LISTEN, inode=INODE + 23),
    "log": unix("@log", "u_dgr", state=State.UNCONN, inode=INODE + 24),
    "sniffer": packet("ip", 0, inode=INODE + 25),
    "udev": netlink(15, 1, inode=INODE + 26),
}


class Result(NamedTuple):
    status: int | str | None
    out: list[str]
    err: list[str]


Run = Callable[..., Result]


def put_tables(folder: Path, *sockets: object) -> None:
    """Write the files of a process's network namespace."""
    (folder / "net" / "sctp").mkdir(parents=True)
    (folder / "ns").mkdir()
    every = [socket for socket in {**SOCKETS, **OTHERS}.values() if socket in sockets]
    for name in ("tcp", "tcp6", "udp", "udp6", "icmp", "raw", "unix", "packet", "netlink"):
        lines = [line(socket) for socket in every if table_name(socket) == name]
        if name in ("unix", "packet", "netlink"):
            (folder / "net" / name).write_bytes(b"".join(text + b"\n" for text in (b"heading", *lines)))
        else:
            (folder / "net" / name).write_bytes(file_of(lines))


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with some sockets, one of them held twice by this very process; gives what it has to say of itself."""
    folder = tmp_path / str(os.getpid())
    put_tables(folder, *SOCKETS.values(), *OTHERS.values())
    (folder / "ns" / "net").symlink_to(f"net:[{NETNS}]")
    (folder / "fd").mkdir()
    for fd in (3, 4):
        (folder / "fd" / str(fd)).symlink_to(f"socket:[{INODE + 11}]")
    (tmp_path / "self").symlink_to(str(os.getpid()))

    opened: list[LinuxSource] = []

    def machine(processes: ProcessReader | None = None) -> LinuxSource:
        opened.append(LinuxSource(str(tmp_path), processes, named=str(tmp_path / "netns")))
        return opened[-1]

    def scanned(
        scan: DescriptorScan, processes: ProcessReader | None = None, tables: TableScan | None = None
    ) -> LinuxSource:
        named = str(tmp_path / "netns")
        opened.append(PrefetchedSource(scan, str(tmp_path), processes, named=named, tables=tables))
        return opened[-1]

    monkeypatch.setattr(kernel_source, "LinuxSource", machine)
    monkeypatch.setattr(prefetched_descriptors, "PrefetchedSource", scanned)
    monkeypatch.setattr(descriptor_scan, "DescriptorScan", partial(DescriptorScan, str(tmp_path)))
    monkeypatch.setattr(table_scan, "TableScan", partial(TableScan, proc=str(tmp_path)))
    named = [unix_answer(each, UnixDetails()) for each in OTHERS.values() if each.family is Family.UNIX]
    # Else the real kernel's would be among them.
    monkeypatch.setattr(SockDiag, "listing", lambda _, kind, __: [named] if kind == "unix" else None)
    yield folder
    for each in opened:
        each.close()


@pytest.fixture
def blue(proc: Path) -> str:
    """A second network namespace with one socket; gives the name that it has for want of another."""
    folder = proc.parent / "30"
    put_tables(folder, SOCKETS["dns"])
    (folder / "ns" / "net").symlink_to(f"net:[{BLUE}]")
    (folder / "fd").mkdir()
    return str(BLUE)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    def run(*argv: str) -> Result:
        status: int | str | None
        try:
            status = cli.main(argv)
        except SystemExit as left:
            status = left.code
        out, err = capsys.readouterr()
        return Result(status, out.splitlines(), err.splitlines())

    yield run
    gc.enable()  # which a program that prints once does without


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
        ("port:domain", "dns query dns6"),
        ("dport = :53 or sport = :53 -u", "dns query dns6"),
        ("-tan state established", "visit"),
        ("-tan ( state established or 50001 ) dst 10.0.0.9", "visit ending"),
        ("-u tcp or udp -4 not port:53", ""),
        ("not port:53 -u", ""),
        ("src 10.0.0.0/8 -tu4", "web visit ending query"),
        ("-t 50001", "ending"),
        ("-tn tcp 10.0.0.9", "visit ending"),
        ("port:9", ""),
        ("10.0.0.9 -t", "visit ending"),
        ("10.0.0.9 -t ending -n time", ""),
        ("10.0.0.9 -t -n time", "ending"),
        ("tcp -l 10.0.0.1 -4 port:443", "web"),
        ("port:443 -a 10.0.0.9 --tcp estab", "visit"),
        ("-A tcp", "web visit ending web6"),
        ("-A tcp,udp -6", "web6 dns6"),
        ("-A udp -t -4", "web visit ending dns query"),
        ("--query=inet -4 -l", "web dns"),
        ("-A unix", ""),
    ],
)
def test_options_and_filter_choose_the_sockets(proc: Path, run: Run, options: str, names: str) -> None:
    result = run("--once", "-H", *options.split())
    assert result.status == 0
    assert result.err == [] or not names, "only what finds nothing needs words"
    here = {end for _, end in named(" ".join(SOCKETS))}
    assert [each for each in locals_of(result.out) if each[1] in here] == named(names)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("-w", "trace"),
        ("-x", "bus log"),
        ("-xl", "bus log"),
        ("-A unix_stream", "bus"),
        ("-A icmp,packet,nl", "ping sniffer udev"),
        ("-A unix -w", "trace bus log"),
        ("-A all -t log", "log"),
        ("-A all -l -4 -6", "ping trace"),
        ("-A sctp", ""),
    ],
)
def test_the_other_kinds_are_shown_when_they_are_asked_for(proc: Path, run: Run, options: str, names: str) -> None:
    result = run("--once", "-H", *options.split())
    assert result.status == 0
    assert result.err == [] or not names, "only what finds nothing needs words"
    expected = {OTHERS[name].netid: name for name in names.split()}
    assert {row.split()[0] for row in result.out} - {"tcp", "udp"} == expected.keys()


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ([], len(SOCKETS)),
        (["--all-namespaces"], len(SOCKETS) + 1),
        (["-N", str(BLUE)], 1),
        (["-N", "*"], len(SOCKETS) + 1),
        ([f"--net={BLUE}", "-t"], 0),
        (["-N", "own"], len(SOCKETS)),
        (["-N", ""], len(SOCKETS)),
    ],
)
def test_a_network_namespace_is_chosen(blue: str, run: Run, options: list[str], rows: int) -> None:
    result = run("--once", "-H", *options)
    assert (result.status, len(result.out), result.err) == (0, rows, [])


def test_a_network_namespace_that_is_not_there_is_refused_with_those_that_are(blue: str, run: Run) -> None:
    assert run("--once", "-N", "green") == (
        2,
        [],
        [f"netwatch-tui: no network namespace 'green' can be seen; there are: own, {blue}"],
    )


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A network that knows one address; gives those for which it was asked."""
    asked: list[str] = []

    def answer(end: tuple[str, int], _: int) -> tuple[str, str]:
        asked.append(end[0])
        if end[0] == "10.0.0.9":
            return "visitor.example", "0"
        raise net.gaierror(net.EAI_NONAME, "no name")

    monkeypatch.setattr(net, "getnameinfo", answer)
    monkeypatch.setattr(machine_names, "read_services", lambda *_: {"tcp": {"https": 443}})
    return asked


def test_names_are_looked_up_for_what_is_printed(proc: Path, run: Run, resolver: list[str]) -> None:
    lines = run("--once", "-t", "-r", "peer:10.0.0.9").out
    assert [line.split()[4:7] for line in lines[1:]] == [
        ["10.0.0.1:https", "10.0.0.9:50000", "(visitor.example)"],
        ["10.0.0.1:https", "10.0.0.9:50001", "(visitor.example)"],
    ]
    assert sorted(resolver) == ["10.0.0.1", "10.0.0.9"]


def test_in_files_names_have_fields_of_their_own(proc: Path, run: Run, resolver: list[str]) -> None:
    (visit,) = json.loads("".join(run("--once", "-tr", "-f", "json", "peer:10.0.0.9 state:estab").out))["sockets"]
    assert (visit["peer_address"], visit["peer_name"], visit["local_name"]) == ("10.0.0.9", "visitor.example", None)
    heading, line = run("--once", "-tr", "-f", "csv", "--columns", "peer_port", "peer:10.0.0.9 state:estab").out
    assert (heading, line) == ("peer_port,local_name,peer_name", "50000,,visitor.example")


def test_nobody_is_asked_for_names_unless_that_is_asked_for(proc: Path, run: Run, resolver: list[str]) -> None:
    assert "peer_name" not in run("--once", "-t", "-f", "csv").out[0]
    done = run("--once", "-t", "--columns", "peer_name", "peer:10.0.0.9")
    assert done.out[1:] == ["-", "-"]
    assert done.err == ["netwatch-tui: peer_name: names are looked up only with -r"]
    assert resolver == []


@pytest.mark.parametrize("mode", ["--watch", "--record=x", "--replay=x"])
def test_names_are_not_looked_up_for_streams_and_recordings(run: Run, mode: str) -> None:
    told = {"--record=x": "--record without a screen"}.get(mode, mode.partition("=")[0])
    assert run("-r", mode).err == [f"netwatch-tui: --resolve can't be used with {told} (see --help)"]


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
    assert run("--once", "-H", "-x").err == []
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
        (["-A"], "-A"),
        (["-A", "dccp"], "'dccp'"),
        (["-A", "tcp,"], "''"),
        (["-N"], "-N"),
        (["-N", "x", "--all-namespaces"], "--all-namespaces"),
        (["--host=-oProxyCommand=id"], "can't begin with '-'"),
        (["--host", "web[3-1]"], "the range 3-1 runs backwards"),
        (["--sudo"], "--sudo can't be used without --host or --hosts"),
    ],
)
def test_a_wrong_argument_is_one_line_and_status_2(proc: Path, run: Run, argv: list[str], word: str) -> None:
    status, out, err = run("--once", *argv)
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith("netwatch-tui: ")
    assert word in err[0]


EVIL = "\x1b[2J\x9b\u202e"


@pytest.mark.parametrize(
    "argv",
    [
        [f"--{EVIL}"],
        [f"-{EVIL}"],
        ["--interval", EVIL],
        ["-A", EVIL],
        ["-N", EVIL],
        [f"port:{EVIL}"],
        [f"process: {EVIL}"],
        [f'"{EVIL}'],
        [f"--tcp={EVIL}"],
        ["--host", EVIL],
    ],
)
def test_an_argument_is_never_echoed_raw(proc: Path, run: Run, argv: list[str]) -> None:
    status, out, err = run("--once", *argv)
    assert (status, out) == (2, [])
    assert err
    assert all(row.isprintable() for row in err)
    assert "x1b[2J" in "".join(err)


@pytest.mark.parametrize("seconds", ["0.05", "60", "1e1"])
def test_any_interval_in_the_range_is_taken(proc: Path, run: Run, seconds: str) -> None:
    assert run("--once", "--interval", seconds).status == 0


@pytest.mark.parametrize(
    ("words", "carets"),
    [
        (["port:nosuch"], "     ^^^^^^"),
        (["dport = :nosuch"], "        ^^^^^^^"),
        (["( tcp"], "     ^"),
        (["state", "open"], "      ^^^^"),
        (["tcp", "port:70000"], "         ^^^^^"),
        (["process:"], "        ^"),
        (['process:"nginx'], "        ^^^^^^"),
        (["数据", "port:x"], "          ^"),
        (["port:数据"], "     ^^^^"),
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
    options |= {"--raw", "--unix", "--query", "--net", "--all-namespaces", "--no-header", "--interval", "--theme"}
    assert {word.rstrip(",") for text in out for word in text.split() if word.startswith("--")} >= options


# --- the program as a process ---

PROGRAM = [sys.executable, "-m", "netwatch_tui"]


def test_one_snapshot_imports_neither_textual_nor_rich_nor_psutil() -> None:
    code = (
        "import sys; from netwatch_tui.cli import main; status = main(['--once']); "
        "print(status, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status, *modules = done.stderr.split()
    assert status == "0"
    assert done.stdout.startswith("Netid")
    assert "netwatch_tui.output.ss_table" in modules
    assert not {module.partition(".")[0] for module in modules} & {"textual", "rich", "psutil"}
    assert not [module for module in modules if module.startswith(("netwatch_tui.query", "netwatch_tui.kernel.serv"))]


@pytest.mark.parametrize("command", [PROGRAM, [str(Path(sys.executable).with_name("netwatch-tui"))]])
def test_the_installed_program_lists_a_socket_of_this_process(command: list[str]) -> None:
    with net.create_server(("127.0.0.1", 0)) as server:
        server.listen(7)
        port, fd = server.getsockname()[1], server.fileno()
        done = subprocess.run([*command, "-Htln", f"port:{port}"], capture_output=True, text=True, check=True)
    (row,) = done.stdout.splitlines()
    assert row.split()[:6] == ["tcp", "LISTEN", "0", "7", f"127.0.0.1:{port}", "0.0.0.0:*"]
    assert f"pid={os.getpid()},fd={fd})" in row
    assert done.stderr == ""


#: The program on the machine of a test, whose folder is its first argument.
ON_A_MACHINE = """\
import sys
from netwatch_tui import cli
from netwatch_tui.kernel import prefetched_descriptors, source
LinuxSource, proc = source.LinuxSource, sys.argv.pop(1)
source.LinuxSource = lambda processes=None: LinuxSource(proc, processes, named=proc)
prefetched_descriptors.PrefetchedSource = lambda scan, processes=None, **tables: source.LinuxSource(processes)
cli.entry()
"""


def on_machine(proc: Path, *argv: str) -> list[str]:
    """A command that runs the program on the machine of a test; as a child it has another number."""
    return [
        sys.executable,
        "-c",
        ON_A_MACHINE.replace("cli.entry", f"import os; os.getpid = lambda: {proc.name}; cli.entry"),
        str(proc.parent),
        *argv,
    ]


@pytest.mark.parametrize("sockets", [1, 2_000])
def test_a_closed_pipe_ends_it_silently(proc: Path, sockets: int) -> None:
    lines = [line(tcp(f"10.0.0.1:{port}", inode=INODE + port)) for port in range(1, sockets + 1)]
    (proc / "net" / "tcp").write_bytes(file_of(lines))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(on_machine(proc, "--once"), stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def in_shell(command: list[str], redirection: str) -> subprocess.CompletedProcess[str]:
    """Run a command with a redirection of the shell."""
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    return subprocess.run(shell, capture_output=True, text=True, check=False)


def test_a_closed_stdout_is_nothing_to_complain_about(proc: Path) -> None:
    done = in_shell(on_machine(proc, "--once"), ">&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_full_disk_is_one_line_and_status_1(proc: Path) -> None:
    done = in_shell(on_machine(proc, "--once"), ">/dev/full")
    assert (done.returncode, done.stderr) == (1, "netwatch-tui: can't write: No space left on device\n")


def test_a_closed_stdin_does_not_matter(proc: Path) -> None:
    done = in_shell(on_machine(proc, "--once", "-H", "-t4l"), "<&-")
    assert (done.returncode, done.stdout.split()[:2], done.stderr) == (0, ["tcp", "LISTEN"], "")


def test_a_wrong_argument_ends_the_process_with_status_2() -> None:
    done = subprocess.run([*PROGRAM, "port:x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 3


# --- what a filter asks for in vain ---


def test_a_filter_that_chooses_nothing_says_what_was_searched_as_text(proc: Path, run: Run) -> None:
    result = run("--once", "-H", "ngnix", "or", "port:9")
    assert (result.status, result.out) == (0, [])
    assert result.err == ["netwatch-tui: no socket matches the filter; searched as text: ngnix"]


def test_a_filter_for_kinds_that_are_not_listed_says_how_to_list_them(proc: Path, run: Run) -> None:
    expected = "netwatch-tui: the filter asks for {} sockets, which are listed only with {}"
    for text, kind, letter in (("proto:unix", "unix", "-x"), ("src netlink:*", "netlink", "-A netlink")):
        result = run("-f", "csv", "-H", text)
        assert (result.status, result.out, result.err) == (0, [], [expected.format(kind, letter)])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["-l", "state:time-wait"], "the filter asks for TIME-WAIT sockets, which are left out by -4, -6 or -l"),
        (["-4", "ip6"], "the filter asks for inet6 sockets, which are left out by -4, -6 or -l"),
        (["unix"], "the filter asks for unix sockets, which are listed only with -x"),
        (["is:new"], "one snapshot does not tell what is new or how old it is; the screen, --watch and --wait-for do"),
        (
            ["age:<10s"],
            "one snapshot does not tell what is new or how old it is; the screen, --watch and --wait-for do",
        ),
        (["::1:99"], "no socket matches the filter; searched as text: ::1:99 (did you mean [::1]:99?)"),
        (["loopback"], "no socket matches the filter; searched as text: loopback (did you mean is:loopback?)"),
        (
            ["process:ngin*"],
            "no socket matches the filter; * is no wildcard in process:ngin*; process:/REGEX/ takes patterns",
        ),
        (["ngin.*"], "no socket matches the filter; searched as text: ngin.* (did you mean process:/ngin.*/?)"),
        (["10.9.*"], "no socket matches the filter; searched as text: 10.9.* (did you mean addr:10.9.*?)"),
        (
            ["port", "7", "9"],
            "no socket matches the filter; 7 and 9 must match at once; port:7,9 asks for any of them",
        ),
    ],
)
def test_a_filter_that_chooses_nothing_says_what_may_have_been_meant(
    proc: Path, run: Run, words: list[str], hint: str
) -> None:
    result = run("--once", "-H", *words)
    assert (result.status, result.out, result.err) == (0, [], [f"netwatch-tui: {hint}"])


def test_a_word_beside_alternatives_that_nothing_has_is_said(proc: Path, run: Run) -> None:
    result = run("--once", "-H", "tcp", "or", "ngnix")
    assert result.out
    assert result.err == ["netwatch-tui: filter: nothing matches a part of it; searched as text: ngnix"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["-user:root"], ["not", "user:root"]),
        (["-port=22"], ["not", "port:22"]),
        (["-Recv-Q:0"], ["not", "recv_q:0"]),
        (["-iTCP:22"], ["tcp:22"]),
        (["-i:22"], ["port:22"]),
        (["-i4TCP"], ["-4", "tcp"]),
        (["-i", ":22"], ["-i", "port:22"]),
        (["-iTCP", "-sTCP:LISTEN"], ["tcp", "state:listen"]),
    ],
)
def test_a_condition_that_begins_like_an_option_is_one(
    proc: Path, run: Run, words: list[str], meant: list[str]
) -> None:
    assert run("--once", *words) == run("--once", *meant)
    assert run("--once", *words).status == 0


def test_what_looks_like_a_condition_but_has_no_known_key_is_said_once(proc: Path, run: Run) -> None:
    result = run("--once", "foo=bar", "or", "tcp")
    assert result.out[1:]
    assert result.err == ["netwatch-tui: filter: no key of this name: foo; searched as text"]


def test_who_waited_in_vain_is_told_what_for(proc: Path, run: Run) -> None:
    result = run("--wait-for", "ngnix", "--timeout", "0")
    assert result.status == 1
    assert result.err == ["netwatch-tui: no socket matches the filter; searched as text: ngnix"]


@pytest.mark.parametrize(("asked", "is_told"), [(None, False), ("always", True)])
def test_warnings_of_the_interpreter_reach_only_who_asks_for_them(asked: str | None, *, is_told: bool) -> None:
    program = (
        "import sys; from netwatch_tui import cli; sys.argv = ['netwatch-tui']\n"
        "async def never_awaited(): pass\n"
        "def main(): never_awaited(); return 0\n"
        "cli.main = main; cli.entry()"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    environment |= {} if asked is None else {"PYTHONWARNINGS": asked}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ("never awaited" in done.stderr) is is_told
