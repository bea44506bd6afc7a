"""Which theme the program has, and which it only tries on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.app import App
from textual.theme import Theme

from netwatch_tui.ui.color_depth import CURSOR, fitted


class ThemeChoice:
    """Shows and chooses themes, each as the terminal can show it."""

    def __init__(self, app: App[None], themes: Mapping[str, Theme], chosen: str, tell: Callable[[str], object]) -> None:
        """Have a theme of these.

        Args:
            app: What is shown in it.
            themes: All that there are, by name.
            chosen: The name of that to begin with.
            tell: Is given the name of each that is chosen later.
        """
        self._app = app
        self._themes = themes
        self._tell = tell
        self.names = tuple(themes)
        self.chosen = chosen
        self.show(chosen)

    def show(self, name: str) -> None:
        """Have these colours until others are shown."""
        app = self._app
        if app.theme != name:
            theme = fitted(self._themes[name], app.console.color_system)
            app.register_theme(theme)
            app.theme = name
            # Where the cursor has no colour of its own, its row is reversed.
            app.set_class(theme.variables[CURSOR].upper() == (theme.background or "").upper(), "-reverse")

    def choose(self, name: str) -> None:
        """Have these colours from now on."""
        self.chosen = name
        self.show(name)
        self._tell(name)
