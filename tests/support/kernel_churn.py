"""Sockets that come and go by the thousand beside 5,000 connections that stay, and what a collector says of those.

Run as `python -m tests.support.kernel_churn asked|unasked TICKS RATE`, with so many connections a second; prints what
happened as one JSON line. `unasked` is a machine on which sock_diag can't be asked about a connection, so that a second
read must do.
"""

from __future__ import annotations

import json
import mmap
import os
import resource
import select
import socket as net
import struct
import sys
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.format import local_text, peer_text
from netwatch_tui.kernel.namespace import LinuxNamespace, namespace_inode
from netwatch_tui.kernel.namespace_questions import Answer
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket

CONNECTIONS = 2_250
"""Of which each has two ends that stay."""
OTHERS = 125
"""UDP sockets of each family, and pairs of unix sockets, that stay as well."""
POOL = 40
"""Connections that a busy process has at a time."""
BURST = 20
"""How many connections follow each other at once."""
STEP = 0.25
"""Seconds between two ticks, by the collector's clock."""
_RESET = struct.pack("ii", 1, 0)
_LOOPBACK: dict[int, str] = {net.AF_INET: "127.0.0.1", net.AF_INET6: "::1"}


class Verdict(NamedTuple):
    """What 5,000 sockets that did nothing were said to do."""

    ticks: int
    stay: int
    """How many sockets stayed."""
    connections_per_second: int
    """How many others were opened and closed."""
    reads: dict[str, int]
    """By table."""
    torn: dict[str, int]
    """How many of them lacked a socket that was there."""
    doubled: dict[str, int]
    """How many of them listed a socket twice."""
    closed: list[str]
    """Sockets that stayed and were reported closed or dropped."""
    opened: list[str]
    """Sockets that stayed and were reported opened."""
    missing: list[str]
    """Sockets that stayed and were not in a snapshot."""
    renamed: list[str]
    """Sockets that stayed under another id."""
    let_go: list[str]
    """Sockets that stayed and were shown with other owners than theirs."""
    twice: list[str]
    """Any sockets that a snapshot listed twice, by id or by ends and inode."""
    seconds: float
    own_seconds: float
    """Of which this process computed."""


class Helper:
    """A forked process that lives until this one ends."""

    def __init__(self, work: Callable[[int], None]) -> None:
        alive, self._never = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(alive)
            return
        os.close(self._never)
        try:
            work(alive)
        except BaseException:  # noqa: BLE001  # nothing may run on in a copy of the parent
            traceback.print_exc()
        os._exit(0)

    def end(self) -> None:
        """Let it end and see it gone."""
        os.close(self._never)
        os.waitpid(self.pid, 0)


def _paced(alive: int, count: memoryview, rate: int) -> Iterator[int]:
    """Numbers from 1, so many a second at most, until the parent has ended or wants its child to."""
    start = time.monotonic()
    while True:
        ahead = count[0] / rate - (time.monotonic() - start)
        if select.select([alive], [], [], max(ahead, 0))[0]:
            return
        for _ in range(BURST):
            count[0] += 1
            yield count[0]


