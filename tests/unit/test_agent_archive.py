from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import netwatch_tui
from netwatch_tui.hosts import agent_archive as made
from netwatch_tui.hosts.agent_archive import ENTRY, agent_archive, needed_modules
from netwatch_tui.hosts.wire_format import (
    FITS,
    PROTOCOL,
    REMOTE_END,
    About,
    Ask,
    Follow,
    decode_answer,
    encode_order,
)
from netwatch_tui.recording.reader import Recording
from netwatch_tui.sockets.needs import Needs
from tests.support.program import PATIENCE, PROGRAM

PACKAGE = Path(netwatch_tui.__file__).parent
SOURCE = PACKAGE.parent

#: What is sent to machines on which nobody installed anything is this program and the standard library.
CHECK = """
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
foreign = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(*sorted(foreign))
"""


def test_it_is_small_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    archive = agent_archive()
    assert len(archive) < 400_000
    made._made.cache_clear()
    copy = tmp_path / "netwatch_tui"  # as a wheel is installed: no checkout around it, and other times of the files
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
    assert made._made(copy) == archive


def test_every_file_of_it_is_one_that_anybody_may_read_and_of_no_time() -> None:
    with zipfile.ZipFile(io.BytesIO(agent_archive())) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {stat.filemode(entry.external_attr >> 16) for entry in packed.infolist()} == {"-rw-r--r--"}
        assert packed.testzip() is None


def test_what_it_imports_is_in_it_and_the_standard_library(tmp_path: Path) -> None:
    file = tmp_path / "agent.pyz"
    file.write_bytes(agent_archive())
    modules = sorted(name for name in needed_modules(PACKAGE) if name != "netwatch_tui.kernel.processes")
    assert ENTRY in modules
    command = [sys.executable, "-I", "-S", "-c", CHECK, str(file), *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("netwatch_tui\n", "")


def test_a_python_alone_runs_it_and_what_it_sends_is_a_recording(tmp_path: Path) -> None:
    file = tmp_path / "agent.pyz"
    file.write_bytes(agent_archive())
    command = [sys.executable, "-I", "-S", str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as agent:
        assert agent.stdin
        assert agent.stdout
        assert agent.stderr
        orders = (Follow(interval=0.05, needs=Needs(of_process_details=True)), Ask(7, About.DETAILS, os.getpid()))
        agent.stdin.write(b"".join([encode_order(order) for order in orders]))
        agent.stdin.flush()
        lines = [agent.stdout.readline()]
        answers: list[bytes] = []
        while len(lines) < 4 or not answers:
            line = agent.stdout.readline()
            (answers if line.startswith(b'{"answer":') else lines).append(line)
        agent.stdin.close()
        assert agent.wait(PATIENCE) == 0
        assert agent.stderr.read() == b""
    recording = Recording(iter(lines), "the agent")
    first, *more = recording
    assert recording.host == os.uname().nodename
    assert len(more) == len(lines) - 2
    assert first.delta.is_empty
    (answer,) = map(decode_answer, answers)
    assert answer.number == 7
    assert answer.told["exe"] == os.readlink("/proc/self/exe")


def test_it_ends_when_nobody_reads_it() -> None:
    command = [PROGRAM, REMOTE_END]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as agent:
        assert agent.stdin
        assert agent.stdout
        assert agent.stderr
        agent.stdin.write(encode_order(Follow(interval=0.05)))
        agent.stdin.flush()
        assert json.loads(agent.stdout.readline())["netwatch-tui"] == "recording"
        agent.stdout.close()
        assert agent.wait(PATIENCE) == 0
        assert agent.stderr.read() == b""


def test_what_is_no_order_is_said_once_and_costs_nothing() -> None:
    command = [PROGRAM, REMOTE_END]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as agent:
        told, said = agent.communicate(b"\x1b[2J\n" * 3 + encode_order(Ask(1, About.CLOCK)), timeout=PATIENCE)
    assert said.startswith(b"netwatch-tui: an order that is none: ")
    assert said.count(b"\n") == 1
    assert b'{"answer":1,' in told


def test_a_namespace_that_is_not_there_is_a_problem_and_shows_nothing() -> None:
    command = [PROGRAM, REMOTE_END]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
        assert agent.stdin
        assert agent.stdout
        agent.stdin.write(encode_order(Follow(namespaces="no-such")))
        agent.stdin.flush()
        lines = [agent.stdout.readline(), agent.stdout.readline()]
        while b"no network namespace" not in lines[-1]:  # the first tick may have been faster
            lines.append(agent.stdout.readline())
        agent.stdin.close()
    *_, last = Recording(iter(lines), "the agent")
    assert last.sockets == ()
    assert last.problems[-1].text.startswith("no network namespace 'no-such' can be seen; there are: ")


def test_print_agent_writes_it_to_a_pipe_or_a_file() -> None:
    done = subprocess.run([PROGRAM, "--print-agent"], capture_output=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, agent_archive(), b"")


def test_print_agent_refuses_a_terminal() -> None:
    ours, theirs = os.openpty()
    with open(ours, "rb"), open(theirs, "wb") as terminal:
        done = subprocess.run(
            [PROGRAM, "--print-agent"], stdout=terminal, stderr=subprocess.PIPE, check=False, timeout=PATIENCE
        )
    assert done.returncode == 2
    assert done.stderr == b"netwatch-tui: --print-agent writes a program in binary form: send it to a file or a pipe\n"


def test_an_installed_program_says_what_it_speaks() -> None:
    done = subprocess.run([PROGRAM, REMOTE_END, FITS], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{PROTOCOL}\n", "")
