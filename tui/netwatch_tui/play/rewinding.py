"""Going back and forward in what was seen on this machine, and what to say where it ends."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from netwatch_tui.play.moves import Move, NextChange, Seek, Step
from netwatch_tui.play.session import Session
from netwatch_tui.view.view import View

_WishT = TypeVar("_WishT")

_NOTHING = "Nothing was kept to go back to."
_OLDEST = "Nothing older was kept."
_NEWEST = "This is the newest tick."


class Moved(NamedTuple):
    """What came of a move."""

    view: View | None
    """None where it stays as it was."""
    text: str = ""
    """What to say."""


def moved(session: Session, move: Move, now: float) -> Moved:
    """Go to another moment of what was kept.

    Args:
        session: What is shown.
        move: Where to.
        now: Seconds since the epoch.
    """
    kept, shown = session.kept, session.shown
    if not kept or shown is None:
        return Moved(None, _NOTHING)
    match move:
        case Step(ticks):
            wanted = shown.number + ticks
            number = min(max(wanted, kept.start), kept.stop - 1)
            text = _OLDEST if wanted < number and ticks < 0 else _NEWEST if wanted > number else ""
        case Seek(moment):
            number, since = session.number_at(moment), session.kept_since
            text = f"What was kept begins at {_clock(since)}." if moment < since else ""
        case NextChange():
            found = session.next_change()
            number = kept.stop - 1 if found is None else found
            text = "" if found is not None else f"{_NEWEST} Nothing that is shown opened, changed or closed up to it."
    if number == shown.number and text:
        return Moved(None, text)
    return Moved(session.go_to(number, now), text)


def merged_moves(wishes: Iterable[_WishT]) -> list[_WishT]:
    """The same with several steps in a row as one, so that a key that is held down is never behind."""
    merged: list[_WishT] = []
    for wish in wishes:
        if merged and isinstance(wish, Step) and isinstance(last := merged[-1], Step):
            merged[-1] = wish._replace(ticks=last.ticks + wish.ticks)
        else:
            merged.append(wish)
    return merged


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))
