"""Which descriptors of a process are sockets, from the links in `/proc/PID/fd`."""

from __future__ import annotations

import os
from pathlib import Path

_PREFIX = "socket:["

Descriptors = dict[int, tuple[int, ...]]
"""The descriptors of one process by the inode of the socket behind them."""


def list_pids(proc: Path) -> list[int]:
    """All processes that this one may see, by number."""
    return sorted(int(name) for name in os.listdir(proc) if name.isdigit())


def socket_descriptors(proc: Path, pid: int) -> Descriptors:
    """The sockets that a process holds.

    A descriptor that is closed while we look is left out.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone.
    """
    found: Descriptors = {}
    folder = os.open(proc / str(pid) / "fd", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in os.listdir(folder):
            try:
                target = os.readlink(name, dir_fd=folder)
            except FileNotFoundError:
                continue
            if target.startswith(_PREFIX):
                inode = int(target[len(_PREFIX) : -1])
                found[inode] = (*found.get(inode, ()), int(name))
    finally:
        os.close(folder)
    return found
