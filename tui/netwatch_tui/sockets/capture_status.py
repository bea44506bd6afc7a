"""How sockets are followed between two ticks, as far as a person has to know."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class CaptureWhen(StrEnum):
    """Whether to take in the kernel's events, `--capture`."""

    AUTO = "auto"
    """In the best way that is allowed."""
    ALWAYS = "always"
    """So that every connection is seen, or not at all."""
    NEVER = "never"


class CaptureError(RuntimeError):
    """Not every connection can be seen here; the text says why."""


class CaptureStatus(NamedTuple):
    """Which way the capture is done, and what it can't see."""

    brief: str
    """In a word or two: `perf`, `ftrace`, `ends only`, `off`."""
    sentence: str
    """In whole sentences."""
    is_partial: bool = False
    """Whether it was meant to see more than it does."""
