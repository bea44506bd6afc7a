"""The line in which the filter is typed; it stays on screen as long as there is a filter."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, Label
from textual.widgets.input import Selection

from netwatch_tui.ui.messages import FilterEdited
from netwatch_tui.ui.widgets.eager_input import EagerInput

_OWN_KEYS = [
    Binding("enter", "screen.keep_filter", "Keep", key_display="Enter", priority=True),
    Binding("escape", "screen.cancel_filter", "Cancel", key_display="Esc", priority=True),
    Binding("up", "screen.move_in_table('move', -1)", show=False, priority=True),
    Binding("down", "screen.move_in_table('move', 1)", show=False, priority=True),
    Binding("pageup", "screen.move_in_table('page', -1)", show=False, priority=True),
    Binding("pagedown", "screen.move_in_table('page', 1)", show=False, priority=True),
    Binding("f1", "screen.help_on_filter", show=False, priority=True),
]


class FilterInput(EagerInput):
    """The keys that an input has no use for move in the table."""

    BINDINGS = list(_OWN_KEYS)


class FilterLine(Horizontal):
    """A prompt, the text, and what is wrong with it."""

    def compose(self) -> ComposeResult:
        """Prompt, text, note."""
        yield Label("Filter:", id="filter-prompt")
        yield FilterInput(id="filter-text")
        yield Label("", id="filter-note", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(FilterInput).value

    @property
    def is_open(self) -> bool:
        """Whether it is being typed in."""
        return isinstance(self.screen.focused, FilterInput)

    def edit(self, text: str, selected: str = "") -> None:
        """Begin to type, with this text; its end, if it is `selected`, is replaced by what is typed."""
        self.display = True
        text_input = self.query_one(FilterInput)
        text_input.value = text
        text_input.selection = Selection(len(text) - len(selected), len(text))
        # Not focus(), which takes effect later: keys typed meanwhile would be taken for commands.
        self.screen.set_focus(text_input)

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
        self.post_message(FilterEdited())
