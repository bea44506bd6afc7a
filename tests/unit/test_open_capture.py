"""Which way of capturing is taken, what is said about it, and what is told where something is lost."""

from __future__ import annotations

import errno
import os
import select
import socket as net
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import pytest

from netwatch_tui.kernel.capture import open_capture as module
from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSockets
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_format import FormatError
from netwatch_tui.kernel.capture.event_trace import EventTrace
from netwatch_tui.kernel.capture.open_capture import open_capture
from netwatch_tui.kernel.capture.record_source import Losses
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.tracepoints import STATE, Row
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen
from netwatch_tui.sockets.connection_events import EventKind, EventSource
from tests.support.tcp_history import ESTAB, LOCAL, PEER, SYN_RECV


class FakeTracefs:
    """tracefs as far as it is opened and closed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held."""


class FakeSource:
    """Records that a test makes."""

    files: list[int] = []
    sees_udp = False
    tells_errors = True

    def __init__(self, *_: object, **__: object) -> None:
        self.rows: list[Row] = []
        self.losses = Losses()
        self.is_closed = False

    def read(self, rows: list[Row]) -> Losses:
        """What the test has put in."""
        rows += self.rows
        self.rows = []
        return self.losses

    def close(self) -> None:
        """Taken note of."""
        self.is_closed = True


