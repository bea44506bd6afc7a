"""Real listeners are tried, in two network namespaces with a wire between them and a firewall rule."""

from __future__ import annotations

import json
import os
import shutil
import socket as net
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from ipaddress import ip_address
from typing import Any

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.kernel.listener_probe import ListenerProbe
from netwatch_tui.kernel.namespace import LinuxNamespace
from netwatch_tui.kernel.port_probe import AT_A_TIME, try_ports
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.probe_results import PortState, ProbeEnd, ProbeRow, Reach, rows_of
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import Netns, linux_source, new_netns
from tests.support.program import PROGRAM

OPEN, SHUT, HIDDEN, REJECTED, FORBIDDEN, GONE = range(8001, 8007)
"""Ports of listeners: that nothing hides, that drops all, that drops what comes over the wire, that two ways of
rejection hide, and one that is closed after it was seen."""
RULES = (
    (SHUT, "", "drop", "-j DROP"),
    (HIDDEN, "wire-b", "drop", "-j DROP"),
    (REJECTED, "", "reject with icmp type port-unreachable", "-j REJECT"),
    (FORBIDDEN, "", "reject with icmp type admin-prohibited", "-j REJECT --reject-with icmp-admin-prohibited"),
)
NEAR, FAR = "10.66.0.1", "10.66.0.2"


def nothing() -> None:
    """Goes on."""


def ip(netns: Netns, *words: str) -> None:
    subprocess.run(["ip", "-n", netns.name, *words], check=True, capture_output=True)


def rule_commands() -> Iterator[list[list[str]]]:
    """Ways to have the rules: each is some commands, as far as the programs are installed."""
    if shutil.which("nft"):
        lines = ["table inet probe { chain in {", "type filter hook input priority 0; policy accept;"]
        lines += [
            f"{f'iifname {device} ' if device else ''}tcp dport {port} {rule};" for port, device, rule, _ in RULES
        ]
        yield [["nft", "\n".join([*lines, "} }"])]]
    for program in ("iptables", "iptables-legacy"):
        if shutil.which(program):
            yield [
                [
                    program,
                    "-A",
                    "INPUT",
                    *(["-i", device] if device else []),
                    "-p",
                    "tcp",
                    "--dport",
                    str(port),
                    *rule.split(),
                ]
                for port, device, _, rule in RULES
            ]


def have_rules(netns: Netns) -> None:
    """Set the rules in a namespace, or skip the test with what keeps them from being set."""
    complaints = ["neither nft nor iptables is installed"]
    for commands in rule_commands():
        done = [subprocess.run(netns.command(*each), capture_output=True, text=True, check=False) for each in commands]
        if not any(each.returncode for each in done):
            return
        complaints += [each.stderr.strip() for each in done if each.returncode][:1]
    pytest.skip(f"no firewall rules can be set here: {complaints[-1]}")


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def near(may_make_namespaces: None) -> Iterator[Netns]:
    """Where the program runs."""
    with new_netns("near") as netns:
        yield netns


@pytest.fixture
def far(near: Netns) -> Iterator[Netns]:
    """Where the listeners are, at the other end of a wire."""
    with new_netns("far") as netns:
        names = ["wire-a", "netns", near.name, "type", "veth", "peer", "name", "wire-b", "netns", netns.name]
        subprocess.run(["ip", "link", "add", *names], check=True, capture_output=True)
        for place, device, address in ((near, "wire-a", NEAR), (netns, "wire-b", FAR)):
            ip(place, "addr", "add", f"{address}/24", "dev", device)
            ip(place, "link", "set", device, "up")
        yield netns


@pytest.fixture
def source() -> Iterator[LinuxSource]:
    with linux_source() as machine:
        yield machine


def _listening(address: str, port: int, backlog: int) -> net.socket:
    made = net.create_server((address, port), backlog=backlog)
    made.setblocking(False)
    return made


