"""One network namespace: its socket tables, and what sock_diag says of its sockets. See network_namespaces(7).

`/proc/PID/net` shows the namespace in which that process is at the moment of each open(2), and a process may leave
its namespace at any time. But the kernel gives every table of every namespace an inode of its own (proc_alloc_inum in
fs/proc/generic.c), and what was opened stays with the namespace for ever. So the inode of the open file proves whose
table it is, whatever the process did meanwhile. A thread that enters the namespace learns which inodes its tables have;
where it can't be entered, a process that stays in it shows them.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.kernel.namespace_questions import Answer, is_connection, is_held_unix
from netwatch_tui.kernel.proc_net import Table, cut_lines, read_lines
from netwatch_tui.sockets.socket import Family, Socket

if TYPE_CHECKING:  # imported where it is needed first: --once must be over before ss would be
    from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSockets
    from netwatch_tui.kernel.inet_answers import InetFacts, SocketKey
    from netwatch_tui.kernel.interface_addresses import InterfaceAddresses
    from netwatch_tui.kernel.mptcp_info import MptcpAnswer
    from netwatch_tui.kernel.namespace_counters import DeviceBytes
    from netwatch_tui.kernel.sock_diag import Bound, PortAnswer
    from netwatch_tui.kernel.tcp_diag import TcpDiag
    from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpPart
    from netwatch_tui.sockets.networks import AddressNetworks
    from netwatch_tui.sockets.port_facts import PortRules

LAST_DEVICE = 0x7FFF_FFFF
"""Numbers of devices are positive and of the type int."""
_GONE = (FileNotFoundError, ProcessLookupError)
_LOOKS = 20
"""How often a process must be seen in a namespace that can't be entered, before what it shows is taken for its own."""
_T = TypeVar("_T")

Sieve = Callable[[Table, Iterator[list[bytes]]], Iterator[list[bytes]]]
"""From the lines of a table to those that are left."""


