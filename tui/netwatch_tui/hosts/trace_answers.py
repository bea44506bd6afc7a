"""Traces at the far end of a connection."""

from __future__ import annotations

from typing import Any

from netwatch_tui.actions.open_trace import OpenTrace, Trace, TraceRefusedError
from netwatch_tui.hosts.refusals import refusal
from netwatch_tui.hosts.trace_format import (
    TracedThere,
    decode_asked,
    decode_traced,
    encode_begun,
    encode_calls,
)
from netwatch_tui.hosts.wire_format import About, Ask
from netwatch_tui.recording.shapes import PORTION

MOST_TRACES = 2
"""At a time; a page has one, and for a moment the next."""


class TraceAnswers:
    """Answers questions about traces. For one thread."""

    def __init__(self, begin: OpenTrace) -> None:
        """Trace nothing yet; `begin` begins to."""
        self._begin = begin
        self._traces: dict[int, Trace] = {}

    def answer(self, ask: Ask) -> Any:
        """What is told, as JSON says it.

        Raises:
            ShapeError: What is asked can't be understood.
        """
        match ask.about:
            case About.TRACE:
                return self._trace(ask.number, ask.more)
            case About.CALLS:
                asked = decode_asked(ask.more)
                trace = self._traces.get(asked.trace)
                if trace is None:
                    return refusal("the trace has ended")
                has_ended = trace.has_ended
                return encode_calls(TracedThere(trace.read(is_last=asked.is_last), has_ended))
            case _:
                self._end(PORTION(ask.more))
                return None

    def _trace(self, number: int, more: Any) -> Any:
        traced = decode_traced(more)
        while len(self._traces) >= MOST_TRACES:
            self._end(next(iter(self._traces)))
        try:
            trace = self._traces[number] = self._begin(traced.pids, traced.inode)
        except TraceRefusedError as error:
            return refusal(str(error))
        return encode_begun(trace.remarks)

    def _end(self, number: int) -> None:
        if trace := self._traces.pop(number, None):
            trace.close()
