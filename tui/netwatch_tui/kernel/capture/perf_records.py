"""Records of a perf ring: struct perf_event_header and what follows it, see perf_event_open(2)."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from netwatch_tui.kernel.capture.tracepoints import EXITED, FORKED, INTERRUPT, NAMED, Decoder, Row

_LOST, _COMM, _EXIT, _THROTTLE, _FORK, _SAMPLE = 2, 3, 4, 5, 7, 9

_RECORD = struct.Struct("=IHHiIQIHB")
"""Type, misc, size; process, thread, time, length of the raw record; its common_type and common_flags."""
_RAW = 28
"""Where the raw record begins."""
_TASK = struct.Struct("=iiIIQ")  # process, parent, thread, thread of the parent, time
_IDS = struct.Struct("=iI")  # process, thread
_COUNT = struct.Struct("=Q")
_TRAILER = 16
"""Bytes at the end of what is no sample: process, thread, time, as `sample_id_all` asks for."""


def read_records(data: bytes, decoders: Mapping[int, Decoder], rows: list[Row]) -> tuple[int, bool]:
    """Take records apart and add what they tell to some rows.

    Args:
        data: Whole records.
        decoders: By common_type.
        rows: What is added to.

    Returns:
        How many records the kernel had to throw away for want of room, and whether it stopped recording for a moment.
    """
    lost, throttled = 0, False
    unpack, add = _RECORD.unpack_from, rows.append
    at, end = 0, len(data)
    while at < end:
        kind, _, size, pid, _, time, _, id, flags = unpack(data, at)
        if kind == _SAMPLE:
            decode, code = decoders[id]
            add((time, 0 if flags & INTERRUPT else pid, code, decode(data, at + _RAW)))
        elif kind in (_FORK, _EXIT):
            _add_task(kind, data, at + 8, rows)
        elif kind == _COMM:
            _add_name(data[at : at + size], rows)
        elif kind == _LOST:
            lost += _COUNT.unpack_from(data, at + 16)[0]
        elif kind == _THROTTLE:
            throttled = True
        at += size
    return lost, throttled


def _add_task(kind: int, data: bytes, at: int, rows: list[Row]) -> None:
    """A process that begins or ends. Threads are none."""
    pid, parent, thread, _, time = _TASK.unpack_from(data, at)
    if kind == _FORK and pid != parent:
        rows.append((time, pid, FORKED, parent))
    elif kind == _EXIT and pid == thread:
        rows.append((time, pid, EXITED, None))


def _add_name(record: bytes, rows: list[Row]) -> None:
    """A process that has another name. What its other threads call themselves is none of it."""
    pid, thread = _IDS.unpack_from(record, 8)
    if pid == thread:
        (time,) = _COUNT.unpack_from(record, len(record) - 8)
        rows.append((time, pid, NAMED, record[16:-_TRAILER].partition(b"\0")[0]))
