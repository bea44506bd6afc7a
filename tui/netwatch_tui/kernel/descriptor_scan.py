"""A scan of all descriptors by a second process, while this one loads its modules and reads the socket tables.

Nearly all of such a scan is time in the kernel, and on two processors it is over when the tables are parsed. A thread
would not do: between two of its 100,000 system calls it would wait for the interpreter lock that the parser holds.
Measured on two processors, the wall clock of one snapshot is shorter by a fifth. This module imports next to nothing,
so that the scan can start first.
"""

from __future__ import annotations

import marshal
import os
from contextlib import suppress

from netwatch_tui.kernel.descriptors import Descriptors, list_pids, read_descriptors, stat_descriptors
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number

Found = dict[int, tuple[int, Descriptors] | int]
"""Of each process the inode of its folder, as in `DescriptorFolder`, and its descriptors.

Instead of both the error number with which it can't be looked into.
"""


class DescriptorScan:
    """A scan that goes on in a second process, or none, where there can be no second process."""

    def __init__(self, proc: str = "/proc") -> None:
        """Begin it, unless it could only take turns with this process or the system has no room for it."""
        self._pipe, self.child = _start(proc) if len(os.sched_getaffinity(0)) > 1 else (0, 0)

    def take(self) -> Found | None:
        """What was found, once; None if there was no scan, or it came to grief."""
        if not self.child:
            return None
        with open(self._pipe, "rb") as pipe:
            data = pipe.read()
        with suppress(ChildProcessError):  # where the parent ignores SIGCHLD, nobody is left to be waited for
            os.waitpid(self.child, 0)
        self.child = 0
        try:
            found: Found = marshal.loads(data)  # noqa: S302 -- from our own child
        except (EOFError, ValueError, TypeError):  # it was killed, before or in the middle of a word
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
        found: Found = {}
        for pid in list_pids(proc):
            try:
                found[pid] = stat_descriptors(proc, pid).inode, read_descriptors(proc, pid)
            except GONE:
                continue
            except FAULTS as error:
                found[pid] = error_number(error)
        with open(writing, "wb") as pipe:
            marshal.dump(found, pipe)
        status = 0
    finally:
        os._exit(status)
