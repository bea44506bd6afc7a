"""What psutil knows of a process. The only place that imports it, and it is asked for nothing but this."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil

from netwatch_tui.kernel.cgroups import Origin, parse_cgroup
from netwatch_tui.sockets.ownership import Process, ProcessDetails


class Processes:
    """Process metadata, kept by pid and create time, so that a number used again is another process."""

    def __init__(self, proc: str) -> None:
        self._proc = proc
        self._known: dict[int, tuple[bytes, Process]] = {}

    def read(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""
        try:
            started = self._started(pid)
            known = self._known.get(pid)
            if known is None or known[0] != started:
                self._known[pid] = known = (started, self._ask(psutil.Process(pid)))
            return known[1]
        except (FileNotFoundError, ProcessLookupError):
            return None
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # the latter while it changes its user
            return None

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""
        try:
            process = psutil.Process(pid)
            parents = tuple((parent.pid, parent.name()) for parent in process.parents())
            return ProcessDetails(_allowed(process.exe), _allowed(process.cwd), parents)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def forget(self) -> None:
        """Ask anew from now on: a process can get another name and command line by exec, or another user."""
        self._known.clear()

    def _started(self, pid: int) -> bytes:
        """When a process was started, in the kernel's own count: the 22nd field of proc_pid_stat(5).

        psutil tells it as well, at the price of three files; this is asked for at every new descriptor.
        """
        with open(f"{self._proc}/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split(None, 20)[19]

    def _ask(self, process: psutil.Process) -> Process:
        with process.oneshot():
            try:
                cmdline = tuple(process.cmdline())
            except (psutil.AccessDenied, psutil.ZombieProcess):
                cmdline = ()
            origin = self._origin(process.pid)
            return Process(
                pid=process.pid,
                name=process.name(),
                cmdline=cmdline,
                user=process.username(),
                create_time=process.create_time(),
                unit=origin.unit,
                container=origin.container,
            )

    def _origin(self, pid: int) -> Origin:
        try:
            return parse_cgroup(Path(f"{self._proc}/{pid}/cgroup").read_text(errors="replace"))
        except OSError:
            return Origin(None, None)


def _allowed(ask: Callable[[], str]) -> str | None:
    """An answer, or None where only a more privileged user gets one."""
    try:
        return ask() or None
    except psutil.AccessDenied:
        return None