def listen(opened: ExitStack, netns: Netns, port: int, address: str = "0.0.0.0", backlog: int = 64) -> net.socket:
    file = os.open(f"/run/netns/{netns.name}", os.O_RDONLY)
    try:
        return opened.enter_context(run_inside(file, partial(_listening, address, port, backlog)))
    finally:
        os.close(file)


def connect(opened: ExitStack, netns: Netns, port: int) -> None:
    """A connection that nobody accepts."""
    file = os.open(f"/run/netns/{netns.name}", os.O_RDONLY)
    try:
        opened.enter_context(run_inside(file, partial(net.create_connection, ("127.0.0.1", port), 5)))
    finally:
        os.close(file)


def look(source: LinuxSource, netns: Netns) -> tuple[Socket, ...]:
    return Collector(source, namespaces=netns.name).collect(time.time()).sockets


def listeners(sockets: tuple[Socket, ...]) -> list[Socket]:
    return sorted((each for each in sockets if each.state == "LISTEN"), key=lambda each: each.local_port)


def told(rows: list[ProbeRow]) -> dict[int, list[tuple[str, str, list[str], Reach | None]]]:
    """By port, the outcomes with their addresses."""
    found: dict[int, list[tuple[str, str, list[str], Reach | None]]] = {}
    for row in rows:
        addresses = sorted(str(ip_address(each.end.address)) for each in row.attempts)
        found.setdefault(row.listener.local_port, []).append((row.state, row.reason, addresses, row.reach))
    return found


def probed(source: LinuxSource, netns: Netns) -> dict[int, list[tuple[str, str, list[str], Reach | None]]]:
    sockets = look(source, netns)
    with closing(ListenerProbe(listeners(sockets), sockets)) as probe:
        return told(rows_of(probe.planned, dict(probe.run(nothing)), {}))


BOTH = ["10.66.0.2", "127.0.0.1"]


def test_open_refused_and_filtered_are_told_apart_from_inside(
    far: Netns, source: LinuxSource, opened: ExitStack
) -> None:
    have_rules(far)
    made = {port: listen(opened, far, port) for port in (OPEN, SHUT, HIDDEN, REJECTED, FORBIDDEN, GONE)}
    sockets = look(source, far)
    with closing(ListenerProbe(listeners(sockets), sockets)) as probe:
        made[GONE].close()
        found = told(rows_of(probe.planned, dict(probe.run(nothing)), {}))
    assert found == {
        OPEN: [("open", "syn-ack", BOTH, Reach.EVERYWHERE)],
        SHUT: [("filtered", "timed out", BOTH, Reach.NOWHERE)],
        HIDDEN: [("open", "syn-ack", BOTH, Reach.EVERYWHERE)],  # what is sent to oneself does not come by the wire
        REJECTED: [("filtered", "port-unreach", BOTH, Reach.NOWHERE)],
        FORBIDDEN: [("filtered", "admin-prohibited", BOTH, Reach.NOWHERE)],
        GONE: [("refused", "conn-refused", BOTH, Reach.NOWHERE)],
    }


def run_in(netns: Netns, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        netns.command(PROGRAM, "--probe", *arguments), capture_output=True, text=True, check=False, timeout=60
    )


def test_what_a_rule_hides_from_beyond_the_wire_is_told_apart_from_what_nothing_hides(
    near: Netns, far: Netns, opened: ExitStack
) -> None:
    have_rules(far)
    for port in (OPEN, HIDDEN):
        listen(opened, far, port)
    listen(opened, far, GONE, "127.0.0.1")
    done = run_in(near, "-N", far.name, "-f", "ndjson")
    assert done.returncode == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    found = [
        (row["listener"]["local_port"], row["state"], [(each["address"], each["from"]) for each in row["attempts"]],
         row["reach"], row["listener"]["scope"])
        for row in rows
    ]  # fmt: skip
    inside = [("127.0.0.1", "inside"), (FAR, "inside")]
    assert found == [
        (OPEN, "open", [inside[0], (FAR, "outside"), inside[1]], "every address", "everyone"),
        (HIDDEN, "open", inside, "inside only", "everyone"),
        (HIDDEN, "filtered", [(FAR, "outside")], "inside only", "everyone"),
        (GONE, "open", inside[:1], "loopback only", "this machine"),
    ]
    heading, *table = run_in(near, "-N", far.name, f"port:{HIDDEN}").stdout.splitlines()
    assert "From" in heading
    assert [line.split()[:2] for line in table] == [[f"{HIDDEN}/tcp", "open"], [f"{HIDDEN}/tcp", "filtered"]]


