"""A machine of which the first look at the descriptors was begun before anything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from netwatch_tui.kernel.descriptor_scan import DescriptorScan, Found
from netwatch_tui.kernel.descriptors import DescriptorFolder, Descriptors, go_on
from netwatch_tui.kernel.namespaces import NAMED
from netwatch_tui.kernel.source import PROC, LinuxSource, ProcessReader


class PrefetchedSource(LinuxSource):
    """Linux, with the descriptors that a scan has found; asked again, or where the scan failed, it looks itself."""

    def __init__(
        self, scan: DescriptorScan, proc: str = PROC, processes: ProcessReader | None = None, *, named: str = NAMED
    ) -> None:
        """Take the descriptors from a scan of the same `/proc`."""
        super().__init__(proc, processes, named=named)
        self._scan = scan
        self._found: Found | None = None

    def pids(self) -> list[int]:
        """The processes of the scan; from the second call on, those of the moment."""
        self._found = self._scan.take()
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
