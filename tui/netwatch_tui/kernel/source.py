"""Where the facts come from: Linux, or in tests and pictures something that plays its part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from netwatch_tui.kernel.descriptor_limit import read_descriptor_limit
from netwatch_tui.kernel.descriptors import (
    DescriptorFolder,
    Descriptors,
    go_on,
    list_descriptors,
    list_pids,
    read_descriptors,
    stat_descriptors,
)
from netwatch_tui.kernel.namespaces import NAMED, NamespaceList, Namespaces
from netwatch_tui.kernel.users import Users
from netwatch_tui.sockets.ownership import Process, ProcessDetails, ProcessResources
from netwatch_tui.sockets.unseen import Denied, Unseen

if TYPE_CHECKING:  # imported where it is needed first: --once must be over before ss would be
    from netwatch_tui.kernel.cgroup_paths import CgroupPaths
    from netwatch_tui.kernel.namespace import Sieve
    from netwatch_tui.kernel.unlisted_descriptors import HidingPlace
    from netwatch_tui.sockets.port_facts import Lineage

_T = TypeVar("_T")

PROC = "/proc"


class Source(Protocol):
    """All that the collector asks of the machine."""

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:
        """The network namespaces that can be seen; see `NamespaceList.look`."""

    def cgroup_path(self, id: int) -> str | None:
        """The path of a cgroup; see `cgroup_paths.CgroupPaths`."""

    def pids(self) -> list[int]:
        """The processes that can be seen."""

    def visibility(self) -> Unseen:
        """What keeps whole processes out of sight; those that are listed and may not be read are not counted in it."""

    def denied(self, pid: int) -> Denied:
        """What it means that the descriptors of a process may not be read; see `process_visibility.read_denied`."""

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        """How many descriptors a process has open; see `descriptors.stat_descriptors`."""

    def list_descriptors(self, pid: int) -> list[int]:
        """The open descriptors of a process; see `descriptors.list_descriptors`."""

    def descriptors(self, pid: int, fds: Iterable[int] | None = None, check: Callable[[], None] = go_on) -> Descriptors:
        """What stands behind descriptors of a process; see `descriptors.read_descriptors`."""

    def descriptor_limit(self, pid: int) -> int | None:
        """How many descriptors a process may have; see `descriptor_limit.read_descriptor_limit`."""

    def hiding_places(self, pid: int, rings: Iterable[int], check: Callable[[], None] = go_on) -> list[HidingPlace]:
        """Where else a process may hold sockets; see `unlisted_descriptors.find_hiding_places`."""

    def read_hiding_place(self, place: HidingPlace, check: Callable[[], None] = go_on) -> Descriptors:
        """The sockets that are held there; see `unlisted_descriptors.read_hiding_place`."""

    def process(self, pid: int) -> Process | None:
        """Metadata of a process, blank where it can't be read; None if it is gone."""

    def process_faults(self) -> Mapping[int, int]:
        """The processes of which metadata could not be read, each with the error number; see `faults`."""

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""

    def lineage(self, pid: int) -> Lineage | None:
        """From whom a process descends; see `lineage.read_lineage`."""

    def process_resources(self, pid: int) -> ProcessResources | None:
        """What a process has now; see `process_resources.read_process_resources`."""

    def forget_process(self, pid: int) -> None:
        """Read the metadata of a process anew from now on, or no more."""

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text where there is none."""


class ProcessReader(Protocol):
    """Gives metadata of processes: all of it, or only names where start-up time counts."""

    @property
    def faults(self) -> Mapping[int, int]:
        """The processes of which something could not be read, each with the error number."""

    def read(self, pid: int) -> Process | None:
        """Metadata of a process, blank where it can't be read; None if it is gone."""

    def details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process; None if it is gone."""

    def forget(self, pid: int) -> None:
        """Read that of this process anew from now on."""


class LinuxSource:
    """The machine that the program runs on."""

    def __init__(self, proc: str = PROC, processes: ProcessReader | None = None, *, named: str = NAMED) -> None:
        """Look at a machine.

        Args:
            proc: Where its `/proc` is.
            processes: Who tells about processes; `Processes` where nobody is named.
            named: Where files stand for its network namespaces.
        """
        self.sieve: Sieve | None = None
        """Keeps some lines of the own namespace's tables to itself; obeyed where something was scanned beforehand."""
        self._proc = proc
        self._processes = processes
        self._users = Users()
        self._namespaces = NamespaceList(proc, named)
        self._cgroups: CgroupPaths | None = None

    def scanned(self) -> set[int] | None:
        """The inodes of all sockets that a process was seen to hold; None: nothing was scanned beforehand."""
        return None

    def close(self) -> None:
        """Let go of everything that is held open."""
        self._namespaces.close()

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:
        """The network namespaces that can be seen."""
        if self._cgroups is not None:
            self._cgroups.look_again()
        return self._namespaces.look(in_use)

    def choose_namespace(self, text: str) -> str:
        """What `Namespaces.chosen` calls a namespace; see `NamespaceList.choose`."""
        return self._namespaces.choose(text)

    def opened_in(self, netns: int, make: Callable[[], _T]) -> _T:
        """What a function gives that runs in a network namespace; see `NamespaceList.opened`."""
        return self._namespaces.opened(netns, make)

    def cgroup_path(self, id: int) -> str | None:
        """The path of a cgroup."""
        if self._cgroups is None:
            from netwatch_tui.kernel.cgroup_paths import CgroupPaths

            self._cgroups = CgroupPaths(self._proc)
        return self._cgroups.find(id)

    def pids(self) -> list[int]:
        """The processes that can be seen."""
        return list_pids(self._proc)

    def visibility(self) -> Unseen:
        """What keeps whole processes out of sight."""
        from netwatch_tui.kernel.process_visibility import read_visibility

        return read_visibility(self._proc)

    def denied(self, pid: int) -> Denied:
        """What it means that the descriptors of a process may not be read."""
        from netwatch_tui.kernel.process_visibility import read_denied

        return read_denied(self._proc, pid)

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        """How many descriptors a process has open."""
        return stat_descriptors(self._proc, pid)

    def list_descriptors(self, pid: int) -> list[int]:
        """The open descriptors of a process."""
        return list_descriptors(self._proc, pid)

    def descriptors(self, pid: int, fds: Iterable[int] | None = None, check: Callable[[], None] = go_on) -> Descriptors:
        """What stands behind descriptors of a process."""
        return read_descriptors(self._proc, pid, fds, check)

    def descriptor_limit(self, pid: int) -> int | None:
        """How many descriptors a process may have."""
        return read_descriptor_limit(self._proc, pid)

    def hiding_places(self, pid: int, rings: Iterable[int], check: Callable[[], None] = go_on) -> list[HidingPlace]:
        """Where else a process may hold sockets."""
        from netwatch_tui.kernel.unlisted_descriptors import find_hiding_places

        return find_hiding_places(self._proc, pid, rings, check)

    def read_hiding_place(self, place: HidingPlace, check: Callable[[], None] = go_on) -> Descriptors:
        """The sockets that are held there."""
        from netwatch_tui.kernel.unlisted_descriptors import read_hiding_place

        return read_hiding_place(self._proc, place, check)

    def process(self, pid: int) -> Process | None:
        """Metadata of a process; None if it is gone."""
        return self._reader.read(pid)

    def process_faults(self) -> Mapping[int, int]:
        """The processes of which metadata could not be read."""
        return self._processes.faults if self._processes is not None else {}

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process."""
        return self._reader.details(pid)

    def lineage(self, pid: int) -> Lineage | None:
        """From whom a process descends."""
        from netwatch_tui.kernel.lineage import read_lineage

        return read_lineage(self._proc, pid)

    def process_resources(self, pid: int) -> ProcessResources | None:
        """What a process has now."""
        from netwatch_tui.kernel.process_resources import read_process_resources

        return read_process_resources(self._proc, pid)

    @property
    def _reader(self) -> ProcessReader:
        if self._processes is None:
            from netwatch_tui.kernel.processes import Processes

            self._processes = Processes(self._proc, self._users)
        return self._processes

    def forget_process(self, pid: int) -> None:
        """Read the metadata of a process anew from now on, or no more."""
        if self._processes is not None:
            self._processes.forget(pid)

    def user(self, uid: int) -> str:
        """The name of a user, or the number as text."""
        return self._users.name(uid)
