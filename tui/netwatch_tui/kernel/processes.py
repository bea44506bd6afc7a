"""What is known of a process. The only place that imports psutil, and it is asked for nothing but this.

psutil reads what others write without a limit, and finds names of users by asking around; so names, command lines and
users are read here. Whatever one process makes impossible to read is blank, and counted among `Processes.faults`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeVar

import psutil

from netwatch_tui.kernel.cgroups import Origin, parse_cgroup
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number
from netwatch_tui.kernel.limits import ANCESTORS, ARGUMENTS, COMMAND_LINE, PROC_FILE, read_file
from netwatch_tui.kernel.process_names import read_name
from netwatch_tui.kernel.users import Users
from netwatch_tui.sockets.ownership import Process, ProcessDetails

_T = TypeVar("_T")

_CUT = "…"
"""Ends a command line of which there is more."""

_ENDED = (*GONE, psutil.NoSuchProcess)  # psutil's includes that it is a zombie
_DENIED = (PermissionError, psutil.AccessDenied)  # also while a process changes its user
_FAULTS = (*FAULTS, psutil.Error, RuntimeError)
"""What psutil raises about files of `/proc` that it doesn't understand, or that are missing, is not documented."""


class Processes:
    """Process metadata, kept as long as a process runs one program under one name.

    A number can be used again by another process, exec keeps number and start time, and a process may change its name
    at any time: one read tells all of these.
    """

    def __init__(self, proc: str, users: Users | None = None) -> None:
        """Know nothing yet.

        Args:
            proc: Where `/proc` is.
            users: Who tells the names of users.
        """
        self._proc = proc
        self._users = users or Users()
        self._known: dict[int, tuple[tuple[bytes, ...], Process]] = {}
        self._faults: dict[int, int] = {}

    @property
    def faults(self) -> Mapping[int, int]:
        """The processes of which something could not be read when they were read last, each with the error number."""
        return self._faults

    def read(self, pid: int) -> Process | None:
        """Metadata of a process, the same object while nothing is different; None if it is gone."""
        try:
            image = self._image(pid)
            known = self._known.get(pid)
            if known is None or known[0] != image:
                self._faults.pop(pid, None)
                self._known[pid] = known = (image, self._ask(pid, image))
            return known[1]
        except _ENDED:
            self._faults.pop(pid, None)
            return None
        except (*_DENIED, *_FAULTS) as error:
            self._take_note(pid, error)
            return Process(pid, "", (), "", 0.0)

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""
        try:
            process = psutil.Process(pid)
            return ProcessDetails(_allowed(process.exe), _allowed(process.cwd), self._ancestors(process))
        except (*_ENDED, *_DENIED, *_FAULTS):
            return None

    def forget(self, pid: int) -> None:
        """Ask anew from now on: a process can change its user and rewrite its command line."""
        self._known.pop(pid, None)
        self._faults.pop(pid, None)
        self._users.look_again()

    def _image(self, pid: int) -> tuple[bytes, ...]:
        """What is another one when a number means another process, or the same one has another name or program.

        The name, the start time, and where code, stack, data and arguments begin and end, which every exec lays out
        anew: fields 2, 22, 26 to 28 and 45 to 51 of proc_pid_stat(5). psutil tells no such thing, and tells the start
        time at the price of three files; this is asked for in every tick.
        """
        head, _, rest = read_file(f"{self._proc}/{pid}/stat", PROC_FILE).rpartition(b")")
        fields = rest.split()  # from the third on
        return (head, fields[19], *fields[23:26], *fields[42:49])

    def _ask(self, pid: int, image: tuple[bytes, ...]) -> Process:
        """All that is kept of a process; what `/proc/PID/stat` tells stands in for what is missing."""
        name = image[0].partition(b"(")[2].decode("utf-8", "surrogateescape")
        process = self._told(pid, lambda: psutil.Process(pid), None)
        with_uids = process and self._told(pid, process.uids, None)
        origin = self._told(pid, lambda: self._origin(pid), Origin(None, None))
        return Process(
            pid=pid,
            name=self._told(pid, lambda: read_name(self._proc, pid), name),
            cmdline=self._told(pid, lambda: self._command_line(pid), ()),
            user=self._users.name(with_uids.effective) if with_uids else "",
            create_time=_create_time(process) or self._booted_at + int(image[1]) / os.sysconf("SC_CLK_TCK"),
            unit=origin.unit,
            container=origin.container,
        )

    def _told(self, pid: int, ask: Callable[[], _T], otherwise: _T) -> _T:
        """An answer; what can't be read is counted.

        Raises:
            FileNotFoundError, ProcessLookupError, NoSuchProcess: The process is gone.
        """
        try:
            return ask()
        except _ENDED:
            if os.path.exists(f"{self._proc}/{pid}/stat"):
                return otherwise  # a part of /proc that is not there, or of a zombie
            raise
        except _DENIED:
            return otherwise
        except _FAULTS as error:
            self._take_note(pid, error)
            return otherwise

    def _take_note(self, pid: int, error: Exception) -> None:
        self._faults[pid] = error_number(error)

    def _command_line(self, pid: int) -> tuple[str, ...]:
        """The arguments, which end in NUL each; one that has blanks may be several, of a process that wrote over them.

        Of one that is longer than `limits.COMMAND_LINE` the end is left out, which is marked.
        """
        data = read_file(f"{self._proc}/{pid}/cmdline", COMMAND_LINE + 1)
        is_cut, data = len(data) > COMMAND_LINE, data[:COMMAND_LINE]
        if not data:
            return ()
        arguments = data.removesuffix(b"\0").split(b"\0", ARGUMENTS)
        if len(arguments) == 1:
            arguments = arguments[0].split(b" ", ARGUMENTS)
        if len(arguments) > ARGUMENTS:
            is_cut = bool(arguments.pop()) or is_cut
        texts = [argument.decode("utf-8", "surrogateescape") for argument in arguments]
        return (*texts[:-1], texts[-1] + _CUT) if is_cut else tuple(texts)

    def _ancestors(self, process: psutil.Process) -> tuple[tuple[int, str], ...]:
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

    @cached_property
    def _booted_at(self) -> float:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

    def _origin(self, pid: int) -> Origin:
        return parse_cgroup(read_file(f"{self._proc}/{pid}/cgroup", PROC_FILE).decode("utf-8", "replace"))


def _create_time(process: psutil.Process | None) -> float | None:
    """When it started, in seconds since the epoch; None where psutil finds no time of the start in /proc/stat."""
    try:
        return process.create_time() if process else None
    except _FAULTS:
        return None


def _allowed(ask: Callable[[], str]) -> str | None:
    """An answer, or None where only a more privileged user gets one."""
    try:
        return ask() or None
    except _ENDED:
        raise
    except (*_DENIED, *_FAULTS):
        return None
