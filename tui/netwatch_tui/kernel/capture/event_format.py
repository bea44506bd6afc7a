"""Where the fields of a tracepoint are in its record, by the kernel's own description of it, `events/*/*/format`.

Layouts may differ from one kernel to the next. What is wanted is looked up by name, and a field that is missing or of
another size is refused: nothing is read from a place where it merely used to be.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import NamedTuple

_ID = re.compile(r"^ID: (\d+)$", re.MULTILINE)
_FIELD = re.compile(r"^\tfield:([^;]*?)(\w+)(?:\[\d*\])?;\toffset:(\d+);\tsize:(\d+);", re.MULTILINE)


class FormatError(ValueError):
    """A description that is not understood; the text says what of it."""


class EventFormat(NamedTuple):
    """What is read of one tracepoint."""

    id: int
    """What records of it begin with."""
    record: struct.Struct
    """Takes the wanted fields from the start of a record, in the order in which they were wanted."""


def event_format(name: str, text: str, wanted: Mapping[str, str]) -> EventFormat:
    """Understand the description of one tracepoint.

    Args:
        name: What it is called in complaints.
        text: The description.
        wanted: Names of fields, in the order in which they stand in the record, with their struct codes.

    Raises:
        FormatError: It has other fields.
    """
    id = _ID.search(text)
    if id is None:
        raise FormatError(f"the kernel describes {name} without an id")
    places = {match[2]: (int(match[3]), int(match[4])) for match in _FIELD.finditer(text)}
    parts, end = ["="], 0
    for field, code in wanted.items():
        offset, size = places.get(field, (0, 0))
        if size != struct.calcsize(f"={code}") or offset < end:
            raise FormatError(f"the layout of {name}.{field} is unknown")
        parts.append(f"{offset - end}x{code}")
        end = offset + size
    return EventFormat(int(id[1]), struct.Struct("".join(parts)))
