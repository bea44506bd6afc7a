from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwatch_tui.collect import capture_thread
from netwatch_tui.collect.capture_thread import CaptureThread
from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.processes import Processes
from netwatch_tui.sockets.connection_events import CaptureBatch, ConnectionEvent, EventKind, EventProcess
from tests.support.build import tcp
from tests.support.event_feeds import told

EVENT = told(EventKind.REFUSED, 1.0, tcp("10.0.0.1:5001", "10.0.0.2:80"))


class FakeCapture(Capture):
    """Tells what a test puts into it."""

    def __init__(self, way: CaptureWay = CaptureWay.PERF) -> None:
        super().__init__(way, "It is seen.", None, EventClock())
        self.batches: deque[CaptureBatch | OSError] = deque()
        self.is_closed = self.was_last = False

    def read(self, *, is_last: bool = False) -> CaptureBatch:
        self.was_last = is_last
        batch = self.batches.popleft() if self.batches else CaptureBatch((), complete_until=time.time())
        if isinstance(batch, OSError):
            raise batch
        return batch

    def close(self) -> None:
        self.is_closed = True


def processes() -> Processes:
    return Processes("/proc")


@pytest.fixture
def capture() -> Iterator[FakeCapture]:
    made = FakeCapture()
    yield made
    assert made.is_closed


def taken(thread: CaptureThread, enough: int) -> list[CaptureBatch]:
    """What is told until so many events have come."""
    batches: list[CaptureBatch] = []
    deadline = time.monotonic() + 30
    while sum(len(batch.events) for batch in batches) < enough and time.monotonic() < deadline:
        batches.append(thread.take(0.0))
    return batches


def test_what_was_told_between_two_ticks_is_taken_once_and_in_order(capture: FakeCapture) -> None:
    events = [EVENT._replace(at=float(at)) for at in range(4)]
    capture.batches += [CaptureBatch(tuple(events[:3]), 2, complete_until=2.0), CaptureBatch((events[3],), 1, 1)]
    thread = CaptureThread(capture, processes)
    batches = taken(thread, 4)
    assert [event for batch in batches for event in batch.events] == events
    assert (sum(batch.lost for batch in batches), sum(batch.lost_udp for batch in batches)) == (3, 1)
    thread.stop()
    assert thread.take(0.0).events == ()


def test_of_too_many_events_the_oldest_go_and_are_counted(
    capture: FakeCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_thread, "MOST_WAITING", 3)
    events = tuple(EVENT._replace(at=float(at)) for at in range(5))
    capture.batches.append(CaptureBatch(events, complete_until=9.0))
    thread = CaptureThread(capture, processes)
    batches = taken(thread, 3)
    assert [event for batch in batches for event in batch.events] == list(events[2:])
    assert sum(batch.lost for batch in batches) == 2
    thread.stop()


def test_a_capture_that_fails_is_off_from_then_on_and_says_so(capture: FakeCapture) -> None:
    capture.batches.append(OSError(5, "Input/output error"))
    thread = CaptureThread(capture, processes)
    gaps: tuple[str, ...] = ()
    deadline = time.monotonic() + 30
    while not gaps and time.monotonic() < deadline:
        gaps = thread.take(0.0).gaps
    assert gaps == ("connection events can't be read any more: Input/output error",)
    assert (thread.is_on, thread.status.brief, thread.status.is_partial) == (False, "off", True)
    thread.stop()


def test_a_tick_waits_a_little_for_what_happened_before_it(capture: FakeCapture) -> None:
    thread = CaptureThread(capture, processes)
    soon = thread.now() + 0.005
    assert thread.take(soon).complete_until >= soon
    thread.stop()


def test_the_last_time_nothing_is_kept_back(capture: FakeCapture) -> None:
    thread = CaptureThread(capture, processes)
    assert thread.take(0.0).complete_until < math.inf
    thread.finish()
    assert thread.take(0.0).complete_until == math.inf
    assert capture.was_last
    thread.stop()


def test_a_tick_does_not_wait_for_what_comes_much_later(capture: FakeCapture) -> None:
    thread = CaptureThread(capture, processes)
    late = thread.now() + 60
    assert thread.take(late).complete_until < late
    thread.stop()


def test_more_is_known_of_who_is_still_there(capture: FakeCapture) -> None:
    name = Path("/proc/self/comm").read_text().strip()
    own, ended = EventProcess(os.getpid(), name), EventProcess(os.getpid(), "another-name")
    owners: list[ConnectionEvent] = [EVENT._replace(owner=own), EVENT._replace(owner=ended)]
    capture.batches.append(CaptureBatch(tuple(owners), complete_until=1.0))
    thread = CaptureThread(capture, processes)
    taken(thread, 2)
    assert thread.process(own).cmdline
    assert thread.process(ended)._replace(user="") == (os.getpid(), "another-name", (), "", 0.0, None, None)
    thread.stop()


@pytest.mark.parametrize(("most", "most_bytes"), [(4, 1 << 24), (1_000, 4 * 600)])
def test_who_goes_by_another_name_by_now_is_not_remembered_for_good(
    capture: FakeCapture, monkeypatch: pytest.MonkeyPatch, most: int, most_bytes: int
) -> None:
    monkeypatch.setattr(capture_thread, "MOST_KNOWN", most)
    monkeypatch.setattr(capture_thread, "MOST_KNOWN_BYTES", most_bytes)
    readers: list[Processes] = []

    def open_reader() -> Processes:
        readers.append(processes())
        return readers[-1]

    owners = [EVENT._replace(owner=EventProcess(os.getpid(), f"former-{number}")) for number in range(20)]
    capture.batches.append(CaptureBatch(tuple(owners), complete_until=1.0))
    thread = CaptureThread(capture, open_reader)
    taken(thread, 20)
    thread.stop()
    assert len(readers) >= 5


@pytest.mark.parametrize(
    ("way", "is_wanted", "brief", "is_partial"),
    [
        (CaptureWay.PERF, True, "perf", False),
        (CaptureWay.TRACEFS, True, "ftrace", False),
        (CaptureWay.DESTROYED, True, "ends only", True),
        (CaptureWay.NONE, True, "off", True),
        (CaptureWay.NONE, False, "off", False),
    ],
)
def test_the_status_says_which_way_it_is(way: CaptureWay, is_wanted: bool, brief: str, is_partial: bool) -> None:
    thread = CaptureThread(FakeCapture(way), processes, is_wanted=is_wanted)
    assert thread.status == (brief, "It is seen.", is_partial)
    assert thread.is_on is (way is not CaptureWay.NONE)
    thread.stop()