def test_no_wire_no_attempt_from_outside(near: Netns, far: Netns, opened: ExitStack) -> None:
    listen(opened, far, OPEN)
    ip(near, "route", "replace", "default", "via", "10.66.0.77", "dev", "wire-a")
    ip(far, "addr", "add", "10.67.0.2/24", "dev", "wire-b")
    done = run_in(near, "-N", far.name, "-f", "ndjson")
    (row,) = map(json.loads, done.stdout.splitlines())
    tried = {each["address"] for each in row["attempts"] if each["from"] == "outside"}
    assert tried == {FAR}, "to the other address a router would be asked"


def test_a_bridge_leads_to_what_is_behind_its_ports(near: Netns, far: Netns, opened: ExitStack) -> None:
    listen(opened, far, OPEN)
    try:
        ip(near, "link", "add", "bridge", "type", "bridge")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no bridge can be made here: {error.stderr.decode().strip()}")
    ip(near, "addr", "flush", "dev", "wire-a")
    ip(near, "link", "set", "wire-a", "master", "bridge")
    ip(near, "addr", "add", f"{NEAR}/24", "dev", "bridge")
    ip(near, "link", "set", "bridge", "up")
    done = run_in(near, "-N", far.name, "-f", "ndjson")
    (row,) = map(json.loads, done.stdout.splitlines())
    assert {each["address"] for each in row["attempts"] if each["from"] == "outside"} == {FAR}
    assert row["reach"] == "every address"


def test_a_full_accept_queue_gives_no_answer(far: Netns, source: LinuxSource, opened: ExitStack) -> None:
    listen(opened, far, OPEN, backlog=0)
    connect(opened, far, OPEN)
    found = probed(source, far)
    assert found == {OPEN: [("no answer", "queue full", ["127.0.0.1"], Reach.NOWHERE)]}


def test_a_server_sees_a_connection_that_came_and_left(near: Netns, source: LinuxSource, opened: ExitStack) -> None:
    server = listen(opened, near, OPEN, "127.0.0.1")
    assert probed(source, near)[OPEN][0][0] == "open"
    server.settimeout(20)
    accepted = opened.enter_context(server.accept()[0])
    assert accepted.recv(1) == b""


def _sharing(address: str) -> net.socket:
    made = net.socket()
    made.setsockopt(net.SOL_SOCKET, net.SO_REUSEPORT, 1)
    made.bind((address, OPEN))
    made.listen()
    return made


def test_a_listener_at_every_address_is_not_mistaken_for_a_more_specific_one(
    far: Netns, source: LinuxSource, opened: ExitStack
) -> None:
    file = os.open(f"/run/netns/{far.name}", os.O_RDONLY)
    opened.callback(os.close, file)
    for address in ("127.0.0.1", "0.0.0.0"):
        opened.enter_context(run_inside(file, partial(_sharing, address)))
    sockets = look(source, far)
    with closing(ListenerProbe(listeners(sockets), sockets)) as probe:
        tried = {plan.listener.local.text: plan.ends for plan in probe.planned}
    assert [str(ip_address(end.address)) for end in tried["0.0.0.0"]] == [FAR]
    assert [str(ip_address(end.address)) for end in tried["127.0.0.1"]] == ["127.0.0.1"]


def test_more_than_are_tried_at_a_time_are_all_tried(near: Netns, source: LinuxSource, opened: ExitStack) -> None:
    ports = range(9000, 9000 + 2 * AT_A_TIME + 1)
    for port in ports:
        listen(opened, near, port, "127.0.0.1")
    found = probed(source, near)
    assert set(found) == set(ports)
    assert {rows[0][0] for rows in found.values()} == {"open"}


