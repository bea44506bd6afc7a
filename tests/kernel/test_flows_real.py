"""What flows, against bytes that were counted when they were sent, and against ss: as root and as an ordinary user."""

from __future__ import annotations

import json
import re
import socket as net
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest

from netwatch_tui.collect import flows
from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from tests.support.kernel import NOBODY, Child, Netns, linux_source, ss
from tests.support.kernel_transfer import fill_for_good, move

EVERY_FLOW = Needs(flows_of_all=True)

TRANSFERS = [
    ("127.0.0.1", 1_000_003, 77, "open"),
    ("127.0.0.1", 0, 0, "open"),
    ("::1", 5, 123_456, "open"),
    ("127.0.0.2", 4_321, 10, "half"),
    ("::1", 9, 1, "closed"),
    ("127.0.0.1", 3, 2, "full"),
]
COLUMNS = "local,peer,state,bytes_in,bytes_out,bytes_retrans,retrans_total,rtt,rtt_min,cwnd,mss,unsent,congestion"


@pytest.fixture(scope="module")
def moved(here: Netns, there: Netns) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """Connections in two namespaces, by the names of these: what was moved, and the port that it was moved from."""
    with ExitStack() as stack:
        found = {}
        for netns in (here, there):
            child = stack.enter_context(Child("tests.support.kernel_transfer", netns=netns))
            found[netns.name] = [(*transfer, child.ask(transfer)) for transfer in TRANSFERS]
        yield found


@pytest.mark.parametrize("uid", [0, NOBODY])
@pytest.mark.parametrize("place", ["here", "there"])
def test_every_byte_is_counted_once_and_as_ss_counts(
    moved: dict[str, list[tuple[Any, ...]]], here: Netns, there: Netns, place: str, uid: int
) -> None:
    netns = here if place == "here" else there
    rows, told = _settled(netns, uid)
    assert rows.keys() == told.keys()
    for key, row in rows.items():
        if told[key] is None:
            assert row["cwnd"] is row["bytes_in"] is row["rtt"] is None
            continue
        assert _as_ss(row) == told[key], key
    for _, out, into, end, port in moved[netns.name]:
        both = [row for ends, row in rows.items() if any(each.endswith(f":{port}") for each in ends)]
        expected = {
            "open": {("ESTAB", out, into), ("ESTAB", into, out)},
            "half": {("CLOSE-WAIT", out, into), ("FIN-WAIT-2", into, out)},
            "closed": {("FIN-WAIT-2", None, None), ("CLOSE-WAIT", into, out)},
        }
        if end in expected:
            assert {(row["state"], row["bytes_out"], row["bytes_in"]) for row in both} == expected[end]


def test_all_namespaces_are_told_in_one_look(
    moved: dict[str, list[tuple[Any, ...]]], here: Netns, there: Netns
) -> None:
    with Child("tests.support.kernel_look", "", netns=here) as looker:
        printed = looker.ask(
            {"run": ["-f", "ndjson", "-t", "--all-namespaces", "--columns", "netns,local_port,bytes_out"]}
        )
    rows = {(row["netns"], row["local_port"]): row["bytes_out"] for row in map(json.loads, printed.splitlines())}
    for netns in (here, there):
        for _, out, _, end, port in moved[netns.name]:
            if end in ("open", "half"):
                assert rows[netns.inode, port] == out


def _settled(netns: Netns, uid: int) -> tuple[dict[tuple[str, str], Any], dict[tuple[str, str], Any]]:
    """What the program and ss say of the connections of a namespace, at a moment at which nothing moves."""
    command = ["-f", "ndjson", "-t", "--columns", COLUMNS, "not", "state", "listening"]
    with Child("tests.support.kernel_look", "", str(uid), netns=netns) as looker:
        deadline = time.monotonic() + 20
        while True:
            before = _info(ss(netns, "-tinH", uid=uid)[1])
            printed = looker.ask({"run": command})
            if before == _info(ss(netns, "-tinH", uid=uid)[1]) or time.monotonic() > deadline:
                break
    rows = [json.loads(line) for line in printed.splitlines()]
    return {(row["local"], row["peer"]): row for row in rows if row["state"] != "TIME-WAIT"}, before


def _info(lines: list[str]) -> dict[tuple[str, str], Any]:
    """What `ss -ti` says, by both ends."""
    found: dict[tuple[str, str], Any] = {}
    for row, info in zip(lines[::2], lines[1::2], strict=True):
        state, _, _, local, peer = row.split()[:5]
        found[local, peer] = None
        if not info.strip():
            continue  # what is left of a socket that its process let go
        number = dict(re.findall(r"\b(\w+):([\d.]+)", info))
        rtt = re.search(r"\brtt:([\d.]+)", info)
        found[local, peer] = {
            "state": state,
            "sent": int(number.get("bytes_sent", 0)),
            "received": int(number.get("bytes_received", 0)),
            "bytes_retrans": int(number.get("bytes_retrans", 0)),
            "retrans_total": int((re.search(r"\bretrans:\d+/(\d+)", info) or [0, 0])[1]),
            "rtt": rtt and float(rtt[1]),
            "rtt_min": float(number["minrtt"]) if "minrtt" in number else None,
            "cwnd": int(number["cwnd"]),
            "mss": int(number["mss"]),
            "unsent": int(number.get("notsent", 0)),
            "congestion": info.split()[0],
        }
    return found


