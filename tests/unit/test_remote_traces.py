"""Traces of processes of another machine: read from here, made there, and gone with the connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.actions.open_trace import Trace, TraceRefusedError
from netwatch_tui.hosts import remote_trace
from netwatch_tui.hosts.fleet_actor import FleetActor
from netwatch_tui.hosts.remote_trace import RemoteTrace
from netwatch_tui.hosts.trace_answers import MOST_TRACES, TraceAnswers
from netwatch_tui.hosts.trace_format import TracedThere, decode_calls, decode_traced, encode_calls
from netwatch_tui.hosts.wire_format import About, Ask
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.play.traces import ALL_ENDED, TraceThread
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.sockets.hosts import on_host
from netwatch_tui.sockets.traced_call import CallEnd, TraceBatch, TracedCall
from tests.support.build import address
from tests.support.far_end import NO_ANSWER, as_said, far_end
from tests.support.hosts import FakeHost
from tests.support.program import wait_until

CALL = TracedCall(
    1_000_000.042, 7, 8, "nginx", "connect", {"fd": 5}, -115, 61e-6, CallEnd(address("209.51.188.116"), 80), True
)


class FakeTrace:
    """Tells what it is given."""

    def __init__(self) -> None:
        self.remarks = ["calls of 32-bit programs are not told"]
        self.has_ended = False
        self.is_closed = False
        self.batches: list[TraceBatch] = []
        self.lasts: list[bool] = []

    def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
        check()
        self.lasts.append(is_last)
        return self.batches.pop(0) if self.batches else TraceBatch()

    def close(self) -> None:
        self.is_closed = True


class Tracer:
    """Begins traces, and remembers them."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[int], int | None]] = []
        self.traces: list[FakeTrace] = []
        self.why_not = ""

    def __call__(self, pids: Sequence[int], inode: int | None) -> Trace:
        self.asked.append((list(pids), inode))
        if self.why_not:
            raise TraceRefusedError(self.why_not)
        self.traces.append(FakeTrace())
        return self.traces[-1]

    def answers(self) -> Callable[[Ask], Any]:
        return TraceAnswers(self).answer


def test_what_is_called_there_is_told_here() -> None:
    tracer = Tracer()
    with far_end(tracer.answers) as far:
        trace = RemoteTrace(far.orders, [7, 9], 4711)
        assert tracer.asked == [([7, 9], 4711)]
        (real,) = tracer.traces
        assert trace.remarks == real.remarks
        batch = TraceBatch((CALL, CALL._replace(arguments=None, result=None, end=None, inode=12)), 3, 4)
        real.batches = [batch]
        assert trace.read() == batch
        assert trace.read() == TraceBatch()
        seen = [trace.has_ended]
        real.has_ended = True
        trace.read(is_last=True)
        assert [*seen, trace.has_ended] == [False, True]
        assert real.lasts == [False, False, True]
        trace.close()
        wait_until(lambda: real.is_closed)
        with pytest.raises(TraceRefusedError, match="nothing more is traced: the trace has ended"):
            trace.read()


def test_the_thread_of_the_page_reads_it_to_its_end() -> None:
    tracer = Tracer()
    batches: list[TraceBatch] = []
    reasons: list[str] = []
    with far_end(tracer.answers) as far:
        thread = TraceThread(lambda: RemoteTrace(far.orders, [7], None))
        thread.begin(lambda _: None, batches.append, reasons.append)
        wait_until(lambda: tracer.traces)
        tracer.traces[0].batches = [TraceBatch((CALL,))]
        tracer.traces[0].has_ended = True
        wait_until(lambda: reasons)
        thread.stop()
    assert reasons == [ALL_ENDED]
    assert [call for batch in batches for call in batch.calls] == [CALL]


def test_why_it_is_not_traced_is_passed_on() -> None:
    tracer = Tracer()
    tracer.why_not = "calls can't be traced: that takes root; with strace: strace -p 7"
    with far_end(tracer.answers) as far:
        with pytest.raises(TraceRefusedError, match="that takes root"):
            RemoteTrace(far.orders, [7], None)
        far.end()
        with pytest.raises(TraceRefusedError, match="there is no connection now"):
            RemoteTrace(far.orders, [7], None)
        far.begin()


def test_a_trace_ends_with_its_connection() -> None:
    tracer = Tracer()
    with far_end(tracer.answers) as far:
        trace = RemoteTrace(far.orders, [7], None)
        far.end()
        far.begin()
        with pytest.raises(TraceRefusedError, match="nothing more is traced: the trace has ended"):
            trace.read()
        far.end()
        with pytest.raises(TraceRefusedError, match="nothing more is traced: there is no connection now"):
            trace.read()
        trace.close()
        far.begin()


