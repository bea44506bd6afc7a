"""JSON as recordings have it: short, valid for strict readers, and read back exactly."""

from __future__ import annotations

import json
from typing import Any

from netwatch_tui.fields.exact_text import SUFFIX, readable, restored
from netwatch_tui.files.strict_json import TooMuchError, parse_json

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode


def to_json(value: Any) -> str:
    """A value in one line of ASCII, with names that are no UTF-8 as `exact_text` writes them."""
    text = _encode(value)
    return _encode(readable(value)) if "\\ud" in text else text


def from_json(text: bytes) -> Any:
    """What `to_json` was given, with lists for tuples.

    Raises:
        ValueError: It is no JSON, as `parse_json` takes it.
    """
    value = parse_json(text)
    try:
        return restored(value) if SUFFIX.encode() in text else value
    except RecursionError as error:
        raise TooMuchError("it is nested too deeply") from error
