"""The line in which the filter is typed."""

from __future__ import annotations

import re

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label
from textual.widgets.input import Selection

from netwatch_tui.ui.keymap import FILTER_KEYS, bindings
from netwatch_tui.ui.messages import BottomChanged, FilterEdited
from netwatch_tui.ui.widgets.eager_input import EagerInput


class _Wrong(Highlighter):
    """Marks the part of the text that can't be understood."""

    def __init__(self) -> None:
        self.start = self.end = 0

    def highlight(self, text: Text) -> None:
        """Underline it, which is seen without colour too."""
        if self.end > self.start:
            text.stylize(Style(underline=True, reverse=True), self.start, self.end)


class FilterInput(EagerInput):
    """The keys that an input has no use for recall filters and move in the table."""

    BINDINGS = bindings(FILTER_KEYS)

    async def type_in(self, text: str) -> None:
        """Put in what was typed; a question mark asks for the language, unless it stands in quotes."""
        for piece in re.split(r"(\?)", text):
            if piece == "?" and not self._is_literal():
                await self.run_action("screen.help_on_filter")
            elif piece:
                await super().type_in(piece)

    def _is_literal(self) -> bool:
        """Whether the cursor is in quotes, or in a regular expression or path, in which `?` has its own meaning."""
        before = re.sub(r'"(?:[^"\\]|\\.)*"', "", self.value[: self.cursor_position])
        return bool(re.search(r'"|[:,]/\S*$', before))


class FilterLine(Horizontal):
    """A prompt, the text, and what is wrong with it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wrong = _Wrong()

    def compose(self) -> ComposeResult:
        """Prompt, text, note."""
        yield Label("Filter:", id="filter-prompt")
        text = FilterInput(id="filter-text")
        text.highlighter = self._wrong
        yield text
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
        self.post_message(BottomChanged())

    def leave(self, text: str, note: str) -> None:
        """Stop typing: this filter holds now, of which there is something to say."""
        with self.prevent(Input.Changed):
            self.query_one(FilterInput).value = text
        self.note(note)
        self.display = False
        self.post_message(BottomChanged())

    def note(self, text: str, start: int = 0, end: int = 0) -> None:
        """Say what is wrong, and mark it from `start` to before `end`; the empty text for nothing."""
        self.query_one("#filter-note", Label).update(text)
        if (start, end) != (self._wrong.start, self._wrong.end):
            self._wrong.start, self._wrong.end = start, end
            self.query_one(FilterInput).refresh()

    @property
    def cursor(self) -> int:
        """Where in the text the cursor is."""
        return self.query_one(FilterInput).cursor_position

    def put(self, text: str, cursor: int) -> None:
        """Have another text in the line; that it changed is not told."""
        text_input = self.query_one(FilterInput)
        with self.prevent(Input.Changed):
            text_input.value = text
        text_input.cursor_position = cursor

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(FilterEdited())
