"""Who goes first: the screen before the views, and these before the collector.

Threads of CPython share one interpreter, and take turns of a millisecond: a key that needs ten of them waits for thirty
while two other threads have much to do. So these wait in `give_way`, which their loops call, until who goes before
them is idle. Nobody is held up for ever, however busy the others are.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from netwatch_tui.sockets.slices import have_wait

MOST_HELD_UP = 0.1
"""Seconds for which a thread waits for those before it."""
GRACE = 0.05
"""Seconds for which it then goes on, whoever is in a hurry."""

TYPES_FOR = 5.0
"""Seconds after a key within which the next one is likely."""


class Rank(IntEnum):
    """Of a thread: who has the lower one goes first."""

    SCREEN = 0
    VIEWS = 1
    OTHERS = 2


class _Standing(threading.local):
    """What is known of the thread that asks."""

    rank = Rank.OTHERS
    goes_on_until = 0.0


class Turns:
    """Who is in a hurry. One for the process; `take` and `give` are for the thread of a rank alone."""

    def __init__(self) -> None:
        """Nobody is in a hurry."""
        self._idle = {rank: threading.Event() for rank in Rank if rank < Rank.OTHERS}
        for idle in self._idle.values():
            idle.set()
        self._own = _Standing()
        self._typed_at = -math.inf

    def typed(self) -> None:
        """Somebody has typed."""
        self._typed_at = time.monotonic()

    @property
    def is_typing(self) -> bool:
        """Whether somebody types, and waits for each answer."""
        return time.monotonic() < self._typed_at + TYPES_FOR

    def enter(self, rank: Rank) -> None:
        """The thread that calls it has this rank."""
        self._own.rank = rank

    def take(self, rank: Rank) -> None:
        """From now on those behind this rank wait."""
        self._idle[rank].clear()

    def give(self, rank: Rank) -> None:
        """They go on."""
        self._idle[rank].set()

    @contextmanager
    def taken(self, rank: Rank) -> Iterator[None]:
        """Those behind this rank wait while the block runs."""
        self.take(rank)
        try:
            yield
        finally:
            self.give(rank)

    def wait(self) -> None:
        """Wait for those before the rank of this thread."""
        for rank, idle in self._idle.items():
            if rank < self._own.rank and not idle.is_set():
                self._wait_for(idle)

    def _wait_for(self, idle: threading.Event) -> None:
        if time.monotonic() >= self._own.goes_on_until and not idle.wait(MOST_HELD_UP):
            self._own.goes_on_until = time.monotonic() + GRACE


TURNS = Turns()
"""Those of the interpreter."""


def share_turns() -> None:
    """From now on what takes long gives way."""
    have_wait(TURNS.wait)
