"""Where else in time a person wants to be."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """So many ticks on, or frames of a recording; back where it is negative."""

    ticks: int


class Seek(NamedTuple):
    """What was shown at a moment."""

    moment: float
    """Seconds since the epoch."""


class NextChange(NamedTuple):
    """The next tick in which a row that the view shows opened, changed or closed."""


Move = Step | Seek | NextChange
