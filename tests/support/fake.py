"""A machine that does what a test says, and a collector that watches it."""

from __future__ import annotations

import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from netwatch_tui.collect.collector import Collector
from netwatch_tui.collect.event_feed import EventFeed
from netwatch_tui.kernel.descriptors import DescriptorFolder, Descriptors, go_on
from netwatch_tui.kernel.inet_answers import InetFacts, SocketKey
from netwatch_tui.kernel.mptcp_info import MptcpAnswer
from netwatch_tui.kernel.namespace import Sieve
from netwatch_tui.kernel.namespace_counters import DeviceBytes
from netwatch_tui.kernel.namespace_questions import Answer, is_connection
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.kernel.sock_diag_messages import socket_key
from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpPart
from netwatch_tui.kernel.unix_answers import WAITING
from netwatch_tui.kernel.unlisted_descriptors import HidingPlace
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.flow import TcpCounters
from netwatch_tui.sockets.networks import AddressNetworks
from netwatch_tui.sockets.ownership import OwnerReason, Process, ProcessDetails, ProcessResources
from netwatch_tui.sockets.port_facts import Lineage, PortRules
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Ends, Family, Socket
from netwatch_tui.sockets.unseen import Denied, Unseen
from tests.support.build import NETNS, UnixDetails, line, process, unix_answer
from tests.support.flows import tcp_answer

FILES = sum(table.has_file for table in TABLES)
"""How many tables are read in every tick."""


class Place(NamedTuple):
    """A network namespace of a machine that a test makes up."""

    inode: int
    name: str
    pid: int
    """The process through which it is read."""


OWN = Place(NETNS, str(NETNS), 1)

Lines = dict[str, list[bytes]]
"""The lines of each file."""


