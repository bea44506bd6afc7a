"""Filters that are kept between runs: chosen from a list, saved under a name, deleted, recalled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netwatch_tui.fields.format import printable
from netwatch_tui.query import SHIPPED
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.remembered import Filters, Remembered
from netwatch_tui.ui.screens.name_dialog import NameScreen
from netwatch_tui.ui.screens.picker import Choice, Command
from netwatch_tui.ui.screens.viewer import Viewer

LANE = "filters"
"""That of errands which change the file of filters."""


class SavedFilters:
    """Shows and changes what is remembered. What can't be read or written is said, and costs nothing else.

    Whatever is written is written beside everything else: a disk may take seconds, and the screen does not wait for it.
    """

    def __init__(
        self,
        viewer: Viewer,
        remembered: Remembered,
        errands: RunsErrands,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        """Use what is remembered.

        Args:
            viewer: Whose filters they are.
            remembered: Where they are kept.
            errands: Writes what is to be remembered.
            changed: Called when a named filter is another one.
        """
        self._viewer = viewer
        self._remembered = remembered
        self._errands = errands
        self._changed = changed
        self._told = ""
        self._waiting: list[str] = []
        """What was typed and is not written yet, the newest last."""

    def typed(self) -> tuple[str, ...]:
        """Filters that were typed earlier, the newest last."""
        waiting = tuple(self._waiting)
        return (*(text for text in self._read().typed if text not in waiting), *dict.fromkeys(waiting))

    def add_typed(self, text: str) -> None:
        """Remember a filter that was typed."""
        self._waiting.append(text)
        self._keep(partial(self._remembered.add_typed, text), partial(self._typed_written, text))

    def _typed_written(self, text: str, failure: str) -> None:
        self._waiting.remove(text)
        if failure:
            self._say_once(failure)

    def _keep(self, step: Callable[[], None], then: Callable[[str], object]) -> None:
        self._errands.run(LANE, "Remembering a filter", partial(attempted, step), then)

    def commands(self, current: str, use: Callable[[str], None]) -> list[Command]:
        """What can be done with filters: the text of one that is chosen goes to `use`."""
        saved = self._read().saved
        found = [filter_command("use", name, name, text, partial(use, text)) for name, text in saved.items()]
        found += [filter_command("try", name, name, text, partial(use, text)) for name, text in SHIPPED]
        if current:
            hint = f"give {current} a name"
            found.append(filter_command("save filter", "", "Save filter", hint, partial(self._ask_name, current)))
        for name, text in saved.items():
            found.append(
                filter_command("delete filter", name, "Delete filter", f"{name}: {text}", partial(self._delete, name))
            )
        return found

    def _delete(self, name: str) -> None:
        self._attempt(partial(self._remembered.delete, name), f"Deleted {name}")

    def _ask_name(self, text: str) -> None:
        def named(name: str | None) -> None:
            if name is not None:
                plain = printable(name)
                until = "" if self._remembered.lasts else " until the program ends"
                self._attempt(partial(self._remembered.save, plain, text), f"Saved as {plain}{until}")

        self._viewer.ask(NameScreen("Name of the filter"), named)

    def _read(self) -> Filters:
        try:
            filters = self._remembered.read()
        except (OSError, ValueError) as error:
            self._say_once(f"What was remembered can't be read: {reason(error)}")
            return Filters()
        if filters.damage:
            self._say_once(f"Not all that was remembered can be read: {filters.damage}")
        return filters

    def _say_once(self, text: str) -> None:
        """Say what nobody asked for, and not with every filter again."""
        if text != self._told:
            self._told = text
            self._viewer.say(text)

    def _attempt(self, step: Callable[[], None], done: str) -> None:
        def then(failure: str) -> None:
            self._viewer.say(failure or done)
            if not failure:
                self._changed()

        self._keep(step, then)


def filter_command(does: str, name: str, label: str, hint: str, run: Callable[[], object]) -> Command:
    """A line of the list of views and filters that does something with the filter of this name."""
    return Command(Choice(f"{does} {name}", label, printable(hint)), run)


def attempted(step: Callable[[], object]) -> str:
    """Keep something; returns why that was in vain."""
    try:
        step()
    except (OSError, ValueError) as error:
        return f"This can't be remembered: {reason(error)}"
    return ""


def reason(error: OSError | ValueError) -> str:
    """Why, in one line."""
    if not isinstance(error, OSError) or not error.strerror:
        return printable(str(error))
    return printable(f"{error.strerror}: {error.filename}" if isinstance(error.filename, str) else error.strerror)
