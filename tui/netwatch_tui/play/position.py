"""What the screen has to know of a recording that is played: where it is, and what can be asked of the player."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

AS_IT_COMES = 0.0
"""The speed of a live stream: each frame is shown when it arrives."""


class Position(NamedTuple):
    """Where in the recording the screen is."""

    host: str
    """The machine that was recorded; empty until the recording says."""
    started_at: str
    """When the recording began, in ISO 8601."""
    time: float | None
    """Of the frame that is shown, in seconds since the epoch; None before the first."""
    number: int
    """Its number, from 1; 0 before the first."""
    total: int | None
    """How many there are, where that is known."""
    speed: float
    """Recorded seconds in a second; `AS_IT_COMES` for a live stream."""
    paused: bool
    ended: str | None
    """Why nothing comes after the frame that is shown; None while something may."""


@runtime_checkable
class Plays(Protocol):
    """A feed that plays something and can be asked to play it otherwise."""

    @property
    def position(self) -> Position:
        """Where it is."""

    def pause(self) -> None:
        """Stand still, or go on."""

    def faster(self) -> None:
        """Take the next higher speed."""

    def slower(self) -> None:
        """Take the next lower speed."""

    def restart(self) -> None:
        """Begin anew."""
