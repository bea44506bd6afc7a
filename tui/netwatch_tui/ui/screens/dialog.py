"""The frame that every dialog has: a title, what it is about, and one line of keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Label

from netwatch_tui.ui.keymap import USUAL_KEYS, Key, Keymap

_BLANK_LINES = 5
"""Above and below the dialog and its text, and before the keys."""

AnswerT = TypeVar("AnswerT")


class Dialog(ModalScreen[AnswerT]):
    """Gives an answer, or None."""

    HINTS: ClassVar[tuple[Key, ...]] = ()
    """Which keys the last line tells of."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.keymap = USUAL_KEYS

    def obey(self, keymap: Keymap) -> None:
        """Take these keys, and tell of them; before it opens."""
        self.keymap = keymap
        keymap.put_on(self)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        with Vertical(classes="dialog"):
            yield Label(Content(self._title), classes="dialog-title")
            yield from self.content()
            yield Label(_line(self.keymap, self.HINTS), classes="dialog-keys")

    def on_resize(self, event: events.Resize) -> None:
        """Let what is long scroll, so that title and keys are always there: a stylesheet can't subtract lines."""
        for part in self.query(".dialog-scrolls"):
            beside = sum(each is not part for each in part.parent.children) if part.parent else 0
            part.styles.max_height = max(event.size.height - beside - _BLANK_LINES, 1)

    def content(self) -> Iterable[Widget]:
        """What it is about; lines, and perhaps one part with the class `dialog-scrolls`."""
        raise NotImplementedError


def _line(keymap: Keymap, keys: Iterable[Key]) -> Content:
    """As the footer has it: each key with what it does."""
    parts = [((sign, "$accent bold"), f" {label}  ") for sign, label in keymap.hints(keys)]
    return Content.assemble(*(piece for part in parts for piece in part)).rstrip()