class FakeSource:
    """Plays Linux for a collector; everything in it may be changed between two ticks, and counts are kept."""

    def __init__(self, *sockets: Socket) -> None:
        self.sieve: Sieve | None = None
        self.tables: Lines = defaultdict(list)
        """The files of the own network namespace."""
        self.elsewhere: dict[int, Lines] = defaultdict(lambda: defaultdict(list))
        """The files of the others by inode."""
        self.others: tuple[Place, ...] = ()
        """The other network namespaces that can be seen."""
        self.unseen = 0
        """Processes whose namespace may not be looked at."""
        self.unreadable = 0
        """Namespaces with a name that may not be read."""
        self.silent: set[int] = set()
        """Namespaces in which sock_diag does not answer."""
        self.listed: dict[str, list[bytes]] = defaultdict(list)
        """What sock_diag says of kinds of which there is no file."""
        self.answered: list[bytes] | None = None
        """What sock_diag says of unix sockets; what fits the lines where nothing is said."""
        self.torn: dict[str, deque[list[bytes]]] = defaultdict(deque)
        """What the next reads of a file give instead."""
        self.failing: dict[str, OSError] = {}
        """Files that can't be read."""
        self.failing_later: dict[str, OSError] = {}
        """Files of which the read after the torn ones fails, once."""
        self.gone: set[int] = set()
        """Processes through which no namespace can be read any more."""
        self.held: dict[int, Descriptors | Exception] = {}
        """Descriptors of each process, or what looking at them raises."""
        self.tells_counts = True
        """Whether it tells how many descriptors a process has, as Linux does since 6.2."""
        self.limits: dict[int, int] = {}
        """How many descriptors processes may have, where that is known."""
        self.births: dict[int, int] = {}
        """Changed where a number means another process than before."""
        self.sight = Unseen()
        """What keeps whole processes out of sight."""
        self.meaning: dict[int, Denied] = {}
        """What it means that a process may not be looked into, unless it is another user's."""
        self.unlisted: dict[HidingPlace, Descriptors] = {}
        """Sockets that descriptors do not show."""
        self.deep_looks = 0
        """Processes that were asked for such places."""
        self.processes: dict[int, Process] = {}
        """Processes that are not just named after their number."""
        self.details: dict[int, ProcessDetails] = {}
        self.resources: dict[int, ProcessResources] = {}
        self.faults_of_processes: dict[int, int] = {}
        """Error numbers with which parts of what is known of processes could not be read."""
        self.hiding_fails: OSError | None = None
        """What asking for such places raises."""
        self.listing_fails: OSError | None = None
        """What listing processes raises."""
        self.vanished: set[int] = set()
        """Processes that end after their descriptors were read."""
        self.alive: dict[Ends, int] | None = None
        """What sock_diag knows of connections; None when it can't be asked."""
        self.asked: list[Socket] = []
        """Connections that sock_diag was asked about."""
        self.counts: dict[Ends, int] = {}
        """How many connections sock_diag knows at some ends; it does not tell of others."""
        self.more_of_bound: dict[int, Bound] = {}
        self.idle_asked = 0
        """How often sockets that are only bound were asked about, for which a kernel looks at every connection."""
        self.more_of_unix: dict[int, UnixDetails] = {}
        self.facts: dict[SocketKey, InetFacts] = {}
        """What sock_diag alone tells of internet sockets."""
        self.fact_lists = 0
        """How often it was asked for all of them."""
        self.counters: dict[int, TcpCounters] = {}
        """What the kernel counts of TCP connections, by inode."""
        self.cookies: dict[int, int] = {}
        """Cookies of sockets by inode, where they are not the inode."""
        self.refuses: OSError | None = None
        """Why it tells no counters."""
        self.counter_lists = 0
        """How often it was asked for all counters."""
        self.mptcp_lists = 0
        """How often it was asked for those of MPTCP."""
        self.counters_asked: list[int] = []
        """Inodes of the connections whose counters it was asked for one by one."""
        self.clock: Callable[[], float] = time.perf_counter
        """Dates the answers about all connections."""
        self.overflows: int | None = 0
        """ListenOverflows."""
        self.local_ports: int | None = 28_232
        self.rules = PortRules(lists_bound=True)
        """How every namespace gives out its ports."""
        self.lineages: dict[int, Lineage] = {}
        self.ports_asked = 0
        """How often a namespace that is not looked at was asked who waits at a port."""
        self.devices: dict[str, DeviceBytes] = {}
        """What network devices have counted."""
        self.devices_read = 0
        self.counted = 0
        """How often it was asked for one of these."""
        self.autobound: set[SocketKey] = set()
        """Those whose port the kernel chose."""
        self.networks: dict[int, AddressNetworks | OSError] = {}
        """The networks of each namespace, or what asking for them raises."""
        self.cgroups: dict[int, str] = {}
        """Paths of cgroups by their ids."""
        self.scans = 0
        self.links = 0
        """Descriptors at which was looked, one by one."""
        self.listings = 0
        """Processes whose descriptors were listed."""
        self.reads = 0
        self.forgotten: list[int] = []
        self.put(*sockets)

    def put(self, *sockets: Socket) -> None:
        """Let the kernel hold exactly these sockets."""
        self.sockets = sockets
        self.tables.clear()
        self.elsewhere.clear()
        for socket in sockets:
            tables = self.tables if socket.netns == NETNS else self.elsewhere[socket.netns]
            tables[table_name(socket)].append(line(socket))

    def hold(self, pid: int, *sockets: Socket) -> None:
        """Let a process hold these sockets, from descriptor 3 on."""
        self.held[pid] = {fd: socket.inode for fd, socket in enumerate(sockets, 3)}

    def scanned(self) -> set[int] | None:
        return None

    def choose_namespace(self, text: str) -> str:
        return text

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:
        own, *others = (FakeNamespace(self, place) for place in (OWN, *self.others))
        return Namespaces(own, tuple(others), self.unseen, self.unreadable)

    def lines(self, namespace: FakeNamespace, table: Table, check: Callable[[], None]) -> list[list[bytes]]:
        check()
        self.reads += 1
        if namespace.pid in self.gone:
            raise ProcessLookupError(namespace.pid)
        if table.name in self.failing:
            raise self.failing[table.name]
        if namespace.inode != NETNS:
            return [list(self.elsewhere[namespace.inode][table.name])]
        if self.torn[table.name]:
            return [self.torn[table.name].popleft()]
        if table.name in self.failing_later:
            raise self.failing_later.pop(table.name)
        return [list(self.tables[table.name])]

    def cgroup_path(self, id: int) -> str | None:
        return self.cgroups.get(id)

    def pids(self) -> list[int]:
        self.scans += 1
        if self.listing_fails:
            raise self.listing_fails
        return sorted(self.held)

    def visibility(self) -> Unseen:
        return self.sight

    def denied(self, pid: int) -> Denied:
        return self.meaning.get(pid, Denied.OTHER)

    def hiding_places(self, pid: int, rings: Iterable[int], check: Callable[[], None] = go_on) -> list[HidingPlace]:
        self.deep_looks += 1
        if self.hiding_fails:
            raise self.hiding_fails
        return [place for place in self.unlisted if place.pid == pid and place.ring in (None, *rings)]

    def read_hiding_place(self, place: HidingPlace, check: Callable[[], None] = go_on) -> Descriptors:
        if place not in self.unlisted:
            raise FileNotFoundError(place)
        return self.unlisted[place]

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        found = self.held.get(pid, ProcessLookupError(pid))
        if isinstance(found, FileNotFoundError | ProcessLookupError):
            raise found
        count = len(found) if self.tells_counts and not isinstance(found, Exception) else 0
        return DescriptorFolder(count, self.births.get(pid, 0))

    def descriptor_limit(self, pid: int) -> int | None:
        return self.limits.get(pid)

    def list_descriptors(self, pid: int) -> list[int]:
        self.listings += 1
        return list(self._open(pid))

    def descriptors(self, pid: int, fds: Iterable[int] | None = None, check: Callable[[], None] = go_on) -> Descriptors:
        check()
        found = self._open(pid)
        wanted = list(found if fds is None else fds)
        self.links += len(wanted)
        return {fd: found[fd] for fd in wanted if fd in found}

    def _open(self, pid: int) -> Descriptors:
        found = self.held.get(pid, ProcessLookupError(pid))
        if isinstance(found, Exception):
            raise found
        return found

    def process(self, pid: int) -> Process | None:
        if pid in self.vanished:
            return None
        return self.processes.get(pid) or process(pid)

    def process_faults(self) -> dict[int, int]:
        return self.faults_of_processes

    def process_details(self, pid: int) -> ProcessDetails | None:
        return self.details.get(pid)

    def lineage(self, pid: int) -> Lineage | None:
        return self.lineages.get(pid)

    def process_resources(self, pid: int) -> ProcessResources | None:
        return self.resources.get(pid)

    def forget_process(self, pid: int) -> None:
        self.forgotten.append(pid)

    def user(self, uid: int) -> str:
        return {0: "root"}.get(uid, str(uid))