class LinuxNamespace:
    """A network namespace of this machine.

    Its file is opened when it is read first, so that its number can't become another's, and stays open until `close`.
    """

    def __init__(self, inode: int, proc: str, *, is_own: bool = False) -> None:
        """Open nothing yet.

        Args:
            inode: Its number.
            proc: Where a `/proc` is in which this process can be seen.
            is_own: It is the one in which this process runs.
        """
        self.inode = inode
        self.name = ""
        self.is_own = is_own
        self.way: str | None = None
        """A process or thread in it, `/proc/12` or `/proc/12/task/13`."""
        self.path: str | None = None
        """A file that stands for it, `/run/netns/blue`."""
        self.was_used = False
        """Whether it was read since this was set to False."""
        self.prefetched: dict[str, bytes] = {}
        """Tables that were read already, by their names; each is used once."""
        self.sieve: Sieve | None = None
        """Keeps some of the lines to itself."""
        self._proc = proc
        self._own_net = f"{proc}/self/net"
        self._file: int | None = None
        self._diag: TcpDiag | None = None
        self._addresses: InterfaceAddresses | None = None
        self._may_enter: bool | None = None
        """Whether this process may enter it; None as long as it has not tried."""
        self._tells_bound: bool | None = None
        """Whether sock_diag tells of sockets that are only bound; None as long as nobody asked."""
        self._numbers: dict[str, int] = {}
        """The inodes of its tables."""

    @property
    def is_open(self) -> bool:
        """Whether it is held open."""
        return self._file is not None

    def close(self) -> None:
        """Let it go; what is asked next opens it again."""
        self._close_diag()
        self._close_addresses()
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._numbers.clear()  # while nothing holds it, its own number and those of its tables can become another's

    def can_be_read(self) -> bool:
        """Whether there is a way to its tables: a process in it, or the right to enter."""
        if self.is_own or self.way is not None:
            return True
        if self._may_enter is None:
            with suppress(OSError):
                self._inside(os.getpid)
            self.close()
        return bool(self._may_enter)

    def opened(self, make: Callable[[], _T]) -> _T:
        """What a function gives that runs in the namespace, such as a socket that stays in it; see `run_inside`."""
        return make() if self.is_own else self._inside(make)

    # --- tables ---

    def lines(self, table: Table, check: Callable[[], None]) -> Iterator[list[bytes]]:
        """The lines of a socket table, some at a time."""
        data = self.prefetched.pop(table.name, None)
        if data is None:
            parts = read_lines(self._open(table.name), check, has_slots=table.has_slots)
        else:
            parts = cut_lines(data, check, has_slots=table.has_slots)
        yield from self.sieve(table, parts) if self.sieve else parts

    def _open(self, name: str) -> int:
        """A table of this namespace, proven."""
        if self.is_own:
            return _opened(f"{self._own_net}/{name}")
        with suppress(ProcessLookupError):  # what it is held by can't be opened; the process may still show it
            self.hold()
        number = self._number(name)
        found = None if self.way is None or number is None else _opened_table(f"{self.way}/net/{name}", number)
        if found is None:
            if self._may_enter is False:
                raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH), self.way)
            found = self._inside(partial(_opened, f"{self._proc}/thread-self/net/{name}"))
        return found

    def _number(self, name: str) -> int | None:
        """The inode of a table of this namespace; None where that can't be found out now.

        Raises:
            FileNotFoundError: The kernel has no such table in any namespace.
        """
        if name not in self._numbers:
            if not os.path.exists(f"{self._own_net}/{name}"):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            if self._may_enter is not False:
                with suppress(PermissionError, ProcessLookupError):
                    self._numbers |= self._inside(partial(_table_numbers, f"{self._proc}/thread-self/net", name))
            if name not in self._numbers and self.way is not None:
                number = self._number_seen(self.way, name)
                if number is None or self._file is None:  # which alone makes that number last
                    return number
                self._numbers[name] = number
        return self._numbers.get(name)

    def _number_seen(self, way: str, name: str) -> int | None:
        """The inode of the table that a process or thread shows while it stays in a namespace that can't be entered.

        Before, between and after many looks it must be seen in there. One that only comes by, however often, is not
        there at each of these moments and with the same table of another namespace at all of those between.
        """
        seen: set[int] = set()
        try:
            for _ in range(_LOOKS):
                if namespace_inode(f"{way}/ns/net") != self.inode:
                    return None
                seen.add(os.stat(f"{way}/net/{name}").st_ino)
            is_there = namespace_inode(f"{way}/ns/net") == self.inode
            is_others = os.stat(f"{self._own_net}/{name}").st_ino in seen
        except _GONE:
            return None
        return seen.pop() if is_there and len(seen) == 1 and not is_others else None

    def run(self, make: Callable[[], _T]) -> _T:
        """What a function gives that runs in the namespace; see `inside.run_inside`."""
        return make() if self.is_own else self._inside(make)

    def _inside(self, make: Callable[[], _T]) -> _T:
        try:
            made = run_inside(self.hold(), make)
        except PermissionError:
            self._may_enter = False
            raise
        self._may_enter = True
        return made

    def hold(self) -> int:
        """The descriptor of the namespace's file, opened if need be, which stays so until `close`.

        Raises:
            ProcessLookupError: What led to the namespace leads there no longer.
        """
        self.was_used = True
        if self._file is None:
            for path in (self.path, self.way and f"{self.way}/ns/net"):
                if path and (file := _opened_namespace(path, self.inode)) is not None:
                    self._file = file
                    break
            else:
                raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH), self.way)
        return self._file

    # --- the namespace as a whole ---

    def overflows(self) -> int | None:
        """How many connections found an accept queue full so far."""
        from netwatch_tui.kernel.namespace_counters import parse_counters

        try:
            with open(self._open("netstat"), "rb") as file:
                return parse_counters(file.read().decode("ascii", "replace")).get("ListenOverflows")
        except OSError:
            return None

    def devices(self) -> dict[str, DeviceBytes]:
        """What its network devices have counted."""
        from netwatch_tui.kernel.namespace_counters import parse_devices

        try:
            with open(self._open("dev"), "rb") as file:
                return parse_devices(os.fsdecode(file.read()))
        except OSError:
            return {}

    def local_ports(self) -> int | None:
        """How many ports the kernel may choose."""
        found = self.port_rules().local_range
        return found and found[1] - found[0] + 1

    def port_rules(self) -> PortRules:
        """How it gives out its ports; `/proc/sys/net` is that of the namespace of whoever opens it."""
        from netwatch_tui.kernel.port_rules import UNREADABLE, read_port_rules

        try:
            found = read_port_rules(self._proc) if self.is_own else self._inside(partial(read_port_rules, self._proc))
        except OSError:
            return UNREADABLE
        if self._tells_bound is None:
            self._tells_bound = self._question(lambda diag: diag.listing("bound", Family.INET) is not None, False)
        return found._replace(lists_bound=found.lists_bound and self._tells_bound)

    # --- sock_diag ---

    def waiting_at(self, port: int) -> list[Socket]:
        """The sockets that wait at a port: what sock_diag says, else what the tables do."""
        from netwatch_tui.kernel.waiting_sockets import parsed, waiting_in_tables

        unasked: list[PortAnswer] | None = None
        found = self._question(lambda diag: list(diag.waiting_at(port)), unasked)
        return waiting_in_tables(self.lines, self.inode, port) if found is None else parsed(found, self.inode)

    def answers(self, table: Table, check: Callable[[], None]) -> Iterable[list[bytes]] | None:
        """What sock_diag says of the sockets of a table."""
        nothing: list[list[bytes]] | None = None
        parts = self._question(lambda diag: diag.listing(table.kind, table.family), nothing)
        return None if parts is None else _checked(parts, check)

    def ask(self, sockets: Sequence[Socket]) -> list[Answer]:
        """Whether these sockets are there now. sock_diag is asked about TCP connections one by one."""
        found = [Answer.CANNOT_TELL] * len(sockets)
        connections = [at for at, socket in enumerate(sockets) if is_connection(socket)]
        asked = [sockets[at] for at in connections]
        if asked and (inodes := self._question(lambda diag: diag.inodes(asked), None)):
            for at, inode in zip(connections, inodes, strict=True):
                found[at] = _answer(sockets[at], inode)
        named = [at for at, socket in enumerate(sockets) if is_held_unix(socket)]
        if named and (there := self._question(lambda diag: diag.unix_inodes(), None)) is not None:
            for at in named:
                found[at] = Answer.PRESENT if sockets[at].inode in there else Answer.ABSENT
        return found

    def count(self, sockets: Sequence[Socket]) -> Sequence[int | None]:
        """How many TCP connections have the same ends as each of these: at different devices there may be several."""
        asked = list(filter(is_connection, sockets))
        nothing: list[int] | None = None
        found = self._question(lambda diag: diag.count(asked), nothing) if asked else nothing
        if found is None:
            return [None] * len(sockets)
        counts = iter(found)
        return [next(counts) if is_connection(socket) else None for socket in sockets]

    def bound(self, *, idle: bool = True) -> dict[int, Bound]:
        """More about listening and UDP sockets."""
        return self._question(lambda diag: diag.bound(idle=idle), {})

    def facts(self) -> dict[SocketKey, InetFacts]:
        """What sock_diag alone tells of every internet socket."""
        return self._question(lambda diag: diag.facts(), {})

    def facts_of(self, sockets: Sequence[Socket]) -> list[InetFacts | None]:
        """The same of some TCP connections."""
        return self._question(lambda diag: diag.facts_of(sockets), [None] * len(sockets))

    def autobound(self) -> Collection[SocketKey] | None:
        """The internet sockets whose port the kernel chose."""
        return self._question(lambda diag: diag.autobound(), None)

    def device(self, index: int) -> str | None:
        """The network device of this number."""
        if not 0 < index <= LAST_DEVICE:
            return None
        unknown: str | None = f"if{index}"
        return self._question(lambda diag: diag.device(index), unknown)

    def tcp(self, check: Callable[[], None]) -> list[TcpPart]:
        """What the kernel counts of all TCP connections."""
        return self._asked(lambda diag: list(diag.tcp(check)))

    def tcp_of(self, sockets: Sequence[Socket]) -> list[TcpAnswer | None]:
        """The same of some TCP connections."""
        return self._asked(lambda diag: diag.tcp_of(sockets))

    def mptcp(self) -> list[MptcpAnswer]:
        """What the kernel counts of all MPTCP connections."""
        return self._asked(lambda diag: diag.mptcp())

    def _question(self, ask: Callable[[TcpDiag], _T], otherwise: _T) -> _T:
        """Ask sock_diag; where it fails, `/proc` must do."""
        try:
            return self._asked(ask)
        except OSError:  # every way to fail is the same here: it can't be asked now
            return otherwise

    def _asked(self, ask: Callable[[TcpDiag], _T]) -> _T:
        """What sock_diag answers. A broken connection is opened anew the next time.

        Raises:
            OSError: It can't be asked now.
        """
        from netwatch_tui.kernel.tcp_diag import TcpDiag

        self.was_used = True
        try:
            if self._diag is None:
                if self._may_enter is False:
                    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
                self._diag = TcpDiag() if self.is_own else self._inside(TcpDiag)
            return ask(self._diag)
        except struct.error as error:
            self._close_diag()
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG)) from error
        except OSError:
            self._close_diag()
            raise

    def _close_diag(self) -> None:
        if self._diag is not None:
            self._diag.close()
            self._diag = None

    def destroyed_sockets(self) -> DestroyedSockets:
        """What listens to destroyed sockets from now on.

        Raises:
            OSError: The namespace may not be entered, or listened in.
        """
        from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSockets

        return DestroyedSockets(self.inode) if self.is_own else self._inside(partial(DestroyedSockets, self.inode))

    # --- rtnetlink ---

    def networks(self) -> AddressNetworks:
        """The networks that the machine is part of. A broken connection is opened anew the next time."""
        from netwatch_tui.kernel.interface_addresses import InterfaceAddresses

        self.was_used = True
        if self._addresses is None:
            if self._may_enter is False:
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
            self._addresses = InterfaceAddresses() if self.is_own else self._inside(InterfaceAddresses)
        try:
            return self._addresses.networks()
        except OSError:
            self._close_addresses()
            raise
        except struct.error as error:
            self._close_addresses()
            raise OSError(errno.EPROTO, os.strerror(errno.EPROTO)) from error

    def _close_addresses(self) -> None:
        if self._addresses is not None:
            self._addresses.close()
            self._addresses = None


