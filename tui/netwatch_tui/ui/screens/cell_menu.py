"""What a right click on a cell offers: rows like this one by its value, and copies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.screens.copy_and_write import CopyAndWrite
from netwatch_tui.ui.screens.filter_editing import FilterEditing
from netwatch_tui.ui.screens.picker import Choice, Command, ask_command
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.view.layout import Column
from netwatch_tui.view.similar_conditions import conditions_of_column


class CellMenu:
    """Asks what to do with one value of the row under the cursor."""

    def __init__(self, viewer: Viewer, table: TableCursor, filtering: FilterEditing, copying: CopyAndWrite) -> None:
        """Offer what these two do."""
        self._viewer = viewer
        self._table = table
        self._filtering = filtering
        self._copying = copying

    def open(self, column: Column) -> None:
        """Ask about the cell of this column. Of the line of a group there is but its name, which is copied."""
        socket, view = self._table.cursor_socket, self._viewer.view
        if socket is None or view is None:
            self._copying.action_copy()
        else:
            commands = self._commands(socket, column, view.moment)
            ask_command(self._viewer, column.title.strip() or "This row", commands)

    def _commands(self, socket: Socket, column: Column, moment: Moment) -> Iterator[Command]:
        for each in conditions_of_column(column.id, socket, moment):
            yield Command(Choice(f"keep {each}", "Only like this", each), partial(self._filtering.narrow, each))
            without = f"-{each}"
            yield Command(
                Choice(f"exclude {each}", "None like this", without), partial(self._filtering.narrow, without)
            )
        if column.id in FIELD_BY_ID and (text := column.text(socket, moment).strip()):
            yield Command(Choice("copy", "Copy this value", text), partial(self._copying.copy, column.title, text))
        yield Command(Choice("more", "Copy...", "the row, another value, or a command"), self._copying.action_copy)
