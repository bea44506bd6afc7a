"""What is said to the person while a dialog covers the main screen."""

from __future__ import annotations

from textual.app import App

from netwatch_tui.fields.format import printable

BETWEEN = 0.2
"""Seconds from one notice to the next one: a paste of 10,000 keys that do nothing is answered once, with the last."""


class DialogNotice:
    """One notice at a time, the latest, in place of the one before: each is a widget that is laid out."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._shown = ""
        self._latest = ""
        self._is_waiting = False

    def say(self, text: str) -> None:
        """Show it now, or after the last one has stood for a moment if nothing newer has come until then."""
        self._latest = printable(text)
        if not self._is_waiting:
            self._show()

    def _show(self) -> None:
        self._is_waiting = True
        self._shown = self._latest
        self._app.clear_notifications()
        self._app.notify(self._latest, severity="warning", markup=False)
        self._app.set_timer(BETWEEN, self._go_on)

    def _go_on(self) -> None:
        self._is_waiting = False
        if self._latest != self._shown:
            self._show()
