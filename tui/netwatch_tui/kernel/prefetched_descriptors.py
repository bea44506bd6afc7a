"""The descriptor scan of a first tick, made by a second process while this one reads and parses the socket tables.

Both take about as long, and nearly all of the scan is time in the kernel, so on two processors a first tick is over in
little more than half the time. Threads would not do: between two of its 100,000 system calls the scan would wait for
the interpreter lock that the parser holds. Where there can be no second process, or it comes to grief, this one looks.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable
from contextlib import suppress

from netwatch_tui.kernel.descriptors import Descriptors, go_on, list_pids, read_descriptors
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number
from netwatch_tui.kernel.source import PROC, LinuxSource, ProcessReader

_Found = dict[int, Descriptors | int]
"""The descriptors of each process, or the error number with which it can't be looked into."""


class PrefetchedSource(LinuxSource):
    """Linux, with the descriptors of all processes looked at from the start on; asked again, it looks itself."""

    def __init__(self, proc: str = PROC, processes: ProcessReader | None = None) -> None:
        super().__init__(proc, processes)
        self._pipe, self._child = _start(proc)
        self._found: _Found | None = None

    def pids(self) -> list[int]:
        """The processes of the scan; from the second call on, those of the moment."""
        self._found = self._take() if self._child else None
        return sorted(self._found) if self._found else super().pids()

    def descriptors(self, pid: int, fds: Iterable[int] | None = None, check: Callable[[], None] = go_on) -> Descriptors:
        """What the scan found, once; see `descriptors.read_descriptors`."""
        if self._found is None or pid not in self._found or fds is not None:
            return super().descriptors(pid, fds, check)
        found = self._found.pop(pid)
        if isinstance(found, int):
            raise OSError(found, os.strerror(found), f"{pid}")
        return found

    def _take(self) -> _Found | None:
        """What the second process found, once; None if it was killed, whole or in the middle of a word."""
        with open(self._pipe, "rb") as pipe:
            data = pipe.read()
        with suppress(ChildProcessError):  # where the parent ignores SIGCHLD, nobody is left to be waited for
            os.waitpid(self._child, 0)
        self._child = 0
        try:
            found: _Found = marshal.loads(data)  # noqa: S302 -- from our own child
        except (EOFError, ValueError, TypeError):
            return None
        return found


def _start(proc: str) -> tuple[int, int]:
    """Start the second process; its pipe and its number, or twice 0 where the system has no room for it."""
    try:
        reading, writing = os.pipe()
    except OSError:
        return 0, 0
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return 0, 0
    if child == 0:
        os.close(reading)  # or writing would wait for a reader that is gone
        _scan(proc, writing)
    os.close(writing)
    return reading, child


def _scan(proc: str, writing: int) -> None:
    """Look at all processes, write what was found, and end. Runs in the second process and never returns."""
    status = 1
    try:
        found: _Found = {}
        for pid in list_pids(proc):
            try:
                found[pid] = read_descriptors(proc, pid)
            except GONE:
                continue
            except FAULTS as error:
                found[pid] = error_number(error)
        with open(writing, "wb") as pipe:
            marshal.dump(found, pipe)
        status = 0
    finally:
        os._exit(status)
