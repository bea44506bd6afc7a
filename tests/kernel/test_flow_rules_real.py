"""The rules over several sockets and over counters, each with real sockets that break it, and with it alone."""

from __future__ import annotations

import os
import socket as net
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import pytest

from netwatch_tui.collect import flows
from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.sockets.flow_rules import DROPPING, GIVING_UP, OVERFLOWING, PORTS_EXHAUSTED
from netwatch_tui.sockets.health import (
    ACCEPT_QUEUE_FULL,
    SYN_UNANSWERED,
    WINDOW_SHUT_AFTER,
    ZERO_WINDOW,
    Rule,
)
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from tests.support.kernel import Child, Netns, linux_source, new_netns
from tests.support.kernel_transfer import fill_for_good, move
from tests.support.kernel_wire import ADDRESSES, DEVICE

PATIENCE = 20.0
HOST = "127.0.0.1"
PORTS = 1_500
"""Those that may be chosen in the namespace; `PORTS_USED` of them are more than `flow_health.SMALLEST_RANGE`."""


@pytest.fixture(autouse=True)
def _reads_in_every_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not only when it is cheap."""
    monkeypatch.setattr(flows._Pace, "is_due", lambda *_: True)


class Place(ExitStack):
    """Sockets in a namespace, and somebody who looks at it."""

    def __init__(self, netns: Netns) -> None:
        super().__init__()
        self._netns = netns

    def __enter__(self) -> Self:
        self._file = os.open(f"/run/netns/{self._netns.name}", os.O_RDONLY)
        self.callback(os.close, self._file)
        source = self.enter_context(linux_source())
        self._collector = Collector(source, namespaces=self._netns.name, needs=Needs(flows_of_all=True))
        return self

    def socket(self, make: Callable[[], net.socket]) -> net.socket:
        return self.enter_context(run_inside(self._file, make))

    def write(self, name: str, text: str) -> None:
        """Set something below `/proc/sys`, of which a thread sees that of its namespace."""
        run_inside(self._file, lambda: Path("/proc/sys", name).write_text(text))

    def look(self, later: float = 0.0) -> Snapshot:
        """One tick, by a clock that is so many seconds ahead."""
        return self._collector.collect(time.time() + later)

    def until(self, rule: Rule, act: Callable[[], None] = lambda: None) -> Snapshot:
        """Look until something breaks a rule, for some time."""
        deadline = time.monotonic() + PATIENCE
        while rule not in rules(snapshot := self.look()) and time.monotonic() < deadline:
            act()
            time.sleep(0.02)
        return snapshot


def rules(snapshot: Snapshot) -> list[Rule]:
    """All that is wrong anywhere."""
    return [finding.rule for found in snapshot.findings.values() for finding in found]


def broken_by(snapshot: Snapshot, held: net.socket) -> list[Rule]:
    """What is wrong with an open socket."""
    return [finding.rule for finding in snapshot.findings.get(row(snapshot, held).id, ())]


def row(snapshot: Snapshot, held: net.socket) -> Socket:
    """An open socket as it was seen."""
    inode = os.fstat(held.fileno()).st_ino
    (found,) = (socket for socket in snapshot.sockets if socket.inode == inode)
    return found


def timer(snapshot: Snapshot, held: net.socket) -> str:
    """Which timer of an open socket runs."""
    runs = row(snapshot, held).timer
    return runs.name if runs else ""


@pytest.fixture
def place(may_make_namespaces: None) -> Iterator[Place]:
    with new_netns("rules") as netns, Place(netns) as made:
        yield made


def test_dropped_connections_are_told_of_the_queue_that_is_full(place: Place) -> None:
    full, other = (place.socket(lambda: net.create_server((HOST, 0), backlog=0)) for _ in range(2))

    def call() -> None:
        caller = place.socket(net.socket)
        caller.setblocking(False)
        caller.connect_ex(full.getsockname())

    call()
    assert OVERFLOWING not in rules(place.look())
    snapshot = place.until(OVERFLOWING, call)
    assert OVERFLOWING in broken_by(snapshot, full)
    assert broken_by(snapshot, other) == []
    assert set(rules(snapshot)) <= {OVERFLOWING, ACCEPT_QUEUE_FULL, SYN_UNANSWERED}
    assert rules(snapshot).count(OVERFLOWING) == 1


def test_ports_that_run_short_are_told_of_the_peer_that_takes_them(place: Place) -> None:
    place.write("net/ipv4/ip_local_port_range", f"20000 {20000 + PORTS - 1}")
    place.write("net/ipv4/tcp_tw_reuse", "0")
    listeners = [place.socket(lambda: net.create_server((HOST, 0), backlog=64)) for _ in range(2)]
    busy, quiet = (listener.getsockname() for listener in listeners)

    def connect(end: tuple[str, int]) -> None:
        client = place.socket(net.socket)
        client.connect(end)
        peer, _ = listeners[end == quiet].accept()
        client.close()  # first, so that TIME-WAIT is at its end
        peer.close()

    for _ in range(20):
        connect(quiet)
    for _ in range(1_100):
        connect(busy)
    assert rules(place.look()) == []
    for _ in range(200):
        connect(busy)
    snapshot = place.look()
    assert rules(snapshot) == [PORTS_EXHAUSTED]
    (id,) = snapshot.findings
    (told,) = (socket for socket in snapshot.sockets if socket.id == id)
    assert (told.state, told.peer.text, told.peer_port) == (State.TIME_WAIT, *busy)


def test_datagrams_that_are_dropped_are_told_of_who_does_not_read(place: Place) -> None:
    def bound() -> net.socket:
        made = net.socket(net.AF_INET, net.SOCK_DGRAM)
        made.setsockopt(net.SOL_SOCKET, net.SO_RCVBUF, 2048)
        made.bind((HOST, 0))
        return made

    slow, diligent, sender = (place.socket(bound) for _ in range(3))

    def send() -> None:
        for _ in range(20):
            sender.sendto(bytes(500), slow.getsockname())
            sender.sendto(bytes(500), diligent.getsockname())
            diligent.recv(500)

    assert rules(place.look()) == []
    snapshot = place.until(DROPPING, send)
    assert broken_by(snapshot, slow) == [DROPPING]
    assert rules(snapshot) == [DROPPING]


def test_a_window_that_stays_shut_is_told_of_the_end_that_waits(place: Place) -> None:
    server = place.socket(lambda: net.create_server((HOST, 0)))
    client, other = (place.socket(lambda: net.create_connection(server.getsockname())) for _ in range(2))
    reader, other_reader = (place.enter_context(server.accept()[0]) for _ in range(2))
    move(other, other_reader, 100_000)
    reader.setblocking(False)
    fill_for_good(client)
    snapshot = place.look()
    assert timer(snapshot, client) == "persist"
    assert rules(snapshot) == []
    snapshot = place.look(WINDOW_SHUT_AFTER + 1)
    assert broken_by(snapshot, client) == [ZERO_WINDOW]
    assert rules(snapshot) == [ZERO_WINDOW]
    assert snapshot.findings.keys() == {row(snapshot, client).id}
    with suppress(BlockingIOError):
        while True:
            reader.recv(1 << 20)
    snapshot = place.look(WINDOW_SHUT_AFTER + 2)
    assert ZERO_WINDOW not in rules(snapshot)


def test_keepalives_without_an_answer_are_told_of_the_end_that_sends_them(here: Netns, there: Netns) -> None:
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun, of which the link is made that is cut")
    with Child("tests.support.kernel_wire", here.name, there.name) as wire, Place(here) as place, Place(there) as other:
        wire.ask({"delay": 0.0, "lose": 0})
        server = place.socket(lambda: net.create_server((ADDRESSES[0], 0)))
        client = other.socket(lambda: net.create_connection(server.getsockname(), PATIENCE))
        peer = place.enter_context(server.accept()[0])
        move(client, peer, 10)
        for option, seconds in ((net.TCP_KEEPIDLE, 1), (net.TCP_KEEPINTVL, 1), (net.TCP_KEEPCNT, 9)):
            client.setsockopt(net.IPPROTO_TCP, option, seconds)
        client.setsockopt(net.SOL_SOCKET, net.SO_KEEPALIVE, 1)
        assert rules(other.look()) == []
        cut = ["ip", "-n", here.name, "addr", "del", f"{ADDRESSES[0]}/30", "dev", DEVICE]  # the peer is gone, silently
        subprocess.run(cut, check=True)
        snapshot = other.until(GIVING_UP)
        assert broken_by(snapshot, client) == [GIVING_UP]
        assert rules(snapshot) == [GIVING_UP]
        assert rules(place.look()) == []
