"""The page on which processes are traced: it begins when the page opens, and ends with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label

from netwatch_tui.actions.open_trace import Trace
from netwatch_tui.fields.format import printable
from netwatch_tui.play.traces import TraceThread
from netwatch_tui.sockets.traced_call import TraceBatch
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.keymap import TRACE_KEYS, bindings
from netwatch_tui.ui.messages import Said
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.screens.write_dialog import WriteScreen, WriteTo, write_to
from netwatch_tui.ui.widgets.call_log import CallLog
from netwatch_tui.view.call_text import unknown_text

WriteCalls = Callable[[str, TraceBatch, str], Iterable[str]]
"""The lines, without their ends, of a file of traced calls in a format, and of the machine with a name, empty for this
one."""


def write_no_calls(_: str, __: TraceBatch, ___: str) -> Iterable[str]:
    """Where nobody writes files."""
    return ()


_FORMATS = {".txt": "table", ".ndjson": "ndjson"}
"""Of files, by their extensions."""


@dataclass
class TraceBegan(Message):
    """It is traced."""

    remarks: list[str]
    """What is not told."""


@dataclass
class CallsTraced(Message):
    """Something was traced."""

    batch: TraceBatch


@dataclass
class TraceEnded(Message):
    """Nothing more is traced."""

    reason: str


class TracePage(Dialog[None]):
    """Shows calls as they happen, and is the only place that has them."""

    BINDINGS = bindings(TRACE_KEYS)
    HINTS = (TRACE_KEYS[-1], *TRACE_KEYS[:4], TRACE_KEYS[-2])

    def __init__(
        self, subject: str, begin: Callable[[], Trace], write: WriteCalls, errands: RunsErrands, host: str = ""
    ) -> None:
        """Begin when it is shown.

        Args:
            subject: What is traced.
            begin: Begins to trace it.
            write: Gives the lines of files.
            errands: Writes them.
            host: The machine where that is; empty for this one.
        """
        super().__init__(f"Trace: {printable(f'{subject} on {host}' if host else subject)}")
        self._host = host
        self._thread = TraceThread(begin)
        self._write = write
        self._errands = errands
        self._state = "Beginning to trace."
        self._count = self._lost = self._unknown = 0

    def content(self) -> Iterable[Widget]:
        """How it goes, and then the calls."""
        yield Label(self._state, id="trace-state", markup=False)
        yield CallLog(id="trace-log")

    def on_mount(self) -> None:
        """Begin to trace."""
        self.query_one(".dialog").add_class("-trace")
        self._thread.begin(
            lambda trace: self.post_message(TraceBegan(trace.remarks)),
            lambda batch: self.post_message(CallsTraced(batch)),
            lambda reason: self.post_message(TraceEnded(reason)),
        )

    def on_unmount(self) -> None:
        """Trace no more."""
        self._thread.stop()

    @on(TraceBegan)
    def _began(self, message: TraceBegan) -> None:
        self._state = "Tracing, which slows a busy process by some tens of percent."
        for remark in message.remarks:
            self._state += f" {remark[:1].upper()}{remark[1:]}."
        self._tell()

    @on(CallsTraced)
    def _traced(self, message: CallsTraced) -> None:
        batch = message.batch
        self._count += len(batch.calls)
        self._lost += batch.lost
        self._unknown += batch.unknown
        self.query_one(CallLog).add(batch)
        if batch.calls or batch.lost or batch.unknown:
            self._tell()

    @on(TraceEnded)
    def _ended(self, message: TraceEnded) -> None:
        self._state = f"Not tracing: {printable(message.reason)}."
        self._tell()

    def _tell(self) -> None:
        parts = [self._state, f"{self._count:,} call{'' if self._count == 1 else 's'}."]
        if self._lost:
            parts.append(f"{self._lost:,} records lost.")
        if self._unknown:
            parts.append(f"{unknown_text(self._unknown)}.")
        self.query_one("#trace-state", Label).update(" ".join(parts))

    def action_move(self, calls: int) -> None:
        """Go up or down."""
        self.query_one(CallLog).go(calls)

    def action_page(self, pages: int) -> None:
        """Go on by pages."""
        self.query_one(CallLog).page(pages)

    def action_first(self) -> None:
        """Go to the first one."""
        self.query_one(CallLog).go(-self._count)

    def action_last(self) -> None:
        """Follow what comes."""
        self.query_one(CallLog).go(self._count)

    def action_copy(self) -> None:
        """Hand the call under the cursor to the terminal."""
        line = self.query_one(CallLog).current
        if line is None:
            self.post_message(Said("No call to copy."))
            return
        self.app.copy_to_clipboard(line)
        self.post_message(Said(f"Sent to the terminal's clipboard: {line}"))

    def action_write(self) -> None:
        """Write the calls that are kept to a file."""
        batch = TraceBatch(self.query_one(CallLog).calls, self._lost, self._unknown)
        if not batch.calls:
            self.post_message(Said("No calls to write."))
            return

        def chosen(target: WriteTo | None) -> None:
            if target is not None:
                self._write_file(target, batch)

        dialog = WriteScreen(time.strftime("trace-%Y%m%d-%H%M%S.txt"), _FORMATS)
        dialog.obey(self.keymap)
        self.app.push_screen(dialog, chosen)

    def _write_file(self, target: WriteTo, batch: TraceBatch) -> None:
        lines = self._write(target.format, batch, self._host)

        def then(failure: str) -> None:
            self.app.post_message(Said(failure or f"Wrote {len(batch.calls):,} calls to {target.name}"))

        self._errands.run(f"file {target.path}", f"Writing {target.name}", partial(write_to, target, lines), then)
