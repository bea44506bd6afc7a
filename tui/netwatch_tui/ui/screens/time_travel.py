"""Going to other moments of what was seen or recorded."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.play.moment_text import moment_of
from netwatch_tui.play.moves import Move, NextChange, Seek, Step
from netwatch_tui.ui.screens.moment_dialog import MomentScreen
from netwatch_tui.ui.screens.viewer import Viewer


class TimeTravel:
    """On this machine a moment is held like a pause, so that what ends a pause returns to now."""

    def __init__(self, viewer: Viewer, move: Callable[[Move], None], *, is_recorded: bool) -> None:
        """Travel for a viewer.

        Args:
            viewer: Whoever shows views.
            move: Has another moment shown.
            is_recorded: What is shown is a recording.
        """
        self._viewer = viewer
        self._move = move
        self._is_recorded = is_recorded

    def action_step_time(self, ticks: int) -> None:
        """Go some ticks or frames on; back where it is negative."""
        if ticks < 0 or not self._is_live():
            self._go(Step(ticks))

    def action_next_change(self) -> None:
        """Go on to the next change in the rows of this view."""
        if not self._is_live():
            self._go(NextChange())

    def action_seek(self) -> None:
        """Ask for a moment, and go there."""
        if self._viewer.view is None:
            self._viewer.say("Nothing was seen so far.")
        else:
            self._viewer.ask(MomentScreen(), self._seek)

    def _seek(self, text: str | None) -> None:
        view = self._viewer.view
        if text is None or view is None:
            return
        try:
            moment = moment_of(text, view.snapshot.taken_at)
        except ValueError as error:
            self._viewer.say(f"{error}.")
        else:
            self._go(Seek(moment))

    def _is_live(self) -> bool:
        """Whether the screen shows now, beyond which nothing is; then that is said."""
        is_live = not (self._is_recorded or self._viewer.spec.paused)
        if is_live:
            self._viewer.say(f"The screen shows now; {self._viewer.keymap.first('replay.back')} goes back.")
        return is_live

    def _go(self, move: Move) -> None:
        if not (self._is_recorded or self._viewer.spec.paused):
            self._viewer.choose(self._viewer.spec._replace(paused=True))
        self._move(move)