def hold(tell: int, alive: int) -> None:
    """Hold the sockets that stay, and tell their descriptors by inode."""
    held: list[net.socket] = []
    for family, connections in ((net.AF_INET, CONNECTIONS * 4 // 5), (net.AF_INET6, CONNECTIONS // 5)):
        listener = net.create_server((_LOOPBACK[family], 0), family=family)
        held.append(listener)
        for _ in range(connections):
            client = net.socket(family, net.SOCK_STREAM)
            client.connect(listener.getsockname())
            held += (client, listener.accept()[0])
        for _ in range(OTHERS):
            udp = net.socket(family, net.SOCK_DGRAM)
            udp.bind((_LOOPBACK[family], 0))
            held.append(udp)
    for _ in range(OTHERS):
        held += net.socketpair()
    with os.fdopen(tell, "w", encoding="utf-8") as file:
        json.dump({os.fstat(socket.fileno()).st_ino: socket.fileno() for socket in held}, file)
    os.read(alive, 1)


def connect_and_close(family: int, count: memoryview, rate: int, alive: int) -> None:
    """Open and close TCP connections, most by a reset, some with a TIME-WAIT after them."""
    listener = net.create_server((_LOOPBACK[family], 0), family=family)
    pool: deque[tuple[net.socket, net.socket]] = deque()
    for number in _paced(alive, count, rate):
        client = net.socket(family, net.SOCK_STREAM)
        client.connect(listener.getsockname())
        pool.append((client, listener.accept()[0]))
        if len(pool) > POOL:
            client, server = pool.popleft()
            if number % 32:
                client.setsockopt(net.SOL_SOCKET, net.SO_LINGER, _RESET)
            client.close()
            server.close()


def bind_and_close(count: memoryview, rate: int, alive: int) -> None:
    """Open and close UDP and unix sockets."""
    pool: deque[tuple[net.socket, ...]] = deque()
    for number in _paced(alive, count, rate):
        family = (net.AF_INET, net.AF_INET6)[number % 2]
        udp = net.socket(family, net.SOCK_DGRAM)
        udp.bind((_LOOPBACK[family], 0))
        pool.append((udp, *net.socketpair()))
        if len(pool) > POOL:
            for socket in pool.popleft():
                socket.close()


class Watched(LinuxSource):
    """The machine, and how often what it gives is torn."""

    def __init__(self, *, asks: bool) -> None:
        super().__init__()
        self.asks = asks
        self.stay: dict[str, set[bytes]] = {}
        """By table, the lines that stand in it all the time."""
        self.reads: Counter[str] = Counter()
        self.torn: Counter[str] = Counter()
        self.doubled: Counter[str] = Counter()
        self._watched = WatchedNamespace(self)

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:
        return super().namespaces(in_use)._replace(own=self._watched)


class WatchedNamespace(LinuxNamespace):
    """The own namespace, of which every read is looked at."""

    def __init__(self, watched: Watched) -> None:
        super().__init__(namespace_inode("/proc/self/ns/net"), "/proc", is_own=True)
        self._watched = watched

    def lines(self, table: Table, check: Callable[[], None]) -> Iterator[list[bytes]]:
        watched = self._watched
        found = [line for part in super().lines(table, check) for line in part]
        if stay := watched.stay.get(table.name):
            distinct = set(found)
            watched.reads[table.name] += 1
            # The end of a line may be another one; its first two words are those of the socket.
            watched.torn[table.name] += not _starts(stay - distinct) <= _starts(distinct)
            watched.doubled[table.name] += len(distinct) < len(found)
        yield found

    def ask(self, sockets: Sequence[Socket]) -> list[Answer]:
        return super().ask(sockets) if self._watched.asks else [Answer.CANNOT_TELL] * len(sockets)


def _starts(lines: Iterable[bytes]) -> set[bytes]:
    """The first two words of lines."""
    return {b" ".join(line.split(None, 2)[:2]) for line in lines}


class Judge:
    """Compares each snapshot with what is true."""

    def __init__(self, first: Snapshot, held: dict[int, int], holder: int) -> None:
        stay = [socket for socket in first.sockets if socket.inode in held]
        self._ids = {socket.inode: socket.id for socket in stay}
        self._owners = {socket.inode: socket.owners for socket in stay}
        self._ends = {socket.ends for socket in stay}
        assert {inode: [(each.pid, each.fd) for each in owners] for inode, owners in self._owners.items()} == {
            inode: [(holder, fd)] for inode, fd in held.items()
        }
        self.closed: list[str] = []
        self.opened: list[str] = []
        self.missing: list[str] = []
        self.renamed: list[str] = []
        self.let_go: list[str] = []
        self.twice: list[str] = []

    def look(self, tick: int, snapshot: Snapshot) -> None:
        """Note all that is wrong."""
        delta, sockets = snapshot.delta, snapshot.sockets
        self.closed += self._named(tick, (*delta.closed, *delta.dropped))
        self.opened += self._named(tick, delta.opened)
        by_inode = {socket.inode: socket for socket in sockets}
        self.missing += [f"tick {tick}: inode {inode}" for inode in self._ids.keys() - by_inode.keys()]
        for socket in map(by_inode.__getitem__, self._ids.keys() & by_inode.keys()):
            if socket.id != self._ids[socket.inode]:
                self.renamed.append(_text(tick, socket))
            if socket.owners != self._owners[socket.inode]:
                self.let_go.append(_text(tick, socket))
        names = [(socket.netid, socket.inode or socket.ends) for socket in sockets]
        ids = [socket.id for socket in sockets]
        if len(set(names)) < len(names) or len(set(ids)) < len(ids):
            how_often, shown = Counter(names), Counter(ids)
            self.twice += [
                _text(tick, socket)
                for socket, name in zip(sockets, names, strict=True)
                if how_often[name] > 1 or shown[socket.id] > 1
            ]

    def _named(self, tick: int, sockets: Sequence[Socket]) -> Iterator[str]:
        return (_text(tick, each) for each in sockets if each.inode in self._ids or each.ends in self._ends)


def _text(tick: int, socket: Socket) -> str:
    return (
        f"tick {tick}: {socket.netid} {socket.state} {local_text(socket)} {peer_text(socket)} inode {socket.inode}"
        f" id {socket.id} {[(owner.pid, owner.fd) for owner in socket.owners]}"
    )


def main(mode: str, ticks: int, rate: int) -> None:
    """Let everything happen, and tell it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    counts = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
    told, tell = os.pipe()
    holder = Helper(lambda alive: hold(tell, alive))
    os.close(tell)
    with os.fdopen(told, encoding="utf-8") as file:
        held = {int(inode): fd for inode, fd in json.load(file).items()}
    source = Watched(asks=mode == "asked")
    collector = Collector(source)
    first = collector.collect(0.0)
    judge = Judge(first, held, holder.pid)
    own = source.namespaces().own
    for table in collector._tables:
        with suppress(FileNotFoundError):
            lines = [line for part in own.lines(table, lambda: None) for line in part]
            source.stay[table.name] = {line for line in lines if table.parse(line, own.inode).inode in held}
    busy = [
        Helper(lambda alive: connect_and_close(net.AF_INET, counts[:1], rate // 2, alive)),
        Helper(lambda alive: connect_and_close(net.AF_INET6, counts[1:2], rate // 2, alive)),
        Helper(lambda alive: bind_and_close(counts[2:3], rate // 6, alive)),
    ]
    start, computed = time.monotonic(), time.process_time()
    for tick in range(ticks):
        judge.look(tick, collector.collect(STEP * (tick + 1)))
    seconds, own_seconds = time.monotonic() - start, time.process_time() - computed
    connections = counts[0] + counts[1]
    for helper in (*reversed(busy), holder):  # a process holds the pipes of those that were forked before it
        helper.end()
    verdict = Verdict(
        ticks=ticks,
        stay=len(held),
        connections_per_second=round(connections / seconds),
        reads=source.reads,
        torn=source.torn,
        doubled=source.doubled,
        closed=judge.closed,
        opened=judge.opened,
        missing=judge.missing,
        renamed=judge.renamed,
        let_go=judge.let_go,
        twice=judge.twice,
        seconds=seconds,
        own_seconds=own_seconds,
    )
    print(json.dumps(verdict._asdict()))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
