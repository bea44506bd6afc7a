"""Puts the full-screen program together."""

from __future__ import annotations

import asyncio
import sys

from netwatch_tui.play.news import Feed
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.failures import Failures
from netwatch_tui.ui.remembered import Remembered, state_folder
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
    driver = TerminalDriver if fits() else None
    failures = Failures(state_folder() if debug else None)
    app = NetwatchApp(feed, spec, themes, theme, write, Remembered(state_folder()), problems, driver, failures)
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
