"""What the tests of the capture share: to capture while connections are made, and to tell what belongs together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_trace import EventTrace
from netwatch_tui.kernel.capture.mended_trace import MendedTrace
from netwatch_tui.kernel.capture.open_capture import open_capture
from netwatch_tui.kernel.capture.record_source import RecordSource
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.trace_instance import TraceInstance
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.namespace import LinuxNamespace
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen
from netwatch_tui.sockets.connection_events import CaptureBatch, ConnectionEvent, EventKind
from tests.support.kernel import ROOT, Netns
from tests.support.kernel_brief import Brief, Truth

COUNT, RATE, CLIENTS = 20_000, 6_000, 200
SETTLE = 0.4
"""Seconds after which everything has been told."""


def why_no_events() -> str:
    """Why the kernel's events can't be used here; empty where they can."""
    try:
        open_capture(CaptureWhen.ALWAYS).close()
    except CaptureError as error:
        return str(error)
    return ""


class Captured(NamedTuple):
    """Everything that a capture told while something happened."""

    events: list[ConnectionEvent]
    lost: int
    lost_udp: int
    gaps: list[str]


def collected(batches: list[CaptureBatch]) -> Captured:
    """All that some readings told."""
    return Captured(
        [event for batch in batches for event in batch.events],
        sum(batch.lost for batch in batches),
        sum(batch.lost_udp for batch in batches),
        [gap for batch in batches for gap in batch.gaps],
    )


@contextmanager
def capturing(capture: Capture, netns: Netns) -> Iterator[Capture]:
    """A capture that learns totals in a network namespace."""
    namespace = LinuxNamespace(netns.inode, "/proc")
    namespace.path = f"/run/netns/{netns.name}"
    try:
        capture.listen_in([namespace])
        yield capture
    finally:
        capture.close()
        namespace.close()


def by(source: Callable[[Tracefs], RecordSource], names: Callable[[], TaskNames]) -> Capture:
    """A capture that has its records from one way of getting them."""
    clock = EventClock()
    return Capture(CaptureWay.PERF, "", EventTrace(source(Tracefs()), names(), clock), clock)


def watch(capture: Capture, command: list[str], tmp_path: Path, nap: float = 0.02) -> tuple[Captured, Any]:
    """What is told while a command runs, and what it prints, where one reads every so many seconds."""
    batches = []
    printed = tmp_path / "printed"
    with printed.open("wb") as file, subprocess.Popen(command, cwd=ROOT, stdout=file) as process:
        while process.poll() is None:
            time.sleep(nap)
            batches.append(capture.read())
    assert process.returncode == 0
    deadline = time.monotonic() + SETTLE
    while time.monotonic() < deadline:
        time.sleep(0.02)
        batches.append(capture.read())
    batches.append(capture.read(is_last=True))
    return collected(batches), json.loads(printed.read_text())


def brief(netns: Netns, count: int = COUNT, rate: int = RATE, clients: int = CLIENTS) -> list[str]:
    """The command that makes connections."""
    words = map(str, (count, rate, clients))
    return netns.command(sys.executable, "-m", "tests.support.kernel_brief", *words)


def truth_of(printed: Any) -> Truth:
    """What it prints."""
    connections, servers, seconds = printed
    return Truth([Brief(*each) for each in connections], {int(port): pid for port, pid in servers.items()}, seconds)


Pair = tuple[ConnectionEvent, ConnectionEvent]


def lives_of(truth: Truth, captured: Captured) -> Iterator[tuple[Brief, Pair, Pair]]:
    """Each connection with the beginning and the end of its two ends; the same ports may be used again and again."""
    opened: dict[tuple[int, int], list[ConnectionEvent]] = defaultdict(list)
    closed: dict[tuple[int, int], list[ConnectionEvent]] = defaultdict(list)
    for event in captured.events:
        if event.kind in (EventKind.OPENED, EventKind.CLOSED):
            place = (event.local_port, event.peer_port)
            (opened if event.kind is EventKind.OPENED else closed)[place].append(event)
    lives: dict[tuple[int, int], list[Brief]] = defaultdict(list)
    for each in sorted(truth.connections, key=lambda each: each.began):
        lives[each.port, each.server_port].append(each)
    for place, connections in lives.items():
        ends = []
        for end in (place, place[::-1]):
            assert (len(opened[end]), len(closed[end])) == (len(connections), len(connections))
            ends.append(zip(opened[end], closed[end], strict=True))
        yield from zip(connections, *ends, strict=True)


def check_totals(event: ConnectionEvent, sent: int, received: int) -> None:
    """Whether totals, where there are any, are the ones of the payload."""
    totals = event.totals
    if totals is not None:
        assert totals.bytes_out == sent
        assert totals.bytes_in == received + (totals.has_fin is None and totals.received > received)
        assert totals.received - received in (0, 1)


@contextmanager
def on_processor(cpu: int) -> Iterator[None]:
    """This process runs on one processor alone."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def instance_of(capture: Capture) -> str | None:
    """The instance of ftrace that a capture has made; other copies of the program may have theirs."""
    source = capture._trace and capture._trace._source
    if isinstance(source, MendedTrace):
        source = source._idle
    return source.name if isinstance(source, TraceInstance) else None


def instances() -> list[str]:
    """All instances of ftrace."""
    with Tracefs() as tracefs:
        folder = os.open("instances", os.O_RDONLY | os.O_DIRECTORY, dir_fd=tracefs.root)
        try:
            return os.listdir(folder)
        finally:
            os.close(folder)
