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

    def __init__(self, title: str, text: str = "") -> None:
        """Ask, with a text that is there already."""
        super().__init__(title)
        self._text = text

    def content(self) -> Iterable[Widget]:
        """Where it is typed."""
        yield EagerInput(self._text, id="name-text")

    def on_mount(self) -> None:
        """Begin to type."""
        line = self.query_one(EagerInput)
        self.set_focus(line)
        line.select_all()

    def action_take(self) -> None:
        """Give the name back; nothing typed is no name."""
        self.dismiss(self.query_one(EagerInput).value.strip() or None)
