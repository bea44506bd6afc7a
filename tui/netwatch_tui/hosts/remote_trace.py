"""A trace of processes of another machine: made there by the far end of a connection, and read from here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from netwatch_tui.actions.open_trace import TraceRefusedError
from netwatch_tui.hosts.orders import NoAnswerError, Orders
from netwatch_tui.hosts.refusals import RefusedError
from netwatch_tui.hosts.trace_format import (
    CallsAsked,
    Traced,
    decode_begun,
    decode_calls,
    encode_asked,
    encode_traced,
)
from netwatch_tui.hosts.wire_format import About
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.sockets.traced_call import TraceBatch

BEGINS_WITHIN = 10.0
"""Seconds that somebody waits until a trace has begun there."""
ANSWERS_WITHIN = 10.0
"""Seconds that somebody waits for what was traced."""


class RemoteTrace:
    """Calls of processes of another machine, by its own numbers; see `Trace`."""

    def __init__(self, orders: Orders, pids: Sequence[int], inode: int | None) -> None:
        """Begin; waits for it.

        Raises:
            TraceRefusedError: It is not traced there.
        """
        self._orders = orders
        self.has_ended = False
        """Whether there was nobody left who could call anything when it was read last."""
        try:
            question = orders.begin(About.TRACE, more=encode_traced(Traced(pids, inode)))
            self._number = question.number
            self.remarks = list(decode_begun(question.told(BEGINS_WITHIN)))
        except (NoAnswerError, RefusedError, ShapeError) as error:
            raise TraceRefusedError(str(error)) from error

    def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
        """The calls that returned since the last time. Waits for the answer; what `check` raises ends that.

        Raises:
            TraceRefusedError: Nothing more is told.
        """
        try:
            question = self._orders.begin(About.CALLS, more=encode_asked(CallsAsked(self._number, is_last)))
            there = decode_calls(question.told_unless(check, ANSWERS_WITHIN))
        except (NoAnswerError, RefusedError, ShapeError) as error:
            raise TraceRefusedError(f"nothing more is traced: {error}") from error
        self.has_ended = there.has_ended
        return there.batch

    def close(self) -> None:
        """End it there; does not wait."""
        with suppress(NoAnswerError):  # it ends with the connection
            self._orders.begin(About.UNTRACE, more=self._number)
