"""The names of processes and nothing else, for a look that must be over before psutil would be imported."""

from __future__ import annotations

from netwatch_tui.sockets.ownership import Process


class ProcessNames:
    """Knows a process by what `/proc/PID/comm` says; stands in for `processes.Processes`."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc

    def read(self, pid: int) -> Process | None:
        """The name of a process, and nothing else about it; None if it is gone."""
        try:
            with open(f"{self._proc}/{pid}/comm", "rb") as file:
                name = file.read().decode("utf-8", "surrogateescape").removesuffix("\n")
        except (FileNotFoundError, ProcessLookupError):
            return None
        return Process(pid, name, (), "", 0.0)

    def details(self, pid: int) -> None:
        """There is no time to find out more."""

    def forget(self) -> None:
        """There is nothing to forget."""
