"""A line of text in which every key acts when it is read."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding
from textual.widgets import Input

_EDITING_KEYS = [
    replace(binding, priority=True)
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and binding.key not in ("enter", "ctrl+c,super+c")
]


class EagerInput(Input, inherit_bindings=False):
    """Text with a cursor that does not blink, which would be traffic.

    Letters come from `NetwatchApp.on_event`, not by way of messages (see `keymap.Key.binding`), so that `abc`,
    Backspace and Enter typed ahead over a slow line come in this order.
    """

    BINDINGS = list(_EDITING_KEYS)

    def __init__(self, value: str = "", *, id: str) -> None:
        super().__init__(value, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def type_in(self, character: str) -> None:
        """Put in one character, in the place of what is selected."""
        if self.selection.is_empty:
            self.insert_text_at_cursor(character)
        else:
            self.replace(character, *self.selection)
