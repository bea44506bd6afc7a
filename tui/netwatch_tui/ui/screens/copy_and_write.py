"""What a person takes away: copies through the terminal, and files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from netwatch_tui.fields.catalogue import named_fields
from netwatch_tui.fields.format import clip
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.ui.screens.write_dialog import WriteScreen, WriteTo, write_to
from netwatch_tui.view.copies import Copy, copies
from netwatch_tui.view.groups import Group
from netwatch_tui.view.view import View

_SHOWN = 50
"""Cells of a copied text that are repeated to the person."""

Write = Callable[[str, Iterable[Socket], View], Iterable[str]]
"""The lines, without their ends, of a file in a format; the view says what goes with the sockets."""


class CopyAndWrite:
    """Copies and files."""

    def __init__(
        self,
        viewer: Viewer,
        table: TableCursor,
        write: Write,
        clipboard: Callable[[str], object],
        errands: RunsErrands,
    ) -> None:
        """Take from what a viewer shows.

        Args:
            viewer: Who shows it.
            table: Where the person points.
            write: Gives the lines of files. The front door's: what writes files is no part of the screen.
            clipboard: Hands a text to the terminal.
            errands: Writes files.
        """
        self._viewer = viewer
        self._table = table
        self._write = write
        self._clipboard = clipboard
        self._errands = errands

    def action_copy(self) -> None:
        """Choose what of the row to copy."""
        row, view = self._table.cursor_row, self._viewer.view
        if row is None or view is None:
            self._viewer.say("No row to copy.")
        elif isinstance(row, Group):
            self.copy("group", row.id)
        else:
            fields = named_fields(column.id for column in self._table.columns)
            found = copies(row, fields, view.moment, view.snapshot.namespaces.own)
            choices = [Choice(each.id, each.label, each.text) for each in found]

            def taken(id: str | None) -> None:
                self._take(found, id)

            self._viewer.ask(Picker("Copy", choices), taken)

    def _take(self, found: list[Copy], id: str | None) -> None:
        for each in found:
            if each.id == id:
                self.copy(each.label, each.text)

    def copy(self, what: str, text: str) -> None:
        """Hand a text to the terminal (OSC 52); whether it takes it, it does not tell."""
        self._clipboard(text)
        shown = clip(text.replace("\t", " "), _SHOWN)
        self._viewer.say(f"Sent to the terminal's clipboard: {what}: {shown}")

    def action_write(self) -> None:
        """Write what is shown to a file."""
        view = self._viewer.view
        if view is None or not view.order.entries:
            self._viewer.say("No rows to write.")
            return
        proposed = time.strftime("sockets-%Y%m%d-%H%M%S.csv", time.localtime(view.moment.now))

        def chosen(target: WriteTo | None) -> None:
            if target is not None:
                self._write_file(target, view)

        self._viewer.ask(WriteScreen(proposed), chosen)

    def _write_file(self, target: WriteTo, view: View) -> None:
        sockets = view.order.rows(descending=view.spec.descending)
        lines = self._write(target.format, sockets, view)

        def then(failure: str) -> None:
            self._viewer.say(failure or f"Wrote {len(sockets):,} sockets to {target.name}")

        self._errands.run(f"file {target.path}", f"Writing {target.name}", partial(write_to, target, lines), then)
