"""Puts the full-screen program together."""

from __future__ import annotations

import sys
from pathlib import Path

from netwatch_tui.fields.format import printable
from netwatch_tui.files.state_folder import check_folder, state_folder
from netwatch_tui.play.news import Feed
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.copy_and_write import Write
from netwatch_tui.ui.textual_fixes import send_changed_cells_only
from netwatch_tui.ui.themes import ThemeError, load_themes, themes_folder
from netwatch_tui.view.spec import ViewSpec

_SWITCH = 0.001
"""Seconds for which the collecting thread may keep the interpreter to itself while the screen waits for it."""


def run(feed: Feed, spec: ViewSpec, *, theme: str, mouse: bool, write: Write) -> int:
    """Show the table until the person quits; returns the exit status.

    Raises:
        ThemeError: There is no such theme.
    """
    themes, problems = load_themes(themes_folder())
    if theme not in themes:
        raise ThemeError(f"there is no theme {theme!r}; there are: {', '.join(themes)}")
    sys.setswitchinterval(_SWITCH)
    send_changed_cells_only()
    folder = _folder(problems)
    app = NetwatchApp(feed, spec, themes, theme, write, Remembered(folder), problems)
    app.run(mouse=mouse)
    return app.return_code or 0


def _folder(problems: list[str]) -> Path | None:
    """Where filters are kept; None, and a line that says why, where there is no such place."""
    try:
        folder = state_folder()
        check_folder(folder)
    except OSError as error:
        problems.append(f"nothing is remembered: {printable(error.strerror or str(error))}")
        return None
    return folder
