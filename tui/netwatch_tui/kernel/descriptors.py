"""Which descriptors of a process are sockets, from the links in `/proc/PID/fd`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from netwatch_tui.kernel.faults import error_number

NO_SOCKET = 0
"""Stands for the inode of a descriptor that is a file, a pipe or anything else."""
RING = -1
"""Stands for the inode of an io_uring, which may hold sockets itself; see `unlisted_descriptors`."""

_FAULT = -2
"""From here downwards: a descriptor that could not be read; see `fault_of`."""

_PREFIX = "socket:["
_RING_LINK = "anon_inode:[io_uring]"

_SLICE = 4_096
"""Descriptors that are read at a time: some milliseconds."""

Descriptors = dict[int, int]
"""The descriptors of one process, each with the inode of the socket behind it, `NO_SOCKET`, `RING` or a fault."""


def fault_of(what: int) -> int | None:
    """The error number with which a descriptor could not be read; None for one that was read."""
    return _FAULT - what if what <= _FAULT else None


def fault(number: int) -> int:
    """What stands for the inode of a descriptor that could not be read."""
    return _FAULT - number


class DescriptorFolder(NamedTuple):
    """What one stat(2) of `/proc/PID/fd` tells."""

    size: int
    """How many descriptors are open, since Linux 6.2; before, 0."""
    inode: int
    """Made when somebody looks at a process for the first time: another process by the same number has another one.

    The same process gets another one, too, when the kernel was short of memory and forgot it.
    """


def list_pids(proc: str | os.PathLike[str]) -> list[int]:
    """All processes that this one may see, by number."""
    return sorted(int(name) for name in os.listdir(proc) if name.isdecimal())


def stat_descriptors(proc: str | os.PathLike[str], pid: int) -> DescriptorFolder:
    """How many descriptors a process has open, and whether it is the process of the last time, at a small price.

    Raises:
        PermissionError: The process may not even be looked at.
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    found = os.stat(f"{proc}/{pid}/fd")
    return DescriptorFolder(found.st_size, found.st_ino)


def list_descriptors(proc: str | os.PathLike[str], pid: int) -> list[int]:
    """The numbers of the open descriptors of a process.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    return [int(name) for name in os.listdir(f"{proc}/{pid}/fd")]


def go_on() -> None:
    """Never interrupt."""


def read_descriptors(
    proc: str | os.PathLike[str], pid: int, fds: Iterable[int] | None = None, check: Callable[[], None] = go_on
) -> Descriptors:
    """What stands behind some descriptors of a process, or behind all of them.

    A descriptor that is closed while we look is left out; one that can't be read stands there as a fault.

    Args:
        proc: Where `/proc` is.
        pid: The process.
        fds: Those descriptors; all where nothing is said.
        check: Called between slices, since a process can have a million; what it raises ends the reading.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
        OSError, ValueError: None of its descriptors can be read, or they have no numbers.
    """
    found: Descriptors = {}
    readlink, start, prefix = os.readlink, len(_PREFIX), _PREFIX
    folder = os.open(f"{proc}/{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        names = os.listdir(folder) if fds is None else list(map(str, fds))
        for name in _checked(names, check):
            try:
                target = readlink(name, dir_fd=folder)
                if target.startswith(prefix):
                    found[int(name)] = int(target[start:-1])
                else:
                    found[int(name)] = RING if target == _RING_LINK else NO_SOCKET
            except FileNotFoundError:
                continue
            except ProcessLookupError:
                raise
            except PermissionError:
                # proc_pid_readlink of the kernel's fs/proc/base.c says so of a process that has just ended, too.
                if not os.path.exists(f"{proc}/{pid}"):
                    raise ProcessLookupError(pid) from None
                raise
            except (OSError, ValueError) as error:
                # Such as ENAMETOOLONG: a file whose path is longer than a page, which any user can have open.
                found[int(name)] = fault(error_number(error))
    finally:
        os.close(folder)
    return found


def _checked(names: list[str], check: Callable[[], None]) -> Iterable[str]:
    """The names, with a check before every further slice of them."""

    def slices() -> Iterator[list[str]]:
        for start in range(0, len(names), _SLICE):
            check()
            yield names[start : start + _SLICE]

    return names if len(names) <= _SLICE else chain.from_iterable(slices())
