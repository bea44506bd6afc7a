"""Puts the full-screen program together."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.play.alerting import Watches
from netwatch_tui.play.news import Feed
from netwatch_tui.settings.arrangement import Arrangement
from netwatch_tui.settings.config_file import config_folder
from netwatch_tui.settings.saved_views import SavedView, SavedViews
from netwatch_tui.settings.settings import Settings
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.failures import Failures
from netwatch_tui.ui.keymap import READ_ONLY_LACKS
from netwatch_tui.ui.rebinding import keymap_of
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screen_loop import screen_loop
from netwatch_tui.ui.screens.copy_and_write import Write
from netwatch_tui.ui.screens.trace_page import WriteCalls
from netwatch_tui.ui.setup import Hands, Setup
from netwatch_tui.ui.terminal.driver import TerminalDriver
from netwatch_tui.ui.textual_fixes import fits, send_changed_cells_only
from netwatch_tui.ui.themes import DEFAULT_THEME, ThemeError, load_themes, themes_folder, with_signals
from netwatch_tui.view.spec import ViewSpec

_SWITCH = 0.001
"""Seconds for which the collecting thread may keep the interpreter to itself while the screen waits for it."""


class ScreenError(Exception):
    """Why the screen could not go on, for the person."""


class Start(NamedTuple):
    """How the person wants the program, besides what it shows."""

    settings: Settings
    folder: Path | None
    """Where something is remembered; None for nowhere."""
    arrangement: Arrangement
    theme: str | None
    """That which the command line asks for."""
    arranged_theme: str | None
    """That which was chosen the last time."""
    saved: tuple[SavedView, ...]
    """The views that the person saved."""
    view: int
    """Which of the views is shown first."""
    mouse: bool
    notices: tuple[str, ...]
    """What is wrong with what was read."""
    debug: bool
    """Whether where something failed is written down."""


def run(
    feed: Feed,
    spec: ViewSpec,
    start: Start,
    write: Write,
    write_calls: WriteCalls,
    hands: Hands | None = None,
) -> int:
    """Show the table until the person quits; returns the exit status.

    Args:
        feed: What is shown.
        spec: How at first.
        start: How the person wants the program.
        write: Gives the lines of files.
        write_calls: Gives the lines of files of traced calls.
        hands: What acts on and traces what is shown; None for a recording, which is no machine to do anything with.

    Raises:
        ScreenError: Something failed after which it could not go on. The terminal is as it was.
        ThemeError: There is no such theme.
    """
    settings = start.settings
    themes, problems = load_themes(themes_folder(), config_folder() / "themes")
    if start.theme is not None and start.theme not in themes:
        raise ThemeError(f"there is no theme {start.theme!r}; there are: {', '.join(themes)}")
    themes, wrong_colors = with_signals(themes, settings.colors)
    theme, wrong_themes = _theme(start, themes)
    keymap, wrong_keys = keymap_of(settings.keys)
    if settings.read_only:
        keymap = keymap.without(READ_ONLY_LACKS)
    notices = (*start.notices, *problems, *wrong_themes, *wrong_colors, *wrong_keys)
    sys.setswitchinterval(_SWITCH)
    send_changed_cells_only()
    remembered = Remembered(start.folder)
    setup = Setup(keymap, start.arrangement, settings.all_views, start.saved, SavedViews(start.folder), start.view)
    if hands is not None:
        setup = setup._replace(plan_probe=hands.plan_probe, write_calls=write_calls)
        setup = setup._replace(actor=hands.actor, open_trace=hands.open_trace)
    if isinstance(feed, Watches):
        setup = setup._replace(watches=feed)
    driver = TerminalDriver if fits() else None
    failures = Failures(start.folder if start.debug else None)
    app = NetwatchApp(feed, spec, themes, theme, write, remembered, notices, setup, driver, failures)
    # Not asyncio.run, which at the end waits for every thread, be it stuck in a file system.
    loop = screen_loop()
    try:
        loop.run_until_complete(app.run_async(mouse=start.mouse))
    finally:
        app.leave_terminal()
        feed.stop()
    if in_vain := [each for each in (app.last_words, *app.errands.end()) if each]:
        raise ScreenError(" ".join(in_vain))
    return app.return_code or 0


def _theme(start: Start, themes: Collection[str]) -> tuple[str, list[str]]:
    """The theme to begin with, and a line for each that there is not."""
    configured = start.settings.theme
    wanted = (
        (start.theme, "--theme"),
        (start.arranged_theme, "the theme of the last time"),
        (configured and configured.value, configured and configured.place),
    )
    problems: list[str] = []
    for name, place in wanted:
        if name is not None and name in themes:
            return name, problems
        if name is not None:
            problems.append(f"{place}: there is no theme {printable(name)!r}; there are: {', '.join(themes)}")
    return DEFAULT_THEME, problems
