"""One row a socket, whatever names, devices and connects do: against the kernel, in namespaces of the test's own."""

from __future__ import annotations

import os
import socket as net
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.fields.format import local_text
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from tests.support.kernel import Netns, linux_source

DEADLINE = 10.0
"""Seconds within which the kernel has done what is waited for."""


class Place:
    """A namespace of the test: sockets are opened in it, and a collector looks at it from outside."""

    def __init__(self, netns: Netns, source: LinuxSource, stack: ExitStack) -> None:
        self._netns = netns
        self._stack = stack
        self.collector = Collector(source, namespaces=netns.name)
        self._now = 0.0

    def look(self) -> Snapshot:
        self._now += 1.0
        return self.collector.collect(self._now)

    def look_round(self) -> Snapshot:
        self._now += LOOK_ROUND_EVERY
        return self.collector.collect(self._now)

    def wait_for(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        end = time.monotonic() + DEADLINE
        while not condition(snapshot := self.look()):
            assert time.monotonic() < end, [local_text(each) for each in snapshot.sockets]
        return snapshot

    def socket(self, family: int, kind: int, protocol: int = 0) -> net.socket:
        file = os.open(f"/run/netns/{self._netns.name}", os.O_RDONLY)
        try:
            made = run_inside(file, lambda: net.socket(family, kind, protocol))
        finally:
            os.close(file)
        return self._stack.enter_context(made)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def place(here: Netns, stack: ExitStack) -> Iterator[Place]:
    with linux_source() as source:
        yield Place(here, source, stack)


@pytest.fixture
def other(there: Netns, stack: ExitStack) -> Iterator[Place]:
    with linux_source() as source:
        yield Place(there, source, stack)


def inode(held: net.socket) -> int:
    return os.fstat(held.fileno()).st_ino


def named(snapshot: Snapshot) -> dict[int, str]:
    return {socket.inode: socket.local.text for socket in snapshot.sockets if socket.netid.startswith("u_")}


# --- names of unix sockets ---

FORGED = "0000000000000000: 00000002 00000000 00010000 0001 01 4294967295 @forged"


def test_a_name_with_a_newline_forges_no_row_and_hides_none(place: Place) -> None:
    honest = place.socket(net.AF_UNIX, net.SOCK_STREAM)
    honest.bind("\0netwatch honest")
    evil = place.socket(net.AF_UNIX, net.SOCK_DGRAM)
    evil.bind(f"\0\n{FORGED}")
    hider = place.socket(net.AF_UNIX, net.SOCK_DGRAM)
    hider.bind(f"\0\n0: 00000002 00000000 00000000 0002 01 {inode(honest)} @elsewhere")
    snapshot = place.look()
    assert named(snapshot) == {
        inode(honest): "@netwatch honest",
        inode(evil): f"@\n{FORGED}",
        inode(hider): f"@\n0: 00000002 00000000 00000000 0002 01 {inode(honest)} @elsewhere",
    }
    assert snapshot.problems == ()


def test_an_abstract_name_and_a_path_with_its_sign_are_told_apart(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    abstract, path = (place.socket(net.AF_UNIX, net.SOCK_STREAM) for _ in range(2))
    abstract.bind("\0x")
    path.bind("@x")
    assert named(place.look()) == {inode(abstract): "@x", inode(path): "./@x"}


def test_who_waits_at_a_unix_listener_has_a_row_and_its_client_is_known(place: Place) -> None:
    server = place.socket(net.AF_UNIX, net.SOCK_STREAM)
    server.bind("\0queue")
    server.listen(3)
    clients = [place.socket(net.AF_UNIX, net.SOCK_STREAM) for _ in range(2)]
    for client in clients:
        client.connect("\0queue")
    snapshot = place.look()
    waiting = [socket for socket in snapshot.sockets if socket.state is State.SYN_SENT]
    assert {socket.peer_port for socket in waiting} == set(map(inode, clients))
    assert {socket.local.text for socket in waiting} == {"@queue"}
    again = place.look()
    assert (again.delta.opened, again.delta.closed) == ((), ())
    accepted = server.accept()[0]
    with accepted:
        delta = place.look().delta
        assert [socket.peer_port for socket in delta.closed] == [inode(clients[0])]
        assert [(socket.inode, socket.peer_port) for socket in delta.opened] == [(inode(accepted), inode(clients[0]))]


# --- connect ---


@pytest.mark.parametrize(
    ("family", "kind", "protocol"),
    [
        (net.AF_INET, net.SOCK_DGRAM, 0),
        (net.AF_INET6, net.SOCK_DGRAM, 0),
        (net.AF_INET, net.SOCK_DGRAM, net.IPPROTO_UDPLITE),
        (net.AF_INET, net.SOCK_RAW, 253),
    ],
)
def test_a_socket_that_connects_stays_its_row(place: Place, family: int, kind: int, protocol: int) -> None:
    host = "127.0.0.1" if family == net.AF_INET else "::1"
    held = place.socket(family, kind, protocol)
    held.bind((host, 0))
    before = row(place.look(), held)
    for port in (9, 10):
        held.connect((host, port))
        snapshot = place.look()
        after = row(snapshot, held)
        assert after.id == before.id
        assert (snapshot.delta.opened, snapshot.delta.closed) == ((), ())
        if kind == net.SOCK_DGRAM:
            assert [change.after for change in snapshot.delta.changed] == [after]
            assert (after.state, after.peer_port) == (State.ESTAB, port)


def row(snapshot: Snapshot, held: net.socket) -> Socket:
    (found,) = (socket for socket in snapshot.sockets if socket.inode == inode(held))
    return found


# --- the same ends on two links ---


@pytest.fixture
def two_links(here: Netns, there: Netns) -> Iterator[tuple[str, str]]:
    """Two pairs of devices between the namespaces, with the same addresses at either end of both."""
    names = ("one", "two")
    for name in names:
        ip("link", "add", name, "netns", here.name, "type", "veth", "peer", "name", name, "netns", there.name)
        for netns, host in ((here, 1), (there, 2)):
            ip("-n", netns.name, "addr", "add", f"fe80::{host}/64", "dev", name, "nodad")
            ip("-n", netns.name, "link", "set", name, "up")
    yield names
    for name in names:
        ip("-n", here.name, "link", "delete", name)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def between(snapshot: Snapshot, ports: tuple[int, int]) -> list[Socket]:
    return [socket for socket in snapshot.sockets if (socket.local_port, socket.peer_port) == ports]


def test_two_connections_with_the_same_ends_on_two_links_are_two_rows_to_the_end(
    place: Place, other: Place, two_links: tuple[str, str]
) -> None:
    local, peer = ports = 5000, 6000
    server = other.socket(net.AF_INET6, net.SOCK_STREAM)
    server.bind(("::", peer))
    server.listen(4)
    clients = [place.socket(net.AF_INET6, net.SOCK_STREAM) for _ in two_links]
    for client, device in zip(clients, two_links, strict=True):
        client.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device.encode())
        client.bind(("fe80::1", local))
        client.settimeout(DEADLINE)
        client.connect(("fe80::2", peer))
    accepted = [server.accept()[0] for _ in clients]
    place.collector.needs = EVERY_NEED
    snapshot = place.look()
    assert {socket.interface for socket in between(snapshot, ports)} == set(two_links)
    ids = {socket.id for socket in between(snapshot, ports)}
    assert len(ids) == 2
    for client, device in zip(clients, two_links, strict=True):
        assert row(snapshot, client).interface == device

    clients[0].close()
    accepted[0].close()
    deltas: list[Delta] = []

    def are_over(seen: Snapshot, count: int) -> bool:
        deltas.append(seen.delta)
        return is_over(seen, ports, count)

    snapshot = place.wait_for(lambda seen: are_over(seen, 1))
    assert {socket.id for socket in between(snapshot, ports)} == ids
    clients[1].close()
    accepted[1].close()
    snapshot = place.wait_for(lambda seen: are_over(seen, 2))
    assert {socket.id for socket in between(snapshot, ports)} == ids, "both have fallen to TIME-WAIT and have no inode"
    for _ in range(3):
        snapshot = place.look()
        deltas.append(snapshot.delta)
        assert {socket.id for socket in between(snapshot, ports)} == ids
    assert not any(delta.closed + delta.opened for delta in deltas)
    devices = [socket.interface for socket in between(place.look_round(), ports)]
    assert devices == [None, None], "nothing says any more which of them was on which link"


def test_two_that_were_over_before_the_first_look_are_two_rows(
    place: Place, other: Place, two_links: tuple[str, str]
) -> None:
    local, peer = ports = 5001, 6001
    server = other.socket(net.AF_INET6, net.SOCK_STREAM)
    server.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
    server.bind(("::", peer))
    server.listen(4)
    for device in two_links:
        client = place.socket(net.AF_INET6, net.SOCK_STREAM)
        client.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
        client.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device.encode())
        client.bind(("fe80::1", local))
        client.settimeout(DEADLINE)
        client.connect(("fe80::2", peer))
        accepted = server.accept()[0]
        client.close()
        accepted.close()
    snapshot = place.wait_for(lambda seen: is_over(seen, ports, 2))
    ids = {socket.id for socket in between(snapshot, ports)}
    assert {socket.id for socket in between(place.look(), ports)} == ids