class FakeNamespace:
    """One of the machine's network namespaces."""

    def __init__(self, source: FakeSource, place: Place) -> None:
        self.inode, self.name, self.pid = place
        self._source = source

    def lines(self, table: Table, check: Callable[[], None]) -> list[list[bytes]]:
        return self._source.lines(self, table, check)

    def answers(self, table: Table, check: Callable[[], None]) -> list[list[bytes]] | None:
        if self._is_silent:
            return None
        if not table.has_file:
            return [list(self._source.listed[table.name])]
        if self._source.answered is not None:
            return [self._source.answered]
        details = self._source.more_of_unix
        return [
            [_unix_answer(table, line, details) for line in lines] for lines in self._source.lines(self, table, check)
        ]

    def ask(self, sockets: Sequence[Socket]) -> list[Answer]:
        alive = None if self._is_silent else self._source.alive
        self._source.asked += filter(is_connection, sockets)
        return [
            _answer(socket, alive.get(socket.ends)) if alive is not None and is_connection(socket) else _UNKNOWN
            for socket in sockets
        ]

    def count(self, sockets: Sequence[Socket]) -> list[int | None]:
        counts = {} if self._is_silent else self._source.counts
        return [counts.get(socket.ends) for socket in sockets]

    def bound(self, *, idle: bool = True) -> dict[int, Bound]:
        self._source.idle_asked += idle
        unasked = set() if idle else set(self._listed("bound"))
        more = self._source.more_of_bound
        return {} if self._is_silent else {inode: more[inode] for inode in more.keys() - unasked}

    def facts(self) -> dict[SocketKey, InetFacts]:
        self._source.fact_lists += 1
        return {} if self._is_silent else dict(self._source.facts)

    def facts_of(self, sockets: Sequence[Socket]) -> list[InetFacts | None]:
        return [None if self._is_silent else self._source.facts.get(socket_key(socket)) for socket in sockets]

    def tcp(self, check: Callable[[], None]) -> list[TcpPart]:
        check()
        self._source.counter_lists += 1
        if self._source.refuses:
            raise self._source.refuses
        answers = [self._counters_of(socket) for socket in self._source.sockets if socket.netns == self.inode]
        return [TcpPart(self._source.clock(), [answer for answer in answers if answer])]

    def tcp_of(self, sockets: Sequence[Socket]) -> list[TcpAnswer | None]:
        self._source.counters_asked += [socket.inode for socket in sockets]
        if self._source.refuses:
            raise self._source.refuses
        return list(map(self._counters_of, sockets))

    def _listed(self, table: str) -> list[int]:
        """The inodes of what no file lists."""
        return [int.from_bytes(message[68:72], sys.byteorder) for message in self._source.listed[table]]

    def mptcp(self) -> list[MptcpAnswer]:
        self._source.mptcp_lists += 1
        if self._source.refuses:
            raise self._source.refuses
        inodes = self._listed("mptcp")
        return [MptcpAnswer(b"", inode, inode, self._source.counters[inode]) for inode in inodes]

    def _counters_of(self, socket: Socket) -> TcpAnswer | None:
        told = self._source.counters.get(socket.inode)
        return told and tcp_answer(socket, told, self._source.cookies.get(socket.inode, socket.inode))

    def autobound(self) -> Collection[SocketKey] | None:
        return None if self._is_silent else self._source.autobound

    def networks(self) -> AddressNetworks:
        found = self._source.networks.get(self.inode, {})
        if isinstance(found, OSError):
            raise found
        return found

    def device(self, index: int) -> str | None:
        return f"eth{index}" if index else None

    def overflows(self) -> int | None:
        self._source.counted += 1
        return self._source.overflows

    def devices(self) -> dict[str, DeviceBytes]:
        self._source.devices_read += 1
        return dict(self._source.devices)

    def local_ports(self) -> int | None:
        self._source.counted += 1
        return self._source.local_ports

    def port_rules(self) -> PortRules:
        return self._source.rules

    def waiting_at(self, port: int) -> list[Socket]:
        self._source.ports_asked += 1
        if self.pid in self._source.gone:
            raise ProcessLookupError(self.pid)
        at_port = [socket for socket in self._source.sockets if socket.local_port == port]
        return [socket for socket in at_port if socket.netns == self.inode and socket.state in LISTENING]

    @property
    def _is_silent(self) -> bool:
        return self.inode in self._source.silent


