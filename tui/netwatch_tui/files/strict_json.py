"""JSON from outside, as RFC 8259 has it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

FEW_PARTS = 4_000_000
"""Values that any text may have."""
BYTES_OF_A_PART = 8
"""What a value beyond those takes at least; a value costs dozens of bytes of memory, however short its text is."""

_MARKS = (b",", b"[", b"{")


class TooMuchError(ValueError):
    """A text that may be JSON, but asks for more than is given for one; the text says for what."""


def parse_json(text: bytes) -> Any:
    """What a JSON text says.

    Raises:
        TooMuchError: It has a depth of a thousand levels, or far more values than anything that this program writes.
        ValueError: It is no JSON: NaN and Infinity, which Python would take, and numbers of thousands of digits are
            none.
    """
    if len(text) > FEW_PARTS and sum(map(text.count, _MARKS)) > FEW_PARTS + len(text) // BYTES_OF_A_PART:
        raise TooMuchError("it has too many values")
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise TooMuchError("it is nested too deeply") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
