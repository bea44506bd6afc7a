"""Whose turn it is with the interpreter: the screen's while it answers, that of the other threads while it waits.

Threads of CPython take turns (ceval_gil.c): who waits for the interpreter asks for it after the switch interval, and
who holds it gives it up then, or when it calls the system. Others that compute all the time would get it back from the
screen at each look for input, several times for each key. So the screen looks for input only now and then while it has
something to do anyway, and is asked to give way late; while it waits, the others are asked early.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from selectors import SelectorKey

KEEPS = 0.02
"""Seconds for which the screen may go on with what it has begun."""
GIVES = 0.001
"""Seconds for which another thread may go on while the screen waits for its turn."""
_LOOK_EVERY = 0.005
"""Seconds from one look for input to the next, while there is something to do anyway."""


def give() -> None:
    """From now on the others are asked early: the next call of the system may lose the interpreter to them."""
    sys.setswitchinterval(GIVES)


class _ScreenSelector(selectors.EpollSelector):
    """Asked by the loop before each round: without waiting where something is to be done at once."""

    def __init__(self) -> None:
        super().__init__()
        self._looked_at = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """See `selectors.BaseSelector.select`."""
        waits = timeout is None or timeout > 0
        if not waits and time.monotonic() - self._looked_at < _LOOK_EVERY:
            sys.setswitchinterval(KEEPS)
            return []
        give()
        found = super().select(timeout)
        self._looked_at = time.monotonic()
        return found


def screen_loop() -> asyncio.AbstractEventLoop:
    """The loop of the screen, for the thread on which it runs."""
    return asyncio.SelectorEventLoop(_ScreenSelector())
