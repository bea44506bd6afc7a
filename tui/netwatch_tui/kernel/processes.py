"""What psutil knows of a process. The only place that imports it, and it is asked for nothing but this."""

from __future__ import annotations

import psutil

from netwatch_tui.model.socket import Process


class Processes:
    """Process metadata, kept by pid and create time, so that a number used again is another process."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, float], Process] = {}

    def read(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""
        try:
            process = psutil.Process(pid)
            key = (pid, process.create_time())
            if key not in self._known:
                self._known[key] = self._ask(process)
            return self._known[key]
        except psutil.NoSuchProcess:
            return None

    def forget(self) -> None:
        """Ask anew from now on: a process can get another name and command line by exec, or another user."""
        self._known.clear()

    @staticmethod
    def _ask(process: psutil.Process) -> Process:
        with process.oneshot():
            try:
                cmdline = tuple(process.cmdline())
            except (psutil.AccessDenied, psutil.ZombieProcess):
                cmdline = ()
            return Process(
                pid=process.pid,
                name=process.name(),
                cmdline=cmdline,
                user=process.username(),
                create_time=process.create_time(),
            )
