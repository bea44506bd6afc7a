"""Events in the order of time, of which some wait for what the kernel tells a little later."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from netwatch_tui.sockets.connection_events import ConnectionEvent


class Unfinished(Protocol):
    """An event of which something is still to come."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is."""

    @property
    def deadline(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC at which it is told as it is."""

    @property
    def ended(self) -> float:
        """When it happened, in seconds since the epoch."""

    def finish(self) -> ConnectionEvent:
        """The event; nothing more is taken note of."""


class EventQueue:
    """A line in which nobody overtakes: what happened later waits until what happened before is known."""

    def __init__(self) -> None:
        self._line: deque[ConnectionEvent | Unfinished] = deque()
        self.add = self._line.append
        """Take an event that happened after those before."""

    @property
    def waits_since(self) -> float | None:
        """When that happened for which all others wait, in seconds since the epoch; None while nothing is held up."""
        first = self._line[0] if self._line else None
        return None if first is None or isinstance(first, ConnectionEvent) else first.ended

    def release(self, until: int | None) -> list[ConnectionEvent]:
        """The events at the front that are complete, or whose deadline has passed.

        Args:
            until: The time up to which all is known; None to wait for nothing any more.
        """
        line, found = self._line, []
        while line:
            first = line[0]
            if not isinstance(first, ConnectionEvent):
                if until is not None and not first.is_complete and first.deadline > until:
                    break
                first = first.finish()
            found.append(first)
            line.popleft()
        return found
