"""Where else in time a person wants to be, and with what they compare."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from netwatch_tui.view.compared import Base


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


class CompareWith(Enum):
    """What the table is compared with from now on, where it was seen here."""

    NEWEST = "the newest tick"
    SHOWN = "the tick that is shown"
    NOTHING = "nothing any more"


Comparand = CompareWith | Base