def refuse(error: Exception) -> type:
    """What can't be opened."""

    class Refused:
        def __init__(self, *_: object, **__: object) -> None:
            raise error

    return Refused


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which everything may be done, whoever the test is."""
    monkeypatch.setattr(module, "Tracefs", FakeTracefs)
    monkeypatch.setattr(module, "PerfTrace", FakeSource)
    monkeypatch.setattr(module, "TraceInstance", FakeSource)
    monkeypatch.setattr(module, "deaf_processors", lambda *_: [])
    return monkeypatch


@contextmanager
def opened(when: CaptureWhen) -> Iterator[Capture]:
    capture = open_capture(when)
    try:
        yield capture
    finally:
        capture.close()


def test_perf_is_taken_where_it_may_be(machine: pytest.MonkeyPatch) -> None:
    with opened(CaptureWhen.ALWAYS) as capture:
        assert capture.way is CaptureWay.PERF
        assert capture.sentence == "Every TCP connection is seen; UDP sockets are seen when they end."
        assert capture.is_listening


def test_ftrace_is_taken_where_perf_is_closed_and_that_is_said(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(module, "PerfTrace", refuse(PermissionError(errno.EPERM, "no")))
    machine.setattr(os, "geteuid", lambda: 0)
    with opened(CaptureWhen.AUTO) as capture:
        assert capture.way is CaptureWay.TRACEFS
        assert capture.sentence.endswith(
            "It is traced with ftrace, because perf can't be used (operation not permitted)."
        )


def test_without_either_the_ends_alone_are_told_and_always_is_refused(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(module, "Tracefs", refuse(PermissionError(errno.EPERM, "no")))
    machine.setattr(os, "geteuid", lambda: 1_000)
    with opened(CaptureWhen.AUTO) as capture:
        assert capture.way is CaptureWay.DESTROYED
        assert capture.sentence.endswith("the kernel's events can't be used (only root may).")
    with pytest.raises(CaptureError, match=r"^the kernel's events can't be used: only root may$"):
        open_capture(CaptureWhen.ALWAYS)


def test_a_kernel_with_other_records_is_refused_in_its_words(machine: pytest.MonkeyPatch) -> None:
    unknown = FormatError("the layout of tcp/x.skaddr is unknown")
    machine.setattr(module, "PerfTrace", refuse(unknown))
    machine.setattr(module, "TraceInstance", refuse(unknown))
    with pytest.raises(CaptureError, match=r"can't be used: the layout of tcp/x\.skaddr is unknown$"):
        open_capture(CaptureWhen.ALWAYS)


def test_a_deaf_processor_that_nothing_makes_up_for_is_said(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(module, "deaf_processors", lambda *_: [1, 3])
    with opened(CaptureWhen.AUTO) as capture:
        assert "idle" not in capture.sentence
    machine.setattr(module, "TraceInstance", refuse(OSError(errno.EBUSY, "busy")))
    with opened(CaptureWhen.AUTO) as capture:
        assert capture.way is CaptureWay.PERF
        assert capture.sentence.endswith(
            " What happens while processors 1, 3 are idle is missed (device or resource busy)."
        )


def test_never_and_nothing_say_that_nothing_is_seen_and_tell_nothing(machine: pytest.MonkeyPatch) -> None:
    with opened(CaptureWhen.NEVER) as capture:
        assert (capture.way, capture.read().events) == (CaptureWay.NONE, ())
    machine.setattr(module, "Tracefs", refuse(OSError(errno.ENODEV, "none")))
    machine.setattr("netwatch_tui.kernel.capture.destroyed_sockets._socket.socket", refuse(PermissionError(1, "no")))
    with opened(CaptureWhen.AUTO) as capture:
        assert (capture.way, capture.is_listening) == (CaptureWay.NONE, False)
        assert capture.sentence.startswith("Connections that open and close between two ticks are not seen: ")
        assert capture.sentence.endswith("the kernel's events can't be used (no such device).")


class Here:
    """The own namespace under some number."""

    def __init__(self, inode: int) -> None:
        self.inode = inode

    def destroyed_sockets(self) -> DestroyedSockets:
        """It may be listened in."""
        return DestroyedSockets(self.inode)


class Elsewhere(Here):
    """One that may not be entered."""

    def destroyed_sockets(self) -> DestroyedSockets:
        """It may not."""
        raise PermissionError(errno.EPERM, "no")


def test_a_capture_listens_where_it_is_told_to_and_nowhere_else() -> None:
    capture = Capture(CaptureWay.DESTROYED, "", None, EventClock())
    capture.listen_in([Here(1), Elsewhere(2)])
    assert list(capture._listening) == [1]
    first = capture._listening[1]
    capture.listen_in([Here(1), Here(3)])
    assert sorted(capture._listening) == [1, 3]
    assert capture._listening[1] is first
    capture.listen_in([])
    assert not capture.is_listening
    capture.close()


def bind_and_close(number: int) -> None:
    for _ in range(number):
        with net.socket(net.AF_INET, net.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))


def test_messages_that_had_no_room_are_a_gap_that_is_told_once() -> None:
    capture = Capture(CaptureWay.DESTROYED, "", None, EventClock())
    capture.listen_in([Here(1)])
    listener = capture._listening[1]
    listener._netlink.setsockopt(net.SOL_SOCKET, net.SO_RCVBUF, 4_096)
    bind_and_close(200)
    deadline = time.monotonic() + 10
    gaps: list[str] = []
    while not gaps and time.monotonic() < deadline:
        select.select([listener.file], [], [], 0.1)
        gaps += capture.read().gaps
        bind_and_close(50)
    assert gaps[0] == "news of ended sockets was lost, because it was not read in time"
    capture.close()


def test_an_end_without_ports_is_none_of_a_connection() -> None:
    capture = Capture(CaptureWay.DESTROYED, "", None, EventClock())
    capture.listen_in([Here(1)])
    net.socket(net.AF_INET, net.SOCK_STREAM).close()
    bind_and_close(1)
    deadline = time.monotonic() + 10
    while not (events := capture.read().events) and time.monotonic() < deadline:
        time.sleep(0.01)
    capture.close()
    assert {(event.kind, event.source, event.netns) for event in events} == {
        (EventKind.CLOSED, EventSource.DESTROYED, 1)
    }
    assert all(event.local_port for event in events)


def traced(source: FakeSource) -> Capture:
    clock = EventClock()
    return Capture(CaptureWay.PERF, "", EventTrace(source, TaskNames(), clock), clock)


def opening(at: int, port: int) -> Row:
    return (at, 0, STATE, (port, SYN_RECV, ESTAB, port, 80, 2, LOCAL, PEER))


def test_records_of_all_processors_come_in_the_order_of_time() -> None:
    source = FakeSource()
    capture = traced(source)
    now = time.monotonic_ns()
    source.rows = [opening(now - 9_000_000, 3), opening(now - 5_000_000, 5), opening(now - 8_000_000, 4)]
    assert [event.local_port for event in capture.read().events] == [3, 4, 5]


def test_what_is_newest_waits_for_what_another_processor_may_still_tell() -> None:
    source = FakeSource()
    capture = traced(source)
    now = time.monotonic_ns()
    source.rows = [opening(now + 10_000_000_000, 2)]
    assert capture.read().events == ()
    source.rows = [opening(now - 5_000_000, 1)]
    assert [event.local_port for event in capture.read().events] == [1]
    assert [event.local_port for event in capture.read(is_last=True).events] == [2]


def test_losses_are_handed_on() -> None:
    source = FakeSource()
    capture = traced(source)
    assert capture.read().is_complete
    source.losses = Losses(3, 4, ("gap",))
    batch = capture.read()
    assert (batch.lost, batch.lost_udp, batch.gaps, batch.is_complete) == (3, 4, ("gap",), False)
    capture.close()
    assert source.is_closed
