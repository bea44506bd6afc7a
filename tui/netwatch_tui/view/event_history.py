"""How many sockets came and went a second, in the last ticks."""

from __future__ import annotations

from collections import deque

from netwatch_tui.view.sparkline import sparkline
from netwatch_tui.view.view import View

EVENT_TICKS = 16
"""Ticks that are remembered, and cells of their graph."""


class EventHistory:
    """Remembers what ticks brought of the sockets that one choice of rows shows."""

    def __init__(self) -> None:
        self._rates: deque[float | None] = deque(maxlen=EVENT_TICKS)
        self._last: View | None = None

    def note(self, view: View) -> None:
        """Take in a view; of a tick that is known already nothing more.

        Ticks that were not shown, as during a pause, leave blanks. Another choice of rows, and a step back in a
        recording, start anew.
        """
        last, self._last = self._last, view
        taken_at = view.snapshot.taken_at
        if last is not None and (taken_at < last.snapshot.taken_at or view.spec.choice != last.spec.choice):
            self._rates.clear()
        elif last is not None and view.pace and taken_at > last.snapshot.taken_at:
            missed = round((taken_at - last.snapshot.taken_at) / view.pace) - 1
            self._rates.extend([None] * min(missed, EVENT_TICKS))
            self._rates.append((view.events.opened + view.events.closed) / view.pace)

    @property
    def graph(self) -> str:
        """Bars, the last one at the right, in `EVENT_TICKS` cells; empty before there is one."""
        return sparkline(tuple(self._rates), EVENT_TICKS).rjust(EVENT_TICKS) if self._rates else ""
