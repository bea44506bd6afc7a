"""What stands behind the descriptors of the threads that are traced, by the calls that they make.

A look at a descriptor comes a little after the calls that it is to explain. It counts only if the number stood for the
same file all the while: `Descriptor.ended` says until when it did, `SocketLook.at` when the look was over. No input, no
output, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.sockets.traced_call import CallEnd

MOST_TABLES = 16_384
"""Threads of which the descriptors are remembered; of more, those of all are forgotten, and looked at again."""
MOST_DESCRIPTORS = 65_536
"""Descriptors that are remembered of one table; of more, all of them are forgotten, and looked at again."""


class SocketLook(NamedTuple):
    """What a look at a descriptor found."""

    began: int
    """Nanoseconds of CLOCK_MONOTONIC."""
    at: int
    """When it was over."""
    is_socket: bool | None
    """None where it could not be looked at."""
    inode: int | None = None
    type: int | None = None
    """SOCK_*."""
    local: CallEnd | None = None
    peer: CallEnd | None = None


class TracedSocket:
    """What stands behind descriptors: a socket, or anything else."""

    __slots__ = ("changed_at", "connected_at", "inode", "is_socket", "listens_at", "local", "peer", "type")

    def __init__(self, *, is_socket: bool | None = None, type: int | None = None) -> None:
        self.is_socket = is_socket
        self.type = type
        self.inode: int | None = None
        self.local: CallEnd | None = None
        self.peer: CallEnd | None = None
        self.changed_at = 0
        """Nanoseconds of CLOCK_MONOTONIC at which a call changed its ends last: what was seen before is out of date."""
        self.connected_at: int | None = None
        """When connect(2) was called first, which may change the local address."""
        self.listens_at: CallEnd | None = None
        """To what it was bound when listen(2) was called."""

    def learn(self, look: SocketLook) -> None:
        """Take what a look found that counts."""
        if look.is_socket is None:
            return
        self.is_socket = look.is_socket
        self.type = self.type or look.type
        self.inode = self.inode or look.inode
        if look.began > self.changed_at:
            self.local, self.peer = look.local or self.local, look.peer or self.peer


class Descriptor:
    """A number in a table, as long as it stands for one thing."""

    __slots__ = ("ended", "look", "socket")

    def __init__(self, socket: TracedSocket) -> None:
        self.socket = socket
        self.ended: int | None = None
        """Nanoseconds of CLOCK_MONOTONIC from which on it may stand for something else; None while it does not."""
        self.look: SocketLook | None = None
        """The last one."""

    def settle(self) -> SocketLook | None:
        """Learn from the look, now that it is known what happened until then; gives it if it counts."""
        if self.look is None or (self.ended is not None and self.ended <= self.look.at):
            return None
        self.socket.learn(self.look)
        return self.look


_Table = dict[int, Descriptor]


class DescriptorTables:
    """Descriptors by thread; threads of a process share theirs."""

    def __init__(self, process: Callable[[int], int]) -> None:
        """Know nothing yet; `process` gives the process of a thread whose beginning was not seen."""
        self._process = process
        self._tables: dict[int, _Table] = {}
        self._users: dict[int, int] = {}
        """Threads that share a table, by its id."""

    def found(self, threads: Iterable[int], looks: Mapping[int, SocketLook]) -> None:
        """These threads share a table, in which these descriptors were seen."""
        table: _Table = {}
        for fd, look in looks.items():
            table[fd] = Descriptor(TracedSocket())
            table[fd].look = look
        for tid in threads:
            self._give(tid, table)

    def at(self, tid: int, fd: int) -> Descriptor:
        """What stands behind a number now."""
        table = self._table(tid)
        found = table.get(fd)
        if found is None:
            found = self._put(table, fd, Descriptor(TracedSocket()))
        return found

    def opened(self, at: int, tid: int, fd: int, socket: TracedSocket) -> Descriptor:
        """A number stands for something else from now on."""
        table = self._table(tid)
        if fd in table:
            table[fd].ended = at
        return self._put(table, fd, Descriptor(socket))

    def closed(self, at: int, tid: int, first: int, last: int) -> None:
        """Numbers stand for nothing any more."""
        table = self._table(tid)
        numbers = [first] if first == last else [fd for fd in table if first <= fd <= last]
        for fd in numbers:
            if (found := table.pop(fd, None)) is not None:
                found.ended = at

    def forked(self, tid: int, creator: int, *, shares: bool) -> None:
        """A thread begins, with the table of its creator or with a copy."""
        table = self._table(creator)
        if not shares:
            table = {fd: _copied(each) for fd, each in table.items()}
        self._give(tid, table)

    def executed(self, at: int, tid: int, before: int) -> None:
        """A thread, which had another number before, runs another program: some of its descriptors were closed."""
        self.exited(at, before)
        self.exited(at, tid)

    def exited(self, at: int, tid: int) -> None:
        """A thread ends."""
        table = self._tables.pop(tid, None)
        if table is not None:
            self._users[id(table)] -= 1
            if not self._users[id(table)]:
                del self._users[id(table)]
                _end_all(at, table)

    def forget(self, at: int) -> None:
        """What happened to them is not known: look again."""
        for table in self._tables.values():
            _end_all(at, table)
            table.clear()

    def _table(self, tid: int) -> _Table:
        table = self._tables.get(tid)
        if table is not None:
            return table
        pid = self._process(tid)
        shared = self._tables.get(pid)
        if shared is None:
            shared = self._give(pid, {})
        return shared if pid == tid else self._give(tid, shared)

    def _give(self, tid: int, table: _Table) -> _Table:
        if len(self._tables) >= MOST_TABLES:
            for each in self._tables.values():
                _end_all(0, each)
            self._tables.clear()
            self._users.clear()
        self._tables[tid] = table
        self._users[id(table)] = self._users.get(id(table), 0) + 1
        return table

    @staticmethod
    def _put(table: _Table, fd: int, descriptor: Descriptor) -> Descriptor:
        if len(table) >= MOST_DESCRIPTORS:
            _end_all(0, table)
            table.clear()
        table[fd] = descriptor
        return descriptor


def _copied(descriptor: Descriptor) -> Descriptor:
    """The same in another table, where it is looked at for itself."""
    copy = Descriptor(descriptor.socket)
    copy.look = descriptor.look
    return copy


def _end_all(at: int, table: _Table) -> None:
    for descriptor in table.values():
        if descriptor.ended is None:
            descriptor.ended = at
