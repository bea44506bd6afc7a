"""When reference cycles are searched for: right after a tick, and the more seldom the longer it takes.

Left to itself the interpreter searches all objects again and again, and finds little: sockets are in no cycles, only
the screen's own objects are. Measured with 100,000 sockets, 1 % of them replaced a tick: by itself, even with
`gc.freeze` after the first tick, 91 ms of CPU a tick, up to 260 ms at once; here one search in some minutes, of 100 to
210 ms (160 to 330 ms without `gc.freeze`).

In some minutes a busy screen leaves 100 MB of such objects. So those that are new are searched as soon as they are
many, which takes some milliseconds: garbage of the screen is young.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

SELDOM = 1000
"""How many times as long as a search took it is until the next one."""

FIRST = 20.0
"""Seconds until the first search, and at least from one to the next."""


MOST_YOUNG = 50_000
"""Objects that may be new, and not searched: some 10 MB."""

MOST_SEARCHES = 10
"""Searches among the new ones after which all are searched: what lived through one of them is new no more."""


class Garbage:
    """Takes over from the interpreter. Used by one thread."""

    def __init__(self, stopwatch: Callable[[], float] = time.perf_counter) -> None:
        gc.disable()
        self._stopwatch = stopwatch
        self._next = stopwatch() + FIRST
        self._is_first = True
        self._young_searches = 0

    def collect(self) -> None:
        """Free what is in unused cycles, if it is time; what is there at the first call is left out for good."""
        if self._is_first:
            self._is_first = False
            gc.freeze()
        start = self._stopwatch()
        if start < self._next and self._young_searches < MOST_SEARCHES:
            if gc.get_count()[0] > MOST_YOUNG:
                gc.collect(1)
                self._young_searches += 1
            return
        self._young_searches = 0
        gc.collect()
        end = self._stopwatch()
        self._next = end + max(FIRST, (end - start) * SELDOM)

    def hand_back(self) -> None:
        """Let the interpreter do as it does by itself."""
        gc.enable()
