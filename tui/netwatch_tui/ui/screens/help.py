"""The help page, made from the tables of keys and columns."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from netwatch_tui.model.columns import COLUMNS
from netwatch_tui.model.format import cell_width
from netwatch_tui.model.query import REFERENCE
from netwatch_tui.ui.keymap import APP_KEYS, MAIN_KEYS, TABLE_KEYS

_MARKS = (
    ("+", "new: it appeared while you watched", "$netwatch-new"),
    ("~", "its state changed", "$netwatch-changed"),
    ("-", "closed; the row stays for a moment", "$netwatch-closed"),
)
_REASONS = (
    ("(kernel)", "no process holds the socket"),
    ("(permission)", "its process may only be seen by a more privileged user: try sudo"),
    ("(exited)", "its process went away while we looked"),
)


class HelpScreen(ModalScreen[None]):
    """Every key, mark and column."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", key_display="Esc"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with VerticalScroll(id="help"):
            yield Static(_page())

    def action_scroll(self, lines: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _page() -> Content:
    keys = [(key.shown_as, key.meaning, "bold $accent") for key in (*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS)]
    columns = [(column.title, column.meaning, "bold") for column in COLUMNS if column.title.strip()]
    sections = [
        ("Keys", keys),
        ("Marks", list(_MARKS)),
        ("Filter", [(example, meaning, "bold") for example, meaning in REFERENCE]),
        ("Columns", columns),
        ("Instead of an owner", [(word, meaning, "bold") for word, meaning in _REASONS]),
    ]
    parts: list[str | tuple[str, str]] = []
    for title, rows in sections:
        parts += [(title, "bold underline"), "\n"]
        indent = max(cell_width(word) for word, _, _ in rows) + 2
        for word, meaning, style in rows:
            parts += [" ", (word, style), " " * (indent - cell_width(word)), meaning, "\n"]
        parts.append("\n")
    return Content.assemble(*parts).rstrip()
