"""Other machines as a person and a script follow them, by an `ssh` that goes no further than this machine."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket as net
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwatch_tui.recording.reader import open_recording
from tests.support.program import PATIENCE, PROGRAM, run, running, wait_until
from tests.support.schema import errors_of, validate
from tests.support.terminal import Terminal

#: The last word is the command, that before it the host. What it starts is to be found again by its environment.
SSH = """#!/bin/sh
for word; do host=$last; last=$word; done
case $host in down*) echo "ssh: connect to host $host port 22: Connection refused" >&2; exit 255;; esac
MARKED_BY_TEST={mark} exec sh -c "$last"
"""


class Machines:
    """Names for this machine, and what runs on it under them."""

    def __init__(self, mark: str) -> None:
        self._mark = f"MARKED_BY_TEST={mark}".encode()

    def running(self) -> list[int]:
        """The processes that were started there and are still there."""
        return [int(each) for each in os.listdir("/proc") if each.isdigit() and self._is_marked(each)]

    def _is_marked(self, pid: str) -> bool:
        try:
            return self._mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is another user's
            return False


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(SSH.format(mark=mark))
    ssh.chmod(0o700)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    found = Machines(mark)
    yield found
    wait_until(lambda: not found.running())


@pytest.fixture
def listener() -> Iterator[net.socket]:
    with net.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.usefixtures("machines")
def test_one_snapshot_has_every_machine_that_answers_and_names_those_that_do_not(listener: net.socket) -> None:
    port = listener.getsockname()[1]
    hosts = ("--host", "web[01-02]", "--host", "down03")
    done = run("--once", "-f", "json", *hosts, f"local_port:{port}")
    assert done.returncode == 1
    assert done.stderr == "netwatch-tui: down03: connect to host down03 port 22: Connection refused\n"
    document = json.loads(done.stdout)
    validate(document)
    assert [each["host"] for each in document["sockets"]] == ["web01", "web02"]
    assert {own["pid"] for each in document["sockets"] for own in each["owners"]} == {os.getpid()}
    assert len({each["netns"] for each in document["sockets"]}) == 1
    alone = run("--once", "-f", "json", "--host", "web01", f"local_port:{port}")
    document = json.loads(alone.stdout)
    assert (alone.returncode, alone.stderr, document["host"]) == (0, "", "web01")
    assert "host" not in document["sockets"][0]
    table = run("--once", "--host", "web[01-02]", f"host:web02 local_port:{port}").stdout.splitlines()
    assert table[0].split()[:2] == ["Host", "Netid"]
    assert [line.split()[0] for line in table[1:]] == ["web02"]


@pytest.mark.usefixtures("machines")
def test_what_holds_a_socket_there_is_listed_and_then_ended_there_only_if_it_is_confirmed() -> None:
    serve = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    command = [sys.executable, "-c", serve]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        port = int(server.stdout.readline())
        hosts = ("--host", "web[01-02]", "--host", "down03")
        listed = run("--kill", "HUP", *hosts, f"local_port:{port}")
        hits = list(map(json.loads, listed.stdout.splitlines()))
        assert listed.returncode == 3
        assert [(hit["host"], hit["pid"], hit["signal"], hit["done"]) for hit in hits] == [
            ("web01", server.pid, "HUP", False),
            ("web02", server.pid, "HUP", False),
        ]
        assert listed.stderr.splitlines()[0].startswith("netwatch-tui: down03: connect to host down03")
        assert listed.stderr.splitlines()[1] == "netwatch-tui: nothing was done; --yes would hit 2 of 2"
        assert server.poll() is None
        closed = run("--close", "-l", "--host", "web02", f"local_port:{port}")
        assert [hit["host"] for hit in map(json.loads, closed.stdout.splitlines())] == ["web02"]
        done = run("--kill", "--host", "web02", f"local_port:{port}", "--yes")
        (hit,) = map(json.loads, done.stdout.splitlines())
        assert (done.returncode, done.stderr, hit["host"], hit["done"]) == (0, "", "web02", True)
        assert server.wait(PATIENCE) == -signal.SIGTERM


def test_watch_tells_on_which_machine_a_connection_opened(machines: Machines, listener: net.socket) -> None:
    with running("--watch", "--interval", "0.1", "-t", "--host", "web[01-02]") as program:
        seen: set[str] = set()
        end = time.monotonic() + PATIENCE
        while seen != {"web01", "web02"} and time.monotonic() < end:
            with net.create_connection(listener.getsockname()) as client:
                event = program.about(client.getsockname()[1], 1.0)
            listener.accept()[0].close()
            if event is not None:
                assert not errors_of(event, "event")
                seen.add(event["host"])
        assert seen == {"web01", "web02"}
        assert machines.running()
        assert program.end(signal.SIGINT) == 0


@pytest.mark.usefixtures("machines")
def test_a_recording_of_several_machines_is_replayed_with_them(tmp_path: Path, listener: net.socket) -> None:
    port, file = listener.getsockname()[1], tmp_path / "it.gz"
    assert run("--record", file, "--host", "web[01-02]", "--for", "4").returncode == 0
    last = list(open_recording(str(file)))[-1]
    assert [host.name for host in last.hosts.values()] == ["web01", "web02"]
    done = run("--replay", file, "--once", "-f", "csv", f"local_port:{port}")
    assert [row["host"] for row in csv.DictReader(done.stdout.splitlines())] == ["web01", "web02"]


def test_the_screen_shows_them_and_nothing_is_left_when_it_ends(machines: Machines, listener: net.socket) -> None:
    port = listener.getsockname()[1]
    command = [PROGRAM, "--fresh", "--host", "web[01-02]", "--host", "down03", f"local_port:{port}"]
    with Terminal(command) as terminal:
        terminal.wait_for(lambda rows: "2 of 3 hosts live" in rows[0], "two machines that are live")
        rows = terminal.wait_for(lambda rows: sum(f":{port}" in row for row in rows) >= 2, "a row of each")
        assert {row.split()[0] for row in rows if f"127.0.0.1:{port} " in row} == {"web01", "web02"}
        terminal.wait_for(
            lambda rows: any(row.startswith("2 of 3 hosts live; down03 ") and "connect to" in row for row in rows),
            "why the third one is not",
        )
        assert machines.running()
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_what_names_no_machine_is_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "hosts"
    empty.write_text("# none yet\n")
    done = run("--once", "--hosts", empty)
    assert (done.returncode, done.stderr) == (2, f"netwatch-tui: {empty} names no host\n")
    done = run("--once", "--hosts", tmp_path / "nowhere")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
