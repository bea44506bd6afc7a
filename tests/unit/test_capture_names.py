"""Names of processes at the moment of an event, and the order and time of events."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_queue import EventQueue
from netwatch_tui.kernel.capture.task_names import MOST_TASKS, TaskNames
from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.tracepoints import EXITED, FORKED, NAMED
from netwatch_tui.sockets.connection_events import ConnectionEvent, EventKind, EventProcess, EventSource
from netwatch_tui.sockets.socket import NOWHERE, Family

CLONE_THREAD = 0x1_0000


class Proc:
    """A `/proc` with some processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, task: int, name: str, *, process: int | None = None) -> None:
        """A process, or a thread of one."""
        (self.folder / f"{task}").mkdir()
        (self.folder / f"{task}/comm").write_text(f"{name}\n")
        (self.folder / f"{task}/status").write_text(f"Name:\t{name}\nTgid:\t{process or task}\nPid:\t{task}\n")


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    own = tmp_path / f"{os.getpid()}"
    (own / "ns").mkdir(parents=True)
    (own / "ns/pid").symlink_to("pid:[4026531836]")
    (tmp_path / "self").symlink_to(own.name)
    return Proc(tmp_path)


def tell(names: TaskNames, code: int, task: int, about: Any = None) -> None:
    names.handlers[code](1, task, about)


def test_a_process_that_was_there_is_looked_up_and_a_new_one_told(proc: Proc) -> None:
    proc.add(5_000, "shell")
    names = TaskNames(str(proc.folder))
    assert names.actor(5_000) == EventProcess(5_000, "shell")
    assert names.actor(6_000) == EventProcess(6_000, None)
    tell(names, FORKED, 7_000, 5_000)
    assert names.actor(7_000) == EventProcess(7_000, "shell")
    tell(names, NAMED, 7_000, b"curl\xff")
    assert names.actor(7_000) == EventProcess(7_000, "curl\udcff")
    tell(names, EXITED, 7_000)
    assert names.actor(7_000) == EventProcess(7_000, None)


@pytest.mark.parametrize("pid", [0, -1])
def test_nobody_has_no_name(proc: Proc, pid: int) -> None:
    assert TaskNames(str(proc.folder)).actor(pid) is None


def test_a_proc_of_another_pid_namespace_names_nobody(proc: Proc) -> None:
    proc.add(5_000, "somebody else")
    link = proc.folder / "self"
    link.unlink()
    assert TaskNames(str(proc.folder)).actor(5_000) is None
    link.symlink_to("1")
    assert TaskNames(str(proc.folder)).actor(5_000) is None


def test_names_of_ever_more_processes_do_not_fill_the_memory(proc: Proc) -> None:
    names = TaskNames(str(proc.folder))
    for pid in range(1, 2 * MOST_TASKS):
        tell(names, NAMED, pid, b"x")
    assert len(names._actors) <= MOST_TASKS


def test_a_thread_speaks_for_its_process_whether_it_was_there_or_is_new(proc: Proc) -> None:
    proc.add(5_000, "server")
    proc.add(6_000, "worker", process=5_000)
    names = ThreadNames(str(proc.folder))
    assert names.actor(6_000) == EventProcess(5_000, "server")
    tell(names, FORKED, 6_000, (7_000, b"worker\0\0", CLONE_THREAD))
    assert names.actor(7_000) == EventProcess(5_000, "server")
    tell(names, NAMED, 7_000, (7_000, b"other\0"))
    assert names.actor(5_000) == EventProcess(5_000, "server")
    tell(names, FORKED, 7_000, (8_000, b"server\0\0", 0))
    tell(names, NAMED, 8_000, (8_000, b"curl\0x"))
    assert names.actor(8_000) == EventProcess(8_000, "curl")
    tell(names, EXITED, 7_000, (7_000,))
    assert names.actor(7_000) is None
    assert names.actor(99) is None


def test_in_another_pid_namespace_numbers_mean_nothing(proc: Proc) -> None:
    proc.add(5_000, "server")
    link = proc.folder / "self/ns/pid"
    link.unlink()
    link.symlink_to("pid:[4026532000]")
    names = ThreadNames(str(proc.folder))
    assert not names.can_name
    assert names.actor(5_000) is None


def test_time_is_that_of_the_day_and_follows_when_the_clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = EventClock()
    assert abs(clock.epoch(time.monotonic_ns()) - time.time()) < 0.1
    day, real = [0], time.time_ns
    monkeypatch.setattr("netwatch_tui.kernel.capture.event_clock.time.time_ns", lambda: real() + day[0])
    before = clock.epoch(0)
    day[0] = 500_000  # half a millisecond: that is how exact a comparison is
    clock.check()
    assert abs(clock.epoch(0) - before) < 0.01
    day[0] = 3_600_000_000_000
    clock.check()
    assert abs(clock.epoch(0) - before - 3_600) < 0.01


def event(at: float) -> ConnectionEvent:
    return ConnectionEvent(
        EventKind.OPENED, at, EventSource.TRACEPOINT, None, "tcp", Family.INET, NOWHERE, 0, NOWHERE, 0
    )


class Waiting:
    """Something of which something is still to come."""

    def __init__(self, at: int, deadline: int) -> None:
        self.at, self.deadline, self.is_complete = at, deadline, False
        self.ended = float(at)

    def finish(self) -> ConnectionEvent:
        return event(self.at)


def test_nobody_overtakes_one_that_waits() -> None:
    queue = EventQueue()
    waiting = Waiting(2, deadline=100)
    for each in (event(1), waiting, event(3)):
        queue.add(each)
    assert queue.release(50) == [event(1)]
    assert queue.release(99) == []
    waiting.is_complete = True
    assert queue.release(99) == [event(2), event(3)]


def test_a_deadline_or_the_last_time_ends_the_waiting() -> None:
    queue = EventQueue()
    for each in (Waiting(1, deadline=100), Waiting(2, deadline=200)):
        queue.add(each)
    assert queue.release(100) == [event(1)]
    assert queue.release(None) == [event(2)]
