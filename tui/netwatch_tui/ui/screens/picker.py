"""A list to choose from: type to find, Enter takes, Esc leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from netwatch_tui.fields.format import cell_width, clip, printable
from netwatch_tui.ui.widgets.eager_input import EagerInput

_LABEL_WIDTH = 22

_HINT_WIDTH = 400
"""Cells, in as many lines as it takes: the list is for choosing, and everything of a socket is in its details."""


class Choice(NamedTuple):
    """One line of the list."""

    id: str
    label: str
    hint: str = ""
    """What it means, or its value."""


class Picker(ModalScreen[str | None]):
    """Gives the id of the chosen line, or None."""

    BINDINGS = [
        Binding("escape", "dismiss", "Close", key_display="Esc", priority=True),
        Binding("up", "move('cursor_up')", show=False, priority=True),
        Binding("down", "move('cursor_down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
        Binding("enter", "take", "Take", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], current: str | None = None) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current
        self._found: str | None = None
        """The text for which the list was made."""

    def compose(self) -> ComposeResult:
        """What is typed, and what it finds."""
        with Vertical(id="picker"):
            yield Label(f"{self._title}: type to search, Enter selects, Esc cancels", id="picker-title", markup=False)
            yield EagerInput(id="picker-text")
            yield OptionList(id="picker-list", compact=True, markup=False)

    def on_mount(self) -> None:
        """Begin with everything, at what holds now."""
        self._find("")
        options = self._options
        ids = [choice.id for choice in self._choices]
        if self._current in ids:
            options.highlighted = ids.index(self._current)
        self.set_focus(self.query_one(EagerInput))
        options.can_focus = False

    @property
    def _options(self) -> OptionList:
        return self.query_one(OptionList)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)

    def _find(self, text: str) -> None:
        """Show the choices that hold all typed words; those that begin with them first."""
        if text == self._found:
            return
        self._found = text
        words = text.casefold().split()
        found = [
            each for each in self._choices if all(word in f"{each.label} {each.hint}".casefold() for word in words)
        ]
        found.sort(key=lambda each: bool(words) and not each.label.casefold().startswith(words[0]))
        options = self._options
        options.clear_options()
        options.add_options([Option(_prompt(choice), id=choice.id) for choice in found])
        if found:
            options.highlighted = 0

    def action_move(self, how: str) -> None:
        """Move in the list while the text keeps the keyboard."""
        if self._options.option_count:
            getattr(self._options, f"action_{how}")()

    def action_take(self) -> None:
        """Give the highlighted choice back, of those that what is typed by now finds."""
        self._find(self.query_one(EagerInput).value)
        options = self._options
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


def _prompt(choice: Choice) -> Content:
    label = clip(printable(choice.label), _LABEL_WIDTH)
    blanks = " " * (_LABEL_WIDTH - cell_width(label) + 1)
    return Content.assemble((label, "bold"), blanks, (clip(printable(choice.hint), _HINT_WIDTH), "$text-muted"))
