"""The question for a name."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from netwatch_tui.ui.widgets.eager_input import EagerInput


class NameScreen(ModalScreen[str | None]):
    """Gives what was typed, or None."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close", key_display="Esc", priority=True),
        Binding("enter", "take", "Take", priority=True),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """The question and the answer."""
        with Vertical(id="name"):
            yield Label(f"{self._title}: Enter confirms, Esc cancels", markup=False)
            yield EagerInput(id="name-text")

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_focus(self.query_one(EagerInput))

    def action_take(self) -> None:
        """Give the name back; nothing typed is no name."""
        self.dismiss(self.query_one(EagerInput).value.strip() or None)
