"""The list from which the sort column is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from netwatch_tui.model.columns import Column


class _Columns(OptionList):
    """Also moved in with the table's own keys."""

    BINDINGS = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]


class SortScreen(ModalScreen[str | None]):
    """Gives the id of the chosen column, or None."""

    BINDINGS = [
        Binding("escape,q,s", "dismiss", "Close", key_display="Esc"),
    ]

    def __init__(self, columns: Sequence[Column], current: str) -> None:
        super().__init__()
        self._columns = columns
        self._current = current

    def compose(self) -> ComposeResult:
        """All columns, also those that find no room."""
        options = _Columns(
            *(Option(column.title.strip() or "Mark", id=column.id) for column in self._columns), id="sort", markup=False
        )
        options.border_title = "Sort by"
        yield options

    def on_mount(self) -> None:
        """Begin at the column that sorts now."""
        options = self.query_one(OptionList)
        options.highlighted = options.get_option_index(self._current)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the choice back."""
        self.dismiss(event.option_id)
