"""Which processes and descriptors could not be read, counted by reason and said in words."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from netwatch_tui.kernel.descriptors import NO_SOCKET, fault_of
from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.unseen import counted_processes

_IS_FILE = errno.ENAMETOOLONG
"""Proves that a descriptor is a file: its path is longer than a page, and the name of a socket is not."""


class ProcessFaults:
    """The faults of the last look at each process, as error numbers; see `kernel.faults`."""

    def __init__(self) -> None:
        self.listing: int | None = None
        """Why processes could not be listed in the last look."""
        self._whole: dict[int, int] = {}
        """Processes of which no descriptor could be read."""
        self._descriptors: dict[int, Counter[int]] = {}
        """How many descriptors of a process could not be read."""

    def fail(self, pid: int, fault: Exception) -> None:
        """A process can't be read."""
        self.forget(pid)
        self._whole[pid] = error_number(fault)

    def succeed(self, pid: int, descriptors: Collection[int]) -> None:
        """A process could be read; given is what stands for the inodes of its descriptors."""
        self.forget(pid)
        if fault_of(min(descriptors, default=NO_SOCKET)) is not None:
            self._descriptors[pid] = Counter(number for what in descriptors if (number := fault_of(what)) is not None)

    def forget(self, pid: int) -> None:
        """A process is gone, or may not be read any more."""
        self._whole.pop(pid, None)
        self._descriptors.pop(pid, None)

    @property
    def pids(self) -> set[int]:
        """The processes that have faults."""
        return self._whole.keys() | self._descriptors.keys()

    @property
    def hiding(self) -> int:
        """How many processes may hold sockets where nothing could be read."""
        return len(self._whole) + sum(any(map(_IS_FILE.__ne__, each)) for each in self._descriptors.values())

    def problems(self, metadata: Mapping[int, int]) -> Iterator[Problem]:
        """One for each reason.

        Args:
            metadata: The processes of which something else could not be read, each with the error number.
        """
        if self.listing is not None:
            yield Problem(f"processes could not be listed: {reason(self.listing)}", 1)
        for number, count in Counter(self._whole.values()).items():
            yield Problem(f"{counted_processes(count)} could not be read: {reason(number)}", count)
        for number, count in sum(self._descriptors.values(), Counter[int]()).items():
            things = f"{count:,} descriptor{'s' if count > 1 else ''}"
            yield Problem(f"{things} could not be read: {reason(number)}", count)
        partly = Counter(number for pid, number in metadata.items() if pid not in self._whole)
        for number, count in partly.items():
            yield Problem(f"{counted_processes(count)} could not be read in full: {reason(number)}", count)
