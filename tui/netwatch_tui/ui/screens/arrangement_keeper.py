"""Remembers how a person arranges the screen, a moment after they did."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.view.column_names import Sort
from netwatch_tui.view.spec import ViewSpec

SETTLES = 1.0
"""Seconds after a change in which more may follow, as when a column is moved step by step."""


class Keeps(Protocol):
    """What remembers."""

    def change(self, changes: dict[str, Any]) -> None:
        """Remember other values, as JSON has them, by their names.

        Raises:
            OSError, ValueError: They can't be remembered.
        """


class ArrangementKeeper:
    """Collects what changes, and hands it on once; what still waits when the program ends is not lost."""

    def __init__(
        self,
        arrangement: Keeps | None,
        later: Callable[[float, Callable[[], object]], object],
        errands: RunsErrands,
        say: Callable[[str], None],
    ) -> None:
        """Remember nothing yet.

        Args:
            arrangement: What remembers; None for nothing.
            later: Calls something after some seconds.
            errands: Hands it on.
            say: A word to the person.
        """
        self._arrangement = arrangement
        self._later = later
        self._errands = errands
        self._say = say
        self._changes: dict[str, Any] = {}

    def see(self, before: ViewSpec, after: ViewSpec) -> None:
        """Another view was chosen in the place of this one."""
        if before.columns is not after.columns and before.columns != after.columns:
            self._note("columns", list(after.columns))
        if before.widths != after.widths:
            self._note("widths", dict(after.widths))
        if before.service_names != after.service_names:
            self._note("service_names", after.service_names)
        if (before.sort, before.descending) != (after.sort, after.descending):
            self._note("sort", Sort(after.sort, after.descending).text)
        if before.grouping != after.grouping:
            self._note("group", after.grouping)

    def see_view(self, name: str) -> None:
        """Another view with a name was opened."""
        self._note("view", name)

    def see_theme(self, name: str) -> None:
        """Other colours were chosen."""
        self._note("theme", name)

    def _note(self, name: str, value: Any) -> None:
        if self._arrangement is not None:
            if not self._changes:
                self._later(SETTLES, self.end)
            self._changes[name] = value

    def end(self) -> None:
        """Remember what still waits."""
        if self._changes and self._arrangement is not None:
            changes, self._changes = self._changes, {}
            change = partial(self._change, self._arrangement, changes)
            self._errands.run("arrangement", "Remembering how the screen is arranged", change, self._tell)

    def _tell(self, failure: str) -> None:
        if failure:
            self._say(failure)

    def _change(self, arrangement: Keeps, changes: dict[str, Any]) -> str:
        """Hand changes on; returns why that was in vain."""
        try:
            arrangement.change(changes)
        except OSError as error:
            reason = error.strerror or str(error)
        except ValueError as error:
            reason = str(error)
        else:
            return ""
        return f"How the screen is arranged can't be remembered: {reason}"
