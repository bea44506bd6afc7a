"""Names of processes at the moment of an event, also of those that are gone when it is read.

What the kernel tells of names, beginnings and ends comes in the order of time with everything else. Of a process that
was there before, its name is read when it does something for the first time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from netwatch_tui.kernel.capture.tracepoints import EXITED, FORKED, NAMED
from netwatch_tui.kernel.limits import NAME, PROC_FILE, read_file
from netwatch_tui.sockets.connection_events import EventProcess

MOST_TASKS = 65_536
"""Processes of which the name is remembered; of more, all are forgotten, and looked up again."""


class TaskNames:
    """Remembers names of processes by their numbers."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._actors: dict[int, EventProcess] = {}
        self.can_name = self._has_numbers_of_this_namespace()
        """Whether the kernel's numbers of processes are those of this `/proc`; if not, nobody is named."""

    @property
    def handlers(self) -> dict[int, Callable[[int, int, Any], None]]:
        """What takes rows about tasks, by their codes."""
        return {NAMED: self._named, FORKED: self._forked, EXITED: self._exited}

    def actor(self, pid: int) -> EventProcess | None:
        """Who has this number now; None for 0 and below, which stand for nobody and for who can't be seen from here."""
        if pid <= 0 or not self.can_name:
            return None
        return self._actors.get(pid) or self._keep(pid, self._read(pid))

    def _named(self, _: int, pid: int, name: bytes) -> None:
        """A process has another name."""
        self._keep(pid, as_text(name))

    def _forked(self, _: int, pid: int, parent: int) -> None:
        """A process has begun, with the name of its parent."""
        if (known := self.actor(parent)) is not None:
            self._keep(pid, known.name)

    def _exited(self, _: int, pid: int, __: None) -> None:
        """A process has ended; its number may become another's."""
        self._actors.pop(pid, None)

    def _has_numbers_of_this_namespace(self) -> bool:
        """Perf tells numbers of the pid namespace of who opened it; a `/proc` can be that of another one."""
        try:
            return os.readlink(f"{self._proc}/self") == str(os.getpid())
        except OSError:
            return False

    def _keep(self, pid: int, name: str | None) -> EventProcess:
        if len(self._actors) >= MOST_TASKS:
            self._actors.clear()
        actor = self._actors[pid] = EventProcess(pid, name)
        return actor

    def _read(self, pid: int) -> str | None:
        try:
            return as_text(read_file(f"{self._proc}/{pid}/comm", PROC_FILE)[:NAME].removesuffix(b"\n"))
        except OSError:
            return None


def as_text(name: bytes) -> str:
    """A name as it is shown."""
    return name.decode("utf-8", "surrogateescape")
