"""Frames of a recording from which it can be read again, so that going back does not begin at its beginning."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.recording.damage import Damage
from netwatch_tui.sockets.health import HealthWatch

MOST_REMEMBERED = 200_000
"""Sockets with something wrong, over all checkpoints; some 50 MB. Where there are more, there are fewer checkpoints."""


class Checkpoint(NamedTuple):
    """A frame that has all sockets. Only what is wrong with them follows from the frames before."""

    line: int
    """On which it stands, from 1."""
    number: int
    """Which frame it is, of those that could be read, from 1."""
    taken_at: float
    """Seconds since the epoch."""
    health: HealthWatch
    """As it was after that frame; not to be changed."""
    damage: Damage
    """What was damaged before; not to be changed."""


class Checkpoints:
    """Those of a recording, as far as it was read. May be asked by another thread than the one that reads."""

    def __init__(self) -> None:
        """Know none."""
        self._every: tuple[Checkpoint, ...] = ()

    def add(self, checkpoint: Checkpoint) -> None:
        """Take one more in, unless it is known."""
        every = self._every
        if every and checkpoint.number <= every[-1].number:
            return
        every = (*every, checkpoint)
        while len(every) > 1 and sum(1 + each.health.size for each in every) > MOST_REMEMBERED:
            every = every[::2]
        self._every = every

    def before(self, number: int, moment: float) -> Checkpoint | None:
        """The last one that stands before a frame and was recorded before a moment; None if none does."""
        return next((each for each in reversed(self._every) if each.number < number and each.taken_at < moment), None)
