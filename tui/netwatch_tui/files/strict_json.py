"""JSON from outside, as RFC 8259 has it."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(text: bytes) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: It is no JSON, with NaN and Infinity, which Python would take, or with a number of thousands of
            digits or a depth of a thousand levels, which it would not.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
