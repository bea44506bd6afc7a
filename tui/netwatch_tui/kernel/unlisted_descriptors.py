"""Where a process holds sockets that `/proc/PID/fd` does not show.

That folder is the table of descriptors of the thread whose number the process has. Other threads can have tables of
their own (unshare(2), CLONE_FILES), and outlive that thread; and a file that was registered with an io_uring is held by
the ring, also when its descriptor has been closed (io_uring_register(2)).

What is under way in a message of SCM_RIGHTS can't be found: the receiver's fdinfo counts such files, and names none.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from netwatch_tui.kernel.descriptors import RING, Descriptors, go_on, list_descriptors, read_descriptors
from netwatch_tui.kernel.limits import FDINFO, TABLES_OF_THREADS, read_file

if TYPE_CHECKING:
    from ctypes import CDLL

_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "loongarch64": 272, "ppc64le": 354, "s390x": 343}
"""Its number, by machine: Python does not have it, nor do older C libraries."""
_KCMP_FILES = 2
_SAMPLE = 16
"""Descriptors by which tables with the same numbers are told apart where kcmp(2) can't be asked."""
_REGISTERED = re.compile(rb"^\s*\d+: socket:\[(\d+)\]", re.MULTILINE)
"""A line below `UserFiles` in the fdinfo of a ring: `io_uring_show_fdinfo` in the kernel's io_uring/fdinfo.c."""


class HidingPlace(NamedTuple):
    """Something that holds files for a process."""

    pid: int
    task: int
    """The thread in whose table it is, or whose table it is."""
    ring: int | None = None
    """The descriptor of an io_uring; None for the table itself."""


def find_hiding_places(
    proc: str, pid: int, rings: Iterable[int], check: Callable[[], None] = go_on
) -> list[HidingPlace]:
    """The tables of descriptors of a process beside the listed one, and its rings.

    A system call a thread tells which tables are the same; where kcmp(2) can't be asked, their numbers and
    the highest of their descriptors do.

    Args:
        proc: Where `/proc` is.
        pid: The process.
        rings: The rings in its listed table.
        check: Called for every thread; what it raises ends the search.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
        OSError: They can't be read, or with EMFILE, there are more of them than are looked at (`limits`).
    """
    places = [HidingPlace(pid, pid, ring) for ring in rings]
    for task in _tasks_with_tables(proc, pid, check):
        places.append(HidingPlace(pid, task))
        found = read_descriptors(f"{proc}/{pid}/task", task, check=check)
        places += [HidingPlace(pid, task, fd) for fd, what in found.items() if what == RING]
    return places


def read_hiding_place(proc: str, place: HidingPlace, check: Callable[[], None] = go_on) -> Descriptors:
    """What is in a place, by descriptor; the sockets of a ring by their order, since they have none.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The place is gone.
    """
    tasks = f"{proc}/{place.pid}/task"
    if place.ring is None:
        return read_descriptors(tasks, place.task, check=check)
    told = read_file(f"{tasks}/{place.task}/fdinfo/{place.ring}", FDINFO)
    return dict(enumerate(map(int, _REGISTERED.findall(told))))


def _tasks_with_tables(proc: str, pid: int, check: Callable[[], None]) -> list[int]:
    """One thread for each table of descriptors that is not the listed one."""
    folder = f"{proc}/{pid}/task"
    if os.stat(folder).st_nlink - 2 < 2:  # a folder has two links more than it has folders in it
        return []
    if not _can_compare(proc, pid):
        return _tasks_with_other_descriptors(folder, pid)
    tables = [pid]
    """In the order of kcmp(2), so that each further thread is compared with few of them."""
    for task in map(int, os.listdir(folder)):
        check()
        if task != pid and (at := _place_of_new(task, tables)) is not None:
            if len(tables) > TABLES_OF_THREADS:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            tables.insert(at, task)
    return [task for task in tables if task != pid]


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
    return _has_own_numbers(proc) and _compared(pid, pid) == 0


@cache
def _has_own_numbers(proc: str) -> bool:
    """Whether a `/proc` is of the own pid namespace: if not, `NSpid` has one number more for each one further down.

    See proc_pid_status(5).
    """
    with open(f"{proc}/self/status", "rb") as file:
        return any(line.startswith(b"NSpid:") and len(line.split()) == 2 for line in file)


def _place_of_new(task: int, tables: list[int]) -> int | None:
    """Where among ordered tables that of a thread belongs; None if it is one of them, or that can't be told."""
    low, high = 0, len(tables)
    while low < high:
        middle = (low + high) // 2
        match _compared(task, tables[middle]):
            case 1:
                high = middle
            case 2:
                low = middle + 1
            case _:
                return None
    return low


@cache
def _libc() -> CDLL:
    """The C library, by a module that takes longer to import than a tick of few sockets: few threads are compared."""
    import ctypes

    return ctypes.CDLL(None)


def _compared(one: int, other: int) -> int:
    """What kcmp(2) says of the tables of two threads: 0 for the same, 1 and 2 for less and greater, -1 on failure."""
    number = _KCMP.get(os.uname().machine)
    return -1 if number is None else int(_libc().syscall(number, one, other, _KCMP_FILES, 0, 0))
