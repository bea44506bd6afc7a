"""The line in which the filter is typed; it stays on screen as long as there is a filter."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, Label
from textual.widgets.input import Selection

from netwatch_tui.ui.messages import FilterClosed, FilterEdited


class FilterInput(Input, inherit_bindings=True):
    """Text with a cursor; the keys that an input has no use for move in the table."""

    BINDINGS = [
        Binding("up", "screen.move_in_table('move', -1)", show=False),
        Binding("down", "screen.move_in_table('move', 1)", show=False),
        Binding("pageup", "screen.move_in_table('page', -1)", show=False),
        Binding("pagedown", "screen.move_in_table('page', 1)", show=False),
        Binding("escape", "screen.cancel_filter", "Cancel", key_display="Esc"),
        Binding("enter", "submit", "Keep", key_display="Enter"),
    ]


class FilterLine(Horizontal):
    """A prompt, the text, and what is wrong with it."""

    def compose(self) -> ComposeResult:
        """Prompt, text, note."""
        yield Label("Filter:", id="filter-prompt")
        text = FilterInput(id="filter-text", compact=True, select_on_focus=False)
        text.cursor_blink = False  # a blinking cursor is traffic
        yield text
        yield Label("", id="filter-note", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(FilterInput).value

    @property
    def is_open(self) -> bool:
        """Whether it is being typed in."""
        return self.query_one(FilterInput).has_focus

    def edit(self, text: str, selected: str = "") -> None:
        """Begin to type, with this text; its end, if it is `selected`, is replaced by what is typed."""
        self.display = True
        text_input = self.query_one(FilterInput)
        text_input.value = text
        text_input.selection = Selection(len(text) - len(selected), len(text))
        text_input.focus()

    def leave(self, text: str) -> None:
        """Show the filter that holds now; nothing when there is none."""
        with self.prevent(Input.Changed):
            self.query_one(FilterInput).value = text
        self.note("")
        self.display = bool(text)

    def note(self, text: str) -> None:
        """Say what is wrong; the empty text for nothing."""
        self.query_one("#filter-note", Label).update(text)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(FilterEdited(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(FilterClosed())
