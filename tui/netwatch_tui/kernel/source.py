"""Where the facts come from: Linux, or in tests and pictures something that plays its part."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from netwatch_tui.kernel.descriptors import (
    DescriptorFolder,
    Descriptors,
    list_descriptors,
    list_pids,
    read_descriptors,
    stat_descriptors,
)
from netwatch_tui.kernel.namespaces import Namespace, Namespaces, list_namespaces
from netwatch_tui.kernel.proc_net import Table, read_lines
from netwatch_tui.sockets.ownership import Process, ProcessDetails
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.unseen import Unseen

if TYPE_CHECKING:  # imported where it is needed first: --once must be over before ss would be
    from netwatch_tui.kernel.sock_diag import Bound, SockDiag, UnixDetails
    from netwatch_tui.kernel.unlisted_descriptors import Place

PROC = "/proc"

_T = TypeVar("_T")


class Source(Protocol):
    """All that the collector asks of the machine."""

    def namespaces(self) -> Namespaces:
        """The network namespaces that can be seen."""

    def lines(self, namespace: Namespace, table: Table, check: Callable[[], None]) -> Iterable[list[bytes]]:
        """The lines of a socket table, some at a time; see `procnet.read_lines`. May raise while they are used up.

        Raises:
            FileNotFoundError: The kernel has no such table.
            ProcessLookupError: The process is gone through which the namespace is read.
            OSError: The table can't be read.
        """

    def connected(self, sockets: Sequence[Socket]) -> list[int | None] | None:
        """Which inodes these connections of the own namespace have now; see `sockdiag.SockDiag.inodes`.

        None where the kernel can't be asked.
        """

    def bound(self) -> dict[int, Bound]:
        """More about listening and UDP sockets of the own namespace by inode; empty where it can't be asked."""

    def unix(self) -> dict[int, UnixDetails]:
        """More about unix sockets of the own namespace by inode; empty where it can't be asked."""

    def device(self, index: int) -> str | None:
        """The network device of this number in the own namespace; None for number 0, which means any."""

    def pids(self) -> list[int]:
        """The processes that can be seen."""

    def visibility(self) -> Unseen:
        """What keeps whole processes out of sight; those that are listed and may not be read are not counted in it."""

    def is_own(self, pid: int) -> bool:
        """Whether a process belongs to the user of this one."""

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        """How many descriptors a process has open; see `descriptors.stat_descriptors`."""

    def list_descriptors(self, pid: int) -> list[int]:
        """The open descriptors of a process; see `descriptors.list_descriptors`."""

    def descriptors(self, pid: int, fds: Iterable[int] | None = None) -> Descriptors:
        """What stands behind descriptors of a process; see `descriptors.read_descriptors`."""

    def places(self, pid: int, rings: Iterable[int]) -> list[Place]:
        """Where else a process may hold sockets; see `unlisted_descriptors.find_places`."""

    def read_place(self, place: Place) -> Descriptors:
        """The sockets that are held there; see `unlisted_descriptors.read_place`."""

    def process(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""

    def forget_processes(self) -> None:
        """Read metadata anew from now on."""

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text where there is none."""


class ProcessReader(Protocol):
    """Gives metadata of processes: psutil's, or only names where start-up time counts."""

    def read(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""

    def forget(self) -> None:
        """Read it anew from now on."""


class LinuxSource:
    """The machine that the program runs on."""

    def __init__(self, proc: str = PROC, processes: ProcessReader | None = None) -> None:
        """Look at a machine.

        Args:
            proc: Where its `/proc` is.
            processes: Who tells about processes; psutil where nobody is named.
        """
        self._proc = proc
        self._processes = processes
        self._users: dict[int, str] = {}
        self._diag: SockDiag | None = None

    def namespaces(self) -> Namespaces:
        """The network namespaces that can be seen."""
        return list_namespaces(self._proc)

    def lines(self, namespace: Namespace, table: Table, check: Callable[[], None]) -> Iterator[list[bytes]]:
        """The lines of a socket table, some at a time."""
        folder = f"{self._proc}/{namespace.pid}/net"
        try:
            yield from read_lines(f"{folder}/{table.name}", check, has_slots=table.has_slots)
        except FileNotFoundError as error:
            if os.path.exists(folder):
                raise
            raise ProcessLookupError(namespace.pid) from error

    def connected(self, sockets: Sequence[Socket]) -> list[int | None] | None:
        """Which inodes these connections have now."""
        return self._ask(lambda diag: diag.inodes(sockets), None)

    def bound(self) -> dict[int, Bound]:
        """More about listening and UDP sockets."""
        return self._ask(lambda diag: diag.bound(), {})

    def unix(self) -> dict[int, UnixDetails]:
        """More about unix sockets."""
        return self._ask(lambda diag: diag.unix(), {})

    def device(self, index: int) -> str | None:
        """The network device of this number."""
        from netwatch_tui.kernel.sock_diag import device_name

        return device_name(index)

    def pids(self) -> list[int]:
        """The processes that can be seen."""
        return list_pids(self._proc)

    def visibility(self) -> Unseen:
        """What keeps whole processes out of sight."""
        from netwatch_tui.kernel.process_visibility import read_visibility

        return read_visibility(self._proc)

    def is_own(self, pid: int) -> bool:
        """Whether a process belongs to the user of this one: its folder is the effective user's, see proc(5)."""
        try:
            return os.stat(f"{self._proc}/{pid}").st_uid == os.geteuid()
        except OSError:
            return False

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        """How many descriptors a process has open."""
        return stat_descriptors(self._proc, pid)

    def list_descriptors(self, pid: int) -> list[int]:
        """The open descriptors of a process."""
        return list_descriptors(self._proc, pid)

    def descriptors(self, pid: int, fds: Iterable[int] | None = None) -> Descriptors:
        """What stands behind descriptors of a process."""
        return read_descriptors(self._proc, pid, fds)

    def places(self, pid: int, rings: Iterable[int]) -> list[Place]:
        """Where else a process may hold sockets."""
        from netwatch_tui.kernel.unlisted_descriptors import find_places

        return find_places(self._proc, pid, rings)

    def read_place(self, place: Place) -> Descriptors:
        """The sockets that are held there."""
        from netwatch_tui.kernel.unlisted_descriptors import read_place

        return read_place(self._proc, place)

    def process(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""
        return self._reader.read(pid)

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process."""
        return self._reader.details(pid)

    @property
    def _reader(self) -> ProcessReader:
        if self._processes is None:
            from netwatch_tui.kernel.processes import Processes

            self._processes = Processes(self._proc)
        return self._processes

    def forget_processes(self) -> None:
        """Read metadata anew from now on."""
        if self._processes is not None:
            self._processes.forget()

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text."""
        if (name := self._users.get(uid)) is None:
            try:
                name = pwd.getpwuid(uid).pw_name
            except KeyError:
                name = str(uid)
            self._users[uid] = name
        return name

    def _ask(self, question: Callable[[SockDiag], _T], otherwise: _T) -> _T:
        """Ask sock_diag; where it fails, `/proc` must do. A broken connection is opened anew the next time."""
        from netwatch_tui.kernel.sock_diag import SockDiag, SockDiagError

        try:
            if self._diag is None:
                self._diag = SockDiag()
            return question(self._diag)
        except SockDiagError:
            if self._diag is not None:
                self._diag.close()
                self._diag = None
            return otherwise
