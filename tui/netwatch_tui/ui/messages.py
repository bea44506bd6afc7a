"""What the worker tells the screen, and the widgets tell each other."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from netwatch_tui.fields.columns import Column
from netwatch_tui.view.view import View


@dataclass
class ViewReady(Message):
    """There is something new to show. A newer one takes the place of one that still waits."""

    view: View

    def can_replace(self, message: Message) -> bool:
        """Only the newest view is of interest."""
        return isinstance(message, ViewReady)


@dataclass
class CollectFailed(Message):
    """A tick came to nothing; the next one tries again."""

    reason: str

    def can_replace(self, message: Message) -> bool:
        """Only the newest failure is of interest."""
        return isinstance(message, CollectFailed)


@dataclass
class Said(Message):
    """A word to the person, shown for some seconds: what happened, or why a key did nothing."""

    text: str


@dataclass
class CursorMoved(Message):
    """The person put the cursor on another row."""

    def can_replace(self, message: Message) -> bool:
        """Where it is now is all that counts."""
        return isinstance(message, CursorMoved)


@dataclass
class Opened(Message):
    """The row under the cursor was asked for with the mouse."""


@dataclass
class CopyWanted(Message):
    """A value is to be copied."""

    what: str
    """What it is, for the person."""
    text: str


@dataclass
class SortWanted(Message):
    """The heading of a column was clicked."""

    column: Column


@dataclass
class ColumnsPlaced(Message):
    """The terminal's width leaves other columns out than before."""

    hidden: tuple[Column, ...]


@dataclass
class FilterEdited(Message):
    """The text of the filter is another one."""
