"""The command palette: every action, column and theme by name, made from the tables that also make keys and help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.widgets import Input

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.ui.keymap import APP_KEYS, MAIN_KEYS, TABLE_KEYS, Key
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.widgets.socket_table import SocketTable
from netwatch_tui.view.groups import GROUPINGS

_MOST_TYPED = 64
"""Characters of what is searched for: every letter is a search through everything."""


class Palette(CommandPalette):
    """Textual's palette, with a line of text that takes no more than a name."""

    def on_mount(self) -> None:
        """Bound the line before anything is typed."""
        self.query_one(Input).max_length = _MOST_TYPED


def commands(main: MainScreen, themes: Sequence[str]) -> Iterator[SystemCommand]:
    """All that can be done, for the present state of the main screen."""
    table, choices = main.query_one(SocketTable), main.view_choices
    for key in MAIN_KEYS:
        if key.id != "app.palette":
            yield _action(key, partial(main.run_action, key.action))
    for key in TABLE_KEYS:
        yield _action(key, partial(table.run_action, key.action))
    for key in APP_KEYS:
        yield _action(key, partial(main.app.run_action, key.action))
    for grouping in GROUPINGS.values():
        yield SystemCommand(f"Group by {grouping.title}", "counts and sums", partial(choices.group_by, grouping.id))
    for column in FIELDS:
        title = column.title.strip() or "mark"
        yield SystemCommand(f"Sort by {title}", column.meaning, partial(choices.sort_by, column.id))
        if column.title.strip():
            verb = "Hide" if column.id in main.spec.columns else "Show"
            yield SystemCommand(f"{verb} column {title}", column.meaning, partial(choices.toggle_column, column.id))
    for theme in themes:
        yield SystemCommand(f"Theme {theme}", "colours", partial(setattr, main.app, "theme", theme))


def _action(key: Key, run: object) -> SystemCommand:
    return SystemCommand(f"{key.label}: {key.meaning}", f"key {key.shown_as}", run)  # type: ignore[arg-type]  # async
