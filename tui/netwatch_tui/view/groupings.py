"""What sockets can be put together by: each grouping gives a socket the name of the group in which it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Any, NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.format import BLANK, printable
from netwatch_tui.fields.holders import absence_text, process_name, process_text
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.hosts import at_host
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import NOWHERE, PORT_NETIDS, STATE_RANK, Address, Socket


class Grouping(NamedTuple):
    """A way to put sockets together: each is in one group."""

    id: str
    title: str
    meaning: str
    label: Callable[[Socket, Moment], str]
    """The name of its group; harmless to show."""
    key: Callable[[Socket, Moment], Any]
    """Orders groups by name; the same for all sockets of a group. None, which is last, where nothing is in common."""
    needs: Needs = NOTHING_MORE
    """What must be known of sockets to name their groups."""


class OneGroup(NamedTuple):
    """The sockets of one group."""

    grouping: Grouping
    name: str

    def of(self, sockets: Iterable[Socket], moment: Moment) -> list[Socket]:
        """Those that are in it."""
        label, name = self.grouping.label, self.name
        return [socket for socket in sockets if label(socket, moment) == name]


def _process(socket: Socket, _: Moment) -> str:
    return process_text(socket)


def _pid(socket: Socket, moment: Moment) -> str:
    """`nginx 814`, `nginx,php 814,820`: all that hold it, so that each socket is in one group.

    Of several machines each has its own processes: `web01:nginx 814`.
    """
    if not socket.owners:
        return absence_text(socket)
    names = dict.fromkeys(process_name(owner.process.name) for owner in socket.owners)
    pids = dict.fromkeys(str(owner.own_pid) for owner in socket.owners)
    return printable(at_host(f"{','.join(names)} {','.join(pids)}", socket.netns, moment.hosts))


def _pid_key(socket: Socket, _: Moment) -> tuple[object, ...] | None:
    return tuple(owner.own_pid for owner in socket.owners) or None


def _of_processes(word: str, read: Callable[[Process], str | None]) -> Callable[[Socket, Moment], str]:
    """What the holders have in common; this word where they have nothing."""

    def label(socket: Socket, _: Moment) -> str:
        if not socket.owners:
            return word
        found = {value for owner in socket.owners if (value := read(owner.process))}
        return ",".join(sorted(map(printable, found))) or word

    return label


def _user(socket: Socket, _: Moment) -> str:
    return BLANK if socket.user is None else printable(socket.user)


def _port(socket: Socket, _: Moment) -> str:
    return str(socket.local_port) if socket.netid in PORT_NETIDS else "no port"


def _port_key(socket: Socket, _: Moment) -> int | None:
    return socket.local_port if socket.netid in PORT_NETIDS else None


def _has_peer(socket: Socket) -> bool:
    return socket.peer is not NOWHERE and bool(socket.peer_port)


def _peer(socket: Socket, _: Moment) -> str:
    return printable(socket.peer.text) if _has_peer(socket) else "no peer"


def _peer_key(socket: Socket, _: Moment) -> Address | None:
    return socket.peer if _has_peer(socket) else None


def _network(socket: Socket, _: Moment) -> str:
    """The /24 of IPv4, also where IPv6 maps it (RFC 4291, 2.5.5.2), or the /64 of IPv6."""
    if not _has_peer(socket) or not socket.peer.version:
        return "no network"
    return _network_of(_network_bytes(socket.peer))


def _network_key(socket: Socket, _: Moment) -> tuple[int, bytes] | None:
    if not _has_peer(socket) or not socket.peer.version:
        return None
    prefix = _network_bytes(socket.peer)
    return len(prefix), prefix


_MAPPED = bytes(10) + b"\xff\xff"


def _network_bytes(address: Address) -> bytes:
    packed = address.packed
    if address.version == 4:
        return packed[:3]
    return packed[12:15] if packed.startswith(_MAPPED) else packed[:8]


@lru_cache(16_384)
def _network_of(prefix: bytes) -> str:
    if len(prefix) == 3:
        return f"{prefix[0]}.{prefix[1]}.{prefix[2]}.0/24"
    return f"{IPv6Address(prefix + bytes(8))}/64"


def _state(socket: Socket, _: Moment) -> str:
    return socket.state.value


def _by_name(label: Callable[[Socket, Moment], str], nothing: str = "(") -> Callable[[Socket, Moment], str | None]:
    """Orders groups by the name itself; one that begins so says that there is nothing in common."""

    def key(socket: Socket, moment: Moment) -> str | None:
        name = label(socket, moment)
        return None if name.startswith(nothing) else name

    return key


_unit = _of_processes("no unit", lambda process: process.unit)
_container = _of_processes("no container", lambda process: process.container)
_host = FIELD_BY_ID["host"].text
_netns = FIELD_BY_ID["netns"].text
_PROCESSES = Needs(of_processes=True)

GROUPINGS = {
    grouping.id: grouping
    for grouping in (
        Grouping("process", "Process", "name of the process, all of one name together", _process, _by_name(_process)),
        Grouping("pid", "Process and PID", "each process by itself", _pid, _pid_key),
        Grouping("unit", "Unit", "systemd unit of the process", _unit, _by_name(_unit, "no unit"), _PROCESSES),
        Grouping(
            "container", "Container", "container of the process", _container, _by_name(_container, "no container"),
            _PROCESSES,
        ),
        Grouping("user", "User", "who made the socket", _user, lambda s, _: s.user),
        Grouping("local_port", "Local port", "port at this end", _port, _port_key),
        Grouping("peer", "Peer address", "address at the other end, without its port", _peer, _peer_key),
        Grouping("network", "Peer network", "/24 or /64 of the other end", _network, _network_key),
        Grouping("state", "State", "state of the connection", _state, lambda s, _: STATE_RANK[s.state]),
        Grouping("host", "Host", "machine, where several are shown", _host, _by_name(_host, BLANK)),
        Grouping("netns", "Namespace", "network namespace", _netns, _by_name(_netns)),
    )
}  # fmt: skip
"""All there are, by id."""
