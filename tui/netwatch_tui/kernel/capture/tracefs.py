"""tracefs without a mount: the ids and layouts of tracepoints, and room for an own trace; see the kernel's ftrace.rst.

What is mounted somewhere is used. Otherwise a mount is made that hangs in no place (fsmount(2), Linux 5.2): no line of
`/proc/mounts` tells of it, and it is gone with its descriptor. It takes CAP_SYS_ADMIN.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

from netwatch_tui.kernel.capture.syscalls import system_call

PLACES = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
"""The same on every architecture."""
_CLOSE_ON_EXEC = 1
"""FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC."""
_CREATE = 6
"""FSCONFIG_CMD_CREATE."""
_MOST = 256 * 1024
"""Bytes of one of its small files."""


class Tracefs:
    """Its root folder, held open."""

    def __init__(self) -> None:
        """Open it.

        Raises:
            OSError: It may not be, or the kernel has none.
        """
        self.root = _opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        os.close(self.root)

    def event_format(self, event: str) -> str:
        """How the kernel describes a tracepoint, `sock/inet_sock_set_state`.

        Raises:
            FileNotFoundError: This kernel has no such tracepoint.
            OSError: It can't be read.
        """
        return read_at(self.root, f"events/{event}/format")


def read_at(folder: int, path: str) -> str:
    """A small file below a folder.

    Raises:
        OSError: It can't be read.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    parts, left = [], _MOST
    try:
        while left > 0 and (data := os.read(file, left)):
            parts.append(data)
            left -= len(data)
    finally:
        os.close(file)
    return b"".join(parts).decode("ascii", "replace")


def write_at(folder: int, path: str, text: str) -> None:
    """Set a switch below a folder.

    Raises:
        OSError: The kernel does not take it.
    """
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _opened() -> int:
    for place in PLACES:
        if os.path.exists(f"{place}/events"):
            return os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    context = system_call(_FSOPEN, b"tracefs", _CLOSE_ON_EXEC)
    try:
        system_call(_FSCONFIG, context, _CREATE, None, None, 0)
        return system_call(_FSMOUNT, context, _CLOSE_ON_EXEC, 0)
    finally:
        os.close(context)
