"""What `/proc/PID` tells of a process, by the standard library alone: all of it where there is no psutil.

Whatever one process makes impossible to read is blank, and counted among `ProcessMetadata.faults`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeVar

from netwatch_tui.kernel.cgroups import Origin, parse_cgroup
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number
from netwatch_tui.kernel.limits import ANCESTORS, ARGUMENTS, COMMAND_LINE, PROC_FILE, read_file
from netwatch_tui.kernel.process_names import read_name
from netwatch_tui.kernel.users import Users
from netwatch_tui.sockets.ownership import Process, ProcessDetails

_T = TypeVar("_T")

_CUT = "…"
"""Ends a command line of which there is more."""


class ProcessMetadata:
    """Process metadata, kept as long as a process runs one program under one name.

    A number can be used again by another process, exec keeps number and start time, and a process may change its name
    at any time: one read tells all of these.
    """

    ended: tuple[type[Exception], ...] = GONE
    """What is raised about a process that has ended."""
    denied: tuple[type[Exception], ...] = (PermissionError,)
    """What is raised about what belongs to others, also while a process changes its user."""
    failed: tuple[type[Exception], ...] = FAULTS
    """What else is raised."""

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
        except self.ended:
            self._faults.pop(pid, None)
            return None
        except (*self.denied, *self.failed) as error:
            self._take_note(pid, error)
            return Process(pid, "", (), "", 0.0)

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""
        try:
            self._stat(pid)
            return ProcessDetails(self._link(pid, "exe"), self._link(pid, "cwd"), self._ancestors(pid))
        except (*GONE, *FAULTS):
            return None

    def forget(self, pid: int) -> None:
        """Ask anew from now on: a process can change its user and rewrite its command line."""
        self._known.pop(pid, None)
        self._faults.pop(pid, None)
        self._users.look_again()

    def effective_user(self, pid: int) -> int:
        """The number of the user with whose rights a process acts: the second of `Uid:` in proc_pid_status(5).

        Raises:
            OSError, ValueError, LookupError: It can't be read.
        """
        status = read_file(f"{self._proc}/{pid}/status", PROC_FILE)
        return int(status.partition(b"\nUid:")[2].split(None, 2)[1])

    def started_at(self, pid: int, ticks: int) -> float:  # noqa: ARG002 -- psutil is asked by pid
        """When a process started, in seconds since the epoch.

        Args:
            pid: Its number.
            ticks: Field 22 of proc_pid_stat(5): clock ticks after the boot.
        """
        return self._booted_at + ticks / os.sysconf("SC_CLK_TCK")

    def _image(self, pid: int) -> tuple[bytes, ...]:
        """What is another one when a number means another process, or the same one has another name or program.

        The name, the start time, and where code, stack, data and arguments begin and end, which every exec lays out
        anew: fields 2, 22, 26 to 28 and 45 to 51 of proc_pid_stat(5). psutil tells no such thing, and tells the start
        time at the price of three files; this is asked for in every tick.
        """
        head, fields = self._stat(pid)
        return (head, fields[19], *fields[23:26], *fields[42:49])

    def _ask(self, pid: int, image: tuple[bytes, ...]) -> Process:
        """All that is kept of a process; what `/proc/PID/stat` tells stands in for what is missing."""
        name = image[0].partition(b"(")[2].decode("utf-8", "surrogateescape")
        uid = self._told(pid, lambda: self.effective_user(pid), None)
        origin = self._told(pid, lambda: self._origin(pid), Origin(None, None))
        return Process(
            pid=pid,
            name=self._told(pid, lambda: read_name(self._proc, pid), name),
            cmdline=self._told(pid, lambda: self._command_line(pid), ()),
            user="" if uid is None else self._users.name(uid),
            create_time=self.started_at(pid, int(image[1])),
            unit=origin.unit,
            container=origin.container,
        )

    def _told(self, pid: int, ask: Callable[[], _T], otherwise: _T) -> _T:
        """An answer; what can't be read is counted.

        Raises:
            ended: The process is gone.
        """
        try:
            return ask()
        except self.ended:
            if os.path.exists(f"{self._proc}/{pid}/stat"):
                return otherwise  # a part of /proc that is not there, or of a zombie
            raise
        except self.denied:
            return otherwise
        except self.failed as error:
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

    def _ancestors(self, pid: int) -> tuple[tuple[int, str], ...]:
        """Pid and name of the parent, its parent and so on, as far as they can be found.

        A process that began after its child has only the parent's number (fields 4 and 22 of proc_pid_stat(5)).
        """
        found: list[tuple[int, str]] = []
        try:
            fields = self._stat(pid)[1]
            while (parent := int(fields[1])) and len(found) < ANCESTORS:
                began, fields = int(fields[19]), self._stat(parent)[1]
                if int(fields[19]) > began:
                    break
                found.append((parent, read_name(self._proc, parent)))
        except (*GONE, *FAULTS):
            pass  # as far as it could be read
        return tuple(found)

    def _stat(self, pid: int) -> tuple[bytes, list[bytes]]:
        """Number and name of a process, and the fields of proc_pid_stat(5) from the third on."""
        head, _, rest = read_file(f"{self._proc}/{pid}/stat", PROC_FILE).rpartition(b")")
        return head, rest.split()

    def _link(self, pid: int, name: str) -> str | None:
        """Where a link of a process leads; None where only a more privileged user is told."""
        try:
            return os.readlink(f"{self._proc}/{pid}/{name}") or None
        except OSError:
            return None

    @cached_property
    def _booted_at(self) -> float:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

    def _origin(self, pid: int) -> Origin:
        return parse_cgroup(read_file(f"{self._proc}/{pid}/cgroup", PROC_FILE).decode("utf-8", "replace"))
