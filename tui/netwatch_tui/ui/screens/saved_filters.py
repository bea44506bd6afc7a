"""Filters that are kept between runs: chosen from a list, saved under a name, deleted, recalled."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.query import SHIPPED
from netwatch_tui.ui.remembered import Filters, Remembered
from netwatch_tui.ui.screens.name_dialog import NameScreen
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import Viewer


class _Chosen(NamedTuple):
    """A line of the list."""

    does: str
    name: str

    @property
    def id(self) -> str:
        """Not the same for any two lines."""
        return f"{self.does} {self.name}"


class SavedFilters:
    """Shows and changes what is remembered. What can't be read or written is said, and costs nothing else."""

    def __init__(self, viewer: Viewer, remembered: Remembered) -> None:
        self._viewer = viewer
        self._remembered = remembered
        self._told = ""

    def typed(self) -> tuple[str, ...]:
        """Filters that were typed earlier, the newest last."""
        return self._read().typed

    def add_typed(self, text: str) -> None:
        """Remember a filter that was typed."""
        try:
            self._remembered.add_typed(text)
        except (OSError, ValueError) as error:
            self._say_once(f"This can't be remembered: {_reason(error)}")

    def pick(self, current: str, use: Callable[[str], None]) -> None:
        """Let the person choose; the text of what is chosen goes to `use`."""
        saved = self._read().saved
        texts = {_Chosen("use", name): text for name, text in saved.items()}
        texts |= {_Chosen("try", name): text for name, text in SHIPPED}
        choices = [Choice(each.id, each.name, printable(text)) for each, text in texts.items()]
        if current:
            choices.append(Choice(_Chosen("save", "").id, "save", f"give {printable(current)} a name"))
        choices += [Choice(_Chosen("delete", name).id, "delete", f"{name}: {saved[name]}") for name in saved]

        def chosen(id: str | None) -> None:
            does, _, name = (id or "").partition(" ")
            if does in ("use", "try"):
                use(texts[_Chosen(does, name)])
            elif does == "save":
                self._ask_name(current)
            elif does == "delete":
                self._attempt(lambda: self._remembered.delete(name), f"Deleted {name}")

        self._viewer.ask(Picker("Filters", choices), chosen)

    def _ask_name(self, text: str) -> None:
        def named(name: str | None) -> None:
            if name is not None:
                plain = printable(name)
                until = "" if self._remembered.lasts else " until the program ends"
                self._attempt(lambda: self._remembered.save(plain, text), f"Saved as {plain}{until}")

        self._viewer.ask(NameScreen("Name of the filter"), named)

    def _read(self) -> Filters:
        try:
            filters = self._remembered.read()
        except (OSError, ValueError) as error:
            self._say_once(f"What was remembered can't be read: {_reason(error)}")
            return Filters()
        if filters.damage:
            self._say_once(f"Not all that was remembered can be read: {filters.damage}")
        return filters

    def _say_once(self, text: str) -> None:
        """Say what nobody asked for, and not with every filter again."""
        if text != self._told:
            self._told = text
            self._viewer.say(text)

    def _attempt(self, step: Callable[[], None], done: str = "") -> None:
        try:
            step()
        except (OSError, ValueError) as error:
            self._viewer.say(f"This can't be remembered: {_reason(error)}")
        else:
            if done:
                self._viewer.say(done)


def _reason(error: OSError | ValueError) -> str:
    """Why, in one line."""
    if not isinstance(error, OSError) or not error.strerror:
        return printable(str(error))
    return printable(f"{error.strerror}: {error.filename}" if isinstance(error.filename, str) else error.strerror)