def _as_ss(row: dict[str, Any]) -> dict[str, Any]:
    """A row as ss would tell it: the FIN of the peer is a byte for it, and an own one that waits."""
    return {
        "state": row["state"],
        "sent": row["bytes_out"] + row["bytes_retrans"],
        "received": row["bytes_in"] + (row["state"] == "CLOSE-WAIT"),
        "rtt": row["rtt"] and round(row["rtt"] * 1000, 3),
        "rtt_min": row["rtt_min"] and round(row["rtt_min"] * 1000, 3),
        **{name: row[name] for name in ("bytes_retrans", "retrans_total", "cwnd", "mss", "unsent", "congestion")},
    }


# --- rates, in the namespace in which the tests run ---


def _row(snapshot: Snapshot, socket: net.socket) -> Socket:
    port = socket.getsockname()[1]
    return next(each for each in snapshot.sockets if each.local_port == port and each.state is State.ESTAB)


def _flow(snapshot: Snapshot, socket: net.socket) -> Flow:
    return snapshot.flows[_row(snapshot, socket).id]


@pytest.fixture
def pair() -> Iterator[tuple[net.socket, net.socket]]:
    with net.create_server(("127.0.0.1", 0)) as server, net.create_connection(server.getsockname()) as client:
        peer, _ = server.accept()
        server.close()
        with peer:
            yield client, peer


class Looks:
    """Looks that are dated by when they begin, however long this thread is held up on its way there."""

    def __init__(self, source: LinuxSource, needs: Needs) -> None:
        self.collector = Collector(source, needs=needs, stopwatch=self._stopwatch)
        self._epoch = time.time() - time.perf_counter()
        self._begin: float | None = None

    def look(self) -> Snapshot:
        """One tick."""
        self._begin = time.perf_counter()
        return self.collector.collect(self._epoch + self._begin)

    def _stopwatch(self) -> float:
        begin, self._begin = self._begin, None
        return time.perf_counter() if begin is None else begin


@pytest.mark.parametrize("every", [True, False])
def test_rates_add_up_to_what_was_sent(
    pair: tuple[net.socket, net.socket], every: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows._Pace, "is_due", lambda *_: True)  # not only when it is cheap
    client, peer = pair
    with linux_source() as source:
        looks = Looks(source, EVERY_FLOW)
        first = looks.look()
        if not every:
            ids = frozenset({_row(first, client).id, _row(first, peer).id})
            looks.collector.needs = Needs(flows_of_ids=ids)
        told = [(_flow(first, client), _flow(first, peer))]
        assert {(flow.rate_in, flow.rate_out) for flow in told[0]} == {(None, None)}
        sizes = [100_000, 1, 250_000, 77_777]
        for size in sizes:
            move(client, peer, size)
            snapshot = looks.look()
            told.append((_flow(snapshot, client), _flow(snapshot, peer)))
        steps = list(pairwise(told))
        for end, which in ((0, "rate_out"), (1, "rate_in")):
            moved = [getattr(b[end], which) * (b[end].read_at - a[end].read_at) for a, b in steps]
            assert moved == pytest.approx(sizes, rel=1e-3)
        assert told[-1][0].bytes_out == told[-1][1].bytes_in == sum(sizes)
        quiet = looks.look()
        assert (_flow(quiet, client).rate_out, _flow(quiet, peer).rate_in) == (0, 0)


def test_what_waits_is_told_and_what_an_end_came_to(pair: tuple[net.socket, net.socket]) -> None:
    client, peer = pair
    written = fill_for_good(client)
    with linux_source() as source:
        collector = Collector(source, needs=EVERY_FLOW)
        flow = _flow(collector.collect(time.time()), client)
        assert flow.unsent is not None
        assert flow.unacked is not None
        assert flow.bytes_out is not None
        acked = written - flow.unsent - flow.unacked
        assert flow.unsent > 0 <= flow.unacked
        assert flow.bytes_out == acked + flow.unacked
        assert next(iter(flow.limits)) in ("receiver", "sender")
        id = _row(collector.collect(time.time()), peer).id
        client.setsockopt(net.SOL_SOCKET, net.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        received = 0
        while received < 10_000:
            received += len(peer.recv(10_000 - received))
        client.close()  # with a reset: both ends are gone at once
        last = collector.collect(time.time())
        assert id not in {socket.id for socket in last.sockets}
        assert last.flows[id].bytes_in
        assert last.flows[id].rate_in is None
