"""Which network namespaces there are: those of processes and threads, and those for which a file stands."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeVar

from netwatch_tui.kernel.descriptors import list_pids
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number, reason
from netwatch_tui.kernel.inside import is_network_namespace
from netwatch_tui.kernel.limits import PROC_FILE, read_file
from netwatch_tui.kernel.mounts import read_mounts
from netwatch_tui.kernel.namespace import LinuxNamespace, namespace_inode
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.snapshot import Problem

_T = TypeVar("_T")

NAMED = "/run/netns"
"""Where `ip netns` keeps the namespaces to which it gave a name."""


OWN = "own"
"""What the own namespace is called when nobody gave it a name."""

MANY = 8
"""Namespaces of which more may need more descriptors than a process has: any user can make some."""

DESCRIPTORS_EACH = 4
"""That a namespace needs which is read: its file, two questions, and what is destroyed in it."""

OTHER_DESCRIPTORS = 96
"""That the program needs besides."""

_NO_TABLE = 0
"""Stands for the inode of a table that is not there: what has ended, as a zombie has, is in no namespace any more."""


class NamespaceError(Exception):
    """A namespace that was asked for can't be shown; the text is one line that says why."""


class Namespaces(NamedTuple):
    """What can be seen of them."""

    own: Namespace
    others: tuple[Namespace, ...]
    """Those that can be read."""
    denied: int
    """Processes whose namespace may not be looked at and is not the own one as far as can be seen."""
    unreadable: int = 0
    """Namespaces for which a file stands, that this user may not read."""
    problems: tuple[Problem, ...] = ()
    """What could not be read of them."""
    left_out: frozenset[int] = frozenset()
    """Numbers of those for which this process may have no descriptors."""

    def problems_of(self, name: str) -> tuple[Problem, ...]:
        """What is to be said where the namespaces are shown that are meant by a name."""
        if name != "*" or not self.left_out:
            return self.problems
        count = len(self.left_out)
        are = "namespace is" if count == 1 else "namespaces are"
        text = f"{count:,} network {are} not read: no descriptors are left for more"
        return (*self.problems, Problem(text, count))

    def chosen(self, name: str) -> tuple[Namespace, ...]:
        """Those meant by a name or number; the own one for the empty name, all for `*`."""
        if not name:
            return (self.own,)
        every = (self.own, *self.others)
        return every if name == "*" else tuple(each for each in every if name in (each.name, str(each.inode)))

    @property
    def names(self) -> dict[int, str]:
        """What tells them apart for a person, by number: containers and units can have several of one name."""
        every = (self.own, *self.others)
        times = Counter(each.name for each in every)
        return {each.inode: each.name if times[each.name] == 1 else f"{each.name} ({each.inode})" for each in every}


class Found(NamedTuple):
    """Where a look found a namespace."""

    way: str
    """A process or thread in it; `/proc/12` or `/proc/12/task/13`."""
    pid: int
    """That process, or the one of that thread."""


class File(NamedTuple):
    """A file that stands for a namespace."""

    path: str
    name: str
    """What it calls the namespace."""


class ProcessScan(NamedTuple):
    """The namespaces of all processes and threads that may be looked at."""

    found: dict[int, Found]
    """By inode, those of processes before those of single threads."""
    denied: list[int]
    """Processes that may not be looked at."""
    fault: int | None = None
    """The error number with which processes could not be listed."""


def scan_processes(proc: str) -> ProcessScan:
    """Look at every process, and at the single threads of those that have more than one.

    Our own threads are left out: one that was inside a namespace for a moment may not have quite ended yet.
    """
    own = _own_pid(proc)
    of_processes: dict[int, Found] = {}
    of_threads: dict[int, Found] = {}
    denied: list[int] = []
    try:
        pids = list_pids(proc)
    except FAULTS as error:
        return ProcessScan({}, [], error_number(error))
    for pid in pids:
        try:
            of_processes.setdefault(namespace_inode(f"{proc}/{pid}/ns/net"), Found(f"{proc}/{pid}", pid))
        except GONE:
            pass  # or its main thread has ended and others go on
        except FAULTS:  # not permitted, or it can't be read: either way it may be in a namespace that nobody sees
            denied.append(pid)
            continue
        for way in _threads(proc, pid) if pid != own else ():
            try:
                of_threads.setdefault(namespace_inode(f"{way}/ns/net"), Found(way, pid))
            except FAULTS:
                continue
    return ProcessScan({**of_threads, **of_processes}, denied)


