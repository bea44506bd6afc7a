"""The ways of capturing on a real machine: what each of them sees, and what is left of it."""

from __future__ import annotations

import errno
import os
import signal
import socket as net
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from netwatch_tui.kernel.capture.capture import CaptureWay
from netwatch_tui.kernel.capture.deaf_processors import deaf_processors
from netwatch_tui.kernel.capture.mended_trace import MendedTrace
from netwatch_tui.kernel.capture.open_capture import open_capture
from netwatch_tui.kernel.capture.perf_events import PerfRing
from netwatch_tui.kernel.capture.perf_trace import PerfTrace, online
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.trace_instance import PREFIX, TraceInstance
from netwatch_tui.kernel.capture.tracefs import Tracefs, read_at, write_at
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.connection_events import ConnectionEvent, EventKind
from tests.support.capturing import (
    brief,
    by,
    capturing,
    check_totals,
    instance_of,
    instances,
    lives_of,
    on_processor,
    truth_of,
    watch,
)
from tests.support.kernel import Child, Netns


@pytest.mark.usefixtures("may_capture")
def test_where_perf_is_closed_an_instance_of_ftrace_tells_the_same(here: Netns, tmp_path: Path) -> None:
    with capturing(by(TraceInstance, ThreadNames), here) as capture:
        captured, printed = watch(capture, brief(here, count=4_000), tmp_path)
        name = instance_of(capture)
        assert name in instances()
    assert name not in instances()
    truth = truth_of(printed)
    assert (captured.lost, captured.gaps) == (0, [])
    can_name = ThreadNames().can_name
    for each, (_, client), (_, server) in lives_of(truth, captured):
        assert (client.owner and client.owner.pid) == (each.pid if can_name else None)
        check_totals(client, each.sent, each.answered)
        check_totals(server, each.answered, each.sent)


@pytest.mark.usefixtures("may_capture")
def test_an_instance_with_too_little_room_counts_what_it_drops(here: Netns, tmp_path: Path) -> None:
    with capturing(by(lambda tracefs: TraceInstance(tracefs, buffer_kib=16), ThreadNames), here) as capture:
        captured, _ = watch(capture, brief(here, count=2_000), tmp_path, nap=0.5)
    assert captured.lost > 0


@pytest.mark.usefixtures("may_capture")
def test_what_is_killed_leaves_nothing_and_others_go_on() -> None:
    mounts = Path("/proc/self/mounts").read_text()
    with Tracefs() as tracefs:
        switches = [read_at(tracefs.root, name) for name in ("tracing_on", "current_tracer", "set_event")]
        others = f"instances/others.{os.getpid()}"
        os.mkdir(others, dir_fd=tracefs.root)
        write_at(tracefs.root, f"{others}/events/sock/inet_sock_set_state/enable", "1")
        try:
            killed_by_perf = Child("tests.support.kernel_capture", "auto", "0")
            killed_by_ftrace = Child("tests.support.kernel_capture", "tracefs", "0")
            with Child("tests.support.kernel_capture", "tracefs", "0") as other:
                told = [child.ask() for child in (killed_by_perf, killed_by_ftrace, other)]
                assert [each["way"] for each in told] == [CaptureWay.PERF, CaptureWay.TRACEFS, CaptureWay.TRACEFS]
                *left, kept = [each["instance"] for each in told]
                left = [name for name in left if name]  # perf leaves one only where it does not hear everything
                assert {kept, *left} <= {*instances()}
                for child in (killed_by_perf, killed_by_ftrace):
                    os.kill(child.pid, signal.SIGKILL)
                    child.__exit__()
                assert wait_for(lambda: not {*left} & {*instances()})
                assert kept in instances()
                connect_once()
                assert wait_for(lambda: other.ask()["events"])
            assert kept not in instances()
            enabled = read_at(tracefs.root, f"{others}/events/sock/inet_sock_set_state/enable")
            assert enabled.strip() == "1"
        finally:
            os.rmdir(others, dir_fd=tracefs.root)
        assert [read_at(tracefs.root, name) for name in ("tracing_on", "current_tracer", "set_event")] == switches
    assert Path("/proc/self/mounts").read_text() == mounts


@pytest.mark.usefixtures("may_capture")
def test_what_nobody_could_remove_is_removed_by_the_next_copy() -> None:
    with Tracefs() as tracefs:
        leftover = f"{PREFIX}{os.getpid()}.leftover"
        os.mkdir(f"instances/{leftover}", dir_fd=tracefs.root)
        TraceInstance(Tracefs()).close()
        assert leftover not in instances()


