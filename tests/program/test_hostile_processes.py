"""Processes that make themselves hard to read: the program shows all the others, and says what it could not read."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.kernel.limits import ARGUMENTS, COMMAND_LINE, NAME
from netwatch_tui.kernel.process_names import ProcessNames
from netwatch_tui.kernel.processes import Processes
from tests.support.program import PATIENCE, PROGRAM, run

LISTEN = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
def ready():
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@contextmanager
def listening(code: str, *argv: str, **more: Any) -> Iterator[tuple[int, int]]:
    """A process with a listening socket, which runs this code; its pid and its port."""
    command = [sys.executable, "-S", "-c", f"{LISTEN}\n{code}\nready()", *argv]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more) as process:
        assert process.stdout
        yield process.pid, int(process.stdout.readline())
        process.kill()


def owners(port: int, *argv: str) -> tuple[Any, str]:
    """The owners of the socket at this port as `--once` prints them, and what is said on standard error."""
    done = run("--once", "--format", "json", "-tln", *argv, f"port:{port}")
    assert done.returncode == 0
    (socket,) = json.loads(done.stdout)["sockets"]
    return socket["owners"], done.stderr


def test_a_file_on_a_path_longer_than_a_page_costs_one_descriptor(tmp_path: Path) -> None:
    deep = """
import os
for _ in range(30):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
file = open("f", "w")
"""
    with listening(deep, cwd=tmp_path) as (pid, port):
        found, said = owners(port)
    assert [owner["pid"] for owner in found] == [pid]
    assert said == "netwatch-tui: 1 descriptor could not be read: file name too long\n"


def test_a_socket_behind_thousands_of_descriptors_and_a_long_command_line_is_told_in_a_few_hundred_kilobytes() -> None:
    duplicated = """
import os
for _ in range(3000):
    os.dup(listener.fileno())
"""
    with listening(duplicated, *(900 * ["1234567"])) as (pid, port):
        found, _ = owners(port)
    assert {owner["pid"] for owner in found} == {pid}
    assert len(found) == 3_001
    assert len(found[0]["cmdline"]) > 900
    assert len(json.dumps(found)) < 2_000_000, "24 million, if each descriptor told the whole of it"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may look into the namespaces of others")
def test_namespaces_that_any_user_makes_take_no_more_descriptors_than_there_may_be() -> None:
    made = """
import ctypes, os
unshare, (read, tell) = ctypes.CDLL(None).unshare, os.pipe()
for _ in range(150):
    if os.fork() == 0:
        os.setresuid(65534, 65534, 65534)
        failed = unshare(0x10000000 | 0x40000000)  # CLONE_NEWUSER, CLONE_NEWNET
        os.write(tell, b"x" if failed else b".")
        sys.stdin.read()
        os._exit(0)
made = b"".join(os.read(read, 1) for _ in range(150))
print(made.count(b"."), flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", f"import sys\n{made}\nsys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        if int(process.stdout.readline()) < 150:
            pytest.skip("users may not make namespaces here")
        done, limited = (
            subprocess.run(
                ["sh", "-c", f'ulimit {most}; exec "$@"', "sh", PROGRAM, "--once", "--all-namespaces", "-tln"],
                capture_output=True, text=True, check=False, timeout=PATIENCE,
            )
            for most in ("-Sn 100", "-n 256")
        )  # fmt: skip
        process.kill()
    assert (done.returncode, done.stderr) == (0, "")
    assert limited.returncode == 0
    assert re.fullmatch(
        r"netwatch-tui: 1\d\d network namespaces are not read: no descriptors are left for more\n", limited.stderr
    )


@contextmanager
def with_arguments(*argv: bytes) -> Iterator[int]:
    """A process with these arguments, the name of the program among them, however many bytes they are."""

    def allow() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (64 * 1024 * 1024, resource.RLIM_INFINITY))

    # The shell builtin ends when its input does; arguments behind it are only looked at by who reads them.
    command = [argv[0], b"-S", b"-c", b"print(flush=True); input()", *argv[1:]]
    with subprocess.Popen(
        command,
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=allow,  # noqa: PLW1509 -- there are no threads
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_of_a_command_line_of_megabytes_the_beginning_is_kept_and_the_cut_is_marked() -> None:
    with with_arguments(b"python", *[b"x" * 100_000] * 50) as pid:
        found = Processes("/proc").read(pid)
    assert found
    assert found.cmdline[:3] == ("python", "-S", "-c")
    assert found.cmdline[-1].endswith("x…")
    assert COMMAND_LINE - 10 < sum(map(len, found.cmdline)) <= COMMAND_LINE


def test_of_thousands_of_arguments_the_first_are_kept() -> None:
    with with_arguments(b"python", *[b"x"] * 5_000) as pid:
        found = Processes("/proc").read(pid)
    assert found
    assert len(found.cmdline) == ARGUMENTS
    assert found.cmdline[-1] == "x…"


def test_a_short_command_line_is_whole() -> None:
    with with_arguments(b"python", b"", b"a b", b"\xff") as pid:
        found = Processes("/proc").read(pid)
    assert found
    assert found.cmdline == ("python", "-S", "-c", "print(flush=True); input()", "", "a b", "\udcff")


def test_a_name_is_no_longer_than_a_file_can_have_however_long_the_first_argument_is() -> None:
    called = "python-is-called-" + "é" * 50_000
    with with_arguments(called.encode()) as pid:
        for reader in (ProcessNames(), Processes("/proc")):
            found = reader.read(pid)
            assert found
            assert len(os.fsencode(found.name)) <= NAME


@pytest.mark.parametrize("most", [12, 16, 24])
def test_with_hardly_any_descriptors_to_spare_it_prints_or_says_why(most: int) -> None:
    done = subprocess.run(
        [PROGRAM, "--once"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout or done.stderr.startswith("netwatch-tui: ")


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    """Python itself looks there for the package before any of its code can run, but for nothing that comes later."""
    for name in ("json", "argparse", "marshal", "psutil", "textual"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(f'{__name__} from the current folder')\n")
    done = subprocess.run(
        [sys.executable, "-m", "netwatch_tui", "--once", "-H"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["/proc/stat", "/etc/passwd", "/etc/services", "/proc/self/mountinfo"])
@pytest.mark.parametrize("with_what", ["nothing", "nonsense"])
def test_without_a_file_of_the_machine_it_shows_what_the_others_tell(
    tmp_path: Path, missing: str, with_what: str
) -> None:
    if os.geteuid():
        pytest.skip("only root can hide a file")
    instead = tmp_path / "instead"
    instead.write_bytes(b"" if with_what == "nothing" else b"\xff:\0 - btime x\n" * 50)
    hide = 'mount --bind "$0" "$1" && shift && exec "$@"'
    program = [PROGRAM, "--once", "--format", "json", "-tln"]
    with listening("") as (pid, port):
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", hide, str(instead), missing, *program, f"port:{port}"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    ((found,),) = [socket["owners"] for socket in json.loads(done.stdout)["sockets"]]
    assert found["pid"] == pid
    assert found["started_at"] is not None
