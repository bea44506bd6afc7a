"""Remembers how a person arranges the screen, a moment after they did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

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
        run: Callable[[Coroutine[Any, Any, None]], object],
        say: Callable[[str], None],
    ) -> None:
        """Remember nothing yet.

        Args:
            arrangement: What remembers; None for nothing.
            later: Calls something after some seconds.
            run: Runs what takes its time, beside everything else.
            say: A word to the person.
        """
        self._arrangement = arrangement
        self._later = later
        self._run = run
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
                self._later(SETTLES, lambda: self._run(self._keep()))
            self._changes[name] = value

    async def _keep(self) -> None:
        changes, self._changes = self._changes, {}
        reason = await asyncio.to_thread(self._change, changes)
        if reason:
            self._say(f"How the screen is arranged can't be remembered: {reason}")

    def end(self) -> None:
        """Remember what still waits."""
        self._change(self._changes)

    def _change(self, changes: dict[str, Any]) -> str:
        """Hand changes on; returns why that was in vain."""
        if not changes or self._arrangement is None:
            return ""
        try:
            self._arrangement.change(changes)
        except OSError as error:
            return error.strerror or str(error)
        except ValueError as error:
            return str(error)
        return ""
