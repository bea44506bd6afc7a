"""Traced calls as lines: as text, or as objects; see `#/$defs/call` and `#/$defs/trace_gap` of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netwatch_tui.fields.iso_time import iso
from netwatch_tui.output.objects import dump
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.traced_call import CallEnd, TraceBatch, TracedCall
from netwatch_tui.view.call_text import call_line, call_text, error_name, lost_text


def text_lines(batch: TraceBatch, now: float, time_of_day: Callable[[float], str]) -> Iterator[str]:
    """A call a line, and a line where some are missing.

    Args:
        batch: What was traced.
        now: When it was read, in seconds since the epoch.
        time_of_day: Shows a moment.
    """
    for call in batch.calls:
        yield call_line(call, time_of_day)
    if batch.lost:
        yield f"{time_of_day(now)} {lost_text(batch.lost)}"


def call_objects(batch: TraceBatch, now: float, host: str) -> Iterator[str]:
    """A call a line, and a line where some are missing; the arguments are those of `text_lines`, and the machine."""
    for call in batch.calls:
        yield dump({"version": VERSION, "trace": "call", "time": iso(call.at), "host": host, **_members(call)})
    if batch.lost or batch.unknown:
        about = {"version": VERSION, "trace": "gap", "time": iso(now), "host": host}
        yield dump({**about, "lost": batch.lost, "unknown": batch.unknown})


def _members(call: TracedCall) -> dict[str, object]:
    failed = call.result is not None and call.result < 0
    return {
        "pid": call.pid,
        "tid": call.tid,
        "process": call.process,
        "call": call.name,
        "fd": call.fd,
        "arguments": call.arguments and dict(call.arguments),
        "result": call.result,
        "error": error_name(call.result) if call.result is not None and failed else None,
        "duration": call.duration,
        "end": _end(call.end),
        "inode": call.inode,
        "local": _end(call.local),
        "peer": _end(call.peer),
        "text": call_text(call),
    }


def _end(end: CallEnd | None) -> dict[str, object] | None:
    return None if end is None else {"address": end.address.text, "port": end.port if end.address.version else None}
