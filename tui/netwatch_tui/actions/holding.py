"""Takes hold of processes and sockets, each verified to be what stood on the screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from errno import ESRCH
from typing import Protocol

from netwatch_tui.actions.act import Way
from netwatch_tui.actions.aim import NOT_YOURS, HeldProcess, HeldSocket, HolderDescriptor
from netwatch_tui.actions.deeds import Closers
from netwatch_tui.actions.guards import Guard, OwnSession
from netwatch_tui.actions.subject import Subject, descriptors_of
from netwatch_tui.fields.holders import process_name
from netwatch_tui.kernel.faults import FAULTS, error_number, reason
from netwatch_tui.kernel.lineage import is_kernel_thread
from netwatch_tui.kernel.process_handle import ProcessHandle
from netwatch_tui.kernel.socket_closer import Named, can_destroy
from netwatch_tui.kernel.source import PROC
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import Family, Socket, State

MOST_PROCESSES = 400
"""Processes that are held at once, a descriptor each; a program may often have 1,024 (RLIMIT_NOFILE)."""

_SAME_START = 0.05
"""Seconds by which two readings of one start may differ, where the clock was not set meanwhile."""

_UNTOLD = ""
"""Stands for the name of a socket about which sock_diag could not be asked."""

_NO_CONNECTION = "shutdown(2) has no effect on it, as it has no peer"
_ONLY_SHUTDOWN = "the kernel can't destroy its kind"
_NO_HOLDER = "no process is known that holds it"


class HolderReader(Protocol):
    """Tells what processes are, and what they hold."""

    def descriptors(self, pid: int, fds: Iterable[int]) -> Mapping[int, int]:
        """The inodes of the sockets behind some descriptors of a process."""

    def process(self, pid: int) -> Process | None:
        """Metadata of a process, blank where it can't be read; None if it is gone."""


class Handles:
    """Handles of processes by their numbers, opened when they are needed first."""

    def __init__(self, held: ExitStack) -> None:
        """Keep them until what is held is let go."""
        self._held = held
        self._by_pid: dict[int, ProcessHandle | OSError] = {}

    def of(self, pid: int) -> ProcessHandle:
        """The process that had this number when it was asked for first.

        Raises:
            ProcessLookupError: There was none, or it is one of another machine.
            OSError: No more can be held.
        """
        if host_number(pid):
            raise ProcessLookupError(ESRCH, "a process of another machine")
        found = self._by_pid.get(pid)
        if found is None:
            try:
                found = self._held.enter_context(ProcessHandle(pid))
            except OSError as error:
                found = error
            self._by_pid[pid] = found
        if isinstance(found, OSError):
            raise found
        return found


def hold_processes(
    subject: Subject, reader: HolderReader, handles: Handles, session: OwnSession
) -> tuple[tuple[HeldProcess, ...], list[str]]:
    """The processes that a subject means, and a sentence for each that is not there any more."""
    found: list[HeldProcess] = []
    missed: list[str] = []
    for expected in subject.processes:
        name = f"{process_name(expected.name)} ({expected.own_pid})"
        try:
            handle = handles.of(expected.pid)
            process = reader.process(expected.pid)  # only now, when the number can't become another's
        except ProcessLookupError:
            missed.append(f"{name} has ended")
            continue
        except OSError as error:
            missed.append(f"{name} can't be held: {reason(error_number(error))}")
            continue
        if process is None or handle.has_ended():
            missed.append(f"{name} has ended")
        elif not _is_same(expected, process, subject.sockets, reader):
            missed.append(f"{name} is another process now: {process_name(process.name)}")
        else:
            guard = _guard(process.pid, subject.sockets, session)
            found.append(HeldProcess(handle, process, guard, _denied(handle)))
    return tuple(found), missed


def _is_same(expected: Process, process: Process, sockets: Iterable[Socket], reader: HolderReader) -> bool:
    """Whether a process is the one that stood on the screen: the same name, and the same start or one of its sockets.

    The start alone would not do where the clock was set since, as it is counted from the boot.
    """
    if process.name != expected.name:
        return False
    if abs(process.create_time - expected.create_time) <= _SAME_START:
        return True
    every = descriptors_of(process.pid, sockets)
    held = {owner.fd: socket.inode for owner, socket in every if owner.fd is not None}
    try:
        found = reader.descriptors(process.pid, held)
    except FAULTS:
        return False
    return any(inode and found.get(fd) == inode for fd, inode in held.items())


