"""What is wrong with real sockets, in a network namespace of their own; the clock is the test's."""

from __future__ import annotations

import os
import resource
import socket as net
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.collect.descriptor_watch import MANY
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.health import (
    ACCEPT_QUEUE_FULL,
    CLOSE_WAIT_LEAK,
    DESCRIPTORS_SHORT,
    LEAKED_AFTER,
    STALLED_AFTER,
    SYN_UNANSWERED,
    UNANSWERED_AFTER,
    ZERO_WINDOW,
    Finding,
    Rule,
)
from netwatch_tui.sockets.snapshot import Snapshot
from tests.support.kernel import Child, linux_source
from tests.support.kernel_transfer import fill_for_good


@pytest.fixture
def source() -> Iterator[LinuxSource]:
    with linux_source() as machine:
        yield machine


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def problems(snapshot: Snapshot, held: net.socket) -> list[Rule]:
    """What is wrong with an open socket."""
    inode = os.fstat(held.fileno()).st_ino
    (row,) = (socket for socket in snapshot.sockets if socket.inode == inode)
    return [finding.rule for finding in snapshot.findings.get(row.id, ())]


def pair(opened: ExitStack) -> tuple[net.socket, net.socket]:
    server = opened.enter_context(net.create_server(("127.0.0.1", 0)))
    client = opened.enter_context(net.create_connection(server.getsockname()))
    return client, opened.enter_context(server.accept()[0])


def test_a_full_accept_queue_and_the_call_that_it_leaves_unanswered(source: LinuxSource, opened: ExitStack) -> None:
    server = opened.enter_context(net.socket())
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    collector = Collector(source)
    assert problems(collector.collect(0.0), server) == []
    for _ in range(2):
        opened.enter_context(net.create_connection(server.getsockname()))
    unanswered = opened.enter_context(net.socket())
    unanswered.setblocking(False)
    unanswered.connect_ex(server.getsockname())
    snapshot = collector.collect(1.0)
    assert problems(snapshot, server) == [ACCEPT_QUEUE_FULL]
    assert problems(snapshot, unanswered) == []
    assert problems(collector.collect(1.0 + UNANSWERED_AFTER), unanswered) == [SYN_UNANSWERED]
    opened.enter_context(server.accept()[0])
    assert problems(collector.collect(2.0 + UNANSWERED_AFTER), server) != [ACCEPT_QUEUE_FULL]


def test_a_peer_that_reads_nothing_stalls_the_send_queue(source: LinuxSource, opened: ExitStack) -> None:
    client, reader = pair(opened)
    collector = Collector(source)
    collector.collect(0.0)
    fill_for_good(client)
    assert problems(collector.collect(1.0), client) == []
    snapshot = collector.collect(2.0 + STALLED_AFTER)
    assert (problems(snapshot, client), problems(snapshot, reader)) == ([ZERO_WINDOW], [])
    reader.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            reader.recv(1 << 20)
    assert problems(collector.collect(3.0 + STALLED_AFTER), client) == []


def test_a_descriptor_that_is_not_closed_after_the_peer_was(source: LinuxSource, opened: ExitStack) -> None:
    client, leaked = pair(opened)
    collector = Collector(source)
    collector.collect(0.0)
    client.close()
    assert problems(collector.collect(1.0), leaked) == []
    assert problems(collector.collect(1.0 + LEAKED_AFTER), leaked) == [CLOSE_WAIT_LEAK]


def test_what_is_quiet_breaks_no_rule(source: LinuxSource, opened: ExitStack, tmp_path: Path) -> None:
    ends = pair(opened)
    listening = opened.enter_context(net.socket(net.AF_UNIX))
    listening.bind(str(tmp_path / "it"))
    listening.listen()
    collector = Collector(source)
    collector.collect(0.0)
    snapshot = collector.collect(100_000.0)
    assert [problems(snapshot, held) for held in (*ends, listening)] == [[], [], []]


def test_an_owner_near_its_descriptor_limit(source: LinuxSource, opened: ExitStack) -> None:
    child = opened.enter_context(Child("tests.support.kernel_holder"))
    inode, _ = child.ask(["listen"])
    held = len(os.listdir(f"/proc/{child.pid}/fd"))
    collector = Collector(source)

    def found(now: float) -> list[Finding]:
        snapshot = collector.collect(now)
        (row,) = (socket for socket in snapshot.sockets if socket.inode == inode)
        return list(snapshot.findings.get(row.id, ()))

    wanted = MANY - held + 1
    for _ in range(wanted):
        child.ask(["udp"])
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    assert found(0.0) == []
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (held + wanted + 1, 1024))
    (finding,) = found(LOOK_ROUND_EVERY)
    figures = {"held": str(held + wanted), "limit": str(held + wanted + 1)}
    assert (finding.rule, finding.figures) == (DESCRIPTORS_SHORT, figures)
