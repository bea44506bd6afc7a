"""A machine of which the first look at descriptors and tables was begun before anything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable

from netwatch_tui.kernel.descriptor_scan import DescriptorScan, Found
from netwatch_tui.kernel.descriptors import DescriptorFolder, Descriptors, go_on
from netwatch_tui.kernel.namespace import LinuxNamespace
from netwatch_tui.kernel.namespaces import NAMED, Namespaces
from netwatch_tui.kernel.source import PROC, LinuxSource, ProcessReader
from netwatch_tui.kernel.table_scan import TableScan


class PrefetchedSource(LinuxSource):
    """Linux, with what scans have found; asked again, or where a scan failed, it looks itself."""

    def __init__(
        self,
        scan: DescriptorScan,
        proc: str = PROC,
        processes: ProcessReader | None = None,
        *,
        named: str = NAMED,
        tables: TableScan | None = None,
    ) -> None:
        """Take descriptors and tables from scans of the same `/proc`."""
        super().__init__(proc, processes, named=named)
        self._scan = scan
        self._tables = tables
        self._found: Found | None = None
        self._first: Found | None = None
        """What the scan found, until it is asked for."""

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:
        """The network namespaces that can be seen, the own one with what was read of it."""
        found = super().namespaces(in_use)
        if isinstance(found.own, LinuxNamespace):
            found.own.sieve = self.sieve
            if self._tables is not None:
                found.own.prefetched = self._tables.take()
                self._tables = None
        return found

    def scanned(self) -> set[int] | None:
        """The inodes of all sockets that the scan saw held by a process; to be asked before `pids`."""
        self._first = self._first or self._scan.take()
        if self._first is None:
            return None
        looks = (each for each in self._first.values() if isinstance(each, tuple))
        return {inode for _, descriptors in looks for inode in descriptors.values()}

    def pids(self) -> list[int]:
        """The processes of the scan; from the second call on, those of the moment."""
        self._found, self._first = self._first or self._scan.take(), None
        return sorted(self._found) if self._found else super().pids()

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        """How many descriptors a process has open; another one by the same number is none that the scan has seen."""
        folder = super().stat_descriptors(pid)
        if self._found and isinstance(found := self._found.get(pid), tuple) and found[0] != folder.inode:
            del self._found[pid]
        return folder

    def descriptors(self, pid: int, fds: Iterable[int] | None = None, check: Callable[[], None] = go_on) -> Descriptors:
        """What the scan found, once; see `descriptors.read_descriptors`."""
        if self._found is None or pid not in self._found or fds is not None:
            return super().descriptors(pid, fds, check)
        found = self._found.pop(pid)
        if isinstance(found, int):
            raise OSError(found, os.strerror(found), f"{pid}")
        return found[1]
