"""A made-up machine with many connections, of which a hundredth is replaced before each tick."""

from __future__ import annotations

from collections import deque
from itertools import cycle

from netwatch_tui.sockets.socket import Socket
from tests.support.build import line, tcp
from tests.support.fake import FakeSource

PROCESSES = 50
_FIRST_INODE = 1000


class SteadyMachine:
    """Holds so many connections, and replaces those that are oldest; a new one gets the descriptor that is free."""

    def __init__(self, sockets: int) -> None:
        self._made = sockets
        self._open = deque(map(_connection, range(sockets)))
        self._lines = deque(map(line, self._open))
        self.source = FakeSource(*self._open)
        self._held: list[dict[int, int]] = [{} for _ in range(PROCESSES)]
        for number, socket in enumerate(self._open):
            self._held[number % PROCESSES][3 + number // PROCESSES] = socket.inode
        self.source.held |= dict(enumerate(self._held, 100))
        self._free = cycle([(held, fd) for fd in self._held[0] for held in self._held if fd in held])

    def replace(self) -> None:
        """Close a hundredth, and open as many."""
        for _ in range(len(self._open) // 100):
            new = _connection(self._made)
            self._made += 1
            self._open.popleft()
            self._open.append(new)
            self._lines.popleft()
            self._lines.append(line(new))
            held, fd = next(self._free)  # that of the oldest: they were opened in this order
            held[fd] = new.inode
        self.source.sockets = tuple(self._open)
        self.source.tables["tcp"] = list(self._lines)  # `put` would write all lines anew


def _connection(number: int) -> Socket:
    local = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}:443"
    return tcp(local, f"192.0.2.{number % 200 + 1}:{20_000 + number % 40_000}", inode=_FIRST_INODE + number)
