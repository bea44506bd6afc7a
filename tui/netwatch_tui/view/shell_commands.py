"""Commands about one socket for a shell in another window: each names this socket, its process or its ends."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netwatch_tui.sockets.mapped_addresses import is_unspecified, plain
from netwatch_tui.sockets.socket import Address, Socket
from netwatch_tui.view.show_command import entering, show_command


class ShellCommand(NamedTuple):
    """One of them."""

    tool: str
    label: str
    """What it does, for a list to choose from."""
    text: str


_RAW_IP = 255
"""IPPROTO_RAW: such a socket sends packets of any protocol."""


def shell_commands(socket: Socket, own_namespace: int) -> Iterator[ShellCommand]:
    """Those that fit a socket; the other arguments are those of `show_command`.

    Without an owner there is no process to trace or to end. What has no packets of its own, as unix sockets, has none
    to capture. Most need the rights of the owner or of root.
    """
    if text := show_command(socket, own_namespace):
        yield ShellCommand("ss", "command that shows it", text)
    way_in = entering(socket, own_namespace)
    if socket.owners:
        pid, fd = socket.owners[0].own_pid, socket.owners[0].fd
        # Of sockets in another namespace lsof tells the protocol only from inside.
        if fd is not None:
            yield ShellCommand("lsof", "lsof: its descriptor", f"{way_in}lsof -nP -a -p {pid} -d {fd}")
        yield ShellCommand("strace", "strace: network calls", strace_command((pid,)))
        yield ShellCommand("kill", "kill: end the process", f"kill {pid}")
    if way_in is not None and (packets := _packets(socket)):
        device = shlex.quote(socket.interface or "any")
        yield ShellCommand("tcpdump", "tcpdump: its packets", f"{way_in}tcpdump -nni {device} {shlex.quote(packets)}")


def strace_command(pids: Iterable[int]) -> str:
    """The command that traces the network calls of some processes and of those that they create."""
    return " ".join(("strace -f -e trace=network", *(f"-p {pid}" for pid in pids)))


def _packets(socket: Socket) -> str:
    """What of its packets a socket can see or send, as pcap-filter(7) has it; empty where it has none of its own."""
    match socket.netid:
        case "tcp" | "udp" | "sctp":
            ends = [*_end(socket.local, socket.local_port), *_end(socket.peer, socket.peer_port)]
            return " and ".join(dict.fromkeys((*_version(socket), socket.netid, *ends))) if socket.local_port else ""
        case "mptcp":  # whose packets are those of TCP
            return _packets(socket._replace(netid="tcp"))
        case "raw" if socket.local_port != _RAW_IP:
            protocol = f"{_ip(socket.local)} proto {socket.local_port}"
            return " and ".join((protocol, *_end(socket.local, 0), *_end(socket.peer, 0)))
        case "icmp":
            protocol = "icmp" if socket.local.version == 4 else "icmp6"
            return " and ".join((protocol, *_end(socket.local, 0), *_end(socket.peer, 0)))
        case _:
            return ""


def _version(socket: Socket) -> Iterator[str]:
    """The version of IP, where addresses don't tell it."""
    if not (is_unspecified(socket.local.packed) and is_unspecified(socket.peer.packed)):
        return
    if socket.local.version == 4 or (socket.diag is not None and socket.diag.v6only):
        yield _ip(socket.local)


def _ip(address: Address) -> str:
    return "ip" if address.version == 4 else "ip6"


def _end(address: Address, port: int) -> Iterator[str]:
    """What a packet has of one end. On the wire an IPv4 address has none of IPv6's clothes."""
    if address.version and not is_unspecified(address.packed):
        short = plain(address.packed)
        yield f"host {'.'.join(map(str, short)) if len(short) == 4 else address.text}"
    if port:
        yield f"port {port}"
