"""The question for a name."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from netwatch_tui.ui.keymap import DIALOG_KEYS, bindings
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.widgets.eager_input import EagerInput


class NameScreen(Dialog[str | None]):
    """Gives what was typed, or None."""

    BINDINGS = bindings(DIALOG_KEYS)
    HINTS = (DIALOG_KEYS[0]._replace(label="Save"), DIALOG_KEYS[1])

    def content(self) -> Iterable[Widget]:
        """Where it is typed."""
        yield EagerInput(id="name-text")

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_focus(self.query_one(EagerInput))

    def action_take(self) -> None:
        """Give the name back; nothing typed is no name."""
        self.dismiss(self.query_one(EagerInput).value.strip() or None)
