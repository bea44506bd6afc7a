"""Moments as the clocks of this place show them."""

from __future__ import annotations

import time
from functools import lru_cache


def date_and_time(seconds: float) -> str:
    """A moment in seconds since the epoch: `2026-01-01 09:00:00`."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def time_of_day(seconds: float) -> str:
    """The time of a moment in seconds since the epoch, to the millisecond: `09:00:00.250`."""
    whole, part = divmod(int(seconds * 1_000), 1_000)
    return f"{_clock(whole)}.{part:03}"


def second_of_day(seconds: float) -> str:
    """The time of a moment in seconds since the epoch: `09:00:00`."""
    return _clock(int(seconds))


@lru_cache(64)
def _clock(seconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))
