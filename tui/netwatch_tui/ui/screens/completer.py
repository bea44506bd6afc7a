"""What helps while a filter is typed: completing words, and recalling earlier filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.query import Completions, MachineNames, complete, known_in
from netwatch_tui.sockets.snapshot import Snapshot


class Completed(NamedTuple):
    """The line after a completion."""

    text: str
    cursor: int
    note: str
    """What else there is, or why nothing happened."""


class Completer:
    """Completes as far as all candidates agree; asked again, it goes through them one by one."""

    def __init__(self) -> None:
        self._line = ("", -1)
        self._found = Completions(0, 0, ())
        self._next = 0

    def complete(self, text: str, cursor: int, snapshot: Snapshot, names: MachineNames) -> Completed:
        """Complete the word that ends at the cursor with names that are there now."""
        if (text, cursor) == self._line and len(self._found.candidates) > 1:
            chosen = self._found.candidates[self._next % len(self._found.candidates)]
            self._next += 1
            return self._put(text, cursor, chosen)
        self._found, self._next = complete(text, cursor, known_in(snapshot, names)), 0
        candidates = self._found.candidates
        if not candidates:
            return Completed(text, cursor, "No completion.")
        common = _common(min(candidates), max(candidates))
        if len(candidates) > 1:
            return self._put(text, cursor, max(common, text[self._found.start : cursor], key=len))
        is_whole = not common.endswith(":") and text[cursor : cursor + 1] != " "
        return self._put(text, cursor, common + " " * is_whole)

    def _put(self, text: str, cursor: int, word: str) -> Completed:
        """Put a word in the place of what was there, and remember where it stands, should there be more."""
        start, end = self._found.start, cursor
        completed, after = text[:start] + word + text[end:], start + len(word)
        self._line = (completed, after)
        note = "  ".join(self._found.candidates) if len(self._found.candidates) > 1 else ""
        return Completed(completed, after, note)


def _common(one: str, other: str) -> str:
    """With what both begin."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:at]


class Recall:
    """Where in the list of earlier filters a person is; what was typed before is at its end."""

    def __init__(self) -> None:
        self._back = 0
        self._typed = ""

    def step(self, step: int, text: str, earlier: Sequence[str]) -> str | None:
        """The filter one step earlier (negative) or later; None at the ends."""
        if self._back == 0:
            self._typed = text
        back = self._back - step
        if not 0 <= back <= len(earlier):
            return None
        self._back = back
        return earlier[len(earlier) - back] if back else self._typed
