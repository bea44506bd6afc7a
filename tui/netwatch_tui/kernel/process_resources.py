"""Threads, children and descriptors of a process: a few files, read while somebody looks at it."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import islice

from netwatch_tui.kernel.descriptor_limit import read_descriptor_limits
from netwatch_tui.kernel.descriptors import stat_descriptors
from netwatch_tui.kernel.faults import FAULTS, GONE
from netwatch_tui.kernel.limits import DESCRIPTORS_COUNTED, PROC_FILE, THREADS_ASKED, read_file
from netwatch_tui.sockets.ownership import ProcessResources


def read_process_resources(proc: str, pid: int) -> ProcessResources | None:
    """What a process has now, None for each part that can't be read; None if it is gone."""
    if not os.path.exists(f"{proc}/{pid}/stat"):
        return None
    limits = read_descriptor_limits(proc, pid)
    return ProcessResources(
        threads=_told(_threads, proc, pid),
        children=_told(_children, proc, pid),
        descriptors=_told(_descriptors, proc, pid),
        descriptor_limit=limits.soft if limits else None,
        hard_descriptor_limit=limits.hard if limits else None,
    )


def _told(read: Callable[[str, int], int | None], proc: str, pid: int) -> int | None:
    try:
        return read(proc, pid)
    except FAULTS:
        return None


def _threads(proc: str, pid: int) -> int:
    """num_threads, field 20 of proc_pid_stat(5); the name in field 2 may hold anything."""
    rest = read_file(f"{proc}/{pid}/stat", PROC_FILE).rpartition(b")")[2]
    return int(rest.split()[17])


def _children(proc: str, pid: int) -> int | None:
    """How many there are, of all threads, since each has children of its own: proc_tid_children(5).

    None where there are too many to be read, and on a kernel without CONFIG_PROC_CHILDREN.
    """
    with os.scandir(f"{proc}/{pid}/task") as entries:
        threads = [entry.name for entry in islice(entries, THREADS_ASKED + 1)]
    if len(threads) > THREADS_ASKED:
        return None
    count = 0
    for thread in threads:
        try:
            listed = read_file(f"{proc}/{pid}/task/{thread}/children", PROC_FILE)
        except GONE:
            if thread == str(pid):
                return None
            continue  # a thread that has just ended
        if len(listed) == PROC_FILE:
            return None
        count += len(listed.split())
    return count


def _descriptors(proc: str, pid: int) -> int | None:
    """How many are open. Before Linux 6.2 they are counted, as far as that may be seen; None where they are too many.

    The folder's size may be asked for by anybody; what is in it, by who may look into the process.
    """
    if size := stat_descriptors(proc, pid).size:
        return size
    with os.scandir(f"{proc}/{pid}/fd") as entries:
        count = sum(1 for _ in islice(entries, DESCRIPTORS_COUNTED + 1))
    return count if count <= DESCRIPTORS_COUNTED else None
