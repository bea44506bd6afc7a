"""The keys that work now, in the last line."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Footer


class KeyLine(Footer):
    """Textual's footer, made anew only when it shows other keys.

    Textual makes all its widgets anew whenever the focus moves or a dialog opens or shuts, also behind the dialog:
    for keys that are the same as before that was most of what a key press cost.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._made_for: list[tuple[str, str, bool]] = []

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Textual tells that other keys may work now."""
        keys = [
            (each.binding.key, each.binding.description, each.enabled)
            for each in screen.active_bindings.values()
            if each.binding.show
        ]
        if keys != self._made_for:
            if screen.app.app_focus:  # else Textual leaves it as it is
                self._made_for = keys
            super().bindings_changed(screen)
