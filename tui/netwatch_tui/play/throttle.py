"""Lets one of many through a second, so that a flood is counted and not repeated."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

A_SECOND = 1.0

T = TypeVar("T")


class Passed(NamedTuple, Generic[T]):
    """What may pass now."""

    first: T
    """What waited longest."""
    times: int
    """How many have come since something passed, this one among them; the others never pass."""


class Throttle(Generic[T]):
    """The first that comes passes at once, or when the last one that did is a second ago."""

    def __init__(self) -> None:
        """Let the first one pass."""
        self._first: T | None = None
        self._times = 0
        self._free_at = float("-inf")

    def offer(self, what: T, times: int = 1) -> None:
        """Something comes that stands for so many."""
        if self._first is None:
            self._first = what
        self._times += times

    @property
    def due(self) -> float | None:
        """When something may pass; None if nothing waits."""
        return None if self._first is None else self._free_at

    def take(self, now: float) -> Passed[T] | None:
        """What may pass now; None for nothing."""
        if self._first is None or now < self._free_at:
            return None
        passed = Passed(self._first, self._times)
        self._first, self._times, self._free_at = None, 0, now + A_SECOND
        return passed
