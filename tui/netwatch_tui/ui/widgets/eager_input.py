"""A line of text in which every key acts when it is read."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding
from textual.widgets import Input

from netwatch_tui.fields.format import printable
from netwatch_tui.ui.messages import Said

MOST_TYPED = 4_096
"""Characters of a line of text: more than any filter or path needs, and little enough for every key to be quick."""

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

    async def type_in(self, text: str) -> None:
        """Put in what was typed, in the place of what is selected."""
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put in a text that was typed or pasted: what can't be seen is spelled out, what finds no room is told of."""
        text = printable(text)
        room = max(MOST_TYPED - len(self.value) + abs(end - start), 0)
        if len(text) > room:
            text = text[:room]
            self.post_message(Said(f"A line holds {MOST_TYPED:,} characters; what is more was left out."))
        super().replace(text, start, end)