def _guard(pid: int, sockets: Iterable[Socket], session: OwnSession) -> Guard | None:
    try:
        is_kernels = is_kernel_thread(PROC, pid)
    except FAULTS:
        is_kernels = False
    held = (socket for _, socket in descriptors_of(pid, sockets))
    guard = session.guard_of_process(pid, is_kernel_thread=is_kernels)
    return guard or (Guard.HOLDS_CONNECTION if any(map(session.guard_of_socket, held)) else None)


def _denied(handle: ProcessHandle) -> str:
    try:
        handle.check_signals()
    except PermissionError:
        return NOT_YOURS
    except ProcessLookupError:
        return ""  # it has ended meanwhile, as the signal will tell
    except OSError as error:
        return reason(error_number(error))
    return ""


def hold_sockets(
    sockets: Sequence[Socket], closers: Closers, handles: Handles, session: OwnSession
) -> list[HeldSocket | None]:
    """The same of sockets, in the order given; None of one that has closed."""
    names, why_not = _names_of(sockets, closers)
    return [
        None
        if names.get(socket, _UNTOLD) is None
        else _held(socket, names.get(socket), why_not[socket.netns], handles, session.guard_of_socket(socket))
        for socket in sockets
    ]


def _names_of(sockets: Iterable[Socket], closers: Closers) -> tuple[Mapping[Socket, Named | None], Mapping[int, str]]:
    """What names sockets that the kernel could destroy, None of one that is gone; and by namespace why it can't."""
    by_namespace: dict[int, list[Socket]] = defaultdict(list)
    for socket in sockets:
        by_namespace[socket.netns].append(socket)
    names: dict[Socket, Named | None] = {}
    why_not: dict[int, str] = {}
    for netns, there in by_namespace.items():
        asked = [socket for socket in there if can_destroy(socket)]
        try:
            closer = closers.of(netns)
            named = zip(asked, closer.names(asked), strict=True)
            names.update((socket, name) for socket, name in named if name or closer.tells_of(socket))
            why_not[netns] = closer.why_not
        except OSError as error:
            why_not[netns] = reason(error_number(error))
    return names, why_not


def _held(socket: Socket, name: Named | None, why_not: str, handles: Handles, guard: Guard | None) -> HeldSocket | None:
    """One socket with the way in which it can be closed; None if it has closed."""
    known = socket.diag
    if name is not None and known is not None and known.cookie != name.cookie:
        return None  # another one has its ends
    if name is not None and not why_not:
        return HeldSocket(socket, name, Way.DESTROY, "", guard, tuple(_descriptors(socket, handles)))
    if not can_shut_down(socket):
        return HeldSocket(socket, name, None, _NO_CONNECTION, guard)
    descriptors, failure = [], "" if socket.owners else why_not or _NO_HOLDER
    for descriptor in _descriptors(socket, handles):
        try:
            with descriptor.borrowed(socket, name):
                descriptors.append(descriptor)
        except ProcessLookupError:
            continue  # it has let go of it
        except PermissionError:
            failure = f"{why_not or _ONLY_SHUTDOWN}, and its holder is shielded or may not be traced by this user"
        except OSError as error:
            failure = reason(error_number(error))
    if descriptors:
        return HeldSocket(socket, name, Way.SHUTDOWN, why_not, guard, tuple(descriptors))
    if not failure and name is None:
        return None  # nobody who held it does, and the kernel tells of it in no other way
    return HeldSocket(socket, name, None, failure or _NO_HOLDER, guard)


def _descriptors(socket: Socket, handles: Handles) -> Iterable[HolderDescriptor]:
    for owner in socket.owners:
        if owner.fd is None:
            continue
        try:
            yield HolderDescriptor(handles.of(owner.pid), owner.fd)
        except OSError:
            continue  # it has ended, or no more can be held: the others are as good


def can_shut_down(socket: Socket) -> bool:
    """Whether shutdown(2) does anything to such a socket.

    What is not connected and does not listen answers ENOTCONN, and packet(7) and netlink(7) do not know it.
    """
    if socket.family in (Family.PACKET, Family.NETLINK) or socket.netid == "bound":
        return False
    if socket.family is Family.UNIX or socket.netid in ("udp", "udpl", "raw", "icmp"):
        return bool(socket.peer_port) or socket.state is State.LISTEN
    return bool(socket.inode)
