"""Recorded time: how it goes by the clock. Reads no clock itself."""

from __future__ import annotations


class Timeline:
    """Recorded time goes on at a rate, from a point at which it was known; at the rate 0 it stands still."""

    def __init__(self) -> None:
        """Stand still at 0.0."""
        self._recorded = self._since = self._rate = 0.0

    def at(self, now: float) -> float:
        """The recorded time, in seconds since the epoch, at a moment of the clock."""
        return self._recorded + (now - self._since) * self._rate

    def when(self, recorded: float, at_most: float | None = None) -> float | None:
        """When by the clock it is some recorded time; None if that never comes.

        Args:
            recorded: Seconds since the epoch.
            at_most: Recorded seconds after which it comes in any case: a longer gap is cut short.
        """
        if not self._rate:
            return None
        gap = recorded - self._recorded
        return self._since + (gap if at_most is None else min(gap, at_most)) / self._rate

    def jump(self, recorded: float, now: float) -> None:
        """Have a recorded time at a moment of the clock."""
        self._recorded, self._since = recorded, now

    def turn(self, rate: float, now: float) -> None:
        """Go on in recorded seconds a second from now on."""
        self.jump(self.at(now), now)
        self._rate = rate
