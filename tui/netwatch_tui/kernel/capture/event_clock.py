"""The time of an event, which the kernel gives by CLOCK_MONOTONIC, in seconds since the epoch."""

from __future__ import annotations

import time

_STEP = 1_000_000
"""Nanoseconds by which the two clocks must move apart to be compared anew: someone set the clock, or the machine slept.
Both are slewed alike, so that smaller differences are those of the comparison."""
_TRIES = 5


class EventClock:
    """Knows how far apart the two clocks are."""

    def __init__(self) -> None:
        self._offset = _measured()

    def check(self) -> None:
        """Compare the clocks again; what is converted from now on follows a step."""
        offset = _measured()
        if abs(offset - self._offset) > _STEP:
            self._offset = offset

    def epoch(self, nanoseconds: int) -> float:
        """Seconds since the epoch."""
        return (nanoseconds + self._offset) / 1e9


def _measured() -> int:
    """How many nanoseconds the time of day is ahead, by the comparison that took least time."""
    best, offset = 1 << 63, 0
    for _ in range(_TRIES):
        before, day, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if after - before < best:
            best, offset = after - before, day - (before + after) // 2
    return offset
