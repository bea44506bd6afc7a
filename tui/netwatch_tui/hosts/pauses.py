"""How long to wait before a machine is tried again."""

from __future__ import annotations

FIRST_PAUSE = 1.0
"""Seconds from the end of a connection to the next attempt; after each that came to nothing twice as many."""
LONGEST_PAUSE = 60.0
LASTED = 30.0
"""Seconds for which a connection must have given something for the next pause to be the first one again."""


class Pauses:
    """The pauses between the connections to one machine."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE

    def after(self, seconds: float) -> float:
        """The pause after a connection that gave something for so many seconds."""
        pause = FIRST_PAUSE if seconds >= LASTED else self._next
        self._next = min(2 * pause, LONGEST_PAUSE)
        return pause
