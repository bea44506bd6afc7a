"""Time: holding the screen still, the interval, playing a recording."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from netwatch_tui.play.position import AS_IT_COMES, Plays
from netwatch_tui.ui.screens.viewer import Viewer

INTERVALS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between two ticks, as the keys step through them."""

_NO_RECORDING = "That is for recordings; netwatch-tui --replay FILE plays one."


class Playback:
    """On a recording the actions rule over its player, else over the collecting."""

    def __init__(self, viewer: Viewer, player: Plays | None) -> None:
        """Rule over a viewer's time; the player is None for this machine."""
        self._viewer = viewer
        self._player = player

    def action_pause(self) -> None:
        """Hold the screen still, or go on."""
        if self._player is not None:
            self._player.pause()
        else:
            self._viewer.choose(self._viewer.spec._replace(paused=not self._viewer.spec.paused))

    def action_faster(self) -> None:
        """Tick more often, or play faster."""
        self._step(-1)

    def action_slower(self) -> None:
        """Tick less often, or play slower."""
        self._step(1)

    def _step(self, step: int) -> None:
        if self._player is None:
            self._step_interval(step)
        elif self._player.position.speed == AS_IT_COMES:
            self._viewer.say("A live stream plays as fast as it is recorded.")
        elif step > 0:
            self._player.slower()
        else:
            self._player.faster()

    def _step_interval(self, step: int) -> None:
        interval = self._viewer.spec.interval
        at = bisect_right(INTERVALS, interval) if step > 0 else bisect_left(INTERVALS, interval) - 1
        if not 0 <= at < len(INTERVALS):
            limit = "longest" if step > 0 else "shortest"
            self._viewer.say(f"{interval:g} s is the {limit} interval.")
            return
        self._viewer.choose(self._viewer.spec._replace(interval=INTERVALS[at]))

    def action_replay_restart(self) -> None:
        """Play a recording from its beginning."""
        if self._player is None:
            self._viewer.say(_NO_RECORDING)
        elif self._player.position.speed == AS_IT_COMES:
            self._viewer.say("A live stream can't be restarted.")
        else:
            self._player.restart()
