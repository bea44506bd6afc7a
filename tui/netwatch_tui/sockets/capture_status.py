"""How sockets are followed between two ticks, as far as a person has to know."""

from __future__ import annotations

from typing import NamedTuple


class CaptureStatus(NamedTuple):
    """Which way the capture is done, and what it can't see."""

    brief: str
    """In a word or two: `perf`, `ftrace`, `ends only`, `off`."""
    sentence: str
    """In whole sentences."""
    is_partial: bool = False
    """Whether it was meant to see more than it does."""
