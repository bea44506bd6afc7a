"""Moments as ISO 8601 writes them, worked out from the number alone: this room has no clock and no time zone."""

from __future__ import annotations

from functools import lru_cache

_MOST_MOMENTS = 4_096
"""Many sockets were first seen in one tick."""


@lru_cache(_MOST_MOMENTS)
def iso(seconds: float) -> str:
    """A time in seconds since the epoch as ISO 8601 in UTC, to the microsecond: `2026-01-01T09:00:00.250000Z`."""
    whole = int(seconds // 1)
    micro = round((seconds - whole) * 1_000_000)
    whole, micro = whole + micro // 1_000_000, micro % 1_000_000
    days, second = divmod(whole, 86_400)
    year, month, day = _date(days)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z"


def _date(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.

    Years begin in March here, so that the day that some years have more is the last one: 400 years have 146,097 days.
    """
    era, day = divmod(days + 719_468, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    return (
        era * 400 + year + (month >= 10),
        month + 3 if month < 10 else month - 9,
        day - (153 * month + 2) // 5 + 1,
    )
