"""The names of processes and nothing else, for a tick that must be over before psutil would be imported."""

from __future__ import annotations

import os

from netwatch_tui.sockets.ownership import Process

_LONGEST = 15
"""Of a name that is as long as this the kernel may have cut off the end (TASK_COMM_LEN)."""


class ProcessNames:
    """Knows a process by what `/proc/PID/comm` says; stands in for `processes.Processes`."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc

    def read(self, pid: int) -> Process | None:
        """The name of a process, and nothing else about it; None if it is gone."""
        try:
            name = self._text(pid, "comm").removesuffix("\n")
            if len(name) >= _LONGEST:
                name = self._whole(pid, name)
        except (FileNotFoundError, ProcessLookupError):
            return None
        return Process(pid, name, (), "", 0.0)

    def details(self, pid: int) -> None:
        """There is no time to find out more."""

    def forget(self) -> None:
        """There is nothing to forget."""

    def _whole(self, pid: int, name: str) -> str:
        """The name of which the kernel keeps the beginning, if the command line tells it: by the rule of psutil.

        The arguments end in NUL each; a process that has written over them may have put blanks between them.
        """
        try:
            program, _, more = self._text(pid, "cmdline").partition("\0")
        except PermissionError:
            return name
        whole = os.path.basename(program if more else program.partition(" ")[0])
        return whole if whole.startswith(name) else name

    def _text(self, pid: int, file: str) -> str:
        with open(f"{self._proc}/{pid}/{file}", "rb") as opened:
            return opened.read().decode("utf-8", "surrogateescape")