def test_who_waits_for_what_was_traced_may_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    class StoppedError(Exception):
        """Nobody wants it."""

    def stop() -> None:
        raise StoppedError

    with far_end(Tracer().answers) as far:
        trace = RemoteTrace(far.orders, [7], None)
        far.spoil = lambda _, __: NO_ANSWER
        with pytest.raises(StoppedError):
            trace.read(check=stop)
        monkeypatch.setattr(remote_trace, "ANSWERS_WITHIN", 0.05)
        with pytest.raises(TraceRefusedError, match="there is no answer"):
            trace.read()


def test_few_are_made_whatever_is_forgotten_here() -> None:
    tracer = Tracer()
    with far_end(tracer.answers) as far:
        for _ in range(MOST_TRACES + 2):
            RemoteTrace(far.orders, [7], None)
        assert [trace.is_closed for trace in tracer.traces] == [True, True, False, False]
        assert far.told() == [About.TRACE] * (MOST_TRACES + 2)


@pytest.mark.parametrize("told", [None, 7, {}, {"trace": []}, {"trace": {"remarks": 7}}, {"refused": 7}])
def test_a_beginning_that_is_none_is_refused(told: object) -> None:
    with far_end(Tracer().answers) as far:
        far.spoil = lambda _, __: told
        with pytest.raises(TraceRefusedError):
            RemoteTrace(far.orders, [7], None)


@pytest.mark.parametrize(
    "calls",
    [None, {}, {"batch": [[], 0, 0]}, {"batch": [[[1]], 0, 0], "has_ended": False}, {"batch": 7, "has_ended": False}],
)
def test_calls_that_are_none_end_it(calls: object) -> None:
    with far_end(Tracer().answers) as far:
        trace = RemoteTrace(far.orders, [7], None)
        far.spoil = lambda _, __: {"calls": calls}
        with pytest.raises(TraceRefusedError, match="nothing more is traced: "):
            trace.read()


@pytest.mark.parametrize("name", ["", "connect()\n09:00:00 sshd[1] accept4", "\x1b[2J", "a" * 65])
def test_nothing_but_the_name_of_a_call_is_taken_for_one(name: str) -> None:
    with pytest.raises(ShapeError):
        decode_calls(as_said(encode_calls(TracedThere(TraceBatch((CALL._replace(name=name),)), has_ended=False))))


@pytest.mark.parametrize("told", [None, {}, {"pids": [-1], "inode": None}, {"pids": "7", "inode": None}])
def test_what_is_no_order_to_trace_is_refused(told: object) -> None:
    with pytest.raises(ShapeError):
        decode_traced(told)


ARGUMENTS = ("fd", "family", "type", "protocol", "len", "flags", "backlog")
words = st.integers(-(2**63), 2**64 - 1)
names = st.text(max_size=8).filter(str.isprintable)
call_names = names.filter(str.isidentifier)
ends = st.builds(CallEnd, st.ip_addresses().map(lambda ip: address(str(ip))), st.integers(0, 65535))
calls = st.builds(
    TracedCall,
    st.floats(0, 1e10),
    st.integers(0, 2**22),
    st.integers(0, 2**22),
    st.none() | names,
    call_names,
    st.none() | st.dictionaries(st.sampled_from(ARGUMENTS), words),
    st.none() | words,
    st.none() | st.floats(0, 1e9),
    st.none() | ends,
    st.booleans(),
    st.none() | st.integers(0, 2**64 - 1),
    st.none() | ends,
    st.none() | ends,
)


@given(st.builds(TraceBatch, st.lists(calls, max_size=3).map(tuple), words.map(abs), words.map(abs)), st.booleans())
def test_calls_are_read_as_they_were_written(batch: TraceBatch, has_ended: bool) -> None:
    there = TracedThere(batch, has_ended)
    assert decode_calls(as_said(encode_calls(there))) == there


class Feeds:
    """Two machines, of which the second traces."""

    def __init__(self) -> None:
        self.hosts = {number: FakeHost(f"web0{number}") for number in (1, 2)}
        self.tracer = Tracer()
        self.hosts[2].begin_trace = self.tracer

    def feed_of(self, host: int) -> FakeHost | None:
        return self.hosts.get(host)


def test_processes_of_one_machine_are_traced_there_by_its_own_numbers() -> None:
    feeds = Feeds()
    FleetActor(feeds).open_trace([on_host(7, 2), on_host(9, 2)], 4711)
    assert feeds.tracer.asked == [([7, 9], 4711)]
    for pids, why in (
        ([on_host(7, 1), on_host(7, 2)], r"on 2 machines \(web01, web02\)"),
        ([on_host(7, 1)], "on web01: there is no connection now"),
        ([7], "on no machine"),
    ):
        with pytest.raises(TraceRefusedError, match=why):
            FleetActor(feeds).open_trace(pids)
    assert len(feeds.tracer.asked) == 1
