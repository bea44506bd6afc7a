"""The thread that reads is woken by the first event, not by time: what lives shortly is looked at while it lives."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from netwatch_tui.collect import capture_thread
from netwatch_tui.collect.capture_thread import CaptureThread
from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.perf_trace import PerfTrace
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.trace_instance import TraceInstance
from netwatch_tui.kernel.namespace import LinuxNamespace
from netwatch_tui.kernel.processes import Processes
from netwatch_tui.sockets.connection_events import CaptureBatch, ConnectionEvent
from tests.support.capturing import by
from tests.support.kernel import Netns
from tests.support.program import wait_until


def perf() -> Capture:
    """By perf_event_open(2)."""
    return by(PerfTrace, TaskNames)


def ftrace() -> Capture:
    """By an instance of ftrace."""
    return by(TraceInstance, ThreadNames)


def destroyed() -> Capture:
    """By the multicast of sockets that end."""
    return Capture(CaptureWay.DESTROYED, "", None, EventClock())


CONNECTS = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
listener.accept()[0].close()
client.recv(1)
"""


@pytest.mark.usefixtures("may_capture")
@pytest.mark.parametrize("open_one", [perf, ftrace, destroyed])
def test_who_waits_is_woken_by_the_first_event(
    open_one: Callable[[], Capture], here: Netns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_thread, "LOOK_ANYWAY", 3600.0)
    capture, told = open_one(), list[ConnectionEvent]()
    read = capture.read

    def noted(*, is_last: bool = False) -> CaptureBatch:
        batch = read(is_last=is_last)
        told.extend(batch.events)
        return batch

    monkeypatch.setattr(capture, "read", noted)
    namespace = LinuxNamespace(here.inode, "/proc")
    namespace.path = f"/run/netns/{here.name}"
    capture.listen_in([namespace])
    thread = CaptureThread(capture, lambda: Processes("/proc"))
    try:
        subprocess.run(here.command(sys.executable, "-ISc", CONNECTS), check=True)
        wait_until(lambda: bool(told))
    finally:
        thread.stop()
        namespace.close()
    assert "capture" not in {each.name for each in threading.enumerate()}
