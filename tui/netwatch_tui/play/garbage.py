"""When reference cycles are looked for: right after a tick, and the more seldom the longer it takes.

Left to itself the interpreter looks through all objects again and again. With 100,000 sockets that holds up the screen
for some tenths of a second each time, and finds little: sockets are in no cycles, only the screen's own objects are.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

SELDOM = 1000
"""How many times as long as a look took it is until the next one."""

FIRST = 20.0
"""Seconds until the first look, and at least from one to the next."""


class Garbage:
    """Takes over from the interpreter. Used by one thread."""

    def __init__(self, stopwatch: Callable[[], float] = time.perf_counter) -> None:
        gc.disable()
        self._stopwatch = stopwatch
        self._next = stopwatch() + FIRST

    def collect(self) -> None:
        """Free what is in unused cycles, if it is time."""
        start = self._stopwatch()
        if start < self._next:
            return
        gc.collect()
        end = self._stopwatch()
        self._next = end + max(FIRST, (end - start) * SELDOM)

    def hand_back(self) -> None:
        """Let the interpreter do as it does by itself."""
        gc.enable()
