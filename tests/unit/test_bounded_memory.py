"""What is remembered of others has a bound by bytes: a bound by number alone lets each of them be large."""

from __future__ import annotations

import tracemalloc

import pytest

from netwatch_tui.collect import history as event_history
from netwatch_tui.collect.history import History
from netwatch_tui.fields.moment import Moment
from netwatch_tui.hosts import host_rows
from netwatch_tui.hosts.host_rows import HostRows
from netwatch_tui.query import parse
from netwatch_tui.query.match import texts
from netwatch_tui.sockets.bounded_memory import BoundedMemory, bytes_of_process
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy
from tests.support.build import snapshot, tcp

BOUND = 1 << 23
MANY = 400
"""Processes with long command lines, which together take four times as much."""
NOW = 1_767_258_000.0


def costly(pid: int) -> Process:
    """A process with as long a command line as is kept, of which nothing is shared with another one's."""
    return Process(pid, "worker", tuple(f"{pid:07}" for _ in range(1_024)), "eve", 1000.0)


def held_by(*processes: Process, descriptors: int = 1) -> Socket:
    owners = tuple(Owner(each.pid, fd, each) for each in processes for fd in range(descriptors))
    return tcp("10.0.0.1:5001", "10.0.0.2:80", id=processes[0].pid, owners=owners, owner_reason=None)


def event(socket: Socket) -> SocketEvent:
    return SocketEvent(Happening.CLOSED, NOW, ToldBy.EVENT, socket)


def test_what_would_take_too_much_has_all_else_forgotten() -> None:
    memory = BoundedMemory[int, str](3, 100)
    for key in range(3):
        memory.keep(key, "", 30)
    assert list(memory) == [0, 1, 2]
    memory.keep(3, "", 10)
    assert list(memory) == [3], "too many"
    memory.keep(4, "", 80)
    memory.keep(5, "", 20)
    assert list(memory) == [5], "too large"
    memory.keep(6, "", 1_000)
    assert list(memory) == [6], "what is asked for now is remembered, however large it is"


def test_a_process_is_weighed_as_it_is() -> None:
    tracemalloc.start()
    process = costly(7)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken == 0 or 0.8 < bytes_of_process(process) / taken < 1.5


def test_processes_with_long_command_lines_push_out_what_happened_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_history, "MOST_BYTES", BOUND)
    history = History(5_000)
    tracemalloc.start()
    for pid in range(1, MANY):
        history.add([event(held_by(costly(pid)))])
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.7 * BOUND < taken < 1.2 * BOUND
    assert [each.socket.id for each in history.events.values()][-1] == MANY - 1
    history.add(event(held_by(Process(pid, "curl", ("curl",), "bob", 1.0))) for pid in range(1, 5_001))
    assert len(history.events) == 5_000


def test_sockets_with_many_descriptors_push_out_what_happened_before_them() -> None:
    history = History()
    process = costly(7)
    most = 2 * event_history.MOST_BYTES // (130 * 20_000)
    for _ in range(most):
        history.add([event(held_by(process, descriptors=20_000))])
    assert most / 3 < len(history.events) < most / 1.5


def test_what_is_too_large_by_itself_is_remembered_until_something_else_happens() -> None:
    history = History()
    history.add([event(held_by(costly(7), descriptors=event_history.MOST_BYTES // 100))])
    assert len(history.events) == 1
    history.add([event(held_by(costly(8)))])
    assert [each.socket.id for each in history.events.values()] == [8]


def test_a_filter_that_is_on_for_days_does_not_remember_all_command_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_MAX_BYTES", BOUND)
    matches = parse("cmdline:nothing").compile(Moment(NOW, {}))
    tracemalloc.start()
    for pid in range(1, MANY):
        assert not matches(held_by(costly(pid)))
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 2 * BOUND


def test_processes_of_another_machine_are_not_all_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_rows, "_MOST_PROCESS_BYTES", BOUND)
    rows = HostRows(1, iter(range(1, 10_000)).__next__)
    tracemalloc.start()
    for pid in range(1, MANY):
        rows.step([snapshot(held_by(costly(pid)), taken_at=NOW)], begins_anew=True, ahead=0.0)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 2 * BOUND
