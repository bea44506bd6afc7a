"""The loop of the screen, which goes first whenever it has something to do."""

from __future__ import annotations

import asyncio
from selectors import DefaultSelector, SelectorKey

from netwatch_tui.play.turns import TURNS, Rank, share_turns


class _ScreenSelector(DefaultSelector):
    """Asked by the loop before each round; the screen is idle while it waits for something to do."""

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """See `selectors.BaseSelector.select`."""
        if timeout is None or timeout > 0:
            TURNS.give(Rank.SCREEN)
        found = super().select(timeout)
        TURNS.take(Rank.SCREEN)
        return found

    def close(self) -> None:
        """The screen is over."""
        TURNS.give(Rank.SCREEN)
        super().close()


def screen_loop() -> asyncio.AbstractEventLoop:
    """A new one, for the thread that calls it."""
    TURNS.enter(Rank.SCREEN)
    share_turns()
    return asyncio.SelectorEventLoop(_ScreenSelector())
