"""Where a process comes from: its parents, and whether it is the kernel's own; see proc_pid_stat(5)."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.kernel.faults import FAULTS
from netwatch_tui.kernel.limits import ANCESTORS, PROC_FILE, read_file

_PF_KTHREAD = 0x0020_0000
"""include/linux/sched.h."""


class Lineage(NamedTuple):
    """What is told of a process."""

    parent: int
    """Its parent's number; 0 for none, or one in another pid namespace."""
    is_kernel_thread: bool


def read_lineage(proc: str, pid: int) -> Lineage:
    """Of one process.

    Raises:
        OSError: It is gone, or can't be read.
        ValueError, LookupError: The kernel writes something else.
    """
    fields = read_file(f"{proc}/{pid}/stat", PROC_FILE).rpartition(b")")[2].split()  # from the third on
    return Lineage(int(fields[1]), bool(int(fields[6]) & _PF_KTHREAD))


def read_ancestors(proc: str, pid: int) -> tuple[int, ...]:
    """The parent of a process, that one's parent and so on, as far as they can be seen."""
    found: list[int] = []
    while len(found) < ANCESTORS:
        try:
            pid = read_lineage(proc, pid).parent
        except FAULTS:
            break
        if pid == 0 or pid in found:
            break
        found.append(pid)
    return tuple(found)
