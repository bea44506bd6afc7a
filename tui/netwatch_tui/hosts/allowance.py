"""How much of this machine's processors another machine may take by what it sends."""

from __future__ import annotations

import time
from collections.abc import Callable

AT_ONCE = 3.0
"""Seconds of a processor that may be taken in a row: a first frame of 100,000 sockets takes about as long."""
SHARE = 0.25
"""Of one processor, for long."""


class Allowance:
    """Counts what the thread that calls it computes."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, computed: Callable[[], float] = time.thread_time
    ) -> None:
        """Begin with all of it.

        Args:
            clock: Gives the time in seconds.
            computed: Gives how long the thread that calls it has computed, in seconds.
        """
        self._clock = clock
        self._computed = computed
        self._left = AT_ONCE
        self._looked: tuple[float, float] | None = None
        """Time, and what had been computed by then."""

    def wait(self) -> float:
        """Seconds until there is some left; 0 where there is now."""
        now, computed = self._clock(), self._computed()
        looked, computed_then = self._looked or (now, computed)
        self._looked = now, computed
        self._left = min(self._left + SHARE * (now - looked), AT_ONCE) - (computed - computed_then)
        return max(-self._left / SHARE, 0.0)
