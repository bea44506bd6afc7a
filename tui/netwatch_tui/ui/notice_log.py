"""What was said to the person, for who looked away."""

from __future__ import annotations

import time
from collections import deque
from typing import NamedTuple

MOST_NOTICES = 500
"""Notices that are kept; the oldest go first."""


class Notice(NamedTuple):
    """One thing that was said."""

    at: float
    """Seconds since the epoch."""
    text: str
    times: int = 1
    """How often in a row."""


class NoticeLog:
    """The last notices, the newest at the end."""

    def __init__(self) -> None:
        """Begin with none."""
        self.notices: deque[Notice] = deque(maxlen=MOST_NOTICES)

    def add(self, text: str) -> None:
        """Keep what is said now."""
        now = time.time()
        if self.notices and self.notices[-1].text == text:
            self.notices[-1] = Notice(now, text, self.notices[-1].times + 1)
        else:
            self.notices.append(Notice(now, text))
