"""The names of processes and nothing else, for a tick that must be over before psutil would be imported."""

from __future__ import annotations

import os
from collections.abc import Mapping

from netwatch_tui.kernel.faults import GONE, error_number
from netwatch_tui.kernel.limits import COMMAND_LINE, NAME, PROC_FILE, read_file
from netwatch_tui.sockets.ownership import Process

_LONGEST = 15
"""Of a name that is as long as this the kernel may have cut off the end (TASK_COMM_LEN)."""


class ProcessNames:
    """Knows a process by what `/proc/PID/comm` says; stands in for `processes.Processes`."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._faults: dict[int, int] = {}

    @property
    def faults(self) -> Mapping[int, int]:
        """The processes whose name could not be read, each with the error number."""
        return self._faults

    def read(self, pid: int) -> Process | None:
        """The name of a process, and nothing else about it; None if it is gone. What can't be read is blank."""
        try:
            name = read_name(self._proc, pid)
        except GONE:
            return None
        except OSError as error:
            name = ""
            self._faults[pid] = error_number(error)
        return Process(pid, name, (), "", 0.0)

    def details(self, pid: int) -> None:
        """There is no time to find out more."""

    def forget(self, pid: int) -> None:
        """What could not be read of it is tried again."""
        self._faults.pop(pid, None)


def read_name(proc: str, pid: int) -> str:
    """The name of a process, at most `limits.NAME` bytes of it.

    Raises:
        FileNotFoundError, ProcessLookupError: The process is gone.
        OSError: It can't be read.
    """
    name = read_file(f"{proc}/{pid}/comm", PROC_FILE)[:NAME].removesuffix(b"\n")
    if len(name) >= _LONGEST:
        name = _whole(proc, pid, name)
    return name.decode("utf-8", "surrogateescape")


def _whole(proc: str, pid: int, name: bytes) -> bytes:
    """The name of which the kernel keeps the beginning, if the command line tells it: by the rule of psutil.

    The arguments end in NUL each; a process that has written over them may have put blanks between them.
    """
    try:
        program, _, more = read_file(f"{proc}/{pid}/cmdline", COMMAND_LINE).partition(b"\0")
    except GONE:
        raise
    except OSError:
        return name
    whole = os.path.basename(program if more else program.partition(b" ")[0])
    return whole if whole.startswith(name) and len(whole) <= NAME else name
