"""The full-screen program as Textual sees it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence

from textual import events
from textual.app import App
from textual.screen import Screen
from textual.theme import Theme

from netwatch_tui.play.news import Feed
from netwatch_tui.ui.keymap import APP_KEYS, bindings
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.copy_and_write import Write
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.setup import USUAL_SETUP, Setup
from netwatch_tui.ui.theme_choice import ThemeChoice
from netwatch_tui.ui.widgets.eager_input import EagerInput
from netwatch_tui.view.spec import ViewSpec


class NetwatchApp(App[None], inherit_bindings=False):
    """Owns the feed and the themes; everything else is the main screen's."""

    TITLE = "netwatch-tui"
    CSS_PATH = "netwatch.tcss"
    BINDINGS = bindings(APP_KEYS)
    ENABLE_COMMAND_PALETTE = False  # it is another program's in looks; ours is `palette`

    def __init__(
        self,
        feed: Feed,
        spec: ViewSpec,
        themes: Mapping[str, Theme],
        theme: str,
        write: Write,
        remembered: Remembered,
        notices: Sequence[str] = (),
        setup: Setup = USUAL_SETUP,
    ) -> None:
        self._variables = dict(themes[theme].variables)
        super().__init__()
        self._feed = feed
        choice = ThemeChoice(self, themes, theme, self._remember_theme)
        self.main = MainScreen(feed, spec, notices, write, remembered, choice, setup)
        setup.keymap.put_on(self)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the stylesheet needs before a theme of ours is there."""
        return self._variables

    def get_default_screen(self) -> Screen[None]:
        """The table is the first and last screen."""
        return self.main

    def _remember_theme(self, name: str) -> None:
        self.main.keeper.see_theme(name)

    def on_mount(self) -> None:
        """End well also when told to from outside."""
        self.animation_level = "none"
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._terminate)

    def _terminate(self) -> None:
        """Leave the terminal as it was; told once more, the system ends the program, should a dead terminal hold us."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        self.exit()

    async def on_event(self, event: events.Event) -> None:
        """Let a typed letter act when it is read, as every other key does."""
        if isinstance(event, events.Key) and event.is_printable and isinstance(self.focused, EagerInput):
            if not event.is_forwarded:
                await self.focused.type_in(event.character or "")
        else:
            await super().on_event(event)

    def on_unmount(self) -> None:
        """Leave no thread behind, and nothing that was not remembered."""
        self.main.keeper.end()
        self._feed.stop()
