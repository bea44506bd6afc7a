"""Short ways to make the values that tests speak of."""

from __future__ import annotations

import socket as net
import struct
import sys
from typing import Any, NamedTuple

from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.snapshot import Counts, Seen, Snapshot
from netwatch_tui.sockets.socket import NOWHERE, Address, Family, Socket, State, Timer

NETNS = 4026531840
"""The own network namespace of everything that is built here."""

#: The numbers of the kernel's include/net/tcp_states.h, written down a second time on purpose.
STATE_NUMBERS = {
    State.ESTAB: "01",
    State.SYN_SENT: "02",
    State.SYN_RECV: "03",
    State.FIN_WAIT_1: "04",
    State.FIN_WAIT_2: "05",
    State.TIME_WAIT: "06",
    State.UNCONN: "07",
    State.CLOSE_WAIT: "08",
    State.LAST_ACK: "09",
    State.LISTEN: "0A",
    State.CLOSING: "0B",
}

#: The numbers of `enum sock_state` in the kernel's include/uapi/linux/net.h; a listener is not connected.
UNIX_STATE_NUMBERS = {
    State.LISTEN: "01",
    State.UNCONN: "01",
    State.SYN_SENT: "02",
    State.ESTAB: "03",
    State.CLOSING: "04",
}

_UNIX_ANSWER_STATES = {State.LISTEN: 10, State.UNCONN: 7, State.SYN_SENT: 2, State.ESTAB: 1}

TIMER_NUMBERS = {"on": "01", "keepalive": "02", "timewait": "03", "persist": "04"}

#: The numbers of the kernel's include/linux/net.h.
UNIX_TYPE_NUMBERS = {"u_str": "0001", "u_dgr": "0002", "u_seq": "0005"}
PACKET_TYPE_NUMBERS = {"p_dgr": "2", "p_raw": "3"}

TCP_HEADING = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

POINTER = "ffff9aa3c0e61b40"


def address(text: str) -> Address:
    """An address from its usual spelling."""
    version, family = (6, net.AF_INET6) if ":" in text else (4, net.AF_INET)
    packed = net.inet_pton(family, text)
    return Address(version, packed, net.inet_ntop(family, packed))


def ends(local: str, peer: str | None = None) -> dict[str, Any]:
    """The four fields behind two `address:port`; the peer of nobody is all zeroes."""
    local_host, _, local_port = local.rpartition(":")
    here = address(local_host.strip("[]"))
    peer_host, _, peer_port = (peer or ("0.0.0.0:0" if here.version == 4 else "[::]:0")).rpartition(":")
    return {
        "local": here,
        "local_port": int(local_port),
        "peer": address(peer_host.strip("[]")),
        "peer_port": int(peer_port),
    }


def process(
    pid: int, name: str = "", *, user: str = "root", create_time: float = 1000.0, container: str | None = None
) -> Process:
    """A process."""
    return Process(pid, name or f"p{pid}", (name or f"p{pid}",), user, create_time, container=container)


def owner(pid: int, fd: int = 3, name: str = "") -> Owner:
    """One descriptor of one process."""
    return Owner(pid, fd, process(pid, name))


def tcp(local: str = "127.0.0.1:80", peer: str | None = None, **fields: Any) -> Socket:
    """A TCP socket as a parsed line gives it: a listener without a peer, else an established connection."""
    state = fields.get("state", State.ESTAB if peer else State.LISTEN)
    is_over = state is State.TIME_WAIT
    own: dict[str, Any] = {
        "state": state,
        "send_q": None if state is State.LISTEN else 0,
        "uid": None if is_over else 0,
        "timer": Timer("timewait", 0.0) if is_over else None,
    }
    return _inet("tcp", local, peer, {**own, **fields})


def udp(local: str = "127.0.0.1:53", peer: str | None = None, **fields: Any) -> Socket:
    """A UDP socket, connected if it has a peer."""
    return datagram("udp", local, peer, **fields)


