"""`--watch` beside connections that no tick sees, and what really happened to each of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

import pytest

from tests.support.capturing import brief, truth_of
from tests.support.kernel import ROOT, Netns
from tests.support.program import PATIENCE, PROGRAM, wait_until_it_catches
from tests.support.schema import errors_of

COUNT, RATE, CLIENTS = 1_000, 1_500, 40
_REFUSED = """
import os, socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.socket(family) as client:
        try:
            client.connect((host, 9))
        except ConnectionRefusedError:
            print(os.getpid())
"""
_ONCE = ("opened", "closed")
_LATE_TO_CONNECT = """
import json, os, socket, sys
PEERS = {socket.AF_INET: ("127.0.0.1", 9), socket.AF_INET6: ("::1", 9)}
senders = []
for number in range(40):
    family = (socket.AF_INET, socket.AF_INET6)[number & 1]
    senders.append(socket.socket(family, socket.SOCK_DGRAM))
    senders[-1].bind(((PEERS[family][0], "")[number & 2 != 0], 0))
print(json.dumps([sender.getsockname()[1] for sender in senders]), flush=True)
sys.stdin.readline()
for number, sender in enumerate(senders):
    peer = PEERS[sender.family]
    if number & 4:
        sender.connect((peer[0], 10))
    sender.connect(peer)
    sender.send(b"x")
    sender.close()
