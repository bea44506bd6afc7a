"""The help page, made from the tables of keys and columns."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.format import cell_width
from netwatch_tui.fields.owner_fields import REASON_MEANINGS
from netwatch_tui.query import KEYS, REFERENCE
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.ui.keymap import (
    APP_KEYS,
    DETAILS_KEYS,
    FILTER_KEYS,
    MAIN_KEYS,
    PAGE_KEYS,
    TABLE_KEYS,
    Key,
    bindings,
)
from netwatch_tui.ui.screens.dialog import Dialog

_MARKS = (
    ("+", "new: it opened while you watched", "$netwatch-new"),
    ("~", "its state changed", "$netwatch-changed"),
    ("-", "closed; the row stays for a moment", "$netwatch-closed"),
)
_REASONS = (
    ("(kernel)", OwnerReason.KERNEL),
    ("nginx†", OwnerReason.LAST_HELD),
    ("(queue of nginx)", OwnerReason.ACCEPT_QUEUE),
    ("(hidden)", OwnerReason.PERMISSION),
    ("(not found)", OwnerReason.NOT_FOUND),
)


class _Page(Dialog[None]):
    """A page of words and what they mean."""

    BINDINGS = bindings(PAGE_KEYS)
    HINTS = PAGE_KEYS

    def content(self) -> Iterable[Widget]:
        """One page that scrolls."""
        with VerticalScroll(id="help", classes="dialog-scrolls"):
            yield Static(self.page())

    def page(self) -> Content:
        """What it says."""
        raise NotImplementedError

    def told(self, keys: Iterable[Key]) -> list[tuple[str, str, str]]:
        """What is bound now, and what it does."""
        return [(self.keymap.shown(key), key.meaning, "bold $accent") for key in keys]

    def action_scroll(self, lines: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


class HelpScreen(_Page):
    """Every key, mark and column."""

    def __init__(self) -> None:
        super().__init__("Help")

    def page(self) -> Content:
        """All keys first."""
        return _content(
            ("Keys", self.told((*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS))),
            ("In the details", self.told(DETAILS_KEYS)),
            ("Marks", list(_MARKS)),
            ("Instead of an owner", [(word, REASON_MEANINGS[reason], "bold") for word, reason in _REASONS]),
            _LANGUAGE,
            _KEYS,
            ("Columns", [(column.title, column.meaning, "bold") for column in FIELDS if column.title.strip()]),
        )


class LanguageScreen(_Page):
    """The filter language on one screen."""

    def __init__(self) -> None:
        super().__init__("Filter")

    def page(self) -> Content:
        """Examples, and what the keys do while a filter is typed."""
        return _content(_LANGUAGE, ("While you type", self.told(FILTER_KEYS)), _KEYS)


_LANGUAGE = ("Filter", [(example, meaning, "bold") for example, meaning in REFERENCE])
_KEYS = (
    "Keys of the filter",
    [(" ".join(f"{name}:" for name in (key.name, *key.also)), key.needs, "bold") for key in KEYS],
)


def _content(*sections: tuple[str, list[tuple[str, str, str]]]) -> Content:
    """Sections of words with their meanings, in columns."""
    parts: list[str | tuple[str, str]] = []
    for title, rows in sections:
        parts += [(title, "bold underline"), "\n"]
        indent = max(cell_width(word) for word, _, _ in rows) + 2
        for word, meaning, style in rows:
            parts += [" ", (word, style), " " * (indent - cell_width(word)), meaning, "\n"]
        parts.append("\n")
    return Content.assemble(*parts).rstrip()
