"""Moments that other machines tell, by the clock here."""

from __future__ import annotations

from netwatch_tui.recording.shapes import LAST_MOMENT


def time_here(told: float, ahead: float) -> float:
    """When it was, in seconds since the epoch, where the clock there is so many seconds ahead.

    What would lie before the epoch or after the year 9999 lies there: a clock may be anything, and the moment is shown
    and recorded with those of all machines.
    """
    return min(max(told - ahead, 0.0), LAST_MOMENT)