def _own_pid(proc: str) -> int | None:
    """The number of this process in a `/proc`, which may be that of another pid namespace."""
    try:
        return int(os.readlink(f"{proc}/self"))
    except (OSError, ValueError):
        return None


def _threads(proc: str, pid: int) -> Iterator[str]:
    """The threads of a process besides the main one. Most processes have none, which the links of `task` tell."""
    folder = f"{proc}/{pid}/task"
    try:
        tids = os.listdir(folder) if os.stat(folder).st_nlink > 3 else ()
    except FAULTS:
        return
    yield from (f"{folder}/{tid}" for tid in tids if tid != str(pid))


class NamespaceList:
    """The network namespaces of this machine, one object for each as long as it is there.

    Those that are read are held open. One that nobody is in any more and that has no name is let go at the next look,
    unless processes held sockets of it; so a container that ended is kept alive until the re-scan after it was seen to
    have closed its last socket.
    """

    def __init__(self, proc: str, named: str) -> None:
        """Look at nothing yet.

        Args:
            proc: Where the `/proc` is.
            named: Where files stand for namespaces.
        """
        self._proc = proc
        self._named = named
        self._paths: set[str] = set()
        """Further files that stand for namespaces."""
        self._known: dict[int, LinuxNamespace] = {}
        self._asked_for: set[int] = set()
        """Those that a person named."""
        self._own: int | None = None
        """The number of the own one, as soon as it could be read."""

    def close(self) -> None:
        """Let go of all of them."""
        for namespace in self._known.values():
            namespace.close()
        self._known.clear()

    def look(self, in_use: Collection[int] = ()) -> Namespaces:
        """All network namespaces that can be seen now.

        Args:
            in_use: Numbers of those of which processes hold sockets, wherever the processes are.

        Raises:
            NamespaceError: This process is not in this `/proc`, so nothing can be said about its namespace.
        """
        try:
            own = self._own = self._own_inode()
        except FAULTS as error:
            if self._own is None:
                return self._own_alone(error)
            own = self._own  # this process stays where it is
        files, scan = self._files(), scan_processes(self._proc)
        self._close_unused()
        for inode in {own, *files, *scan.found}:
            if inode not in self._known:
                self._known[inode] = LinuxNamespace(inode, self._proc, is_own=inode == own)
        for inode, namespace in list(self._known.items()):
            if scan.fault is None or not namespace.name:  # unread is not gone
                self._find(namespace, scan.found.get(inode), files.get(inode), is_in_use=inode in in_use)
        every = [each for each in self._known.values() if not each.is_own]
        others = self._affordable(every)
        # What was read through a process that is elsewhere now is there still, and may be read again.
        readable = tuple(each for each in others if each.can_be_read() or (each.is_open and each.inode in in_use))
        problems = () if scan.fault is None else (_problem(scan.fault),)
        hidden = self._hidden(scan.denied)
        left_out = frozenset(each.inode for each in every).difference(each.inode for each in others)
        return Namespaces(self._known[own], readable, hidden, len(others) - len(readable), problems, left_out)

    def _affordable(self, others: list[LinuxNamespace]) -> list[LinuxNamespace]:
        """Those for which there are descriptors.

        Those that a person named go first, then those that have a name, which only root can give, and then those that
        have been there longest: whoever makes many more displaces none of them.
        """
        if len(others) <= MANY:
            return others
        from netwatch_tui.kernel.descriptor_limit import own_limit_for  # for which few have to wait

        limit = own_limit_for(OTHER_DESCRIPTORS + DESCRIPTORS_EACH * len(others))
        most = max((limit - OTHER_DESCRIPTORS) // DESCRIPTORS_EACH, MANY)
        ordered = sorted(others, key=lambda each: (each.inode not in self._asked_for, each.path is None))
        return ordered[:most]

    def _own_alone(self, fault: Exception) -> Namespaces:
        """Where its number can't be read, the own namespace can't be told from others; only that one is shown."""
        own = self._known.setdefault(0, LinuxNamespace(0, self._proc, is_own=True))
        own.name = OWN
        return Namespaces(own, (), 0, problems=(_problem(error_number(fault)),))

    def known(self, inode: int) -> LinuxNamespace | None:
        """The namespace of this number, as the last look found it."""
        return self._known.get(inode)

    def choose(self, text: str) -> str:
        """What `Namespaces.chosen` calls a namespace that a person named by name, number, path or pid.

        Raises:
            NamespaceError: It is none, it means several, or it may not be read.
        """
        if text in ("", "*"):
            with suppress(*FAULTS):  # which every look tells
                self._own_inode()
            return text
        meant = {self._at_path(text)} if "/" in text else self._of_process(text)
        seen = self.look()
        meant |= {each.inode for each in self._known.values() if text in (each.name, str(each.inode))}
        meant &= self._known.keys()
        if not meant:
            names = ", ".join(seen.names.values())
            raise NamespaceError(f"no network namespace {text!r} can be seen; there are: {names}")
        if len(meant) > 1:
            listed = ", ".join(f"{self._known[inode].name} ({inode})" for inode in sorted(meant))
            raise NamespaceError(f"{text!r} means several network namespaces: {listed}; say the number of one")
        chosen = self._known[meant.pop()]
        self._asked_for.add(chosen.inode)
        if not chosen.can_be_read():
            raise NamespaceError(f"network namespace {text!r} may not be entered, which takes CAP_SYS_ADMIN")
        return text if text == chosen.name else str(chosen.inode)

    def opened(self, inode: int, make: Callable[[], _T]) -> _T:
        """What a function gives that runs in a namespace; see `LinuxNamespace.opened`.

        Raises:
            ProcessLookupError: There is none of this number.
            OSError: It may not be entered, or what the function raised.
        """
        self.look((inode,))
        if inode not in self._known:
            raise ProcessLookupError(errno.ESRCH, "its network namespace has ended")
        return self._known[inode].opened(make)

    def _own_inode(self) -> int:
        try:
            return namespace_inode(f"{self._proc}/self/ns/net")
        except FileNotFoundError:
            raise NamespaceError(
                f"this process is not in {self._proc}, which belongs to another pid namespace or is not mounted"
            ) from None

    def _files(self) -> dict[int, File]:
        """The files that stand for namespaces; of two that stand for one, the name that comes first."""
        try:
            names = sorted(os.listdir(self._named))
        except OSError:
            names = []
        found: dict[int, File] = {}
        for file in (*(File(f"{self._named}/{name}", name) for name in names), *map(File, self._paths, self._paths)):
            inode = _inode_of_file(file.path)
            if inode is not None:
                found.setdefault(inode, file)
        return {**{inode: File(path, path) for inode, path in _mounted(self._proc).items()}, **found}

    def _find(self, namespace: LinuxNamespace, found: Found | None, file: File | None, *, is_in_use: bool) -> None:
        """Take note of where a namespace was found; one that is nowhere and of no use is let go."""
        way, path = found and found.way, file and file.path
        is_somewhere = bool(namespace.is_own or way or path)
        if is_somewhere and (not namespace.name or (way, path) != (namespace.way, namespace.path)):
            namespace.name = self._name(namespace, found, file)
        namespace.way, namespace.path = way, path
        if not is_somewhere and not (namespace.is_open and is_in_use):
            namespace.close()
            del self._known[namespace.inode]

    def _name(self, namespace: LinuxNamespace, found: Found | None, file: File | None) -> str:
        """What a namespace is called: by `ip netns`, by its container or unit, by its path, by its number."""
        if file is not None and file.name != file.path:
            return file.name
        if namespace.is_own:
            return OWN
        origin = _origin(self._proc, found.pid) if found else None
        return origin or (file.name if file else str(namespace.inode))

    def _close_unused(self) -> None:
        """Let go of those that nobody has read since the last look."""
        for namespace in self._known.values():
            if not namespace.was_used:
                namespace.close()
            namespace.was_used = False

    def _hidden(self, denied: Sequence[int]) -> int:
        """How many processes may be in namespaces that nobody listed.

        The link to the namespace of another user's process may not be read, but its tables can be compared with ours.
        """
        own = _table_inode(f"{self._proc}/self")
        return sum(own is None or self._may_hide(pid, own) for pid in denied)

    def _may_hide(self, pid: int, own: int) -> bool:
        """Whether a process is not seen to be in the own namespace. Once it has ended it is in none."""
        inode = _table_inode(f"{self._proc}/{pid}")
        if inode != _NO_TABLE:
            return inode != own
        return any(_table_inode(way) not in (own, _NO_TABLE) for way in _threads(self._proc, pid))

    def _at_path(self, path: str) -> int:
        """The number of the namespace for which a file stands, which is listed from now on."""
        try:
            os.stat(path)
        except OSError as error:
            raise NamespaceError(f"{path}: {error.strerror}") from error
        inode = _inode_of_file(path)
        if inode is None:
            raise NamespaceError(f"{path} is not the file of a network namespace")
        self._paths.add(path)
        return inode

    def _of_process(self, text: str) -> set[int]:
        """The number of the namespace of a process, if the text is the pid of one."""
        if not (text.isascii() and text.isdigit()):
            return set()
        try:
            return {namespace_inode(f"{self._proc}/{text}/ns/net")}
        except GONE:
            return set()
        except PermissionError:
            raise NamespaceError(f"the network namespace of process {text} may not be looked at") from None
        except FAULTS as error:
            why = reason(error_number(error))
            raise NamespaceError(f"the network namespace of process {text} can't be read: {why}") from error


def _problem(number: int) -> Problem:
    return Problem(f"network namespaces could not be listed: {reason(number)}", 1)


def _mounted(proc: str) -> dict[int, str]:
    """The files of network namespaces that are mounted anywhere, as container runtimes do, by number."""
    found: dict[int, str] = {}
    with suppress(OSError):
        for mount in read_mounts(proc, "nsfs"):
            kind, _, number = mount.root.rstrip("]").partition(":[")
            if kind == "net" and _leads_to(mount.point, int(number)):
                found.setdefault(int(number), mount.point)
    return found


def _leads_to(path: str, inode: int) -> bool:
    """Whether a file may be what is mounted there: it is not if something else was mounted above it."""
    try:
        return os.stat(path).st_ino == inode
    except PermissionError:
        return True
    except OSError:
        return False


def _inode_of_file(path: str) -> int | None:
    """The number of the network namespace for which a file stands; None if it stands for none that may be opened."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.fstat(file).st_ino if is_network_namespace(file) else None
    finally:
        os.close(file)


def _table_inode(process: str) -> int | None:
    """The inode of a process's table of TCP sockets, which is another one in each namespace; None if it is hidden."""
    try:
        return os.stat(f"{process}/net/tcp").st_ino
    except GONE:
        return _NO_TABLE
    except OSError:
        return None


def _origin(proc: str, pid: int) -> str | None:
    """The container or unit of a process."""
    from netwatch_tui.kernel.cgroups import parse_cgroup  # here, because most machines have one namespace

    try:
        origin = parse_cgroup(read_file(f"{proc}/{pid}/cgroup", PROC_FILE).decode("utf-8", "replace"))
    except OSError:
        return None
    return origin.container or origin.unit
