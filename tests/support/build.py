"""Short ways to make the values that tests speak of."""

from __future__ import annotations

import socket as net
import sys
from typing import Any

from netwatch_tui.model.diff import Delta
from netwatch_tui.model.snapshot import Counts, Snapshot
from netwatch_tui.model.socket import Address, Family, Owner, OwnerReason, Process, Socket, State

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

TCP_HEADING = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


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


def process(pid: int, name: str = "", *, user: str = "root", create_time: float = 1000.0) -> Process:
    """A process."""
    return Process(pid, name or f"p{pid}", (name or f"p{pid}",), user, create_time)


def owner(pid: int, fd: int = 3, name: str = "") -> Owner:
    """One descriptor of one process."""
    return Owner(pid, fd, process(pid, name))


def tcp(local: str = "127.0.0.1:80", peer: str | None = None, **fields: Any) -> Socket:
    """A TCP socket as a parsed line gives it: a listener without a peer, else an established connection."""
    state = fields.get("state", State.ESTAB if peer else State.LISTEN)
    return _socket("tcp", local, peer, {"state": state, "send_q": None if state is State.LISTEN else 0, **fields})


def udp(local: str = "127.0.0.1:53", peer: str | None = None, **fields: Any) -> Socket:
    """A UDP socket, connected if it has a peer."""
    return _socket("udp", local, peer, {"state": State.ESTAB if peer else State.UNCONN, **fields})


def _socket(netid: str, local: str, peer: str | None, fields: dict[str, Any]) -> Socket:
    both = ends(local, peer)
    default: dict[str, Any] = {
        "id": 0,
        "opened_at": None,
        "user": None,
        "owners": (),
        "owner_reason": None if fields.get("owners") else OwnerReason.KERNEL,
        "netid": netid,
        "family": Family.INET if both["local"].version == 4 else Family.INET6,
        "recv_q": 0,
        "send_q": 0,
        "inode": 1000,
        "uid": None if fields["state"] is State.TIME_WAIT else 0,
    }
    return Socket(**{**default, **both, **fields})


def line(socket: Socket, state: str = "", when: int = 0) -> bytes:
    """The socket's line as the kernel prints it, without the slot number and the padding.

    Args:
        socket: What it shows.
        state: Another number for the state, in hexadecimal.
        when: Ticks until the timer fires.
    """
    send_q = 0 if socket.send_q is None else socket.send_q
    timer = "03" if socket.uid is None else "01" if when else "00"
    head = (
        f"{_hex(socket.local)}:{socket.local_port:04X} {_hex(socket.peer)}:{socket.peer_port:04X}"
        f" {state or STATE_NUMBERS[socket.state]} {send_q:08X}:{socket.recv_q:08X}"
        f" {timer}:{when:08X} 00000000 {socket.uid or 0:5d} {0:8d} {socket.inode} 1 ffff9aa3c0e61b40"
    )
    short = socket.netid == "tcp" and not socket.inode
    return (head if short else f"{head} 100 0 0 10 0").encode()


def _hex(address: Address) -> str:
    words = (address.packed[at : at + 4] for at in range(0, len(address.packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def file_of(lines: list[bytes], first_slot: int = 0) -> bytes:
    """A socket table as a file, with heading, slot numbers and the padding of IPv4 lines."""
    numbered = (b"%4d: %b" % (slot, text) for slot, text in enumerate(lines, first_slot))
    return b"".join(text.ljust(149) + b"\n" for text in (TCP_HEADING, *numbered))


def snapshot(*sockets: Socket, delta: Delta | None = None, taken_at: float = 0.0) -> Snapshot:
    """A snapshot of these sockets."""
    return Snapshot(taken_at, 0.0, sockets, delta or Delta(), Counts.of(sockets), 0.0, ())
