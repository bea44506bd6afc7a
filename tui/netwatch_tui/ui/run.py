"""Puts the full-screen program together."""

from __future__ import annotations

from netwatch_tui.model.view import ViewSpec
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.themes import ThemeError, load_themes, themes_folder
from netwatch_tui.ui.worker import Feed


def run(feed: Feed, spec: ViewSpec, *, theme: str, mouse: bool) -> int:
    """Show the table until the person quits; returns the exit status.

    Raises:
        ThemeError: There is no such theme.
    """
    themes, problems = load_themes(themes_folder())
    if theme not in themes:
        raise ThemeError(f"there is no theme {theme!r}; there are: {', '.join(themes)}")
    app = NetwatchApp(feed, spec, themes, theme, problems)
    app.run(mouse=mouse)
    return app.return_code or 0
