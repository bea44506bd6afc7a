"""A list to choose from, in which one finds by typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from netwatch_tui.fields.format import cell_width, clip, printable
from netwatch_tui.ui.keymap import DIALOG_KEYS, LIST_KEYS, bindings
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.ui.widgets.eager_input import EagerInput

_LABEL_WIDTH = 22
_MOST_TYPED = 64
"""Characters of what is searched for: every letter is a search through everything."""

_HINT_WIDTH = 400
"""Cells, in as many lines as it takes: the list is for choosing, and everything of a socket is in its details."""


class Choice(NamedTuple):
    """One line of the list."""

    id: str
    label: str
    hint: str = ""
    """What it means, or its value."""


class Command(NamedTuple):
    """A line of the list, and what it does."""

    choice: Choice
    run: Callable[[], object]


class Picker(Dialog[str | None]):
    """Gives the id of the chosen line, or None."""

    BINDINGS = bindings((*DIALOG_KEYS, *LIST_KEYS))
    HINTS = (*DIALOG_KEYS, *LIST_KEYS[:2])

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        current: str | None = None,
        preview: Callable[[str], object] | None = None,
    ) -> None:
        """Choose among these.

        Args:
            title: What is chosen.
            choices: The lines.
            current: The id of the line that holds now.
            preview: Is given the id of each line that is highlighted, to show what it would be like.
        """
        super().__init__(title)
        self._choices = choices
        self._current = current
        self._preview = preview
        self._found: str | None = None
        """The text for which the list was made."""

    def content(self) -> Iterable[Widget]:
        """What is typed, and what it finds."""
        yield EagerInput(id="picker-text")
        yield OptionList(id="picker-list", classes="dialog-scrolls", compact=True, markup=False)

    def on_mount(self) -> None:
        """Begin with everything, at what holds now."""
        self._find("")
        options = self._options
        ids = [choice.id for choice in self._choices]
        if self._current in ids:
            options.highlighted = ids.index(self._current)
        line = self.query_one(EagerInput)
        line.max_length = _MOST_TYPED
        self.set_focus(line)
        options.can_focus = False

    def offer(self, title: str, choices: Sequence[Choice]) -> None:
        """Offer these from now on; the line that is highlighted stays so, wherever it stands by now."""
        if not self.is_mounted:
            return
        self.query_one(".dialog-title", Label).update(Content(title))
        if list(choices) == list(self._choices):
            return
        options = self._options
        at = options.highlighted
        highlighted = None if at is None else options.get_option_at_index(at).id
        self._choices = choices
        text, self._found = self._found or "", None
        self._find(text)
        ids = [option.id for option in options.options]
        if highlighted in ids:
            options.highlighted = ids.index(highlighted)

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
        options.add_options([Option(prompt(choice), id=choice.id) for choice in found])
        if found:
            options.highlighted = 0

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self._preview is not None and event.option_id is not None:
            self._preview(event.option_id)

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


def ask_command(viewer: Viewer, title: str, commands: Iterable[Command]) -> None:
    """Let a person choose one of these, and do it."""
    by_id = {command.choice.id: command for command in commands}

    def chosen(id: str | None) -> None:
        if id is not None:
            by_id[id].run()

    viewer.ask(Picker(title, [command.choice for command in by_id.values()]), chosen)


def prompt(choice: Choice) -> Content:
    """How a line of a list looks: what it is, and what it means."""
    label = clip(printable(choice.label), _LABEL_WIDTH)
    blanks = " " * (_LABEL_WIDTH - cell_width(label) + 1)
    return Content.assemble((label, "bold"), blanks, (clip(printable(choice.hint), _HINT_WIDTH), "$text-muted"))
