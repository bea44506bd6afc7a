"""When reference cycles are looked for: right after a tick, and only among what is new.

Left to itself the interpreter looks through all objects again and again. With 100,000 sockets that holds up the screen
for a tenth of a second each time, and finds nothing: sockets are in no cycles, only the screen's own objects are.
"""

from __future__ import annotations

import gc

EVERYTHING_AFTER = 600
"""Ticks after which all objects are looked at once, for cycles that were still in use when they were new."""


class Garbage:
    """Takes over from the interpreter. Used by one thread."""

    def __init__(self) -> None:
        gc.disable()
        self._ticks = 0

    def collect(self) -> None:
        """Free the cycles among the objects made since the last time; what is left is not looked at again soon."""
        self._ticks += 1
        if self._ticks % EVERYTHING_AFTER == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()

    def hand_back(self) -> None:
        """Let the interpreter do as it does by itself."""
        gc.unfreeze()
        gc.enable()
