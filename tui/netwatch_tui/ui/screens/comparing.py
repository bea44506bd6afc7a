"""Comparing the table with another state of the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netwatch_tui.fields.format import printable
from netwatch_tui.play.moves import Comparand, CompareWith
from netwatch_tui.ui.beside import Work
from netwatch_tui.ui.keymap import DIALOG_KEYS
from netwatch_tui.ui.screens.name_dialog import NameScreen
from netwatch_tui.ui.screens.picker import Choice, Command, ask_command
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.view.compared import Base

if TYPE_CHECKING:  # who compares with no file does not wait for it
    from netwatch_tui.recording.last_state import Last


class Comparing:
    """Asks with what, and ends it."""

    def __init__(
        self,
        viewer: Viewer,
        compare: Callable[[Comparand], None],
        run: Callable[[Work], object],
        *,
        is_recorded: bool,
    ) -> None:
        """Compare for a viewer.

        Args:
            viewer: Whoever shows views.
            compare: Has something compared from now on.
            run: Runs what takes its time.
            is_recorded: What is shown is a recording.
        """
        self._viewer = viewer
        self._compare = compare
        self._run = run
        self._is_recorded = is_recorded

    def action_compare(self) -> None:
        """Ask with what the table is to be compared; if it is compared already, end that."""
        view = self._viewer.view
        if view is None:
            self._viewer.say("There is nothing to compare yet.")
            return
        if view.compared:
            self._compare(CompareWith.NOTHING)
            self._viewer.say("Compared no more.")
            return
        moment = Choice("moment", "this moment", "what is different from the moment that is shown")
        now = Choice("now", "now", "what will be different from now")
        file = Choice("file", "a file", "what is different from the last state in a recording or a snapshot in JSON")
        commands = [Command(file, self._ask_for_file)]
        if not self._is_recorded:
            commands.insert(0, Command(now, lambda: self._compare(CompareWith.NEWEST)))
        if self._is_recorded or self._viewer.spec.paused:
            commands.insert(0, Command(moment, self._compare_with_moment))
        ask_command(self._viewer, "Compare with", commands)

    def _compare_with_moment(self) -> None:
        """From the moment that is shown; then now is shown, where there is one."""
        self._compare(CompareWith.SHOWN)
        if not self._is_recorded:
            self._viewer.choose(self._viewer.spec._replace(paused=False))

    def _ask_for_file(self) -> None:
        def chosen(path: str | None) -> None:
            if path is not None:
                self._run(partial(self._compare_with_file, path))

        self._viewer.ask(FileScreen("Recording or snapshot to compare with"), chosen)

    async def _compare_with_file(self, path: str) -> None:
        from netwatch_tui.recording.reader import RecordingError

        name = printable(path)
        try:
            last = await asyncio.to_thread(_read, path)
        except OSError as error:
            self._viewer.say(f"Can't read {name}: {error.strerror}")
        except RecordingError as error:
            self._viewer.say(printable(str(error)))
        else:
            self._compare(Base(last.snapshot, Path(path).name, is_own=False))
            if last.note:
                self._viewer.say(printable(last.note))


def _read(path: str) -> Last:
    """The last state in a file, whose path may begin with a tilde."""
    from netwatch_tui.recording.last_state import last_state

    return last_state(str(Path(path).expanduser()))


class FileScreen(NameScreen):
    """Gives a path, or None."""

    HINTS = (DIALOG_KEYS[0]._replace(label="Compare"), DIALOG_KEYS[1])
