"""Where the facts come from: Linux, or in tests and pictures something that plays its part."""

from __future__ import annotations

import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from netwatch_tui.kernel.owners import Descriptors, list_pids, socket_descriptors
from netwatch_tui.kernel.processes import Processes
from netwatch_tui.kernel.procnet import Table, read_lines
from netwatch_tui.model.socket import Process

PROC = Path("/proc")


class Source(Protocol):
    """All that the collector asks of the machine."""

    def lines(self, table: Table, check: Callable[[], None]) -> list[bytes]:
        """The lines of a socket table; see `procnet.read_lines`."""

    def pids(self) -> list[int]:
        """The processes that can be seen."""

    def descriptors(self, pid: int) -> Descriptors:
        """The sockets of a process; see `owners.socket_descriptors`."""

    def process(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""

    def forget_processes(self) -> None:
        """Read metadata anew from now on."""

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text where there is none."""


class LinuxSource:
    """The machine that the program runs on."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._processes = Processes()
        self._users: dict[int, str] = {}

    def lines(self, table: Table, check: Callable[[], None]) -> list[bytes]:
        """The lines of a socket table."""
        return read_lines(self._proc / "net" / table.name, check)

    def pids(self) -> list[int]:
        """The processes that can be seen."""
        return list_pids(self._proc)

    def descriptors(self, pid: int) -> Descriptors:
        """The sockets of a process."""
        return socket_descriptors(self._proc, pid)

    def process(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""
        return self._processes.read(pid)

    def forget_processes(self) -> None:
        """Read metadata anew from now on."""
        self._processes.forget()

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text."""
        if uid not in self._users:
            try:
                self._users[uid] = pwd.getpwuid(uid).pw_name
            except KeyError:
                self._users[uid] = str(uid)
        return self._users[uid]
