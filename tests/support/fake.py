"""A machine that does what a test says."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from netwatch_tui.kernel.owners import Descriptors
from netwatch_tui.kernel.procnet import Table
from netwatch_tui.model.socket import Process, Socket
from tests.support.build import line, process


class FakeSource:
    """Plays Linux for a collector; everything in it may be changed between two ticks, and counts are kept."""

    def __init__(self, *sockets: Socket) -> None:
        self.tables: dict[str, list[bytes]] = defaultdict(list)
        """The lines of each file."""
        self.torn: dict[str, deque[list[bytes]]] = defaultdict(deque)
        """What the next reads of a file give instead."""
        self.failing: dict[str, OSError] = {}
        """Files that can't be read."""
        self.held: dict[int, Descriptors | Exception] = {}
        """Descriptors of each process, or what looking at them raises."""
        self.processes: dict[int, Process] = {}
        """Processes that are not just named after their number."""
        self.vanished: set[int] = set()
        """Processes that end after their descriptors were read."""
        self.scans = 0
        self.reads = 0
        self.forgets = 0
        self.put(*sockets)

    def put(self, *sockets: Socket) -> None:
        """Let the kernel hold exactly these sockets."""
        self.tables.clear()
        for socket in sockets:
            self.tables[table_name(socket)].append(line(socket))

    def hold(self, pid: int, *sockets: Socket) -> None:
        """Let a process hold these sockets, from descriptor 3 on."""
        found: Descriptors = {}
        for fd, socket in enumerate(sockets, 3):
            found[socket.inode] = (*found.get(socket.inode, ()), fd)
        self.held[pid] = found

    def lines(self, table: Table, check: Callable[[], None]) -> list[bytes]:
        check()
        self.reads += 1
        if table.name in self.failing:
            raise self.failing[table.name]
        if self.torn[table.name]:
            return self.torn[table.name].popleft()
        return list(self.tables[table.name])

    def pids(self) -> list[int]:
        self.scans += 1
        return sorted(self.held)

    def descriptors(self, pid: int) -> Descriptors:
        found = self.held[pid]
        if isinstance(found, Exception):
            raise found
        return found

    def process(self, pid: int) -> Process | None:
        if pid in self.vanished:
            return None
        return self.processes.get(pid) or process(pid)

    def forget_processes(self) -> None:
        self.forgets += 1

    def user(self, uid: int) -> str:
        return {0: "root"}.get(uid, str(uid))


def table_name(socket: Socket) -> str:
    """The file below /proc/net that lists a socket."""
    return socket.netid + ("" if socket.local.version == 4 else "6")