_UNKNOWN = Answer.CANNOT_TELL


def _answer(socket: Socket, inode: int | None) -> Answer:
    if inode == socket.inode:
        return Answer.PRESENT
    return Answer.FILELESS if inode == 0 else Answer.ABSENT


def _unix_answer(table: Table, line: bytes, details: dict[int, UnixDetails]) -> bytes:
    """What sock_diag says where the file has this line; a line that can't be understood is a damaged answer."""
    try:
        socket = table.parse(line, NETNS)
    except LineError:
        return line
    if socket.inode >= 1 << 32:
        return line  # the answer has no room for it
    if not socket.inode:
        return WAITING.pack(0, 1, 0, 0, int(line.partition(b":")[0], 16) & 0xFFFF) + socket.local.text.encode()
    return unix_answer(socket, details.get(socket.inode, UnixDetails()))


def table_name(socket: Socket) -> str:
    """The file below /proc/net that lists a socket."""
    match socket.family:
        case Family.INET | Family.INET6:
            name = {"udpl": "udplite"}.get(socket.netid, socket.netid)
            return name + ("" if socket.local.version == 4 else "6")
        case family:
            return family


class Watch:
    """A collector with its machine; each tick is a second after the one before."""

    def __init__(
        self,
        *sockets: Socket,
        source: FakeSource | None = None,
        tables: Sequence[Table] = TABLES,
        stopwatch: Callable[[], float] = time.perf_counter,
        events: EventFeed | None = None,
    ) -> None:
        self.source = source or FakeSource()
        self.source.clock = stopwatch
        self.source.put(*sockets)
        self.check: Callable[[], None] = lambda: None
        self.collector = Collector(self.source, tables, check=self._check, stopwatch=stopwatch, events=events)
        self.now = 100.0

    def _check(self) -> None:
        self.check()

    def tick(self, *sockets: Socket, after: float = 1.0) -> Snapshot:
        """Let the kernel hold these sockets, and look."""
        self.source.put(*sockets)
        return self.again(after)

    def again(self, after: float = 1.0) -> Snapshot:
        """Look at what the kernel holds now."""
        self.now += after
        return self.collector.collect(self.now)


def busy(*sockets: Socket) -> Watch:
    """A watch on a machine where process 1 holds every socket."""
    watch = Watch(*sockets)
    watch.source.held[1] = {inode: inode for inode in range(1, 100)}
    return watch


def bare(socket: Socket) -> Socket:
    """What the kernel's line says, without what following it has found."""
    return socket.followed(0, 0.0, False, None, (), OwnerReason.NOT_FOUND)


def events(delta: Delta) -> dict[str, list[Socket]]:
    """What the delta holds, bare and in a fixed order, without its empty parts."""
    parts = {
        "opened": delta.opened,
        "changed": tuple(change.after for change in delta.changed),
        "updated": tuple(change.after for change in delta.updated),
        "closed": delta.closed,
        "dropped": delta.dropped,
    }
    return {name: in_order(map(bare, sockets)) for name, sockets in parts.items() if sockets}


def in_order(sockets: Iterable[Socket]) -> list[Socket]:
    """Sockets in one order, however they came."""
    return sorted(
        sockets, key=lambda socket: (socket.netid, socket.local, socket.local_port, socket.ends, socket.inode)
    )


def held(snapshot: Snapshot) -> list[Socket]:
    """The sockets of a snapshot, bare."""
    return [bare(socket) for socket in snapshot.sockets]


def only(snapshot: Snapshot) -> Socket:
    """The one socket of a snapshot."""
    (socket,) = snapshot.sockets
    return socket


def row(snapshot: Snapshot, socket: Socket) -> Socket:
    """What a snapshot says of the socket with these ends and this inode."""
    (found,) = (each for each in snapshot.sockets if (each.ends, each.inode) == (socket.ends, socket.inode))
    return found
