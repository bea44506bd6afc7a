"""Long work in slices, between which whoever is in a hurry goes first: all threads share one interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

SLICE = 4_096
"""Items that are handled in one go where that is next to no work: a millisecond or two."""
_FEW = 128
"""The same where each is some work."""

_T = TypeVar("_T")


def _nobody() -> None:
    """Nobody is in a hurry."""


_wait: Callable[[], object] = _nobody


def give_way() -> None:
    """Let go first who is in a hurry. To be called every few milliseconds by what takes longer."""
    _wait()


def have_wait(wait: Callable[[], object] = _nobody) -> None:
    """Have `give_way` call this, from whichever thread; it returns when the thread may go on. Nobody, by itself."""
    global _wait  # noqa: PLW0603 -- there is one interpreter, and one screen in it
    _wait = wait


def slices(items: Iterable[_T], size: int = SLICE) -> Iterator[tuple[_T, ...]]:
    """All of them, some at a time; whoever is in a hurry goes first before each slice."""
    iterator = iter(items)
    while part := tuple(islice(iterator, size)):
        _wait()
        yield part


def giving_way(items: Iterable[_T]) -> Iterator[_T]:
    """All of them, each of which is some work; whoever is in a hurry goes first every few of them."""
    return chain.from_iterable(slices(items, _FEW))
