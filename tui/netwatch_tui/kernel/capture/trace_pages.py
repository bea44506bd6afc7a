"""Pages of `trace_pipe_raw`: the kernel's ring buffer as it is, see its ring-buffer-design.rst and ring_buffer.h.

A page begins with a time and a length. Each record has a head of 32 bits, of which the lower five are its length in
words of four bytes, or its type, and the others are the time since the record before.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from netwatch_tui.kernel.capture.event_format import FormatError

_FIELD = re.compile(r"field: ?[\w ]+? (\w+);\s+offset:(\d+);\s+size:(\d+);")
_EXPECTED = {"timestamp": (0, 8), "commit": (8, 8)}
"""Offset and size."""
_WORD = struct.Struct("=I")
_START = struct.Struct("=QQ")
_COMMITTED = 0x000F_FFFF
"""Bits of the length; above them are flags about lost records."""
_LONG, _LAST, _PADDING, _EXTENDED, _ABSOLUTE = 0, 28, 29, 30, 31
"""enum ring_buffer_type."""
_HIGH = 27
"""Bits of the time in a head."""
_ABSOLUTE_MASK = (1 << 59) - 1


class PageLayout(NamedTuple):
    """How large pages are and where records begin in them."""

    size: int
    data: int


def page_layout(header: str) -> PageLayout:
    """Understand `events/header_page`.

    Raises:
        FormatError: Pages begin in an unknown way.
    """
    found = {match[1]: (int(match[2]), int(match[3])) for match in _FIELD.finditer(header)}
    data = found.get("data")
    if data is None or {name: found.get(name) for name in _EXPECTED} != _EXPECTED:
        raise FormatError("the layout of trace pages is unknown")
    return PageLayout(sum(data), data[0])


def page_records(page: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Time and offset of each record in a page.

    Args:
        page: As it was read.
        start: Where records begin.
    """
    time, committed = _START.unpack_from(page)
    at, end = start, min(start + (committed & _COMMITTED), len(page))
    word = _WORD.unpack_from
    while at < end:
        head = word(page, at)[0]
        type, delta = head & 31, head >> 5
        at += 4
        if _LONG < type <= _LAST:
            time += delta
            yield time, at
            at += type * 4
        elif type == _LONG:
            time += delta
            yield time, at + 4
            at += (word(page, at)[0] + 3) & ~3
        elif type == _PADDING:
            if not delta:
                return
            at += word(page, at)[0]
        else:
            high = delta + (word(page, at)[0] << _HIGH)
            time = time + high if type == _EXTENDED else (time & ~_ABSOLUTE_MASK) | high
            at += 4
