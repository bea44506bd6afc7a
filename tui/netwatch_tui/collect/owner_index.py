"""Who holds which socket: the memory of the descriptor scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netwatch_tui.kernel.owners import Descriptors
from netwatch_tui.kernel.source import Source
from netwatch_tui.model.socket import Owner, Process


class _Holding(NamedTuple):
    """What one process held when it was last looked at."""

    process: Process
    descriptors: Descriptors


class OwnerIndex:
    """Owners by the inode of the socket."""

    def __init__(self, source: Source, check: Callable[[], None]) -> None:
        """Make an index that knows nothing yet.

        Args:
            source: Where processes are read.
            check: Called for every process; what it raises ends the scan and leaves the index as it was.
        """
        self._source = source
        self._check = check
        self._held: dict[int, _Holding] = {}
        self._owners: dict[int, tuple[Owner, ...]] = {}
        self.denied = 0
        """How many processes could not be looked into at the last scan."""

    def of(self, inode: int) -> tuple[Owner, ...]:
        """Every holder of a socket, by pid and descriptor."""
        return self._owners.get(inode, ())

    def scan(self) -> set[int]:
        """Look at every process; returns the inodes whose owners are different now."""
        held, denied = self._look()
        touched: set[int] = set()
        for pid in self._held.keys() | held.keys():
            before, after = self._held.get(pid), held.get(pid)
            if before != after:
                touched |= self._replace(pid, before, after)
        self._held, self.denied = held, denied
        return touched

    def _look(self) -> tuple[dict[int, _Holding], int]:
        held: dict[int, _Holding] = {}
        denied = 0
        for pid in self._source.pids():
            self._check()
            try:
                descriptors = self._source.descriptors(pid)
            except PermissionError:
                denied += 1
                continue
            except (FileNotFoundError, ProcessLookupError):
                continue
            process = self._source.process(pid) if descriptors else None
            if process:
                held[pid] = _Holding(process, descriptors)
        return held, denied

    def _replace(self, pid: int, before: _Holding | None, after: _Holding | None) -> set[int]:
        """Put one process's descriptors in the place of those it had; returns the inodes that this changes."""
        old = before.descriptors if before else {}
        new = after.descriptors if after else {}
        same_process = before and after and before.process == after.process
        changed = dict(old.items() ^ new.items()).keys() if same_process else old.keys() | new.keys()
        for inode in changed:
            left = tuple(owner for owner in self.of(inode) if owner.pid != pid)
            added = tuple(Owner(pid, fd, after.process) for fd in new.get(inode, ())) if after else ()
            if left or added:
                self._owners[inode] = tuple(sorted((*left, *added)))
            else:
                self._owners.pop(inode, None)
        return set(changed)
