"""`--watch --on`, as a script runs it."""

from __future__ import annotations

import json
import signal
import socket as net
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import State
from tests.support.build import owner, snapshot, tcp
from tests.support.program import run, running, wait_until_it_catches
from tests.support.recordings import record
from tests.support.schema import errors_of

THERE = tcp("10.0.0.5:22", "10.0.0.9:50001", id=1, inode=11, was_there=True)
NEW = tcp("10.0.0.5:22", "10.0.0.9:50002", id=2, inode=12, seen_at=1.0, owners=(owner(7, 3, "sshd"),))
OTHER = tcp("10.0.0.5:80", "10.0.0.9:50003", id=3, inode=13, seen_at=1.0)


def told(at: float, *sockets: Any, **parts: Any) -> Snapshot:
    return snapshot(*sockets, delta=Delta(**parts), taken_at=at)


def recording(folder: Path) -> str:
    """Two sockets open, and one of them and one that was there change."""
    late, closing = (each._replace(state=State.CLOSE_WAIT) for each in (NEW, THERE))
    path = folder / "recording"
    frames = [
        told(0.0, THERE),
        told(1.0, THERE, NEW, OTHER, opened=(NEW, OTHER)),
        told(2.0, closing, late, OTHER, changed=(Change(THERE, closing), Change(NEW, late))),
        told(3.0, closing, late, OTHER),
        told(4.0, closing, OTHER, closed=(late,)),
    ]
    path.write_bytes(record(frames))
    return str(path)


def events(*argv: object) -> list[tuple[str, str, int, str]]:
    """Rule, time, port of the peer and state of all that is printed."""
    done = run("--watch", *argv)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [errors_of(event, "event") for event in found] == [[]] * len(found)
    assert {(event["event"], event["was"]) for event in found} <= {("alert", None)}
    return [
        (event["rule"], event["time"][18:19], event["socket"]["peer_port"], event["socket"]["state"]) for event in found
    ]


def test_of_a_recording_only_what_begins_to_match_is_printed(tmp_path: Path) -> None:
    path = recording(tmp_path)
    assert events("--replay", path, "--on", "port:22") == [("port:22", "1", 50002, "ESTAB")]
    assert events("--replay", path, "--on", "state:close-wait") == [
        ("state:close-wait", "2", 50001, "CLOSE-WAIT"),
        ("state:close-wait", "2", 50002, "CLOSE-WAIT"),
    ]
    assert events("--replay", path, "--on", "age:>1.5s -port:22") == [("age:>1.5s -port:22", "3", 50003, "ESTAB")]
    assert events("--replay", path, "--on", "is:closed") == [("is:closed", "4", 50002, "CLOSE-WAIT")]


def test_several_filters_ring_each_for_itself_among_what_is_chosen_anyway(tmp_path: Path) -> None:
    path = recording(tmp_path)
    assert events("--replay", path, "--on", "state:estab", "--on", "process:sshd") == [
        ("state:estab", "1", 50002, "ESTAB"),
        ("state:estab", "1", 50003, "ESTAB"),
        ("process:sshd", "1", 50002, "ESTAB"),
    ]
    assert events("--replay", path, "port:80", "--on", "state:estab") == [("state:estab", "1", 50003, "ESTAB")]
    assert events("--replay", path, "-u", "--on", "state:estab") == []


def test_a_connection_rings_once_and_what_was_there_does_not() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(net.create_server(("127.0.0.1", 0)))
        port = server.getsockname()[1]
        stack.enter_context(net.create_connection(server.getsockname()))
        program = stack.enter_context(running("--watch", "--interval", "0.05", "--on", f"peer_port:{port}"))
        wait_until_it_catches(program.process.pid, signal.SIGALRM)
        for _ in range(100):  # until it has had its first tick, which tells of nothing
            client = stack.enter_context(net.create_connection(server.getsockname()))
            event = program.about(client.getsockname()[1], 2.0)
            if event is not None:
                break
        else:
            pytest.fail("it never rang")
        assert (event["event"], event["rule"]) == ("alert", f"peer_port:{port}")
        assert event["socket"]["owners"][0]["name"]
        assert errors_of(event, "event") == []
        ports = {event["socket"]["local_port"]}
        again = stack.enter_context(net.create_connection(server.getsockname()))
        while again.getsockname()[1] not in ports:
            port = json.loads(program.line())["socket"]["local_port"]
            assert port not in ports, "once each"
            ports.add(port)


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (("--once", "--on", "port:1"), "--on can't be used with --once"),
        (("--watch", "--on", "port:"), "filter: "),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(argv: tuple[str, ...], what: str) -> None:
    done = run(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"netwatch-tui: {what}")
