"""The descriptor scan of a first look, made by a second process while this one reads and parses the socket tables.

Both take about as long, and nearly all of the scan is time in the kernel, so on two processors a first look is over in
little more than half the time. Threads would not do: between two of its 100,000 system calls the scan would wait for
the interpreter lock that the parser holds.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable

from netwatch_tui.kernel.descriptors import Descriptors, list_pids, read_descriptors
from netwatch_tui.kernel.source import PROC, LinuxSource, ProcessReader

_DENIED = "denied"


class PrefetchedSource(LinuxSource):
    """Linux, with the descriptors of all processes looked at from the start on; asked again, it looks itself."""

    def __init__(self, proc: str = PROC, processes: ProcessReader | None = None) -> None:
        super().__init__(proc, processes)
        self._pipe, writing = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._pipe)  # or writing would wait for a reader that is gone
            _scan(proc, writing)
        os.close(writing)
        self._found: dict[int, Descriptors | str] | None = None

    def pids(self) -> list[int]:
        """The processes of the scan; from the second call on, those of the moment."""
        if self._child:
            with open(self._pipe, "rb") as pipe:
                data = pipe.read()
            os.waitpid(self._child, 0)
            self._child = 0
            # Nothing comes if the second process was killed; then this one looks.
            self._found = marshal.loads(data) if data else None  # noqa: S302 -- from our own child
            return sorted(self._found) if self._found else super().pids()
        self._found = None
        return super().pids()

    def descriptors(self, pid: int, fds: Iterable[int] | None = None) -> Descriptors:
        """What the scan found; see `owners.read_descriptors`."""
        if self._found is None or fds is not None:
            return super().descriptors(pid, fds)
        found = self._found[pid]
        if isinstance(found, str):
            raise PermissionError(pid)
        return found


def _scan(proc: str, writing: int) -> None:
    """Look at all processes, write what was found, and end. Runs in the second process and never returns."""
    status = 1
    try:
        found: dict[int, Descriptors | str] = {}
        for pid in list_pids(proc):
            try:
                found[pid] = read_descriptors(proc, pid)
            except PermissionError:
                found[pid] = _DENIED
            except (FileNotFoundError, ProcessLookupError):
                continue
        with open(writing, "wb") as pipe:
            marshal.dump(found, pipe)
        status = 0
    finally:
        os._exit(status)
