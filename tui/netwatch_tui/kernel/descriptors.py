"""Which descriptors of a process are sockets, from the links in `/proc/PID/fd`."""

from __future__ import annotations

import os
from collections.abc import Iterable

NO_SOCKET = 0
"""Stands for the inode of a descriptor that is a file, a pipe or anything else."""

_PREFIX = "socket:["

Descriptors = dict[int, int]
"""The descriptors of one process, each with the inode of the socket behind it or `NO_SOCKET`."""


def list_pids(proc: str | os.PathLike[str]) -> list[int]:
    """All processes that this one may see, by number."""
    return sorted(int(name) for name in os.listdir(proc) if name.isdigit())


def count_descriptors(proc: str | os.PathLike[str], pid: int) -> int:
    """How many descriptors a process has open, told cheaply since Linux 6.2; 0 where the kernel does not tell.

    Raises:
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    return os.stat(f"{proc}/{pid}/fd").st_size


def list_descriptors(proc: str | os.PathLike[str], pid: int) -> list[int]:
    """The numbers of the open descriptors of a process.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    return [int(name) for name in os.listdir(f"{proc}/{pid}/fd")]


def read_descriptors(proc: str | os.PathLike[str], pid: int, fds: Iterable[int] | None = None) -> Descriptors:
    """What stands behind some descriptors of a process, or behind all of them.

    A descriptor that is closed while we look is left out.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    found: Descriptors = {}
    readlink, start, prefix = os.readlink, len(_PREFIX), _PREFIX
    folder = os.open(f"{proc}/{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        names = os.listdir(folder) if fds is None else map(str, fds)
        for name in names:
            try:
                target = readlink(name, dir_fd=folder)
            except FileNotFoundError:
                continue
            found[int(name)] = int(target[start:-1]) if target.startswith(prefix) else NO_SOCKET
    finally:
        os.close(folder)
    return found
