"""Calls of real programs on the real kernel: the same as strace prints, to the end, and nothing left of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket as net
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from netwatch_tui.kernel.capture.trace_instance import PREFIX
from netwatch_tui.kernel.capture.tracefs import Tracefs, read_at, write_at
from netwatch_tui.kernel.tracing.process_trace import ProcessTrace, TraceError
from netwatch_tui.sockets.traced_call import TracedCall
from netwatch_tui.view.call_text import end_text, error_name
from tests.support.kernel import NOBODY, Child, Netns
from tests.support.program import PATIENCE, wait_until
from tests.support.strace import StracedCall, calls_of, straced

PORT = 23_400


def why_no_trace() -> str:
    """Why nothing can be traced here; empty where it can."""
    try:
        ProcessTrace([os.getpid()]).close()
    except TraceError as error:
        return f"{error}; NETWATCH_TESTS_ALONE=1 keeps the tests in the first pid namespace"
    return ""


@pytest.fixture(scope="module", autouse=True)
def may_trace(may_make_namespaces: None) -> None:
    """Skips all where the machine or the user does not allow it."""
    if reason := why_no_trace():
        pytest.skip(reason)


@pytest.fixture
def program(here: Netns) -> Iterator[Child]:
    """A client and server that waits to begin."""
    with Child("tests.support.kernel_traced", str(PORT), netns=here) as child:
        yield child


def collected(trace: ProcessTrace, program: Child) -> list[TracedCall]:
    """All calls until everybody has ended, with nothing lost; what has to be looked at is there so long."""
    calls: list[TracedCall] = []
    is_pending = True

    def read(*, is_last: bool = False) -> None:
        nonlocal is_pending
        batch = trace.read(is_last=is_last)
        assert batch.lost == 0
        calls.extend(batch.calls)
        is_pending = bool(batch.calls or trace._later or trace._stream._waiting)

    def has_read() -> bool:
        read()
        return not is_pending

    wait_until(has_read)
    program._to.close()
    wait_until(lambda: trace.has_ended)
    read(is_last=True)
    return calls


def as_strace(call: TracedCall) -> StracedCall:
    """What both tell of it."""
    assert call.arguments is not None
    assert call.result is not None
    error = error_name(call.result) if call.result < 0 else None
    end = call.end and end_text(call.end).strip('"')
    return StracedCall(call.name, call.fd, call.arguments.get("len"), -1 if error else call.result, error, end)


def of_whole_life(calls: list[TracedCall]) -> list[TracedCall]:
    """Without the read that waited for the beginning and was called before it."""
    return [call for call in calls if call.arguments is not None]


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_the_calls_of_threads_and_children_are_those_that_strace_prints(program: Child, tmp_path: Path) -> None:
    printed = tmp_path / "strace"
    with closing(ProcessTrace([program.pid])) as trace:
        assert trace.remarks == []
        with straced(program.pid, printed):
            pid, child = program.ask()
            calls = collected(trace, program)
    told: dict[int, list[TracedCall]] = defaultdict(list)
    for call in of_whole_life(calls):
        told[call.tid].append(call)
    truth = calls_of(printed.read_text())
    assert told.keys() == truth.keys()
    assert {call.pid for call in told[child]} == {child}
    assert {call.pid for tid, calls in told.items() if tid != child for call in calls} == {pid}
    assert len(truth) == 4
    unknown: Counter[str] = Counter()
    for tid, of_thread in told.items():
        ours = [as_strace(call) for call in of_thread]
        assert [call._replace(end=None) for call in ours] == [call._replace(end=None) for call in truth[tid]]
        assert all(call.duration is not None for call in of_thread)
        unknown.update(call.name for call in of_thread if call.has_end and call.end is None)
        for own, true in zip(ours, truth[tid], strict=True):
            assert own.end in (true.end, None)
    assert unknown.pop("accept4", 0) <= 1  # whether that was reset before it was looked at is chance
    assert unknown == {"bind": 1, "recvfrom": 2, "recvmsg": 2}  # which failed; what may come from anywhere


def test_it_is_followed_from_the_middle_of_a_call_to_the_end(program: Child) -> None:
    with closing(ProcessTrace([program.pid])) as trace:
        program.ask()
        calls = collected(trace, program)
    connects = [call for call in calls if call.name == "connect" and call.end and call.end.port == PORT]
    assert [call.process for call in connects] == [connects[0].process] * len(connects)
    assert all(call.at == pytest.approx(time.time(), abs=PATIENCE) for call in calls)


def test_a_thread_that_waits_already_is_told_with_what_it_waits_for() -> None:
    first, second = net.socketpair()

    def is_waiting() -> bool:
        words = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()
        return words[1:2] == [hex(first.fileno())]

    thread = threading.Thread(target=first.recv, args=(321, net.MSG_WAITALL))
    thread.start()
    with first, second:
        wait_until(is_waiting)
        with closing(ProcessTrace([os.getpid()])) as trace:
            second.send(b"x" * 321)
            thread.join()
            calls = trace.read(is_last=True).calls
        (received,) = [call for call in calls if call.tid == thread.native_id]
        assert received.arguments == {"fd": first.fileno(), "len": 321, "flags": net.MSG_WAITALL}
        assert (received.name, received.result, received.duration) == ("recvfrom", 321, None)


def test_of_one_socket_only_its_calls_are_told() -> None:
    first, second = net.socketpair()
    with first, second, closing(ProcessTrace([os.getpid()], os.fstat(first.fileno()).st_ino)) as trace:
        second.send(b"to the other one")
        first.recv(100)
        copy = os.dup(first.fileno())
        os.write(copy, b"from a copy")
        os.close(copy)
        second.recv(100)
        calls = trace.read(is_last=True).calls
    assert [(call.name, call.result) for call in calls] == [("recvfrom", 16), ("write", 11), ("close", 0)]


def test_what_is_lost_is_counted_and_no_call_is_told_with_what_another_one_did() -> None:
    """Each call asks for another size, and gets it."""
    first, second = net.socketpair(net.AF_UNIX, net.SOCK_SEQPACKET)
    sizes = [1 + number % 1_009 for number in range(10_000)]

    def receive() -> None:
        for size in sizes:
            second.recv(size)

    batches = []
    with first, second, closing(ProcessTrace([os.getpid()], buffer_kib=64)) as trace:
        receiver = threading.Thread(target=receive)
        receiver.start()
        for at, size in enumerate(sizes):
            first.send(b"x" * size)
            if at % 2_000 == 0:
                batches.append(trace.read())
        receiver.join()
        batches.append(trace.read(is_last=True))
    assert sum(batch.lost for batch in batches) > 0
    calls = [call for batch in batches for call in batch.calls if call.name in ("sendto", "recvfrom")]
    whole = [call for call in calls if call.arguments is not None and call.result is not None]
    assert 0 < len(whole) < 20_000
    assert [call for call in whole if call.arguments is None or call.arguments["len"] != call.result] == []


def test_who_has_ended_is_not_there(program: Child) -> None:
    with Child("tests.support.kernel_traced", str(PORT + 100)) as ended:
        pass
    with pytest.raises(ProcessLookupError):
        ProcessTrace([ended.pid])
    with closing(ProcessTrace([ended.pid, program.pid])) as trace:
        assert not trace.has_ended


def test_an_ordinary_user_is_told_what_it_takes_and_what_to_type(program: Child) -> None:
    with Child("tests.support.kernel_tracer", str(program.pid), str(NOBODY)) as nobody:
        assert nobody.ask() == (
            f"calls can't be traced: that takes root; with strace: strace -f -e trace=network -p {program.pid}"
        )


def instances_of(pid: int) -> list[str]:
    """Those of one process: others may trace as well."""
    with Tracefs() as tracefs:
        folder = os.open("instances", os.O_RDONLY | os.O_DIRECTORY, dir_fd=tracefs.root)
        try:
            return [name for name in os.listdir(folder) if name.startswith(f"{PREFIX}{pid}.")]
        finally:
            os.close(folder)


def test_what_is_killed_leaves_nothing_while_another_one_goes_on(program: Child) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    with Tracefs() as tracefs:
        switches = [read_at(tracefs.root, name) for name in ("tracing_on", "set_event_pid", "set_event")]
        os.mkdir("instances/others", dir_fd=tracefs.root)
        write_at(tracefs.root, "instances/others/events/syscalls/sys_enter_connect/enable", "1")
        try:
            killed = Child("tests.support.kernel_tracer", str(program.pid), "0")
            with Child("tests.support.kernel_tracer", str(program.pid), "0") as other:
                killed.ask()
                other.ask()
                assert [len(instances_of(child.pid)) for child in (killed, other)] == [1, 1]
                os.kill(killed.pid, signal.SIGKILL)
                killed.__exit__()
                wait_until(lambda: not instances_of(killed.pid))
                assert len(instances_of(other.pid)) == 1
                program.ask()
                calls: list[str] = []

                def has_all() -> bool:
                    calls.extend(other.ask())
                    return calls.count("connect") >= 8

                wait_until(has_all)
            assert instances_of(other.pid) == []
            enabled = read_at(tracefs.root, "instances/others/events/syscalls/sys_enter_connect/enable")
            assert enabled.strip() == "1"
        finally:
            os.rmdir("instances/others", dir_fd=tracefs.root)
        assert [read_at(tracefs.root, name) for name in ("tracing_on", "set_event_pid", "set_event")] == switches
    assert Path("/proc/self/mounts").read_text() == mounts