def is_over(snapshot: Snapshot, ports: tuple[int, int], count: int) -> bool:
    return sum(socket.state is State.TIME_WAIT for socket in between(snapshot, ports)) == count


# --- packet sockets ---

SOCK_PACKET = 10
ETH_P_IP = 0x0800


def test_a_packet_socket_keeps_its_row_when_its_device_is_gone(place: Place, here: Netns) -> None:
    ip("-n", here.name, "link", "add", "gone", "type", "veth", "peer", "name", "gone2")
    held = place.socket(net.AF_PACKET, net.SOCK_RAW, net.htons(ETH_P_IP))
    held.bind(("gone", ETH_P_IP))
    before = row(place.look(), held)
    ip("-n", here.name, "link", "delete", "gone")
    snapshot = place.look()
    after = row(snapshot, held)
    assert (before.id, local_text(before), local_text(after)) == (after.id, "ip:gone", "ip:-")
    assert snapshot.problems == ()


def test_a_socket_of_the_oldest_kind_has_its_row(place: Place) -> None:
    held = place.socket(net.AF_INET, SOCK_PACKET, net.htons(ETH_P_IP))
    snapshot = place.look()
    assert (row(snapshot, held).netid, local_text(row(snapshot, held))) == ("p_dgr", "ip:*")
    assert snapshot.problems == ()