"""

pytestmark = pytest.mark.usefixtures("may_capture")


class Watching:
    """What `--watch` prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._lines: Queue[bytes] = Queue()
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)

    def end(self) -> None:
        """Have it end."""
        self._process.terminate()
        self._reader.join(PATIENCE)

    def until(self, enough: int, kinds: set[str]) -> list[dict[str, Any]]:
        """All events until so many of these kinds have come."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + PATIENCE
        while enough > 0:
            try:
                found.append(json.loads(self._lines.get(timeout=max(deadline - time.monotonic(), 0.0))))
            except Empty:
                return found
            enough -= found[-1]["event"] in kinds
        return found


@contextmanager
def watching(netns: Netns, *argv: str) -> Iterator[Watching]:
    command = netns.command(PROGRAM, "--watch", "--capture", "always", *argv)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            wait_until_it_catches(process.pid, signal.SIGALRM)
            watch = Watching(process)
            try:
                yield watch
            finally:
                watch.end()
        finally:
            process.kill()


def test_every_connection_is_told_once_with_its_process_however_short(here: Netns) -> None:
    with watching(here, "-t", "--interval", "0.2") as watch:
        _until_it_looks(here, watch)
        made = subprocess.run(brief(here, COUNT, RATE, CLIENTS), cwd=ROOT, stdout=subprocess.PIPE, check=True)
        events = watch.until(2 * COUNT + 2, {"closed"})
    truth = truth_of(json.loads(made.stdout))
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    assert not any(errors_of(event, "event") for event in events[::50])
    told: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        socket = event["socket"]
        if socket["peer_port"] and event["event"] in ("opened", "closed"):
            told[socket["local_port"], socket["peer_port"]].append(event)
            assert event["source"] == "event"
            assert socket["netns"] == here.inode
    lives = defaultdict(list)
    for each in sorted(truth.connections, key=lambda each: each.began):
        lives[each.port, each.server_port].append(each)
    assert len(told) == 2 * len(lives)
    for place, connections in lives.items():
        for end, pids in (
            (place, [each.pid for each in connections]),
            (place[::-1], [truth.servers[place[1]]] * len(connections)),
        ):
            assert [event["event"] for event in told[end]] == ["opened", "closed"] * len(connections)
            closed = told[end][1::2]
            owners = [[owner["pid"] for owner in event["socket"]["owners"]] for event in closed]
            assert owners == [[pid] for pid in pids]
            assert all(0 < event["duration"] < PATIENCE for event in closed)


def _until_it_looks(netns: Netns, watch: Watching) -> None:
    """Wait until it has had its first tick: it tells who is refused."""
    command = netns.command(sys.executable, "-c", _REFUSED)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if not watch._lines.empty():
            return
        time.sleep(0.05)
    raise AssertionError("it tells of nothing")


def test_who_is_refused_is_told(here: Netns) -> None:
    with watching(here, "-t", "--interval", "0.1") as watch:
        _until_it_looks(here, watch)
        command = here.command(sys.executable, "-c", _REFUSED)
        pids = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        deadline, found = time.monotonic() + PATIENCE, list[dict[str, Any]]()
        while len(found) < 2 and time.monotonic() < deadline:
            events = watch.until(1, {"refused"})
            found += [event for event in events if str(event["socket"]["owners"][0]["pid"]) in pids]
    assert [(event["event"], event["error"]) for event in found] == [("refused", "ECONNREFUSED")] * 2
    assert [event["socket"]["peer_address"] for event in found] == ["127.0.0.1", "::1"]
    assert {event["socket"]["state"] for event in found} == {"SYN-SENT"}


def test_what_happens_in_other_namespaces_is_left_alone(here: Netns, there: Netns) -> None:
    with watching(here, "-t", "--interval", "0.1") as watch:
        _until_it_looks(here, watch)
        subprocess.run(brief(there, 200, 1_000, 4), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        made = subprocess.run(brief(here, 50, 1_000, 4), cwd=ROOT, stdout=subprocess.PIPE, check=True)
        events = watch.until(100, {"closed"})
    ports = {each.port for each in truth_of(json.loads(made.stdout)).connections}
    connections = [event["socket"] for event in events if event["socket"]["peer_port"] and event["event"] == "closed"]
    assert all(ports & {socket["local_port"], socket["peer_port"]} for socket in connections)


def test_udp_sockets_that_live_for_microseconds_are_told_with_their_process(here: Netns) -> None:
    with watching(here, "-tu", "--interval", "0.2") as watch:
        _until_it_looks(here, watch)
        command = here.command(sys.executable, "-m", "tests.support.kernel_datagrams", "20", "100")
        made = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        told = [event for event in watch.until(len(made), {"closed"}) if event["socket"]["netid"] == "udp"]
    assert len(made) == 2_000
    # A processor that a hypervisor takes away while it writes a record tells what a tick has told before.
    events = [event for event in told if event["source"] == "event" or event["event"] == "closed"]
    assert len(told) - len(events) <= len(told) // 100
    ports = Counter(port for _, port, _ in made)
    opened, closed = (
        Counter(event["socket"]["local_port"] for event in events if event["event"] == kind)
        for kind in ("opened", "closed")
    )
    assert closed == ports
    # Of a port that is used again before the end of its first socket is told nobody can say whose it was.
    once = {port for port, count in ports.items() if count == 1}
    assert {port: opened[port] for port in once} == dict.fromkeys(once, 1)
    assert not opened - ports
    owners = {event["socket"]["local_port"]: event["socket"]["owners"] for event in events}
    assert all([owner["pid"] for owner in owners[port]] == [pid] for pid, port, _ in made if port in once)
    assert {event["source"] for event in events} == {"event"}


def test_udp_sockets_that_connect_late_are_told_once(here: Netns) -> None:
    with watching(here, "-tu", "--interval", "0.2") as watch:
        _until_it_looks(here, watch)
        command = here.command(sys.executable, "-c", _LATE_TO_CONNECT)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as senders:
            assert senders.stdout
            ports = json.loads(senders.stdout.readline())
            events = watch.until(len(ports), {"opened"})  # they are listed, and not connected
            senders.communicate("\n")
        events += watch.until(len(ports), {"closed"})
        subprocess.run(here.command(sys.executable, "-c", _REFUSED), check=True, stdout=subprocess.DEVNULL)
        events += watch.until(2, {"refused"})  # what else would be told of the senders
    udp = [event for event in events if event["socket"]["netid"] == "udp"]
    told = {kind: Counter(each["socket"]["local_port"] for each in udp if each["event"] == kind) for kind in _ONCE}
    assert told == dict.fromkeys(_ONCE, dict.fromkeys(ports, 1))
    assert {event["source"] for event in udp if event["event"] == "closed"} == {"event"}
