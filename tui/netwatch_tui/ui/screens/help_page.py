"""The pages of help, made from the tables of keys, columns and the filter language: by what a person wants to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textual import events
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.format import cell_width, wrap
from netwatch_tui.fields.owner_fields import REASON_MEANINGS
from netwatch_tui.query import KEYS, REFERENCE
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.ui.keymap import (
    APP_KEYS,
    DETAILS_KEYS,
    FILTER_KEYS,
    JOBS,
    MAIN_KEYS,
    PAGE_KEYS,
    TABLE_KEYS,
    Key,
    bindings,
    job_of,
)
from netwatch_tui.ui.screens.dialog import Dialog

_REASONS = (
    ("(kernel)", OwnerReason.KERNEL),
    ("nginx†", OwnerReason.LAST_HELD),
    ("(queue of nginx)", OwnerReason.ACCEPT_QUEUE),
    ("(hidden)", OwnerReason.PERMISSION),
    ("(looking)", OwnerReason.NOT_YET),
    ("(not found)", OwnerReason.NOT_FOUND),
    ("(gone)", OwnerReason.GONE),
)
_TWO_COLUMNS = 140
"""Cells of the page from which on two columns stand side by side."""
_APART = 3
_FRAME = 6
"""Cells of the dialog beside its text, with the bar that scrolls it."""
_NARROWEST = 10
"""Cells in which meanings are broken into lines; in a window that has less they are cut."""
_WIDEST_WORD = 24
"""Cells of the words before their meanings; a longer one has a line of its own."""


class _Row(NamedTuple):
    """A word and what it means."""

    word: str
    meaning: str
    style: str = "bold"


class _Chapter(NamedTuple):
    """Rows under a heading."""

    title: str
    rows: Sequence[_Row]


class _Page(Dialog[None]):
    """A page of words and what they mean, in two columns where there is room."""

    BINDINGS = bindings(PAGE_KEYS)
    HINTS = PAGE_KEYS

    def content(self) -> Iterable[Widget]:
        """One page that scrolls."""
        with VerticalScroll(id="help", classes="dialog-scrolls"), Horizontal():
            yield Static(id="help-left")
            yield Static(id="help-right")

    def chapters(self) -> Sequence[_Chapter]:
        """What it says."""
        raise NotImplementedError

    def page(self) -> Content:
        """All of it in one column, as wide as it needs."""
        return _content(self.chapters(), 10_000)

    def on_mount(self) -> None:
        """Have the room that two columns need."""
        self.query_one(".dialog").add_class("-page")

    def on_resize(self, event: events.Resize) -> None:
        """Fill the columns anew."""
        super().on_resize(event)
        room = event.size.width * 9 // 10 - _FRAME
        chapters = self.chapters()
        right = self.query_one("#help-right", Static)
        right.display = room >= _TWO_COLUMNS
        if right.display:
            width = (room - _APART) // 2
            at = _middle([_content((chapter,), width).plain.count("\n") + 2 for chapter in chapters])
            right.update(_content(chapters[at:], width))
        else:
            width, at = room, len(chapters)
        self.query_one("#help-left", Static).update(_content(chapters[:at], width))

    def told(self, keys: Iterable[Key]) -> list[_Row]:
        """What is bound now, and what it does; keys that mean the same are told together."""
        signs: dict[str, list[str]] = {}
        for key in keys:
            signs.setdefault(key.meaning, []).append(self.keymap.shown(key))
        return [_Row(" ".join(shown), meaning, "bold $accent") for meaning, shown in signs.items()]

    def action_scroll(self, lines: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


class HelpScreen(_Page):
    """Every key, mark and column."""

    def __init__(self) -> None:
        super().__init__("Help")

    def chapters(self) -> Sequence[_Chapter]:
        """All keys first, by what they are for."""
        keys = self.keymap.offered((*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS))
        by_job = [(job.title, self.told(key for key in keys if job_of(key) is job)) for job in JOBS]
        return (
            *(_Chapter(title, rows) for title, rows in by_job if rows),
            _Chapter("In the details", self.told(DETAILS_KEYS)),
            _MANUAL,
            _Chapter("Marks", _MARKS),
            _Chapter("Instead of an owner", [_Row(word, REASON_MEANINGS[reason]) for word, reason in _REASONS]),
            _CAPTURE,
            _LANGUAGE,
            _KEYS,
            _Chapter("Columns", [_Row(column.title, column.meaning) for column in FIELDS if column.title.strip()]),
        )


class LanguageScreen(_Page):
    """The filter language on one screen."""

    def __init__(self) -> None:
        super().__init__("Filter")

    def chapters(self) -> Sequence[_Chapter]:
        """Examples, and what the keys do while a filter is typed."""
        typing = [*self.told(FILTER_KEYS), _Row("?", 'this page; a literal ? is typed in quotes: "?"', "bold $accent")]
        return (_LANGUAGE, _Chapter("While you type", typing), _KEYS)


_MANUAL = _Chapter(
    "The manual",
    (
        _Row("man netwatch-tui", "options, the whole filter language, every field, formats, files, costs, limits"),
        _Row("netwatch-tui --man", "the same, printed where man does not find it"),
    ),
)
_MARKS = (
    _Row("+", "new: it opened while you watched", "$netwatch-new"),
    _Row("~", "its state changed", "$netwatch-changed"),
    _Row("-", "closed; the row stays for a moment", "$netwatch-closed"),
)
_CAPTURE = _Chapter(
    "Between two ticks",
    (
        _Row("capture: perf", "every TCP connection is seen, however short, and every UDP socket that sends"),
        _Row("capture: ftrace", "the same, where perf can't be used"),
        _Row("capture: ends only", "connections are seen when they end, without their process: more takes root"),
        _Row("capture: off", "what lives between two ticks is not seen"),
    ),
)
_LANGUAGE = _Chapter("Filter", [_Row(example, meaning) for example, meaning in REFERENCE])
_KEYS = _Chapter(
    "Keys of the filter",
    [_Row(" ".join(f"{name}:" for name in (key.name, *key.also)), key.needs) for key in KEYS],
)


def _middle(lines: Sequence[int]) -> int:
    """Before which of some chapters with so many lines the right column begins, so that both are as short as can be."""
    return min(range(1, len(lines) + 1), key=lambda at: max(sum(lines[:at]), sum(lines[at:])))


def _content(chapters: Iterable[_Chapter], width: int) -> Content:
    """Words with their meanings beside them, in at most so many cells; a meaning goes on below itself."""
    parts: list[str | tuple[str, str]] = []
    for title, rows in chapters:
        for line in wrap(title, max(width, _NARROWEST)):
            parts += [(line.rstrip(), "bold underline"), "\n"]
        indent = max((size for size in (cell_width(row.word) for row in rows) if size <= _WIDEST_WORD), default=0) + 3
        if width - indent < _NARROWEST:  # all meanings below their words
            indent = 3
        for word, meaning, style in rows:
            first, *more = wrap(word, max(width - 1, _NARROWEST))
            parts += [" ", (first, style)]
            for rest in more:
                parts += ["\n ", (rest, style)]
            used = width if more else cell_width(word) + 1
            if used + 2 > indent:
                parts.append("\n")
                used = 0
            for line in wrap(meaning, max(width - indent, _NARROWEST)):
                parts += [" " * (indent - used), line.rstrip(), "\n"]
                used = 0
        parts.append("\n")
    return Content.assemble(*parts).rstrip()