def datagram(netid: str, local: str, peer: str | None = None, **fields: Any) -> Socket:
    """A socket of a protocol without connections: udp, udpl, raw or icmp."""
    return _inet(netid, local, peer, {"state": State.ESTAB if peer else State.UNCONN, "drops": 0, **fields})


def unix(path: str = "*", kind: str = "u_str", **fields: Any) -> Socket:
    """A unix socket as a parsed line gives it; `*` for one without a name."""
    inode = fields.get("inode", 1000)
    name = b"" if path == "*" else path.encode("utf-8", "surrogateescape")
    packed = name if inode else name + b"\0" + POINTER.encode()
    own = {"netid": kind, "family": Family.UNIX, "state": State.ESTAB, "local": Address(0, packed, path)}
    return _named({**own, **fields})


def packet(protocol: str = "*", device: int = 0, kind: str = "p_raw", **fields: Any) -> Socket:
    """A packet socket as a parsed line gives it."""
    own = {
        "netid": kind,
        "family": Family.PACKET,
        "local": Address(0, protocol.encode(), protocol),
        "local_port": device,
        "recv_q": 0,
        "send_q": 0,
        "uid": 0,
        "refs": 3,
    }
    return _named({**own, **fields})


def netlink(protocol: int = 0, port: int = 0, **fields: Any) -> Socket:
    """A netlink socket as a parsed line gives it; the kernel's own end has port 0."""
    own = {
        "netid": "nl",
        "family": Family.NETLINK,
        "local": Address(0, protocol.to_bytes(2, "big"), str(protocol)),
        "local_port": port,
        "recv_q": 0,
        "send_q": 0,
        "refs": 2,
        "drops": 0,
    }
    return _named({**own, **fields})


def _inet(netid: str, local: str, peer: str | None, fields: dict[str, Any]) -> Socket:
    both = ends(local, peer)
    family = Family.INET if both["local"].version == 4 else Family.INET6
    return _socket({"netid": netid, "family": family, "recv_q": 0, "send_q": 0, "uid": 0, "refs": 1, **both, **fields})


def _named(fields: dict[str, Any]) -> Socket:
    own = {"state": State.UNCONN, "recv_q": None, "send_q": None, "uid": None, "peer": NOWHERE, "peer_port": 0}
    return _socket({**own, "local_port": fields.get("inode", 1000), **fields})


def _socket(fields: dict[str, Any]) -> Socket:
    default: dict[str, Any] = {
        "id": 0,
        "seen_at": 0.0,
        "was_there": False,
        "netns": NETNS,
        "user": None,
        "owners": (),
        "owner_reason": None if fields.get("owners") else OwnerReason.NOT_FOUND,
        "evidence": (),
        "inode": 1000,
    }
    return Socket(**{**default, **fields})


def time_wait(socket: Socket, left: float = 60.0) -> Socket:
    """What is left of a TCP connection after both sides closed it: no inode, no user, and a timer."""
    return socket._replace(state=State.TIME_WAIT, inode=0, uid=None, timer=Timer("timewait", left))


def line(socket: Socket, state: str = "", rest: str = "100 0 0 10 0") -> bytes:
    """The socket's line as the kernel prints it, without the slot number and the padding.

    Args:
        socket: What it shows.
        state: Another number for the state, in hexadecimal.
        rest: What a TCP line says after the pointer: nothing of it is shown.
    """
    match socket.family:
        case Family.UNIX:
            return _unix_line(socket)
        case Family.PACKET:
            return _packet_line(socket).encode()
        case Family.NETLINK:
            return _netlink_line(socket).encode()
        case _:
            return _inet_line(socket, state, rest).encode()


def _inet_line(socket: Socket, state: str, rest: str) -> str:
    timer, left = socket.timer or ("timewait" if socket.uid is None else "", 0.0)
    head = (
        f"{_hex(socket.local)}:{socket.local_port:04X} {_hex(socket.peer)}:{socket.peer_port:04X}"
        f" {state or STATE_NUMBERS[socket.state]} {socket.send_q or 0:08X}:{socket.recv_q or 0:08X}"
        f" {TIMER_NUMBERS.get(timer, '00')}:{round(left * 100):08X} {socket.retransmits:08X}"
        f" {socket.uid or 0:5d} {0:8d} {socket.inode} {1 if socket.refs is None else socket.refs} {POINTER}"
    )
    if socket.netid != "tcp":
        return f"{head} {socket.drops or 0}"
    return f"{head} {rest}" if socket.inode else head


