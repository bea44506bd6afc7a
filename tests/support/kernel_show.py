"""A process with a socket of every kind, each beside one that it could be mistaken for, and the command for each.

Run as `python -m tests.support.kernel_show`, in a network namespace of its own. A request is the name of a socket; the
answer is the command that shows it, what tells its line from those of all others, how the program spells this end, and
all commands about it by their tools.
"""

from __future__ import annotations

import ctypes
import os
import socket as net
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.format import local_text
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.shell_commands import shell_commands
from tests.support.kernel import answer, linux_source, requests

_LINK_LOCAL = "fe80::77"
_KEPT: list[net.socket] = []


def _bound(family: int, kind: int, protocol: int, *addresses: object) -> net.socket:
    """A socket bound to an address, and others like it that share its port or have another address."""
    made = []
    for address in addresses:
        each = net.socket(family, kind, protocol)
        if family in (net.AF_INET, net.AF_INET6) and kind != net.SOCK_RAW and protocol != net.IPPROTO_ICMP:
            each.setsockopt(net.SOL_SOCKET, net.SO_REUSEPORT, 1)
        if family == net.AF_INET6 and kind == net.SOCK_STREAM:
            each.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, address == ("::", 82))
        each.bind(address)  # type: ignore[arg-type]  # of the family's own form
        if kind in (net.SOCK_STREAM, net.SOCK_SEQPACKET):
            each.listen()
        made.append(each)
    _KEPT.extend(made)
    return made[0]


def _connected(listener: net.socket) -> tuple[net.socket, net.socket]:
    client = net.socket(listener.family, listener.type)
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    _KEPT.extend((client, server))
    return client, server


def _pair(kind: int) -> net.socket:
    one, other = net.socketpair(net.AF_UNIX, kind)
    _KEPT.extend((one, other))
    return one


def _make(folder: str) -> dict[str, net.socket]:
    stream, datagram = net.SOCK_STREAM, net.SOCK_DGRAM
    listener = _bound(net.AF_INET, stream, 0, ("127.0.0.1", 80), ("127.0.0.1", 80))
    six = _bound(net.AF_INET6, stream, 0, ("::1", 80))
    local = _bound(net.AF_INET6, stream, 0, (_LINK_LOCAL, 8080, 0, net.if_nametoindex("lo")))
    dual = _bound(net.AF_INET6, stream, 0, ("::", 81))
    named = _bound(net.AF_UNIX, stream, 0, f"{folder}/a b", f"{folder}/b")
    made = {
        "tcp listener that shares its port": listener,
        "tcp connection": _connected(six)[0],
        "tcp listener of both families": dual,
        "tcp listener of IPv6 alone": _bound(net.AF_INET6, stream, 0, ("::", 82)),
        "tcp link-local": _connected(local)[0],
        "udp that shares its port": _bound(net.AF_INET, datagram, 0, ("127.0.0.1", 53), ("127.0.0.1", 53)),
        "udp without an address": _bound(net.AF_INET6, datagram, 0, ("::", 5353), ("::", 5353)),
        "raw": _bound(net.AF_INET, net.SOCK_RAW, 89, ("127.0.0.1", 0), ("127.0.0.1", 0)),
        "raw6": _bound(net.AF_INET6, net.SOCK_RAW, 89, ("::1", 0)),
        "udplite": _bound(net.AF_INET, datagram, net.IPPROTO_UDPLITE, ("127.0.0.1", 7), ("127.0.0.1", 8)),
        "ping": _bound(net.AF_INET, datagram, net.IPPROTO_ICMP, ("127.0.0.1", 7), ("127.0.0.1", 8)),
        "unix stream with a path": named,
        "unix stream accepted": _connected(named)[1],
        "unix stream abstract": _bound(net.AF_UNIX, stream, 0, "\0show", "\0show more"),
        "unix stream unnamed": _pair(stream),
        "unix datagram unnamed": _pair(datagram),
        "unix datagram with a path": _bound(net.AF_UNIX, datagram, 0, f"{folder}/d", f"{folder}/d2"),
        "unix seqpacket": _pair(net.SOCK_SEQPACKET),
        "packet": _bound(net.AF_PACKET, net.SOCK_RAW, 0, ("lo", 0x0800), ("lo", 0x0800)),
        "packet cooked": _bound(net.AF_PACKET, datagram, 0, ("lo", 0x0806)),
        "netlink": _bound(net.AF_NETLINK, net.SOCK_RAW, 0, (0, 0), (0, 0)),
    }
    made["netlink with a port of the kernel's choice"] = _KEPT[-1]
    udp = net.socket(net.AF_INET, datagram)
    udp.connect(("127.0.0.1", 53))
    _KEPT.append(udp)
    return {**made, "udp connected": udp}


