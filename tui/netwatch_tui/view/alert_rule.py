"""A filter that is watched, and what a person wants to happen when a socket begins to match it."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.fields.catalogue import OBJECT_FIELDS
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.query import Query
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.selection import EVERY_KIND
from netwatch_tui.view.row_choice import RowChoice


class AlertRule(NamedTuple):
    """One watched filter."""

    name: str
    """By which a person knows it."""
    choice: RowChoice
    """Which sockets ring."""
    bell: bool = False
    """Whether the terminal rings."""
    notice: bool = False
    """Whether the screen says which socket it was."""
    file: str = ""
    """The file to which an object is added for every socket; empty for none."""
    command: tuple[str, ...] = ()
    """A program and its arguments, which gets the socket as an object; empty for none."""

    @property
    def needs(self) -> Needs:
        """What must be known of sockets to judge them, and to write them as objects if that is asked for."""
        is_written = bool(self.file or self.command)
        return self.choice.needs.union(field_needs(OBJECT_FIELDS)) if is_written else self.choice.needs


def watched_filter(name: str, query: Query) -> AlertRule:
    """The rule of a filter that was saved, and switched on, on the screen."""
    return AlertRule(name, RowChoice(EVERY_KIND, (query,)), bell=True, notice=True)
