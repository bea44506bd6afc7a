"""A word to the person, in the line above the keys for some seconds."""

from __future__ import annotations

from textual.timer import Timer
from textual.widgets import Static

from netwatch_tui.fields.format import printable
from netwatch_tui.ui.messages import BottomChanged

STAYS = 6.0
"""Seconds for which a word stays."""


class NoticeLine(Static):
    """Takes the place of the line above the keys while there is something to say, so that nothing else moves."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.display = False
        self.speaks = False
        """Whether there is something to say."""
        self._timer: Timer | None = None

    def say(self, text: str) -> None:
        """Show a text for some seconds."""
        self.update(printable(text))
        self._show(True)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(STAYS, self.hush)

    def hush(self) -> None:
        """Give the line back."""
        self._show(False)

    def _show(self, speaks: bool) -> None:
        self.speaks = speaks
        self.post_message(BottomChanged())
