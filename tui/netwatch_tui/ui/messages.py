"""What the worker tells the screen, and the widgets tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from netwatch_tui.model.columns import Column
from netwatch_tui.model.socket import ProcessDetails
from netwatch_tui.model.view import View


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
class DetailsReady(Message):
    """What was asked about processes, by pid; those that are gone are missing."""

    details: Mapping[int, ProcessDetails]


@dataclass
class SortWanted(Message):
    """The heading of a column was clicked."""

    column: Column


@dataclass
class ColumnsHidden(Message):
    """The terminal's width leaves other columns out than before."""

    columns: tuple[Column, ...]


@dataclass
class FilterEdited(Message):
    """The text of the filter is another one."""