def connect_once() -> None:
    """A connection on loopback."""
    with net.create_server(("127.0.0.1", 0)) as listener, net.create_connection(listener.getsockname()):
        pass


def wait_for(told: Callable[[], object]) -> bool:
    """Whether something is told in time."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if told():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.usefixtures("may_capture")
def test_attempts_that_fail_are_told_with_who_tried_and_why() -> None:
    events: list[ConnectionEvent] = []
    with ExitStack() as stack:
        capture = open_capture(CaptureWhen.ALWAYS)
        stack.callback(capture.close)
        mute = stack.enter_context(net.create_server(("127.0.0.1", 0), backlog=0))
        port, closed_port = mute.getsockname()[1], free_port()
        for _ in range(3):  # what follows finds the queue full
            stack.enter_context(attempt(port))
        with suppress(ConnectionRefusedError):
            net.create_connection(("127.0.0.1", closed_port))
        names = {}
        for cpu in online():  # whose timer it is; it is mostly idle when that expires
            with on_processor(cpu):
                slow = stack.enter_context(attempt(port, timeout=300))
            names[slow.getsockname()[1]] = "timed-out"
        given_up = attempt(port)
        names[given_up.getsockname()[1]] = "abandoned"
        given_up.close()

        def told() -> bool:
            events.extend(capture.read().events)
            return names.keys() <= {event.local_port for event in events}

        assert wait_for(told)
        mute.close()
        events += capture.read(is_last=True).events
    own = [event for event in events if event.owner and event.owner.pid == os.getpid()]
    assert {event.local_port: str(event.kind) for event in own if event.local_port in names} == names
    (refused,) = [event for event in own if event.peer_port == closed_port]
    assert (refused.kind, refused.error, refused.is_outgoing) == (EventKind.REFUSED, 111, True)
    listener = [str(event.kind) for event in own if event.local_port == port and not event.peer_port]
    assert listener == ["listening", "closed"]


def attempt(port: int, timeout: int = 0) -> net.socket:
    """A connection that is being made; with a number of milliseconds after which the kernel gives up."""
    client = net.socket()
    client.setblocking(False)
    if timeout:
        client.setsockopt(net.IPPROTO_TCP, net.TCP_USER_TIMEOUT, timeout)
    client.connect_ex(("127.0.0.1", port))
    return client


def free_port() -> int:
    """A port at which nobody listens."""
    with net.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.usefixtures("may_capture")
def test_a_processor_that_is_started_is_listened_to_and_told_as_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    now, running = [0.0], [online()[:1]]
    monkeypatch.setattr("netwatch_tui.kernel.capture.perf_trace.online", lambda: running[0])
    monkeypatch.setattr("netwatch_tui.kernel.capture.perf_trace.time.monotonic", lambda: now[0])
    with Tracefs() as tracefs:
        trace = PerfTrace(tracefs)
    assert len(trace.files) == 2
    running[0] = online()[:2]
    assert trace.read([]).gaps == ()
    now[0] += 2.0
    gaps = trace.read([]).gaps
    assert gaps == tuple(
        f"processor {cpu} was started, and what it did at first was not recorded" for cpu in running[0][1:]
    )
    running[0] = running[0][:1]
    now[0] += 2.0
    assert trace.read([]).gaps == ()
    assert len(trace.files) == 2
    trace.close()


@pytest.mark.usefixtures("may_capture")
def test_a_processor_that_tells_nothing_while_it_is_idle_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cpus = sorted(os.sched_getaffinity(0))
    with Tracefs() as tracefs:
        found = deaf_processors(tracefs, cpus)
        assert {*found} <= {*cpus}
        with monkeypatch.context() as patch:
            patch.setattr(PerfRing, "take", lambda _: b"")
            assert deaf_processors(tracefs, cpus) == cpus
            patch.setattr(os, "sched_setaffinity", denied)
            assert deaf_processors(tracefs, cpus) == []


def denied(*_: object) -> None:
    """What the system says to whom it does not let choose."""
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


@pytest.mark.usefixtures("may_capture")
def test_what_perf_does_not_hear_comes_once_by_ftrace(here: Netns, tmp_path: Path) -> None:
    def mended(tracefs: Tracefs) -> MendedTrace:
        cpus = online()
        return MendedTrace(PerfTrace(tracefs, idle_elsewhere=cpus), TraceInstance(Tracefs(), idle_on=cpus))

    with capturing(by(mended, TaskNames), here) as capture:
        captured, printed = watch(capture, brief(here, count=2_000), tmp_path)
    assert (captured.lost, captured.gaps) == (0, [])
    for each, (_, client), _ in lives_of(truth_of(printed), captured):
        assert client.owner
        assert client.owner.pid == each.pid