def _unix_line(socket: Socket) -> bytes:
    name, _, pointer = socket.local.packed.partition(b"\0")
    head = (
        f"{pointer.decode() or POINTER}: {socket.refs or 2:08X} 00000000"
        f" {0x10000 if socket.state is State.LISTEN else 0:08X} {UNIX_TYPE_NUMBERS[socket.netid]}"
        f" {UNIX_STATE_NUMBERS[socket.state]} {socket.inode:5d}"
    )
    return head.encode() + (b" " + name if name else b"")


class UnixDetails(NamedTuple):
    """What sock_diag tells of a unix socket beyond what its line does."""

    peer_inode: int = 0
    recv_q: int | None = None
    send_q: int | None = None
    uid: int | None = None
    clients: tuple[int, ...] = ()
    """Inodes of those that wait to be accepted."""


def unix_answer(socket: Socket, details: UnixDetails) -> bytes:
    """What sock_diag says of a unix socket: struct unix_diag_msg and its attributes."""
    name, state = socket.local.packed, _UNIX_ANSWER_STATES[socket.state]
    path = b"\0" + name[1:] if name.startswith(b"@") else name + b"\0" if name else b""
    told = {
        0: path,
        2: struct.pack("=I", details.peer_inode) if details.peer_inode else b"",
        3: struct.pack(f"={len(details.clients)}I", *details.clients),
        4: b"" if details.recv_q is None else struct.pack("=II", details.recv_q, details.send_q),
        7: b"" if details.uid is None else struct.pack("=I", details.uid),
    }
    kind = int(UNIX_TYPE_NUMBERS[socket.netid])
    head = struct.pack("=BBBBIQ", net.AF_UNIX, kind, state, 0, socket.inode, 1_000_000 + socket.inode)
    return head + b"".join(attribute(number, value) for number, value in told.items() if value)


def attribute(kind: int, value: bytes) -> bytes:
    """struct nlattr: its length without the padding, its type, the value."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _packet_line(socket: Socket) -> str:
    number = {"*": 3, "ip": 0x0800, "arp": 0x0806, "ipv6": 0x86DD}[socket.local.text]
    return (
        f"{POINTER} {socket.refs:<6d} {PACKET_TYPE_NUMBERS[socket.netid]:<4} {number:04x}   {socket.local_port:<5d} 1"
        f" {socket.recv_q:<6d} {socket.uid:<6d} {socket.inode:<6d}"
    )


def _netlink_line(socket: Socket) -> str:
    return (
        f"{POINTER} {socket.local.text:<3} {socket.local_port:<10d} 00000000 {socket.recv_q:<8d} {socket.send_q:<8d}"
        f" 0     {socket.refs:<8d} {socket.drops:<8d} {socket.inode:<8d}"
    )


def _hex(address: Address) -> str:
    words = (address.packed[at : at + 4] for at in range(0, len(address.packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def file_of(lines: list[bytes], first_slot: int = 0) -> bytes:
    """A socket table as a file, with heading, slot numbers and the padding of IPv4 lines."""
    numbered = (b"%4d: %b" % (slot, text) for slot, text in enumerate(lines, first_slot))
    return b"".join(text.ljust(149) + b"\n" for text in (TCP_HEADING, *numbered))


def snapshot(*sockets: Socket, delta: Delta | None = None, taken_at: float = 0.0) -> Snapshot:
    """A snapshot of these sockets."""
    counts = Counts().after(Delta(opened=sockets))
    return Snapshot(taken_at, sockets, delta or Delta(), counts, 0.0, (), Seen({NETNS: str(NETNS)}, 0, 0))
