"""The full-screen program as Textual sees it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from rich.console import RenderableType
from textual import events, on
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from netwatch_tui.fields.format import printable
from netwatch_tui.play.news import Feed
from netwatch_tui.ui.dialog_notice import DialogNotice
from netwatch_tui.ui.errands import Errands
from netwatch_tui.ui.failures import Failures
from netwatch_tui.ui.key_names import key_sign
from netwatch_tui.ui.keymap import ALL_KEYS, APP_KEYS, bindings
from netwatch_tui.ui.messages import AltKey, Said, Typed, is_letter
from netwatch_tui.ui.printable_lines import OnlyPrintable
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.copy_and_write import Write
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.setup import USUAL_SETUP, Setup
from netwatch_tui.ui.terminal.driver import TerminalDriver
from netwatch_tui.ui.textual_fixes import free_painted_lines_at_once, let_go_of_closed_widgets, outlive_failures
from netwatch_tui.ui.theme_choice import ThemeChoice
from netwatch_tui.ui.widgets.eager_input import EagerInput
from netwatch_tui.view.spec import ViewSpec

_SOON = 1.0
"""Seconds within which a dialog is there."""

_LABELS = {key.action: key.label for key in reversed(ALL_KEYS)}


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
        driver: type[Driver] | None = None,
        failures: Failures | None = None,
    ) -> None:
        self._variables = dict(themes[theme].variables)
        super().__init__(driver_class=driver)
        self._filters.append(OnlyPrintable())
        self.failures = failures or Failures()
        self.last_words = ""
        """Why it ended, if something failed."""
        self._may_go_on = outlive_failures()
        let_go_of_closed_widgets()
        free_painted_lines_at_once()
        self._feed = feed
        self._dialog_notice = DialogNotice(self)
        choice = ThemeChoice(self, themes, theme, self._remember_theme)
        self.errands = Errands(self.failures.sentence)
        self.main = MainScreen(feed, spec, notices, write, remembered, choice, self.errands, setup)
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
        """Nothing moves by itself; nothing that fails is written over the screen."""
        self.animation_level = "none"
        asyncio.get_running_loop().set_exception_handler(self._fail_in_loop)

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:  # Textual's own signature
        """End, and in time."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.signals.end(return_code)
        super().exit(result, return_code, message)

    def leave_terminal(self) -> None:
        """Have the terminal as it was, whatever happened."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.stop_application_mode()
            self._driver.signals.ended()

    def action_suspend_process(self) -> None:
        """Stop with all of the pipeline, as Ctrl+Z does everywhere."""
        if self._driver is not None and self._driver.can_suspend:
            os.kill(0, signal.SIGTSTP)

    @on(Said)
    def _said(self, message: Said) -> None:
        self._say(message.text)

    def _say(self, text: str) -> None:
        """A word to the person, also over a dialog, behind which the main screen is not painted."""
        if self.screen is self.main:
            self.main.say(text)
        else:
            self.main.notice_log.add(text)
            self._dialog_notice.say(text)

    def copy_to_clipboard(self, text: str) -> None:
        """Hand a text to the terminal, with nothing in it that does anything when it is pasted."""
        super().copy_to_clipboard("\t".join(map(printable, text.split("\t"))))

    # What failed

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key, a click or the palette asks for; what fails is said by its name."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001 -- whatever an action does, the program goes on
            self._fail(_label(action), error)
            return True

    def _handle_exception(self, error: Exception) -> None:
        """Textual tells of whatever failed."""
        self._fail("This", error.error if isinstance(error, WorkerFailed) else error)

    def _fail(self, what: str, error: BaseException) -> None:
        """Say it and go on, where that can be: the main screen is there, and there is memory."""
        sentence = self.failures.sentence(what, error)
        is_there = self.main.is_mounted and self._may_go_on
        if is_there and not self.failures.is_flood and not isinstance(error, MemoryError):
            self._say(sentence)
        elif not self.last_words:
            self.last_words = sentence
            self.exit(return_code=1)

    def _fail_in_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The event loop tells of what failed outside of any message."""
        self._fail("This", context.get("exception") or RuntimeError(context["message"]))

    def _print_error_renderables(self) -> None:
        """Who started the program says it, in a line."""

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Let a typed letter act when it is read, as every other key does; in a dialog, when it is there."""
        if isinstance(event, Typed):
            await self._type(event.keys)
        elif isinstance(event, AltKey) and event.key not in self.screen.active_bindings:
            for key in (events.Key("escape", "\x1b"), event.plain):
                key.set_sender(self)
                await self.on_event(key)
        elif isinstance(event, events.Key) and not event.is_forwarded:
            await self._wait_for_screen()
            if is_letter(event) and isinstance(self.focused, EagerInput):
                await self.focused.type_in(event.character or "")
            else:
                await super().on_event(event)
        elif not (isinstance(event, events.Key) and is_letter(event) and isinstance(self.focused, EagerInput)):
            await super().on_event(event)

    async def _type(self, keys: list[events.Key]) -> None:
        """Letters as commands, until one of them opens a line of text, which takes the rest."""
        for at, key in enumerate(keys):
            await self._wait_for_screen()
            if isinstance(self.focused, EagerInput):
                await self.focused.type_in("".join(rest.character or "" for rest in keys[at:]))
                return
            key.set_sender(self)
            await super().on_event(key)

    async def _on_key(self, event: events.Key) -> None:
        """A key that nothing took: if no binding waits for it either, say so."""
        event.prevent_default()
        if not await self._check_bindings(event.key):
            letter = event.character if is_letter(event) else None
            sign = key_sign(event.key) if letter in (None, " ") else printable(letter or "")
            lists = self.main.keymap.first("typing.language" if self.main.is_typing else "app.help")
            more = f"{lists} lists the keys" if self.screen is self.main else "the last line has the keys"
            self._say(f"{sign} does nothing here; {more}.")

    async def _wait_for_screen(self) -> None:
        if not self.screen.is_mounted:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.screen._mounted_event.wait(), _SOON)  # noqa: SLF001 -- nothing else tells

    def on_unmount(self) -> None:
        """Leave no thread behind but those of errands, and nothing that nobody has begun to remember."""
        self.main.keeper.end()
        self._feed.stop()


def _label(action: str | ActionParseResult) -> str:
    """What a person knows an action as."""
    return _LABELS.get(action, "This") if isinstance(action, str) else "This"
