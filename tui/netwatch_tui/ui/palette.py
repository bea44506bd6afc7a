"""The palette: every action, column and theme by name, made from the tables that also make keys and help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from netwatch_tui.ui.keymap import APP_KEYS, MAIN_KEYS, TABLE_KEYS, Key
from netwatch_tui.ui.screens.picker import Choice, Command, Picker
from netwatch_tui.ui.screens.view_choices import ViewChoices
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.view.groupings import GROUPINGS

_THEME = "theme "


class Themes(Protocol):
    """The colours of everything."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those that there are."""

    @property
    def chosen(self) -> str:
        """That which holds, whatever is tried."""

    def show(self, name: str) -> None:
        """Have these colours until others are shown."""

    def choose(self, name: str) -> None:
        """Have these colours from now on."""


class Palette:
    """Lists what can be done now, and does it. A theme is tried on while its line is highlighted."""

    def __init__(self, viewer: Viewer, choices: ViewChoices, themes: Themes, act: Callable[[Key], object]) -> None:
        """Serve this viewer.

        Args:
            viewer: Whose palette it is.
            choices: What it can be asked to show.
            themes: What it can look like.
            act: Does what a key does.
        """
        self._viewer = viewer
        self._choices = choices
        self._themes = themes
        self._act = act

    def action_palette(self) -> None:
        """Choose from everything that can be done."""
        commands = {command.choice.id: command for command in self.commands()}

        def chosen(id: str | None) -> None:
            self._themes.show(self._themes.chosen)
            if id is not None:
                commands[id].run()

        choices = [command.choice for command in commands.values()]
        self._viewer.ask(Picker("Palette", choices, preview=self._preview), chosen)

    def _preview(self, id: str) -> None:
        themes = self._themes
        themes.show(id.removeprefix(_THEME) if id.startswith(_THEME) else themes.chosen)

    def commands(self) -> Iterator[Command]:
        """All that can be done, for what is shown now."""
        yield from self._keys()
        for grouping in GROUPINGS.values():
            yield _command(f"Group by {grouping.title}", grouping.meaning, partial(self._choices.group_by, grouping.id))
        yield from self._columns()
        for theme in self._themes.names:
            hint = "these colours" if theme == self._themes.chosen else "colours"
            yield Command(Choice(f"{_THEME}{theme}", f"Theme {theme}", hint), partial(self._themes.choose, theme))

    def _keys(self) -> Iterator[Command]:
        for key in self._viewer.keymap.offered((*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS)):
            if key.id != "app.palette":
                hint = f"{key.meaning} ({self._viewer.keymap.shown(key)})"
                yield Command(Choice(key.id, key.label, hint), partial(self._act, key))

    def _columns(self) -> Iterator[Command]:
        for column in self._choices.sortable:
            title = column.title.strip() or "mark"
            yield _command(f"Sort by {title}", column.meaning, partial(self._choices.sort_by, column.id))
            if column.title.strip() and not self._viewer.spec.shows_groups:
                verb = "Hide" if column.id in self._viewer.spec.columns else "Show"
                toggle = partial(self._choices.toggle_column, column.id)
                yield _command(f"{verb} column {title}", column.meaning, toggle)


def _command(label: str, hint: str, run: Callable[[], object]) -> Command:
    return Command(Choice(label, label, hint), run)
