"""Puts the full-screen program together."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from netwatch_tui.fields.format import printable
from netwatch_tui.files.state_folder import check_folder, state_folder
from netwatch_tui.play.news import Feed
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.failures import Failures
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.copy_and_write import Write
from netwatch_tui.ui.terminal.driver import TerminalDriver
from netwatch_tui.ui.textual_fixes import fits, send_changed_cells_only
from netwatch_tui.ui.themes import ThemeError, load_themes, themes_folder
from netwatch_tui.view.spec import ViewSpec

_SWITCH = 0.001
"""Seconds for which the collecting thread may keep the interpreter to itself while the screen waits for it."""


class ScreenError(Exception):
    """Why the screen could not go on, for the person."""


def run(feed: Feed, spec: ViewSpec, *, theme: str, mouse: bool, write: Write, debug: bool) -> int:
    """Show the table until the person quits; returns the exit status.

    Raises:
        ScreenError: Something failed after which it could not go on. The terminal is as it was.
        ThemeError: There is no such theme.
    """
    themes, problems = load_themes(themes_folder())
    if theme not in themes:
        raise ThemeError(f"there is no theme {theme!r}; there are: {', '.join(themes)}")
    sys.setswitchinterval(_SWITCH)
    send_changed_cells_only()
    folder = _folder(problems)
    driver = TerminalDriver if fits() else None
    failures = Failures(folder if debug else None)
    app = NetwatchApp(feed, spec, themes, theme, write, Remembered(folder), problems, driver, failures)
    # Not asyncio.run, which at the end waits for every thread, be it stuck in a file system.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(app.run_async(mouse=mouse))
    finally:
        app.leave_terminal()
        feed.stop()
    if app.last_words:
        raise ScreenError(app.last_words)
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
