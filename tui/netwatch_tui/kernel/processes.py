"""What is known of a process, as psutil tells it. The only place that imports psutil; it is asked for nothing but this.

psutil reads what others write without a limit, and finds names of users by asking around; so names, command lines and
users are read as everywhere, see `process_metadata`.
"""

from __future__ import annotations

from collections.abc import Callable

import psutil

from netwatch_tui.kernel.faults import FAULTS, GONE
from netwatch_tui.kernel.limits import ANCESTORS
from netwatch_tui.kernel.process_metadata import ProcessMetadata
from netwatch_tui.kernel.process_names import read_name
from netwatch_tui.sockets.ownership import ProcessDetails

_ENDED = (*GONE, psutil.NoSuchProcess)  # psutil's includes that it is a zombie
_DENIED = (PermissionError, psutil.AccessDenied)
_FAULTS = (*FAULTS, psutil.Error, RuntimeError)
"""What psutil raises about files of `/proc` that it doesn't understand, or that are missing, is not documented."""


class Processes(ProcessMetadata):
    """Process metadata, kept as long as a process runs one program under one name."""

    ended = _ENDED
    denied = _DENIED
    failed = _FAULTS

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""
        try:
            process = psutil.Process(pid)
            return ProcessDetails(_allowed(process.exe), _allowed(process.cwd), self._parents(process))
        except (*_ENDED, *_DENIED, *_FAULTS):
            return None

    def effective_user(self, pid: int) -> int:
        """The number of the user with whose rights a process acts."""
        return psutil.Process(pid).uids().effective

    def started_at(self, pid: int, ticks: int) -> float:
        """When a process started; `/proc/PID/stat` stands in where psutil finds no time of the boot in `/proc/stat`."""
        try:
            return psutil.Process(pid).create_time() or super().started_at(pid, ticks)
        except (*_ENDED, *_FAULTS):
            return super().started_at(pid, ticks)

    def _parents(self, process: psutil.Process) -> tuple[tuple[int, str], ...]:
        """Pid and name of the parent, its parent and so on, as far as they can be found."""
        found: list[tuple[int, str]] = []
        try:
            parent = process.parent()
            while parent is not None and len(found) < ANCESTORS:
                found.append((parent.pid, read_name(self._proc, parent.pid)))
                parent = parent.parent()
        except (*_ENDED, *_DENIED, *_FAULTS):
            pass  # psutil compares start times, which it can't without /proc/stat: subset=pid, see proc(5)
        return tuple(found)


def _allowed(ask: Callable[[], str]) -> str | None:
    """An answer, or None where only a more privileged user gets one."""
    try:
        return ask() or None
    except _ENDED:
        raise
    except (*_DENIED, *_FAULTS):
        return None
