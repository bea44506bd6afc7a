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
from functools import cache, partial
from typing import NamedTuple

from netwatch_tui.kernel.descriptors import RING, Descriptors, read_descriptors

_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "loongarch64": 272, "ppc64le": 354, "s390x": 343}
"""Its number, by machine: Python does not have it, nor do older C libraries."""
_KCMP_FILES = 2
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

    A system call a thread tells which tables are the same; where kcmp(2) can't be asked, what they hold tells it.

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
    may_compare, content = _has_our_numbers(proc), cache(partial(read_descriptors, folder))

    def differ(one: int, other: int) -> bool:
        """Where the kernel does not compare them, tables that hold the same under the same numbers pass as one."""
        same = _is_same_table(one, other) if may_compare else None
        return content(one) != content(other) if same is None else not same

    tables = [pid]
    for task in map(int, os.listdir(folder)):
        if task != pid:
            with suppress(FileNotFoundError, ProcessLookupError):  # that thread is gone
                if all(differ(task, other) for other in tables):
                    tables.append(task)
    return tables[1:]


@cache
def _has_our_numbers(proc: str) -> bool:
    """Whether a `/proc` calls processes by the numbers that system calls take from this one.

    In a process below it `NSpid` has a number for each pid namespace on the way down; see proc_pid_status(5).
    """
    with open(f"{proc}/self/status", "rb") as file:
        line = next((line for line in file if line.startswith(b"NSpid:")), b"")
    return len(line.split()) == 2


def _is_same_table(one: int, other: int) -> bool | None:
    """Whether two threads have one table; None where kcmp(2) is not there, refused, or finds no such thread.

    A seccomp filter refuses it in most containers.
    """
    number = _KCMP.get(os.uname().machine)
    result = -1 if number is None else _LIBC.syscall(number, one, other, _KCMP_FILES, 0, 0)
    return None if result < 0 else result == 0
