"""Where a process holds sockets that `/proc/PID/fd` does not show.

That folder is the table of descriptors of the thread whose number the process has. Other threads can have tables of
their own (unshare(2), CLONE_FILES), and outlive that thread; and a file that was registered with an io_uring is held by
the ring, also when its descriptor has been closed (io_uring_register(2)).

What is under way in a message of SCM_RIGHTS can't be found: the receiver's fdinfo counts such files, and names none.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from netwatch_tui.kernel.descriptors import RING, Descriptors, list_descriptors, read_descriptors

_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "loongarch64": 272, "ppc64le": 354, "s390x": 343}
"""Its number, by machine: Python does not have it, nor do older C libraries."""
_KCMP_FILES = 2
_SAMPLE = 16
"""Descriptors by which tables with the same numbers are told apart where kcmp(2) can't be asked."""
_LIBC = ctypes.CDLL(None)
_REGISTERED = re.compile(rb"^\s*\d+: socket:\[(\d+)\]", re.MULTILINE)
"""A line below `UserFiles` in the fdinfo of a ring: `io_uring_show_fdinfo` in the kernel's io_uring/fdinfo.c."""


class HidingPlace(NamedTuple):
    """Something that holds files for a process."""

    pid: int
    task: int
    """The thread in whose table it is, or whose table it is."""
    ring: int | None = None
    """The descriptor of an io_uring; None for the table itself."""


def find_hiding_places(proc: str, pid: int, rings: Iterable[int]) -> list[HidingPlace]:
    """The tables of descriptors of a process beside the listed one, and its rings.

    A system call a thread tells which tables are the same; where kcmp(2) can't be asked, their numbers and
    the highest of their descriptors do.

    Args:
        proc: Where `/proc` is.
        pid: The process.
        rings: The rings in its listed table.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    places = [HidingPlace(pid, pid, ring) for ring in rings]
    for task in _tasks_with_tables(proc, pid):
        places.append(HidingPlace(pid, task))
        found = read_descriptors(f"{proc}/{pid}/task", task)
        places += [HidingPlace(pid, task, fd) for fd, what in found.items() if what == RING]
    return places


def read_hiding_place(proc: str, place: HidingPlace) -> Descriptors:
    """The sockets in a place, by descriptor; those of a ring by their order, since they have none.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The place is gone.
    """
    tasks = f"{proc}/{place.pid}/task"
    if place.ring is None:
        return {fd: inode for fd, inode in read_descriptors(tasks, place.task).items() if inode > 0}
    with open(f"{tasks}/{place.task}/fdinfo/{place.ring}", "rb") as file:
        return dict(enumerate(map(int, _REGISTERED.findall(file.read()))))


def _tasks_with_tables(proc: str, pid: int) -> list[int]:
    """One thread for each table of descriptors that is not the listed one."""
    folder = f"{proc}/{pid}/task"
    if os.stat(folder).st_nlink - 2 < 2:  # a folder has two links more than it has folders in it
        return []
    if not _can_compare(proc, pid):
        return _tasks_with_other_descriptors(folder, pid)
    tables = [pid]
    for task in map(int, os.listdir(folder)):
        if task != pid and all(_differ(task, other) for other in tables):
            tables.append(task)
    return tables[1:]


def _tasks_with_other_descriptors(folder: str, pid: int) -> list[int]:
    """The same, told by what is in the tables."""
    seen = [_sample(folder, pid)]
    found: list[int] = []
    for task in map(int, os.listdir(folder)):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
            if (sample := _sample(folder, task)) in seen:
                continue
            if _sample(folder, pid) != _sample(folder, task):  # at once, for the process opens and closes others
                seen.append(sample)
                found.append(task)
    return found


def _sample(folder: str, task: int) -> tuple[list[int], Descriptors]:
    """The numbers in a thread's table, and what the highest stand for: not all, or a server's threads took seconds."""
    fds = sorted(list_descriptors(folder, task))
    return fds, read_descriptors(folder, task, fds[-_SAMPLE:])


def _can_compare(proc: str, pid: int) -> bool:
    """Whether kcmp(2) compares threads by the numbers that they have in a `/proc`.

    Seccomp refuses it in most containers; and it takes the numbers of the own pid namespace.
    """
    return _has_own_numbers(proc) and _compare(pid, pid) == 0


@cache
def _has_own_numbers(proc: str) -> bool:
    """Whether a `/proc` is of the own pid namespace: if not, `NSpid` has one number more for each one further down.

    See proc_pid_status(5).
    """
    with open(f"{proc}/self/status", "rb") as file:
        return any(line.startswith(b"NSpid:") and len(line.split()) == 2 for line in file)


def _differ(one: int, other: int) -> bool:
    """Whether two threads are known to have different tables."""
    return _compare(one, other) > 0


def _compare(one: int, other: int) -> int:
    """What kcmp(2) says of the tables of two threads: 0 if they are one, and -1 where it fails or is not known."""
    number = _KCMP.get(os.uname().machine)
    return -1 if number is None else int(_LIBC.syscall(number, one, other, _KCMP_FILES, 0, 0))