def _time_wait() -> Callable[[Socket], bool]:
    """What picks the remains of a connection that this side closed first."""
    listener = _bound(net.AF_INET, net.SOCK_STREAM, 0, ("127.0.0.1", 79))
    client, server = _connected(listener)
    port = client.getsockname()[1]
    client.close()
    server.recv(1)
    server.close()
    return lambda socket: socket.state is State.TIME_WAIT and socket.local_port == port


def _waiting(path: str) -> Callable[[Socket], bool]:
    """What picks a connection in the accept queue of a listener at this path."""
    listener = _bound(net.AF_UNIX, net.SOCK_STREAM, 0, path)
    client = net.socket(net.AF_UNIX)
    client.connect(listener.getsockname())
    _KEPT.append(client)
    return lambda socket: socket.local.text == path and not socket.inode


def _sign(socket: Socket) -> str:
    """What stands in the line of this socket alone."""
    if socket.netid in ("udpl", "icmp"):
        return f" {socket.inode} "
    if not socket.inode and socket.netid == "u_str":
        return f" 0 {socket.local.text}"
    if socket.netid == "nl":  # of which ss finds no process, and whose port it prints as a signed number
        return f"{socket.local.text}:{ctypes.c_int32(socket.local_port).value} "
    if not socket.owners:
        return f"{local_text(socket)} "
    (owner,) = socket.owners
    return f"pid={owner.pid},fd={owner.fd})"


def main() -> None:
    """Answer until nobody asks any more."""
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    subprocess.run(["ip", "-6", "addr", "add", f"{_LINK_LOCAL}/64", "dev", "lo", "nodad"], check=True)
    with tempfile.TemporaryDirectory(prefix="nw") as folder, linux_source() as source:
        wanted: dict[str, Callable[[Socket], bool]] = {
            "tcp TIME-WAIT": _time_wait(),
            "unix stream that nobody accepted": _waiting(f"{folder}/w+t"),
        }
        for name, each in _make(folder).items():
            inode = os.fstat(each.fileno()).st_ino
            wanted[name] = lambda socket, inode=inode: socket.inode == inode  # type: ignore[misc]  # the default
        for name in requests():
            snapshot = Collector(source).collect(time.time())
            (row,) = filter(wanted[name], snapshot.sockets)
            commands = {each.tool: each.text for each in shell_commands(row, snapshot.namespaces.own)}
            answer([commands["ss"], _sign(row), local_text(row), commands])


NAMES = (
    "tcp listener that shares its port", "tcp connection", "tcp listener of both families",
    "tcp listener of IPv6 alone", "tcp link-local", "tcp TIME-WAIT", "udp that shares its port",
    "udp without an address", "udp connected", "raw", "raw6", "udplite", "ping", "unix stream with a path",
    "unix stream accepted", "unix stream abstract", "unix stream unnamed", "unix datagram unnamed",
    "unix datagram with a path", "unix seqpacket", "packet", "packet cooked", "netlink",
    "netlink with a port of the kernel's choice", "unix stream that nobody accepted",
)  # fmt: skip
"""Every socket that can be asked for."""

if __name__ == "__main__":
    main()