# --- what no file lists ---

MPTCP = 262


def test_a_port_that_is_taken_without_listening_has_a_row_and_its_owner(place: Place) -> None:
    held = place.socket(net.AF_INET, net.SOCK_STREAM)
    held.bind(("127.0.0.1", 0))
    double = place.socket(net.AF_INET6, net.SOCK_STREAM)
    double.bind(("::", 0))
    snapshot = place.look()
    if not any(socket.netid == "bound" for socket in snapshot.sockets):
        pytest.skip("this kernel does not list them: they are listed since Linux 6.8")
    found = row(snapshot, held)
    assert (found.netid, found.state, found.local_port) == ("bound", State.UNCONN, held.getsockname()[1])
    assert [(owner.pid, owner.fd) for owner in found.owners] == [(os.getpid(), held.fileno())]
    assert local_text(row(snapshot, double)) == f"*:{double.getsockname()[1]}"
    assert snapshot.counts.by_kind["bound"] == 2
    held.listen()
    snapshot = place.look()
    assert row(snapshot, held).netid == "tcp", "and no other row"
    assert snapshot.counts.by_kind["bound"] == 1


def test_sockets_of_multipath_tcp_are_rows_beside_their_subflows(place: Place) -> None:
    try:
        server = place.socket(net.AF_INET, net.SOCK_STREAM, MPTCP)
    except OSError as error:
        pytest.skip(f"no Multipath TCP: {error}")
    server.bind(("127.0.0.1", 0))
    server.listen()
    snapshot = place.look()
    rows = [socket for socket in snapshot.sockets if socket.inode == inode(server)]
    assert sorted((socket.netid, socket.state) for socket in rows) == [("mptcp", State.LISTEN), ("tcp", State.LISTEN)]
    assert {socket.local_port for socket in rows} == {server.getsockname()[1]}
    assert {len(socket.owners) for socket in rows} == {1}
    for later in (place.look(), place.look_round()):
        assert (later.delta.opened, later.delta.closed) == ((), ())
