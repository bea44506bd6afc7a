"""From whom a process may have inherited descriptors: its ancestors, and whether the one that started it has ended."""

from __future__ import annotations

from netwatch_tui.kernel.faults import FAULTS
from netwatch_tui.kernel.limits import ANCESTORS, PROC_FILE, read_file
from netwatch_tui.sockets.port_facts import Lineage

_PF_KTHREAD = 0x0020_0000
"""include/linux/sched.h."""


def read_lineage(proc: str, pid: int) -> Lineage | None:
    """From whom a process descends; None if it is gone.

    A child is in its parent's session until it begins one of its own, whose number is then its pid (setsid(2)). So one
    that is in neither has another parent than it began with: that one has ended.
    """
    try:
        parent, session = _family(proc, pid)
    except FAULTS:
        return None
    ancestors: list[int] = []
    is_orphan = False
    while parent and len(ancestors) < ANCESTORS:
        ancestors.append(parent)
        try:
            grandparent, its_session = _family(proc, parent)
        except FAULTS:
            break
        if len(ancestors) == 1:
            is_orphan = session not in (pid, its_session)
        parent = grandparent
    return Lineage(tuple(ancestors), is_orphan)


def is_kernel_thread(proc: str, pid: int) -> bool:
    """Whether a process is the kernel's own; field 9 of proc_pid_stat(5).

    Raises:
        OSError: It is gone, or can't be read.
        ValueError, LookupError: The kernel writes something else.
    """
    return bool(int(_fields(proc, pid)[6]) & _PF_KTHREAD)


def _family(proc: str, pid: int) -> tuple[int, int]:
    """The parent and the session of a process; fields 4 and 6 of proc_pid_stat(5)."""
    fields = _fields(proc, pid)
    return int(fields[1]), int(fields[3])


def _fields(proc: str, pid: int) -> list[bytes]:
    """What stands in `stat`, from the third field on."""
    return read_file(f"{proc}/{pid}/stat", PROC_FILE).rpartition(b")")[2].split()
