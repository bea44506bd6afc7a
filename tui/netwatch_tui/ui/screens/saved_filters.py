"""Filters that are kept between runs: chosen from a list, saved under a name, deleted, recalled."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.query import SHIPPED
from netwatch_tui.ui.remembered import Filters, Remembered
from netwatch_tui.ui.screens.base import SpecScreen
from netwatch_tui.ui.screens.name_dialog import NameScreen
from netwatch_tui.ui.screens.picker import Choice, Picker


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

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered

    def typed(self, screen: SpecScreen) -> tuple[str, ...]:
        """Filters that were typed earlier, the newest last."""
        return self._read(screen).typed

    def add_typed(self, screen: SpecScreen, text: str) -> None:
        """Remember a filter that was typed."""
        self._attempt(screen, lambda: self._remembered.add_typed(text))

    def pick(self, screen: SpecScreen, current: str, use: Callable[[str], None]) -> None:
        """Let the person choose; the text of what is chosen goes to `use`."""
        saved = self._read(screen).saved
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
                self._ask_name(screen, current)
            elif does == "delete":
                self._attempt(screen, lambda: self._remembered.delete(name), f"Deleted {name}")

        screen.app.push_screen(Picker("Filters", choices), chosen)

    def _ask_name(self, screen: SpecScreen, text: str) -> None:
        def named(name: str | None) -> None:
            if name is not None:
                plain = printable(name)
                self._attempt(screen, lambda: self._remembered.save(plain, text), f"Saved as {plain}")

        screen.app.push_screen(NameScreen("Name of the filter"), named)

    def _read(self, screen: SpecScreen) -> Filters:
        try:
            return self._remembered.read()
        except (OSError, ValueError) as error:
            screen.say(f"What was remembered can't be read: {error}")
            return Filters()

    @staticmethod
    def _attempt(screen: SpecScreen, step: Callable[[], None], done: str = "") -> None:
        try:
            step()
        except (OSError, ValueError) as error:
            screen.say(f"This can't be remembered: {error}")
        else:
            if done:
                screen.say(done)
