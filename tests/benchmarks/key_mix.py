"""What is typed while the latency of keys is measured: short habits in an order that a seed decides."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.screen_programs import DOWN, UP

MOVE, PAGE, SORT, FILTER, KIND = "move", "page", "sort", "filter", "kind on or off"

ESCAPE, ENTER = b"\x1b", b"\r"


class Stroke(NamedTuple):
    """A key, and how it is known that it was answered."""

    key: bytes
    kind: str
    line: str = ""
    """What the filter line shows as soon as the key is answered, without blanks; empty for keys that are no text."""
    settles: bool = False
    """Its whole effect is waited for; and a person looks at what a new order or filter shows."""


def _filtered(text: str) -> list[Stroke]:
    typed = [Stroke(text[at : at + 1].encode(), FILTER, f"Filter:{text[: at + 1]}") for at in range(len(text))]
    opened = Stroke(b"/", FILTER, "Filter:")
    # Escape may begin a sequence: a program waits for more before it believes it. Enter closes the line at once.
    return [opened, *typed[:-1], typed[-1]._replace(settles=True), Stroke(ENTER, FILTER, settles=True)]


_RUBOUT = Stroke(b"\x7f", FILTER, settles=True)
"""Takes the filter back."""


def _moves(key: bytes, kind: str = MOVE) -> list[Stroke]:
    """Two of them. The last is waited for: the opposite one, in the same frame, would leave nothing to be seen."""
    return [Stroke(key, kind), Stroke(key, kind, settles=True)]


_DOWN, _UP = _moves(b"j"), _moves(b"k")

Habits = tuple[tuple[int, tuple[Stroke, ...]], ...]


def habits(holder: str) -> Habits:
    """How often each comes among the others, where a process of this name holds all connections.

    Each leaves the screen as it found it, but for the row of the cursor.
    """
    return (*_HABITS, (2, (*_filtered(f"process:{holder}"), *_DOWN, _RUBOUT, *_UP)))


_HABITS: Habits = (
    (10, (*_DOWN, *_UP)),
    (4, (*_moves(DOWN, PAGE), *_moves(UP, PAGE))),
    (1, (Stroke(b"G", PAGE, settles=True), Stroke(b"g", PAGE, settles=True), *_moves(DOWN, PAGE))),
    # Moves while it sorts, and when it has sorted.
    (2, (Stroke(b">", SORT), *_DOWN, Stroke(b"<", SORT, settles=True), *_UP)),
    (2, (Stroke(b"S", SORT, settles=True), *_DOWN, Stroke(b"S", SORT, settles=True), *_UP)),
    (2, (*_filtered("port:443"), _RUBOUT)),
    (1, (Stroke(b"u", KIND, settles=True), Stroke(b"u", KIND, settles=True))),
)


def strokes(seed: int, holder: str) -> Iterator[Stroke]:
    """What is typed, for ever; the same for the same seed. For the holder see `habits`."""
    chance, every = random.Random(seed), habits(holder)
    weights = [weight for weight, _ in every]
    while True:
        yield from chance.choices(every, weights)[0][1]
