"""Where in a recording one is going, past frames that are not shown."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.sockets.snapshot import Snapshot


class Goal(NamedTuple):
    """The last frame that is passed by; where neither is said, the next in which a row of the view changed."""

    number: int | None = None
    """That of the frame."""
    moment: float | None = None
    """The last frame before that, or at it, in seconds since the epoch."""

    @property
    def is_next_change(self) -> bool:
        """Whether it is known only when it is reached."""
        return self.number is None and self.moment is None

    def is_behind(self, ahead: Snapshot) -> bool:
        """Whether it is this frame, which comes next, or one behind it."""
        return self.moment is None or ahead.taken_at <= self.moment

    @property
    def missed(self) -> str:
        """What to say where there are no frames any more before it is reached."""
        if self.is_next_change:
            return "Nothing that is shown opened, changed or closed up to the end."
        return "The recording ends before that."
