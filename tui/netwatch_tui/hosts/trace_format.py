"""How the two ends of a connection speak of traces, in the members `more` and `told` of questions and answers.

- `trace`: `more` is `{"pids": [...], "inode": number or null}`. Told is `{"trace": {"remarks": [...]}}`, or
  `{"refused": text}`. It goes by the number of this question, until it is ended or the connection ends.
- `calls`: `more` is `{"trace": number, "is_last": flag}`. Told is `{"calls": {...}}`, see `TracedThere`, with what was
  traced since the last time; or `{"refused": text}` where there is no such trace.
- `untrace`: `more` is the number of the trace. Told is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from netwatch_tui.hosts.refusals import granted, in_words
from netwatch_tui.recording.codec import decode_address, encode_address
from netwatch_tui.recording.shapes import (
    MOMENT,
    NAME,
    PORTION,
    Shape,
    ShapeError,
    list_of,
    members,
    named,
    number_of,
    or_null,
    shape_of,
    shown,
    text_of,
)
from netwatch_tui.sockets.socket import Address
from netwatch_tui.sockets.traced_call import CallEnd, TraceBatch, TracedCall

MOST_PIDS = 4_096

_COMMAND = text_of(64)
"""What the kernel calls a thread, or a call: workers have the longest names (WQ_NAME_LEN and what stands before it)."""
_WORD = number_of(-(2**63), 2**64 - 1)
"""A register of the kernel, signed or not."""


class Traced(NamedTuple):
    """What is to be traced."""

    pids: Sequence[int]
    inode: int | None


class CallsAsked(NamedTuple):
    """Which trace is to be read."""

    trace: int
    is_last: bool


class TracedThere(NamedTuple):
    """What a trace told since the last time."""

    batch: TraceBatch
    has_ended: bool


def _arguments(told: Any) -> Mapping[str, int]:
    return {NAME(name): _WORD(value) for name, value in named(told).items()}


def _call_name(told: Any) -> str:
    name: str = _COMMAND(told)
    if not name.isidentifier():
        raise ShapeError(f"{shown(name)} is the name of no call")
    return name


_SPECIAL: dict[Any, Shape] = {
    Address: decode_address,
    "at": MOMENT,
    "process": or_null(_COMMAND),
    "name": _call_name,
    "arguments": or_null(_arguments),
    "result": or_null(_WORD),
}
_call = shape_of(TracedCall, _SPECIAL)
_there = shape_of(TracedThere, {TraceBatch: shape_of(TraceBatch, {TracedCall: _call})})
_traced = shape_of(Traced, {Sequence[int]: list_of(PORTION)})
_calls_asked: Shape = shape_of(CallsAsked, {})


def encode_traced(traced: Traced) -> dict[str, Any]:
    """What is to be traced."""
    return traced._asdict()


def decode_traced(told: Any) -> Traced:
    """What `encode_traced` was given.

    Raises:
        ShapeError: It is something else.
    """
    traced: Traced = _traced(told)
    return traced


def encode_begun(remarks: Sequence[str]) -> dict[str, Any]:
    """That it is traced, and what is not told."""
    return {"trace": {"remarks": remarks}}


def decode_begun(told: Any) -> Sequence[str]:
    """The remarks.

    Raises:
        RefusedError: It is not traced.
        ShapeError: It is something else.
    """
    begun = members({"remarks": list_of(in_words)}, named(granted(told, "trace")), ("remarks",))
    remarks: Sequence[str] = begun["remarks"]
    return remarks


def encode_asked(asked: CallsAsked) -> dict[str, Any]:
    """Which trace is to be read."""
    return asked._asdict()


def decode_asked(told: Any) -> CallsAsked:
    """What `encode_asked` was given.

    Raises:
        ShapeError: It is something else.
    """
    asked: CallsAsked = _calls_asked(told)
    return asked


def encode_calls(there: TracedThere) -> dict[str, Any]:
    """What was traced since the last time."""
    batch = there.batch
    calls = [_told(call) for call in batch.calls]
    return {"calls": {"batch": [calls, batch.lost, batch.unknown], "has_ended": there.has_ended}}


def decode_calls(told: Any) -> TracedThere:
    """What `encode_calls` was given.

    Raises:
        RefusedError: There is no such trace.
        ShapeError: It is something else.
    """
    there: TracedThere = _there(granted(told, "calls"))
    return there


def _told(call: TracedCall) -> list[Any]:
    """The members in their order."""
    return [_end(value) if isinstance(value, CallEnd) else value for value in call]


def _end(end: CallEnd) -> list[Any]:
    return [encode_address(end.address), end.port]
