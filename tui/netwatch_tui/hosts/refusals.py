"""How one end of a connection refuses what the other one asks for: `{"refused": text}` in place of what is told."""

from __future__ import annotations

from typing import Any

from netwatch_tui.fields.format import clip, printable
from netwatch_tui.recording.shapes import NAME, named

_MOST_REASON = 1_000
"""Letters of why."""


class RefusedError(Exception):
    """The other end refuses it; the text says why, in one line."""


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
        raise RefusedError(clip(printable(NAME(parts["refused"])), _MOST_REASON))
    return parts.get(name)
