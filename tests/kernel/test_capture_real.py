"""What the kernel tells of connections that live for less than a millisecond, compared with what really happened."""

from __future__ import annotations

import fcntl
import json
import os
import socket as net
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.kernel.capture.capture import CaptureWay
from netwatch_tui.kernel.capture.perf_events import PerfRing
from netwatch_tui.kernel.capture.perf_records import read_records
from netwatch_tui.kernel.capture.perf_trace import PerfTrace, online
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.capture.tracepoints import TCP, Row, known_tracepoints
from netwatch_tui.sockets.connection_events import EventKind, EventSource
from tests.support.capturing import (
    CLIENTS,
    COUNT,
    SETTLE,
    brief,
    by,
    capturing,
    check_totals,
    lives_of,
    on_processor,
    truth_of,
    watch,
)
from tests.support.kernel import NOBODY, ROOT, Child, Netns

PERF_EVENT_IOC_DISABLE = 0x2401


def skip_if_busy(lost: int) -> None:
    """Beside other tests the reader may come too late, and says so; alone it must not."""
    if lost and "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip(f"other tests took the processors: {lost:,} records lost, which was told; alone with -n0")


@pytest.mark.usefixtures("may_capture", "patience")
def test_no_connection_is_missed_however_short(
    here: Netns, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for _ in range(3 if "PYTEST_XDIST_WORKER" not in os.environ else 1):  # beside others it is skipped, not waited for
        with capturing(by(PerfTrace, TaskNames), here) as capture:
            captured, printed = watch(capture, brief(here), tmp_path)
        if not captured.lost:
            break
    skip_if_busy(captured.lost)
    truth = truth_of(printed)
    record_property("connections a second", len(truth.connections) / truth.seconds)
    record_property(
        "share below a millisecond",
        sum(each.ended - each.began < 1_000_000 for each in truth.connections) / len(truth.connections),
    )
    assert len(truth.connections) == COUNT
    assert len({each.pid for each in truth.connections}) == CLIENTS
    assert (captured.lost, captured.gaps) == (0, [])
    times = [event.at for event in captured.events]
    assert times == sorted(times)
    resets = 0
    for each, client, server in lives_of(truth, captured):
        for (opened, closed), pid, name in (
            (client, each.pid, "client"),
            (server, truth.servers[each.server_port], "server"),
        ):
            assert opened.skaddr == closed.skaddr
            assert closed.owner
            assert closed.closer
            assert (closed.owner.pid, closed.closer.pid) == (pid, pid)
            assert closed.owner.name
            assert closed.owner.name.startswith(name)
            assert closed.netns == here.inode
        assert (client[0].owner, client[0].is_outgoing, server[0].is_outgoing) == (client[1].owner, True, False)
        check_totals(client[1], each.sent, each.answered)
        check_totals(server[1], each.answered, each.sent)
        assert (client[1].totals is None) == bool(each.was_reset)
        assert server[1].totals is not None
        # The server may have closed before the kernel came to report the error.
        assert server[1].error in ((None, 104) if each.was_reset else (None,))
        resets += server[1].error == 104
    assert resets > 0
    once = Counter((event.kind, event.skaddr, event.at) for event in captured.events)
    assert max(once.values()) == 1
    clients = [event for event in captured.events if event.peer_port in truth.servers and event.is_outgoing]
    assert Counter(event.kind for event in clients) == {EventKind.OPENED: COUNT, EventKind.CLOSED: COUNT}


@pytest.mark.usefixtures("may_capture")
def test_with_too_little_room_losses_are_told_and_nothing_else_is_wrong(here: Netns, tmp_path: Path) -> None:
    with capturing(by(lambda tracefs: PerfTrace(tracefs, ring=4 * 4096), TaskNames), here) as capture:
        captured, printed = watch(capture, brief(here, count=4_000), tmp_path, nap=0.5)
    truth = truth_of(printed)
    assert captured.lost > 0
    owners: dict[tuple[int, int], set[int]] = defaultdict(set)
    amounts: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for each in truth.connections:
        owners[each.port, each.server_port].add(each.pid)
        amounts[each.port, each.server_port].add((each.sent, each.answered))
    seen = 0
    for event in captured.events:
        place = (event.local_port, event.peer_port)
        if event.netns == here.inode and place in owners:
            assert event.kind is EventKind.CLOSED
            assert event.owner is None or event.owner.pid in owners[place]
            totals = event.totals
            assert totals is None or (totals.bytes_out, totals.received - 1) in amounts[place]
            seen += 1
    assert 0 < seen < 4_000


@pytest.mark.usefixtures("may_capture")
def test_every_record_that_had_no_room_is_counted(here: Netns) -> None:
    tracefs = Tracefs()
    points = known_tracepoints(tracefs, TCP)
    tracefs.close()
    decoders = {known.format.id: known.decoder for known in points}
    rings = {cpu: PerfRing(cpu, points, 4 * 4096) for cpu in online()}
    subprocess.run(brief(here, count=2_000), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    rows: list[Row] = []
    lost = happened = 0
    for cpu, ring in rings.items():
        lost += read_records(ring.take(), decoders, rows)[0]
        with on_processor(cpu), net.create_server(("127.0.0.1", 0)):
            pass  # what was lost is told with the next record
        for file in ring.files:
            fcntl.ioctl(file, PERF_EVENT_IOC_DISABLE, 0)
        lost += read_records(ring.take(), decoders, rows)[0]
        happened += sum(int.from_bytes(os.read(file, 8), sys.byteorder) for file in ring.files)
        ring.close()
    assert lost > 0
    assert len(rows) + lost == happened


@pytest.mark.usefixtures("may_make_namespaces")
def test_without_rights_every_end_is_told_with_its_totals(here: Netns) -> None:
    with Child("tests.support.kernel_capture", "auto", str(NOBODY), netns=here) as child:
        said = child.ask()
        made = subprocess.run(brief(here, count=4_000, rate=2_000), cwd=ROOT, stdout=subprocess.PIPE, check=True)
        time.sleep(SETTLE)
        captured = child.ask()
    assert said["way"] == CaptureWay.DESTROYED
    assert said["refusal"].endswith("only root may")
    assert captured["gaps"] == []
    truth = truth_of(json.loads(made.stdout))
    ends: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for event in captured["events"]:
        assert (event["kind"], event["source"], event["owner"]) == ("closed", EventSource.DESTROYED, None)
        assert event["netns"] == here.inode
        ends[event["port"], event["peer_port"]].append(event)
    cookies = [event["cookie"] for event in captured["events"]]
    assert len(cookies) == len(set(cookies))
    expected: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for each in truth.connections:
        if not each.was_reset:  # then the kernel has thrown them away, and the peer with them
            expected[each.port, each.server_port].append((each.sent, each.answered))
        expected[each.server_port, each.port].append((each.answered, each.sent))
    for place, amounts in expected.items():
        told = sorted((event["totals"] for event in ends[place]), key=lambda totals: totals[0])
        assert len(told) == len(amounts)
        for (out, received, *_), (sent, got) in zip(told, sorted(amounts), strict=True):
            assert out == sent
            assert received - got in (0, 1)
    resets = [event for event in captured["events"] if event["netid"] == "tcp" and not event["peer_port"]]
    assert len(resets) >= sum(each.was_reset for each in truth.connections)
    assert all(event["totals"] is None for event in resets)


@pytest.mark.usefixtures("may_capture")
def test_udp_sockets_that_live_for_microseconds_are_told_with_their_process(here: Netns, tmp_path: Path) -> None:
    command = here.command(sys.executable, "-m", "tests.support.kernel_datagrams", "20", "100")
    for _ in range(3):  # what other tests send meanwhile takes room as well
        with capturing(by(PerfTrace, TaskNames), here) as capture:
            captured, made = watch(capture, command, tmp_path)
        if not captured.lost_udp:
            break
    skip_if_busy(captured.lost_udp)
    assert (captured.lost_udp, captured.gaps, len(made)) == (0, [], 2_000)
    ports = Counter(port for _, port, _ in made)
    opened = Counter(
        (event.owner.pid, event.local_port)
        for event in captured.events
        if event.netid == "udp" and event.kind is EventKind.OPENED and event.owner
    )
    closed = [event for event in captured.events if event.netid == "udp" and event.netns == here.inode]
    owners = {event.local_port: event.owner and event.owner.pid for event in closed}
    assert Counter(event.local_port for event in closed) == ports
    for pid, port, _ in made:
        assert opened[pid, port]
        if ports[port] == 1:
            assert owners[port] == pid