def _checked(parts: Iterable[list[bytes]], check: Callable[[], None]) -> Iterator[list[bytes]]:
    for part in parts:
        check()
        yield part


def namespace_inode(link: str) -> int:
    """The number in `net:[4026531840]`, as which `/proc/PID/ns/net` reads.

    Raises:
        PermissionError: The process belongs to somebody else.
        FileNotFoundError, ProcessLookupError: The process is gone, or only its other threads are left.
    """
    return int(os.readlink(link).rpartition("[")[2][:-1])


def _answer(socket: Socket, inode: int | None) -> Answer:
    if inode is None:
        return Answer.ABSENT
    if inode == socket.inode:
        return Answer.PRESENT
    return Answer.ABSENT if inode else Answer.FILELESS


def _opened(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _opened_namespace(path: str, inode: int) -> int | None:
    """A namespace's file; None if there is none of this number."""
    try:
        file = _opened(path)
    except (*_GONE, PermissionError):
        return None
    if os.fstat(file).st_ino == inode:
        return file
    os.close(file)
    return None


def _opened_table(path: str, number: int) -> int | None:
    """A table's file; None if there is none of this number: the process is gone, or in another namespace now."""
    try:
        file = _opened(path)
    except _GONE:
        return None
    if os.fstat(file).st_ino == number:
        return file
    os.close(file)
    return None


def _table_numbers(folder: str, name: str) -> dict[str, int]:
    """The inodes of all tables in a folder, and of one that may be further below."""
    with os.scandir(folder) as entries:
        numbers = {entry.name: entry.inode() for entry in entries}
    return {**numbers, name: os.stat(f"{folder}/{name}").st_ino}
