"""What the controllers of the main screen are given: what the person sees, and how they change it.

A controller is a plain object. Its methods whose names begin with `action_` are actions of the screen, to which keys
are bound. It needs no program around it: a test can stand in for the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.keymap import Keymap
from netwatch_tui.ui.screens.dialog import AnswerT, Dialog
from netwatch_tui.view.groups import Row
from netwatch_tui.view.layout import Column
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View


class Viewer(Protocol):
    """Whoever shows views."""

    @property
    def spec(self) -> ViewSpec:
        """What is wanted now."""

    @property
    def view(self) -> View | None:
        """What is shown, which may be older than what is wanted; None before the first tick."""

    @property
    def keymap(self) -> Keymap:
        """Which keys do what, for words that name them."""

    def choose(self, spec: ViewSpec) -> None:
        """See things another way from now on."""

    def say(self, text: str) -> None:
        """A word to the person, for some seconds."""

    def ask(self, dialog: Dialog[AnswerT], then: Callable[[AnswerT | None], None] | None = None) -> None:
        """Open a dialog over what is shown, and do something with its answer."""


class TableCursor(Protocol):
    """The table, as far as it matters what the person points at."""

    @property
    def cursor_row(self) -> Row | None:
        """The socket or group under the cursor; None in an empty table."""

    @property
    def cursor_socket(self) -> Socket | None:
        """The socket under the cursor; None in an empty table or on the line of a group."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those of the rows that are shown."""

    def action_move(self, rows: int) -> None:
        """Move the cursor up or down."""

    def action_page(self, pages: int) -> None:
        """Move the cursor by whole pages."""

    def take_keyboard(self) -> None:
        """Have the keys from now on."""


def refuses_past(viewer: Viewer) -> bool:
    """Whether what is shown is not now, so that nothing can be done with it; says so."""
    if viewer.view is None or not viewer.view.rewound:
        return False
    now = viewer.keymap.first("view.pause")
    viewer.say(f"What is shown is not now, so nothing is done to it; {now} returns to now.")
    return True
