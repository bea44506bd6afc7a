"""What psutil knows of a process. The only place that imports it, and it is asked for nothing but this."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import psutil

from netwatch_tui.kernel.cgroups import Origin, parse_cgroup
from netwatch_tui.sockets.ownership import Process, ProcessDetails


class Processes:
    """Process metadata, kept as long as a process runs one program under one name.

    A number can be used again by another process, exec keeps number and start time, and a process may change its name
    at any time: one read tells all of these.
    """

    def __init__(self, proc: str) -> None:
        self._proc = proc
        self._known: dict[int, tuple[tuple[bytes, ...], Process]] = {}

    def read(self, pid: int) -> Process | None:
        """Metadata of a process, the same object while nothing is different; None if it is gone."""
        try:
            image = self._image(pid)
            known = self._known.get(pid)
            if known is None or known[0] != image:
                self._known[pid] = known = (image, self._ask(psutil.Process(pid)))
            return known[1]
        except (FileNotFoundError, ProcessLookupError):
            return None
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # the latter while it changes its user
            return None

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""
        try:
            process = psutil.Process(pid)
            return ProcessDetails(_allowed(process.exe), _allowed(process.cwd), _parents(process))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def forget(self) -> None:
        """Ask anew from now on: a process can change its user and rewrite its command line."""
        self._known.clear()

    def _image(self, pid: int) -> tuple[bytes, ...]:
        """What is another one when a number means another process, or the same one has another name or program.

        The name, the start time, and where code, stack, data and arguments begin and end, which every exec lays out
        anew: fields 2, 22, 26 to 28 and 45 to 51 of proc_pid_stat(5). psutil tells no such thing, and tells the start
        time at the price of three files; this is asked for in every tick.
        """
        with open(f"{self._proc}/{pid}/stat", "rb") as file:
            head, _, rest = file.read().rpartition(b")")
        fields = rest.split()  # from the third on
        return (head, fields[19], *fields[23:26], *fields[42:49])

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
                create_time=self._create_time(process),
                unit=origin.unit,
                container=origin.container,
            )

    def _create_time(self, process: psutil.Process) -> float:
        """When it started, in seconds since the epoch."""
        try:
            return process.create_time()
        except FileNotFoundError:  # a /proc that was mounted with subset=pid has no /proc/stat: see proc(5)
            return self._booted_at + int(self._image(process.pid)[1]) / os.sysconf("SC_CLK_TCK")

    @cached_property
    def _booted_at(self) -> float:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

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


def _parents(process: psutil.Process) -> tuple[tuple[int, str], ...]:
    """Pid and name of the parent, its parent and so on."""
    try:
        return tuple((parent.pid, parent.name()) for parent in process.parents())
    except FileNotFoundError:  # psutil compares start times, which it can't without /proc/stat
        return ()