def test_a_port_that_nobody_listens_at_is_not_taken_for_open_when_it_connects_to_itself(
    near: Netns, source: LinuxSource, opened: ExitStack
) -> None:
    """Where the kernel chooses the very port that is tried for this end, both ends are one socket."""
    port_range = f"echo {GONE} {GONE} > /proc/sys/net/ipv4/ip_local_port_range"
    subprocess.run(near.command("sh", "-c", port_range), check=True)
    listener = listen(opened, near, GONE, "127.0.0.1")
    sockets = look(source, near)
    with closing(ListenerProbe(listeners(sockets), sockets)) as probe:
        listener.close()
        found = told(rows_of(probe.planned, dict(probe.run(nothing)), {}))
    assert found == {GONE: [("refused", "conn-refused", ["127.0.0.1"], Reach.NOWHERE)]}


def test_an_address_that_the_machine_has_lost_is_not_tried(far: Netns, source: LinuxSource, opened: ExitStack) -> None:
    """By now it may be another machine's."""
    listen(opened, far, OPEN)
    sockets = look(source, far)
    with closing(ListenerProbe(listeners(sockets), sockets)) as probe:
        ip(far, "addr", "flush", "dev", "wire-b")
        ip(far, "route", "add", f"{FAR}/32", "dev", "wire-b")
        found = told(rows_of(probe.planned, dict(probe.run(nothing)), {}))
    assert found == {
        OPEN: [
            ("open", "syn-ack", ["127.0.0.1"], Reach.SOMEWHERE),
            ("not tried", "cannot assign requested address", [FAR], Reach.SOMEWHERE),
        ]
    }


def test_no_attempt_passes_a_router(near: Netns, far: Netns, opened: ExitStack) -> None:
    """Whatever routes and rules make of an address after it was found to be the machine's own."""
    beyond = opened.enter_context(new_netns("beyond"))
    names = ["wire-c", "netns", far.name, "type", "veth", "peer", "name", "wire-d", "netns", beyond.name]
    subprocess.run(["ip", "link", "add", *names], check=True, capture_output=True)
    for place, device, last in ((far, "wire-c", 1), (beyond, "wire-d", 2)):
        ip(place, "addr", "add", f"10.68.0.{last}/24", "dev", device)
        ip(place, "link", "set", device, "up")
    ip(near, "route", "add", "10.68.0.0/24", "via", FAR)
    ip(beyond, "route", "add", "10.66.0.0/24", "via", "10.68.0.1")
    subprocess.run(far.command("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"), check=True)
    server = listen(opened, beyond, OPEN)
    origin = LinuxNamespace(near.inode, "/proc")
    origin.path = f"/run/netns/{near.name}"
    opened.callback(origin.close)
    opened.enter_context(origin.run(partial(net.create_connection, ("10.68.0.2", OPEN), 5)))
    opened.enter_context(server.accept()[0])  # what does not mind a router arrives
    end = ProbeEnd(near.inode, beyond.inode, net.inet_aton("10.68.0.2"), OPEN)
    ((tried, outcome),) = try_ports([end], {near.inode: origin}, nothing)
    assert (tried, outcome.state) == (end, PortState.FILTERED)
    with pytest.raises(BlockingIOError):
        server.accept()


class UnwantedError(Exception):
    """Ends it."""


def test_it_ends_when_nobody_wants_it_any_more(far: Netns, source: LinuxSource, opened: ExitStack) -> None:
    have_rules(far)
    listen(opened, far, SHUT)
    sockets = look(source, far)
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise UnwantedError

    before = set(os.listdir("/proc/self/fd"))
    with closing(ListenerProbe(listeners(sockets), sockets)) as probe, pytest.raises(UnwantedError):
        list(probe.run(check))
    assert len(os.listdir("/proc/self/fd")) <= len(before), "no descriptor is left behind"
