"""What a person should know of a filter that is understood, but perhaps not as it was meant."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """One remark, and the part of the text that it is about."""

    text: str
    """One line."""
    start: int
    end: int
