"""Puts the full-screen program together."""

from __future__ import annotations

from netwatch_tui.kernel.procnet import TABLES
from netwatch_tui.kernel.source import Source
from netwatch_tui.model.view import ViewSpec
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.themes import ThemeError, load_themes, themes_folder
from netwatch_tui.ui.worker import Worker


def run(source: Source, spec: ViewSpec, *, theme: str, interval: float, mouse: bool) -> int:
    """Show the table until the person quits; returns the exit status.

    Raises:
        ThemeError: There is no such theme.
    """
    themes, problems = load_themes(themes_folder())
    if theme not in themes:
        raise ThemeError(f"there is no theme {theme!r}; there are: {', '.join(themes)}")
    app = NetwatchApp(Worker(source, TABLES, spec, interval), spec, themes, theme, problems)
    app.run(mouse=mouse)
    return app.return_code or 0
