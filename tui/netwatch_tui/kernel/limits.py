"""How much is read of texts that others write, by name. No process makes this one read, keep or show more than that."""

from __future__ import annotations

import os

PROC_FILE = 64 * 1024
"""Bytes of a file of `/proc/PID` in which the kernel writes numbers and names: `stat`, `comm`, `status`, `cgroup`."""

COMMAND_LINE = 8 * 1024
"""Bytes of a command line. Any user can have one of many megabytes (the stack limit, see execve(2))."""

ARGUMENTS = 1_024
"""Arguments of a command line; each may be empty."""

NAME = 255
"""Bytes of a process's name: what the kernel keeps, made whole with a file's name, which is no longer (NAME_MAX)."""

ANCESTORS = 64
"""Parents of a process, their parents and so on."""

SYSTEM_FILE = 8 * 1024 * 1024
"""Bytes of a file that root writes: `/etc/passwd`, `/etc/services`, `/etc/hosts`, and the kernel's list of mounts."""

FDINFO = 1024 * 1024
"""Bytes of what is said about one descriptor; a ring of io_uring has a line for each file that it holds."""

TABLE = 256 * 1024 * 1024
"""Bytes of one socket table, which are more than a million sockets."""

LINE = 64 * 1024
"""Bytes of one line of it; the kernel's have at most some hundred."""

TABLES_OF_THREADS = 256
"""Tables of descriptors that the threads of one process have beside the process's own, see unshare(2)."""

THREADS_ASKED = 256
"""Threads of one process that are asked for their children, a file each."""

DESCRIPTORS_COUNTED = 65_536
"""Descriptors of one process that are counted one by one, where the kernel does not tell how many there are."""

DESCRIPTORS_A_TICK = 200_000
"""Descriptors at which one tick looks, about a third of a second; those of further processes wait for the next one."""

USERS = 65_536
"""Users of which the name is remembered."""

HOSTS = 65_536
"""Addresses of `/etc/hosts` of which the name is remembered."""

_AT_ONCE = 64 * 1024


def read_file(path: str, most: int) -> bytes:
    """The beginning of a file, at most so many bytes of it.

    Raises:
        OSError: It can't be read.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    parts: list[bytes] = []
    try:
        while most > 0 and (data := os.read(file, min(most, _AT_ONCE))):
            parts.append(data)
            most -= len(data)
    finally:
        os.close(file)
    return b"".join(parts)


def read_lines(path: str, most: int = SYSTEM_FILE) -> list[bytes]:
    """The lines of a file that are whole within so many bytes, without their ends.

    Raises:
        OSError: It can't be read.
    """
    data = read_file(path, most)
    lines = data.split(b"\n")
    if len(data) == most or not lines[-1]:
        lines.pop()
    return lines


def file_version(path: str) -> tuple[int, ...]:
    """What is another one when the file is; empty where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
