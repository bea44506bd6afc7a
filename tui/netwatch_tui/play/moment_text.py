"""Moments as a person types them, by the clocks of this place."""

from __future__ import annotations

import re
import time

from netwatch_tui.fields.span_text import span_of

_MOMENT = re.compile(r"(?:(\d{4})-(\d\d?)-(\d\d?)[ T])?(\d\d?):(\d\d)(?::(\d\d))?")


def moment_of(text: str, shown: float) -> float:
    """A moment in seconds since the epoch: `12:00:07`, `12:00`, `2026-01-01 12:00`; from what is shown `-5m`, `+30s`.

    Args:
        text: As it was typed; times are those of this place's clocks.
        shown: The moment that is shown, from whose day a time without a date is.

    Raises:
        ValueError: It is none.
    """
    text = text.strip()
    if text[:1] in ("+", "-"):
        span = span_of(text[1:].replace(" ", ""))
        return shown - span if text.startswith("-") else shown + span
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time such as 12:00:07, -5m or +30s")
    date, clock = found.groups()[:3], [int(number or 0) for number in found.groups()[3:]]
    day = tuple(map(int, date)) if date[0] else time.localtime(shown)[:3]
    if clock[0] > 23 or max(clock[1:]) > 59 or not (1 <= day[1] <= 12 and 1 <= day[2] <= 31):
        raise ValueError(f"there is no {text}")
    try:
        return time.mktime((*day, *clock, 0, 0, -1))  # type: ignore[arg-type]  # nine numbers, which mypy can't count
    except OverflowError as error:
        raise ValueError(f"there is no {text}") from error
