"""The last events by number, in room that is made once.

A dictionary that forgets as fast as it learns is copied whenever its room is used up, which for 100,000 events is every
few minutes and takes 10 MB each time, beside the 10 MB that it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

from netwatch_tui.sockets.socket_events import SocketEvent

_OtherT = TypeVar("_OtherT")


class EventRing(Mapping[int, SocketEvent]):
    """Events by numbers that follow one another, from 1. One thread adds; any may read meanwhile."""

    def __init__(self, most: int) -> None:
        """Remember nothing yet, and at most so many."""
        self._most = most
        self._slots: list[SocketEvent | None] = []
        self.first = 1
        """The number of the oldest that is remembered."""
        self.next = 1
        """That of the event that comes next."""

    def add(self, event: SocketEvent) -> SocketEvent | None:
        """Remember one more; gives the one that is forgotten for it, if any."""
        gone = self.forget() if self.next - self.first == self._most else None
        slot = (self.next - 1) % self._most
        self.next += 1  # first, so that nobody takes it for an older one
        if slot == len(self._slots):
            self._slots.append(event)
        else:
            self._slots[slot] = event
        return gone

    def forget(self) -> SocketEvent | None:
        """Forget the oldest, which is given; None if there is none."""
        if self.first == self.next:
            return None
        slot = (self.first - 1) % self._most
        self.first += 1
        gone, self._slots[slot] = self._slots[slot], None
        return gone

    @overload
    def get(self, key: int, /) -> SocketEvent | None: ...
    @overload
    def get(self, key: int, /, default: SocketEvent | _OtherT) -> SocketEvent | _OtherT: ...
    def get(self, key: int, /, default: object = None) -> object:
        """The event with this number; the default where it is not remembered. Each row of a table asks."""
        slot, slots = (key - 1) % self._most, self._slots
        event = slots[slot] if slot < len(slots) else None
        return default if event is None or not self.first <= key < self.next else event

    def __getitem__(self, key: int) -> SocketEvent:
        """The same, where it must be remembered.

        Raises:
            KeyError: It is not.
        """
        event = self.get(key)
        if event is None:
            raise KeyError(key)
        return event

    def __iter__(self) -> Iterator[int]:
        """The numbers, the oldest first."""
        return iter(range(self.first, self.next))

    def __len__(self) -> int:
        """How many are remembered."""
        return self.next - self.first
