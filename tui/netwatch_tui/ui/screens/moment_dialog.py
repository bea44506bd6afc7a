"""The question for a moment."""

from __future__ import annotations

from netwatch_tui.ui.keymap import DIALOG_KEYS
from netwatch_tui.ui.screens.name_dialog import NameScreen


class MomentScreen(NameScreen):
    """Gives what was typed, or None."""

    HINTS = (DIALOG_KEYS[0]._replace(label="Go"), DIALOG_KEYS[1])

    def __init__(self) -> None:
        super().__init__("Go to 12:00:07, or from here -5m or +30s")
