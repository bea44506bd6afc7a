"""Spans of time as a person types them."""

from __future__ import annotations

import re

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def span_of(text: str) -> float:
    """A span of time in seconds: `30`, `1.5s`, `10m`, `2h30m`, `1d`.

    Raises:
        ValueError: It is none.
    """
    parts = _PART.findall(text)
    if text and "".join(map("".join, parts)) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    raise ValueError(f"{text!r} is not a duration such as 30s, 10m or 2h30m")
