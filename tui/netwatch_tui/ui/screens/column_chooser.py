"""The list in which columns are shown, hidden and moved; the table behind it follows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from netwatch_tui.fields.catalogue import COLUMNS, FIELD_BY_ID, FIELDS
from netwatch_tui.ui.keymap import COLUMNS_KEYS, bindings
from netwatch_tui.ui.screens.dialog import Dialog

_FIXED = "mark"
"""The column that is always first: without it nothing would light up."""


class ColumnsScreen(Dialog[None]):
    """Tells each change through a function, so that it is seen while the list is open."""

    BINDINGS = bindings(COLUMNS_KEYS)
    HINTS = tuple(key for key in COLUMNS_KEYS if key.id not in ("columns.up", "columns.down"))

    def __init__(self, shown: Sequence[str], choose: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__("Columns")
        self._choose = choose
        hidden = [column.id for column in FIELDS if column.id not in shown]
        self._order = [id for id in (*shown, *hidden) if id != _FIXED]
        self._shown = set(shown)

    def content(self) -> Iterable[Widget]:
        """All columns, those on the screen first."""
        yield OptionList(id="columns-list", classes="dialog-scrolls", compact=True, markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(0)

    def _fill(self, highlighted: int) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._prompt(id), id=id) for id in self._order])
        options.highlighted = highlighted

    def _prompt(self, id: str) -> Content:
        column = FIELD_BY_ID[id]
        box = "[x]" if id in self._shown else "[ ]"
        return Content.assemble((f"{box} {column.title:<20}", "bold"), (column.meaning, "$text-muted"))

    @property
    def _at(self) -> int:
        return self.query_one(OptionList).highlighted or 0

    def action_move_cursor(self, step: int) -> None:
        """Go up or down the list."""
        options = self.query_one(OptionList)
        options.action_cursor_up() if step < 0 else options.action_cursor_down()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_toggle_column()

    def action_toggle_column(self) -> None:
        """Show or hide the column."""
        self._shown ^= {self._order[self._at]}
        self._tell(self._at)

    def action_shift(self, step: int) -> None:
        """Move the column to the left or right."""
        at = self._at
        to = max(min(at + step, len(self._order) - 1), 0)
        self._order.insert(to, self._order.pop(at))
        self._tell(to)

    def action_reset(self) -> None:
        """The columns and the order that nobody asked for."""
        usual = [column.id for column in COLUMNS]
        self._order = [id for id in dict.fromkeys((*usual, *FIELD_BY_ID)) if id != _FIXED]
        self._shown = set(usual)
        self._tell(0)

    def _tell(self, highlighted: int) -> None:
        self._fill(highlighted)
        self._choose((_FIXED, *(id for id in self._order if id in self._shown)))
