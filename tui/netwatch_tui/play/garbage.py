"""When reference cycles are searched for: right after a tick, and the more seldom the longer it takes.

Left to itself the interpreter searches all objects again and again, and finds little: sockets are in no cycles, only
the screen's own objects are. Measured with 100,000 sockets, 1 % of them replaced a tick: by itself, even with
`gc.freeze` after the first tick, 91 ms of CPU a tick, up to 260 ms at once; here one search in some minutes, of 100 to
210 ms (160 to 330 ms without `gc.freeze`).

In some minutes a busy screen leaves 100 MB of such objects. So those that are new are searched as soon as they are
many, which takes some milliseconds: garbage of the screen is young. What outlived that, as the garbage of a dialog that
was open meanwhile, is counted, and all objects are searched when it is too much: memory must not depend on how long a
search takes on a machine that is busy.

Where all rows are read or ordered anew, hundreds of thousands of objects come at once, of which next to none is
garbage; to search them held up everything for 0.6 to 1.1 s at 100,000 rows. They are left out, as those of the first
tick are, with the little of the screen's that came in between, until that may have become much.

With 100,000 sockets, of which some come all the time, any search takes half a second, in which no key is answered. So
a search waits while somebody types, where it takes that long.

What a search of all leaves free is given back to the kernel at once, which takes 3 to 8 ms: with sockets that come and
go by the hundred, memory would else grow by some megabytes an hour for many hours, though no more of it is used.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from math import inf

from netwatch_tui.kernel.heap import give_back_free_memory

SELDOM = 1000
"""How many times as long as a search took it is until the next one."""

OFTEN = 100
"""The same where there is too much to wait so long."""

FIRST = 20.0
"""Seconds until the first search, and at least from one to the next where there is not too much."""

MOST_YOUNG = 20_000
"""Objects by which there may be more, and none of them searched: some 3 MB."""

MOST_OLD = 30_000
"""Objects by which there may be more after searches of the new ones, before all are searched: some 5 MB."""

MOST_AT_ONCE = 100_000
"""New objects of which more are left out, and not searched."""

MOST_LEFT_OUT = 10
"""Times that this may happen before all that was left out is searched; each may hide some `MOST_YOUNG` objects."""

LONG = 0.05
"""Seconds that a search may take while somebody types."""

PATIENCE = 300.0
"""Seconds since the last search after which one comes also then: who types without a rest leaves 100 kB a second."""


def nobody_types() -> bool:
    """It holds nobody up."""
    return False


class Garbage:
    """Takes over from the interpreter. Used by one thread."""

    def __init__(
        self, stopwatch: Callable[[], float] = time.perf_counter, is_typing: Callable[[], bool] = nobody_types
    ) -> None:
        """Nothing is searched from now on but in `collect`.

        Args:
            stopwatch: Gives the time in seconds.
            is_typing: Tells whether somebody types, who waits for what a search holds up.
        """
        gc.disable()
        self._stopwatch = stopwatch
        self._is_typing = is_typing
        self._took = inf
        """Seconds that the last search took; as long as it is not known, it is taken for long."""
        self._searched_at = stopwatch()
        self._next = self._searched_at + FIRST
        self._next_in_need = 0.0
        self._is_first = True
        self._young = 0
        """New objects that there were the last time."""
        self._old = 0
        """Objects by which there are more than after the last search of all, those not counted that are new."""
        self._left_out = 0
        """How often new objects were left out since what was left out was searched."""

    def collect(self) -> None:
        """Free what is in unused cycles, if it is time; what is there at the first call is left out for good."""
        if self._is_first:
            self._is_first = False
            gc.freeze()
        start = self._stopwatch()
        self._leave_out()
        if self._took > LONG and start < self._searched_at + PATIENCE and self._is_typing():
            return
        if start < self._next and not (self._is_too_much() and start >= self._next_in_need):
            return
        self._old = 0
        if self._left_out >= MOST_LEFT_OUT:
            self._left_out = 0
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        else:
            gc.collect()
        self._young = 0
        give_back_free_memory()
        end = self._end(start)
        self._next = end + max(FIRST, (end - start) * SELDOM)
        self._next_in_need = end + (end - start) * OFTEN

    def _leave_out(self) -> None:
        """Search nothing of what came all at once."""
        young = gc.get_count()[0]  # allocated less freed since the last search, however old what was freed
        if young - self._young > MOST_AT_ONCE:
            self._left_out += 1
            gc.freeze()
            gc.collect(0)  # of nothing: the count begins anew
        self._young = gc.get_count()[0]

    def _is_too_much(self) -> bool:
        """Free what is new and unused, if much is new; tells whether too much is left."""
        if self._young > MOST_YOUNG:
            start = self._stopwatch()
            self._old += self._young - gc.collect(1)
            self._young = 0
            self._end(start)
        return self._old > MOST_OLD or self._left_out >= MOST_LEFT_OUT

    def _end(self, start: float) -> float:
        """A search is over that began then; gives the time."""
        self._searched_at = self._stopwatch()
        self._took = self._searched_at - start
        return self._searched_at

    def hand_back(self) -> None:
        """Let the interpreter do as it does by itself."""
        gc.enable()
