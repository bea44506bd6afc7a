"""The question before anything is done."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Label

from netwatch_tui.actions.offers import Offer
from netwatch_tui.actions.wording import act_question, guard_lines, way_note
from netwatch_tui.fields.format import printable
from netwatch_tui.ui.keymap import CONFIRM_KEYS, DIALOG_KEYS, bindings
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.widgets.eager_input import EagerInput

WORD = "yes"
"""What is typed where one key is not enough."""


def _lines(offer: Offer) -> str:
    """What is asked, what it does, and why that might be a mistake."""
    effects = [f"{text[:1].upper()}{text[1:]}." for text in (offer.effect, way_note(offer.targets)) if text]
    return "\n".join(map(printable, (*effects, *guard_lines(offer.targets))))


class ConfirmScreen(Dialog[bool | None]):
    """Gives True after a key that nobody presses twice by mistake: it is none of those that lead here."""

    BINDINGS = bindings(CONFIRM_KEYS)
    HINTS = CONFIRM_KEYS

    def __init__(self, offer: Offer) -> None:
        super().__init__(printable(act_question(offer.act, offer.targets, offer.host)))
        self._text = _lines(offer)

    def content(self) -> Iterable[Widget]:
        """What it does."""
        yield Label(self._text, id="confirm-text", markup=False)

    def action_confirm(self) -> None:
        """Yes."""
        self.dismiss(True)


class ConfirmByWordScreen(Dialog[bool | None]):
    """Gives True if a word is typed."""

    BINDINGS = bindings(DIALOG_KEYS)
    HINTS = (DIALOG_KEYS[0]._replace(label="Do it"), DIALOG_KEYS[1])

    def __init__(self, offer: Offer) -> None:
        super().__init__(printable(act_question(offer.act, offer.targets, offer.host)))
        self._text = f"{_lines(offer)}\nType {WORD} and press Enter if you mean it."

    def content(self) -> Iterable[Widget]:
        """What it does, and where the word is typed."""
        yield Label(self._text, id="confirm-text", markup=False)
        yield EagerInput(id="confirm-word")

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_focus(self.query_one(EagerInput))

    def action_take(self) -> None:
        """Yes, if that was typed; anything else is no."""
        self.dismiss(self.query_one(EagerInput).value.strip().casefold() == WORD)
