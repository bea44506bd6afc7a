"""The command that prints one socket in another window."""

from __future__ import annotations

import re
import shlex

from netwatch_tui.fields.format import endpoint, printable
from netwatch_tui.sockets.kinds import KIND_OF
from netwatch_tui.sockets.socket import Family, Socket, State

_SS_LETTERS = {"tcp": "t", "udp": "u", "raw": "w", "unix": "x", "packet": "0", "sctp": "S", "mptcp": "M"}
_TABLES = {"udplite": "udplite", "icmp": "icmp"}
"""Kinds that ss does not know; the kernel lists them below /proc/net."""
_INODE_COLUMN = 10
"""Of those tables, as awk counts."""
_OPEN = frozenset({State.LISTEN, State.UNCONN})
"""States that `ss -l` lists."""


def show_command(socket: Socket, own_namespace: int) -> str | None:
    """A command for a shell that prints this socket alone: ss (iproute2), or awk for kinds that ss does not know.

    Run it as root if the socket is in another namespace; None where no process is known through which that can be
    entered.

    Args:
        socket: What is to be found.
        own_namespace: Inode of the network namespace in which the command will be run.
    """
    way_in = entering(socket, own_namespace)
    return None if way_in is None else _command(way_in, socket)


def entering(socket: Socket, own_namespace: int) -> str | None:
    """What stands before a command that is to run in a socket's network namespace; None where no way in is known."""
    if socket.netns == own_namespace:
        return ""
    return f"nsenter -t {socket.owners[0].own_pid} -n " if socket.owners else None


def _command(entered: str, socket: Socket) -> str:
    kind = KIND_OF[socket.netid]
    if kind in _TABLES:
        six = "6" if socket.family is Family.INET6 else ""
        return f"{entered}awk '${_INODE_COLUMN} == {socket.inode}' /proc/net/{_TABLES[kind]}{six}"
    which = "l" if socket.state in _OPEN else "a"  # else the connections of a listener are printed as well
    letter = _SS_LETTERS.get(kind)
    options = f"-{letter}{which}np" if letter else f"-A {kind} -{which}np"
    if kind == "bound":
        options = "-tBnp"  # --bound-inactive, since iproute2 6.8
    match socket.family:
        case Family.UNIX if not socket.local_port:
            # Nobody accepted it yet. unix_diag leaves out what has no inode, so that ss does not know it.
            chosen = f" 0 {_literal(printable(socket.local.text))}$"
            return f"{entered}grep -E {shlex.quote(chosen)} /proc/net/unix"
        case Family.UNIX:
            # The inode stands behind the name of this end; the same number behind the peer's name is another socket.
            chosen = rf" {socket.local_port} +[^ ].* [0-9]+ *(users:|$)"
            return f"{entered}ss {options} | grep -E {shlex.quote(chosen)}"
        case Family.PACKET:
            return f"{entered}ss {options}e | grep -w ino:{socket.inode}"
        case Family.NETLINK:
            port = (socket.local_port + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000  # ss prints it as a signed number
            ends = _literal(f"{printable(socket.local.text)}:{port}")
            return f"{entered}ss {options} | grep -E {shlex.quote(f' {ends} ')}"
        case _:
            return f"{entered}ss {options}{_by_ends(socket)}"


def _literal(text: str) -> str:
    """A text as an extended regular expression that matches it alone; see grep(1)."""
    return re.sub(r"[][\\.^$*+?(){}|]", r"\\\g<0>", text)


def _by_ends(socket: Socket) -> str:
    """The filter of a socket with addresses, and what tells it from others with the same ends.

    ss takes a device as a condition of its own, and no address with `%device`.
    """
    ends = f"src {endpoint(socket.local, socket.local_port)}"
    if socket.peer_port:
        ends += f" and dst {endpoint(socket.peer, socket.peer_port)}"
    if socket.interface:
        ends += f" and dev = {shlex.quote(socket.interface)}"
    chosen = f" {shlex.quote(ends)}"
    if socket.netid == "raw":  # of which older kernels tell no inode to ss
        owner = socket.owners[0] if socket.owners else None
        return f"{chosen} | grep -F {shlex.quote(f'pid={owner.own_pid},fd={owner.fd})')}" if owner else chosen
    if socket.state in _OPEN or socket.netid == "udp":  # others may share the port (SO_REUSEPORT)
        return f"e{chosen} | grep -w ino:{socket.inode}"
    return chosen
