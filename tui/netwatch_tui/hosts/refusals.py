"""What the two ends of a connection say in words.

A refusal of what is asked for stands in place of what is told: `{"refused": text}`.
"""

from __future__ import annotations

from typing import Any

from netwatch_tui.fields.format import clip, printable
from netwatch_tui.recording.shapes import NAME, named

_MOST_WORDS = 1_000
"""Cells of what is said at once."""


class RefusedError(Exception):
    """The other end refuses it; the text says why, in one line."""


def in_words(told: Any) -> str:
    """What the other end says for a person to read: one line, harmless, and not without end.

    Raises:
        ShapeError: It is no text, or far too long.
    """
    return clip(printable(NAME(told)), _MOST_WORDS)


def refusal(text: str) -> dict[str, Any]:
    """Why nothing is done or told."""
    return {"refused": text}


def granted(told: Any, name: str) -> Any:
    """The member with this name of what was told, or None.

    Raises:
        RefusedError: It is a refusal.
        ShapeError: It is no object.
    """
    parts = named(told)
    if "refused" in parts:
        raise RefusedError(in_words(parts["refused"]))
    return parts.get(name)
