"""A scan of all descriptors by a second process.

Nearly all of such a scan is time in the kernel, and on two processors it is over when the tables are parsed: measured
there, the wall clock of one snapshot is shorter by a fifth.
"""

from __future__ import annotations

import marshal
from functools import partial

from netwatch_tui.kernel.descriptors import Descriptors, list_pids, read_descriptors, stat_descriptors
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number
from netwatch_tui.kernel.second_process import SecondProcess

Found = dict[int, tuple[int, Descriptors] | int]
"""Of each process the inode of its folder, as in `DescriptorFolder`, and its descriptors.

Instead of both the error number with which it can't be looked into.
"""


class DescriptorScan:
    """A scan that goes on in a second process, or none, where there can be no second process."""

    def __init__(self, proc: str = "/proc") -> None:
        """Begin it."""
        self._process = SecondProcess(partial(_scan, proc))

    @property
    def child(self) -> int:
        """The number of the second process; 0 where there is none."""
        return self._process.child

    def take(self) -> Found | None:
        """What was found, once; None if there was no scan, or it came to grief."""
        data = self._process.take()
        if data is None:
            return None
        try:
            found: Found = marshal.loads(data)  # noqa: S302 -- from our own child
        except (EOFError, ValueError, TypeError):  # it was killed, before or in the middle of a word
            return None
        return found

    def end(self) -> None:
        """Look no further if nobody has taken what is found."""
        self._process.end()


def _scan(proc: str) -> bytes:
    """Look at all processes."""
    found: Found = {}
    for pid in list_pids(proc):
        try:
            found[pid] = stat_descriptors(proc, pid).inode, read_descriptors(proc, pid)
        except GONE:
            continue
        except FAULTS as error:
            found[pid] = error_number(error)
    return marshal.dumps(found)
