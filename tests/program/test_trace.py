"""`--trace` as a person or a script starts it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket as net
import subprocess
import termios
import threading
from array import array
from collections.abc import Iterator
from typing import IO

import pytest

from tests.support.program import PATIENCE, PROGRAM, run, running, wait_until
from tests.support.schema import errors_of
from tests.support.tracing import why_no_trace

can_trace = pytest.mark.skipif(bool(why_no_trace()), reason=f"can't trace: {why_no_trace()}")


@pytest.fixture
def port() -> Iterator[int]:
    """That of a listener of this process."""
    with net.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def use_sockets(stop: threading.Event, port: int) -> None:
    """Connect until it is enough."""
    while not stop.wait(0.01):
        net.create_connection(("127.0.0.1", port)).close()


@pytest.fixture
def busy(port: int) -> Iterator[int]:
    """A thread of this process connects to the listener again and again."""
    stop = threading.Event()
    thread = threading.Thread(target=use_sockets, args=(stop, port))
    thread.start()
    yield port
    stop.set()
    thread.join()


@can_trace
def test_calls_are_lines_until_it_is_interrupted(busy: int) -> None:
    with running("--trace", os.getpid()) as program:
        while f"127.0.0.1:{busy}) = 0 <" not in (line := program.line()):
            assert line
        assert f"[{os.getpid()}/" in line
        assert program.end(signal.SIGINT) == 0
        assert f"tracing process {os.getpid()}, whose calls take longer meanwhile" in program.complaints


@can_trace
def test_calls_are_objects_of_those_who_hold_the_sockets_of_a_filter(busy: int) -> None:
    done = run("--trace", f"sport = :{busy}", "-f", "ndjson", "--for", "0.5s")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    calls = [each for each in objects if each["trace"] == "call"]
    assert [error for call in calls for error in errors_of(call, "call")] == []
    connects = [call for call in calls if call["call"] == "connect"]
    assert connects
    assert {call["pid"] for call in calls} == {os.getpid()}
    assert connects[0]["end"] == {"address": "127.0.0.1", "port": busy}


@can_trace
def test_it_ends_with_what_it_traces() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child, running("--trace", child.pid) as program:
        assert program.process.stderr
        assert b"tracing process" in program.process.stderr.readline()
        child.kill()
        assert program.process.wait(PATIENCE) == 0


def test_what_can_not_be_traced_is_said_in_a_line() -> None:
    done = run("--trace", "4194304")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    done = run("--trace", "process:there-is-none-of-this-name")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no process to trace holds such a socket" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("-f", "json"), ("-f", "csv"), ("port:80",), ("-t",), ("-l",), ("--once",), ("--watch",), ("--record", "x"),
     ("--replay", "x"), ("--columns", "pid"), ("--interval", "1"), ("-N", "1")],
)  # fmt: skip
def test_what_makes_no_sense_with_a_process_is_refused(words: tuple[str, ...]) -> None:
    done = run("--trace", "1", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--trace" in done.stderr


def test_a_wrong_filter_is_told_with_the_place() -> None:
    done = run("--trace", "port:")
    assert done.returncode == 2
    assert "^" in done.stderr


@can_trace
def test_that_the_end_could_not_be_printed_is_told() -> None:
    """The reader has stopped reading, and does not go away."""
    stop = threading.Event()

    def make_sockets() -> None:
        while not stop.is_set():
            net.socket().close()

    thread = threading.Thread(target=make_sockets)
    thread.start()
    try:
        command = [PROGRAM, "--trace", str(os.getpid())]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            wait_until(lambda: waiting_in(program.stdout) > 60_000)
            program.send_signal(signal.SIGINT)
            assert program.wait(PATIENCE) == 1
            assert program.stderr
            assert b"the last calls are not printed" in program.stderr.read()
    finally:
        stop.set()
        thread.join()


def waiting_in(pipe: IO[bytes] | None) -> int:
    """Bytes that nobody has read yet."""
    assert pipe
    found = array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, found)
    return found[0]
