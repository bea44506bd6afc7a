"""Paths with delay and loss between two namespaces: what is measured there, and which rules it breaks."""

from __future__ import annotations

import os
import socket as net
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.collect import flows
from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.sockets.flow_rules import LATE, LOSING, LOST_SEGMENTS
from netwatch_tui.sockets.health import NO_ANSWER, Rule
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import Child, Netns, linux_source
from tests.support.kernel_transfer import move
from tests.support.kernel_wire import ADDRESSES

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _reads_in_every_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not only when it is cheap."""
    monkeypatch.setattr(flows._Pace, "is_due", lambda *_: True)


@pytest.fixture(scope="module")
def wire(here: Netns, there: Netns) -> Iterator[Child]:
    """A wire between the two namespaces."""
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun, which a shaped path is made of")
    with Child("tests.support.kernel_wire", here.name, there.name) as child:
        yield child


class Connection(ExitStack):
    """A connection over the wire, and somebody who looks at it."""

    def __init__(self, here: Netns, there: Netns) -> None:
        super().__init__()
        server = self.enter_context(_inside(here, lambda: net.create_server((ADDRESSES[0], 0))))
        port = server.getsockname()[1]
        self.client = self.enter_context(_inside(there, lambda: net.create_connection((ADDRESSES[0], port), PATIENCE)))
        self.peer = self.enter_context(server.accept()[0])
        self._collector = Collector(self.enter_context(linux_source()), namespaces="*", needs=Needs(flows_of_all=True))

    def look(self) -> Snapshot:
        return self._collector.collect(time.time())

    def rules(self, snapshot: Snapshot) -> dict[str, list[Rule]]:
        """What is wrong at both ends, and that nothing else is wrong."""
        both = {end: self.row(snapshot, end).id for end in ("client", "peer")}
        assert snapshot.findings.keys() <= set(both.values())
        return {end: [each.rule for each in snapshot.findings.get(id, ())] for end, id in both.items()}

    def row(self, snapshot: Snapshot, end: str) -> Socket:
        inode = os.fstat(getattr(self, end).fileno()).st_ino
        return next(each for each in snapshot.sockets if each.inode == inode)


def _inside(netns: Netns, make: Callable[[], net.socket]) -> net.socket:
    file = os.open(f"/run/netns/{netns.name}", os.O_RDONLY)
    try:
        return run_inside(file, make)
    finally:
        os.close(file)


def test_a_delay_is_measured_and_breaks_no_rule(wire: Child, here: Netns, there: Netns) -> None:
    wire.ask({"delay": 0.1, "lose": 0})
    with Connection(here, there) as path:
        for _ in range(5):
            move(path.client, path.peer, 1)
            move(path.peer, path.client, 1)
        snapshot = path.look()
        flow = snapshot.flows[path.row(snapshot, "client").id]
        assert flow.rtt_min == pytest.approx(0.2, rel=0.1)
        assert flow.rtt is not None
        assert flow.rtt >= 0.18
        assert path.rules(snapshot) == {"client": [], "peer": []}


def test_losses_are_counted_and_found_at_the_end_that_sends(wire: Child, here: Netns, there: Netns) -> None:
    wire.ask({"delay": 0.001, "lose": 6})
    with Connection(here, there) as path:
        sent, deadline = 0, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            move(path.client, path.peer, 100_000)
            sent += 100_000
            snapshot = path.look()
            flow = snapshot.flows[path.row(snapshot, "client").id]
            if (flow.counters.retrans_total or 0) >= LOST_SEGMENTS:
                break
        assert flow.bytes_out == sent
        assert flow.counters.bytes_retrans
        assert flow.retrans_share
        assert snapshot.flows[path.row(snapshot, "peer").id].bytes_in == sent
        assert path.rules(snapshot) == {"client": [LOSING], "peer": []}


def test_a_queue_on_the_way_is_found(wire: Child, here: Netns, there: Netns) -> None:
    wire.ask({"delay": 0.001, "lose": 0})
    with Connection(here, there) as path:
        move(path.client, path.peer, 10)
        snapshot = path.look()
        assert path.rules(snapshot) == {"client": [], "peer": []}
        wire.ask({"delay": 0.25, "lose": 0})
        deadline = time.monotonic() + PATIENCE
        while path.rules(snapshot) != {"client": [LATE], "peer": []} and time.monotonic() < deadline:
            move(path.client, path.peer, 10)
            snapshot = path.look()
        assert path.rules(snapshot) == {"client": [LATE], "peer": []}


def test_a_path_that_is_down_is_found(wire: Child, here: Netns, there: Netns) -> None:
    wire.ask({"delay": 0.0, "lose": 0})
    with Connection(here, there) as path:
        move(path.client, path.peer, 10)
        wire.ask({"delay": 0.0, "lose": 1})
        path.client.send(b"x" * 1000)
        deadline = time.monotonic() + PATIENCE
        snapshot = path.look()
        while not snapshot.findings and time.monotonic() < deadline:
            time.sleep(0.05)
            snapshot = path.look()
        assert path.rules(snapshot) == {"client": [NO_ANSWER], "peer": []}


# --- nothing is found where nothing is wrong, in the namespace in which the tests run ---


@pytest.fixture
def pairs() -> Iterator[Callable[[int], list[tuple[net.socket, net.socket]]]]:
    """Makes connections on loopback."""
    with ExitStack() as stack:

        def make(count: int) -> list[tuple[net.socket, net.socket]]:
            server = stack.enter_context(net.create_server(("127.0.0.1", 0), backlog=16))
            found = []
            for _ in range(count):
                client = stack.enter_context(net.create_connection(server.getsockname()))
                found.append((client, stack.enter_context(server.accept()[0])))
            return found

        yield make


def test_nothing_is_wrong_with_loopback_at_full_speed(
    pairs: Callable[[int], list[tuple[net.socket, net.socket]]],
) -> None:
    ((client, peer),) = pairs(1)
    is_over = threading.Event()

    def read() -> None:
        while peer.recv(1 << 18):
            pass

    def write() -> None:
        block = bytes(1 << 18)
        while not is_over.is_set():
            client.sendall(block)
        client.shutdown(net.SHUT_WR)

    threads = [threading.Thread(target=each) for each in (read, write)]
    with linux_source() as source:
        collector = Collector(source, needs=Needs(flows_of_all=True))
        for thread in threads:
            thread.start()
        try:
            sent = 0.0
            for tick in range(8):
                snapshot = collector.collect(1_000_000.0 + tick)
                assert snapshot.findings == {}
                sent = max(flow.bytes_out or 0 for flow in snapshot.flows.values())
        finally:
            is_over.set()
            for thread in threads:
                thread.join(PATIENCE)
    assert sent > 1 << 20


def test_nothing_is_wrong_with_quiet_connections_for_five_minutes(
    pairs: Callable[[int], list[tuple[net.socket, net.socket]]],
) -> None:
    held = pairs(100)
    for client, peer in held[::10]:
        move(client, peer, 5_000)
    with linux_source() as source:
        collector = Collector(source, needs=Needs(flows_of_all=True))
        for tick in range(0, 301, 60):
            snapshot = collector.collect(1_000_000.0 + tick)
            assert snapshot.findings == {}
        assert len(snapshot.flows) == 200
