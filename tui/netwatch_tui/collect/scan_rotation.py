"""Whose descriptors are read again next, so that all are in a while and none of the looks takes long."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

AT_ONCE = 4_096
"""Descriptors of one process that are read in one go: some milliseconds."""

_PROCESS = 16
"""What it costs to look at a process besides, in descriptors."""

_SCARCE = 256
"""What a part costs at least in which few of the numbers are in use."""


class Turn(NamedTuple):
    """What is to be read again of one process."""

    pid: int
    fds: Collection[int]
    begins: bool
    """Whether it is the process's first part, with which its list of descriptors is read."""
    number: int
    """How many turns the process had before."""


class ScanRotation:
    """Hands out shares of all descriptors, process after process. Who was looked at last comes last."""

    def __init__(self) -> None:
        self._order: dict[int, int] = {}
        """Processes with the number of their turns."""
        self._credit = 0.0
        """Descriptors that may be read still; less than none after more than a share."""
        self._next_fd = 0
        """Of the first process, where to go on."""

    def take(self, share: float, open_now: Mapping[int, Collection[int]]) -> Iterator[Turn]:
        """What to read in one look.

        Args:
            share: Of all descriptors; from 1 on each of them once.
            open_now: The descriptors of every process, as far as is known. Who is new comes last.
        """
        self._order.update(dict.fromkeys(open_now.keys() - self._order.keys(), 0))
        whole = sum(map(len, open_now.values())) + _PROCESS * len(open_now)
        self._credit = min(self._credit, 0.0) + min(share, 1.0) * whole
        for _ in range(len(self._order)):
            if self._credit <= 0:
                return
            pid = next(iter(self._order))
            if pid not in open_now:
                del self._order[pid]
                self._next_fd = 0
                continue
            yield from self._turns(pid, open_now[pid])
            if not self._next_fd:
                self._order[pid] = self._order.pop(pid) + 1

    def _turns(self, pid: int, fds: Collection[int]) -> Iterator[Turn]:
        """The parts of the first process, as far as the credit goes; leaves where to go on, 0 after the last one."""
        last = max(fds, default=0)
        while self._credit > 0:
            at, after = self._next_fd, self._next_fd + AT_ONCE
            if at or last >= after:
                part: Collection[int] = [fd for fd in range(at, after) if fd in fds]
                self._credit -= max(len(part), _SCARCE)
            else:
                part = fds
                self._credit -= len(part) + _PROCESS
            self._next_fd = after if after <= last else 0
            yield Turn(pid, part, begins=not at, number=self._order[pid])
            if not self._next_fd:
                return
