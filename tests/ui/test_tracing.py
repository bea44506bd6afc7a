"""A process or a connection is traced from the screen: begun by T, shown as it happens, ended by Escape."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from netwatch_tui.actions.open_trace import TraceRefusedError
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.sockets.traced_call import CallEnd, TraceBatch, TracedCall
from netwatch_tui.ui.screens.trace_page import TracePage
from netwatch_tui.ui.widgets import call_log
from netwatch_tui.ui.widgets.call_log import CallLog
from tests.support.build import address
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, Stage, on_stage

CALL = TracedCall(
    1_000_000.042, 7, 7, "nginx", "connect", {"fd": 5}, -115, 61e-6, CallEnd(address("209.51.188.116"), 80), True
)
LINE = "13:46:40.042 nginx[7] connect(5, 209.51.188.116:80) = -EINPROGRESS <61 us>"


def numbered(count: int) -> tuple[TracedCall, ...]:
    """Calls that can be told apart."""
    return tuple(
        CALL._replace(name="recvfrom", arguments={"fd": 5, "len": at, "flags": 0}, result=at, end=None, has_end=False)
        for at in range(count)
    )


class FakeTrace:
    """Tells what it is given."""

    def __init__(self, *remarks: str) -> None:
        self.remarks = list(remarks)
        self.has_ended = False
        self.is_closed = threading.Event()
        self.batches: SimpleQueue[TraceBatch] = SimpleQueue()

    def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
        try:
            return self.batches.get_nowait()
        except Empty:
            return TraceBatch()

    def close(self) -> None:
        self.is_closed.set()


class Tracer:
    """Remembers what was to be traced."""

    def __init__(self, trace: FakeTrace | None = None) -> None:
        self.trace = trace or FakeTrace()
        self.asked: list[tuple[list[int], int | None]] = []

    def __call__(self, pids: Sequence[int], inode: int | None) -> FakeTrace:
        self.asked.append((list(pids), inode))
        return self.trace


def has(stage: Stage, text: str) -> bool:
    return any(text in line for line in stage.screen)


async def test_the_process_of_a_listener_is_traced_until_the_page_is_left(source: FakeSource) -> None:
    tracer = Tracer()
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("T")
        await stage.until(lambda: has(stage, "Tracing, which slows a busy process"))
        assert tracer.asked == [([7], None)]
        assert has(stage, "Trace: nginx (7)")
        tracer.trace.batches.put(TraceBatch((CALL,)))
        await stage.until(lambda: has(stage, LINE))
        await stage.until(lambda: has(stage, " 1 call."))
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert tracer.trace.is_closed.is_set()


async def test_of_a_connection_it_is_asked_which(source: FakeSource) -> None:
    tracer = Tracer()
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("j")
        assert stage.table.cursor_socket is not None
        inode = stage.table.cursor_socket.inode
        await stage.press("T")
        await stage.until(lambda: has(stage, "This connection"))
        assert has(stage, "nginx (7)")
        await stage.press("enter")
        await stage.until(lambda: has(stage, "Tracing, which slows"))
        await stage.press("q", "T")
        await stage.until(lambda: has(stage, "This connection"))
        await stage.press("down", "enter")
        await stage.until(lambda: has(stage, "Tracing, which slows"))
        assert tracer.asked == [([7], inode), ([7], None)]


async def test_all_processes_of_a_group_are_traced(source: FakeSource) -> None:
    tracer = Tracer()
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("b", *"process", "enter")
        await stage.press("T")
        await stage.until(lambda: has(stage, "Tracing, which slows"))
        assert tracer.asked[0][1] is None


async def test_what_nobody_holds_is_not_traced() -> None:
    tracer = Tracer()
    async with on_stage(FakeSource(CLIENT, DNS), open_trace=tracer) as stage:
        await stage.press("T")
        assert "There is no process to trace" in stage.said
    async with on_stage(FakeSource(CLIENT)) as stage:
        await stage.press("T")
        assert "A recording can't be traced" in stage.said
    assert tracer.asked == []


async def test_that_nothing_can_be_traced_is_said_with_what_can_be_done(source: FakeSource) -> None:
    def refuse(pids: Sequence[int], inode: int | None) -> FakeTrace:
        raise TraceRefusedError("calls can't be traced: that takes root; with strace: strace -p 7")

    async with on_stage(source, open_trace=refuse) as stage:
        await stage.press("T")
        await stage.until(
            lambda: has(stage, "Not tracing: calls can't be traced: that takes root; with strace: strace -p 7.")
        )
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.app.main)


async def test_it_says_when_everybody_has_ended_and_what_is_missing(source: FakeSource) -> None:
    tracer = Tracer(FakeTrace("this kernel does not tell of recvmmsg"))
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("T")
        await stage.until(lambda: has(stage, "This kernel does not tell of recvmmsg."))
        tracer.trace.batches.put(TraceBatch((CALL,), lost=1_200, unknown=3))
        await stage.until(lambda: has(stage, "1,200 records were lost"))
        await stage.until(lambda: has(stage, "1,200 records lost."))
        await stage.until(lambda: has(stage, "3 reads, writes and closes are left out"))
        tracer.trace.has_ended = True
        await stage.until(lambda: has(stage, "Not tracing: every traced process has ended."))
        assert has(stage, LINE)
        assert tracer.trace.is_closed.wait(10)


async def test_that_it_fails_is_said(source: FakeSource) -> None:
    class Failing(FakeTrace):
        def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
            raise OSError(5, "Input/output error")

    tracer = Tracer(Failing())
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("T")
        await stage.until(lambda: has(stage, "Not tracing: the trace failed: OSError"))
        assert tracer.trace.is_closed.wait(10)


async def test_the_page_follows_until_one_goes_up(source: FakeSource) -> None:
    tracer = Tracer()
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("T")
        tracer.trace.batches.put(TraceBatch(numbered(100)))
        await stage.until(lambda: has(stage, "recvfrom(5, 99) = 99"))
        await stage.press("g")
        await stage.until(lambda: has(stage, "recvfrom(5, 0) = 0"))
        tracer.trace.batches.put(TraceBatch((CALL,)))
        await stage.until(lambda: has(stage, "101 calls.") and has(stage, "recvfrom(5, 0) = 0"))
        await stage.press("pagedown", "pageup", "j", "k", "G")
        await stage.until(lambda: has(stage, LINE))


async def test_only_so_many_calls_are_kept(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    tracer = Tracer()
    monkeypatch.setattr(call_log, "MOST_CALLS", 50)
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("T")
        tracer.trace.batches.put(TraceBatch(numbered(40)))
        await stage.until(lambda: has(stage, "recvfrom(5, 39)"))
        await stage.press("g")
        tracer.trace.batches.put(TraceBatch(numbered(40)))
        await stage.until(lambda: has(stage, "80 calls."))
        log = stage.app.screen.query_one(CallLog)
        assert len(log.calls) == 50
        await stage.until(lambda: has(stage, "recvfrom(5, 30) = 30"))
        await stage.press("G")
        await stage.until(lambda: has(stage, "recvfrom(5, 39) = 39"))


async def test_a_call_is_copied_and_all_are_written(source: FakeSource, tmp_path: Path) -> None:
    tracer = Tracer()
    copied: list[str] = []
    async with on_stage(source, open_trace=tracer) as stage:
        stage.app.copy_to_clipboard = copied.append  # type: ignore[assignment,method-assign]  # a spy for one test
        await stage.press("T", "y", "w")
        assert isinstance(stage.app.screen, TracePage)
        tracer.trace.batches.put(TraceBatch((*numbered(2), CALL), lost=1, unknown=2))
        await stage.until(lambda: has(stage, LINE))
        await stage.press("k", "y")
        assert copied == [LINE]
        file = tmp_path / "it.ndjson"
        await stage.press("w")
        await stage.until(lambda: has(stage, "the extension sets the format: .txt, .ndjson"))
        await stage.press("ctrl+u", *str(file), "enter")
        await stage.until(lambda: file.exists() and file.read_text())
        assert file.read_text() == "ndjson 1 2\nrecvfrom\nrecvfrom\nconnect\n"


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_where_there_is_little_room_the_result_is_not_cut(source: FakeSource, size: tuple[int, int]) -> None:
    tracer = Tracer()
    async with on_stage(source, open_trace=tracer, size=size) as stage:
        await stage.press("T")
        tracer.trace.batches.put(TraceBatch((CALL._replace(process="a-process-with-a-name-that-is-long"),)))
        await stage.until(lambda: has(stage, "…) = -EINPROGRESS <61 us>") and has(stage, "Esc Stop"))


async def test_it_ends_with_the_program(source: FakeSource) -> None:
    tracer = Tracer()
    async with on_stage(source, open_trace=tracer) as stage:
        await stage.press("T")
        await stage.until(lambda: has(stage, "Tracing, which slows"))
    assert tracer.trace.is_closed.is_set()
