"""At which listener a connection came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from netwatch_tui.sockets.socket import Family, Socket, State

WAITING_STATES = frozenset({State.ESTAB, State.CLOSE_WAIT, State.SYN_SENT})
"""What can wait to be accepted. `/proc/net/unix` calls such a connection SYN-SENT (SS_CONNECTING)."""

_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- compared with, not bound to

_Port = tuple[int, str, Family, int | str]
"""Network namespace, netid, family, and the port; for unix sockets the name."""


def waits(socket: Socket) -> bool:
    """Whether it is a connection that no process has accepted: no file stands behind it yet."""
    return not socket.inode and socket.state in WAITING_STATES


class Listeners:
    """All listening sockets at one moment, by where they listen. Never changed afterwards."""

    def __init__(self, sockets: Iterable[Socket] = ()) -> None:
        self._by_inode = {socket.inode: socket for socket in sockets}
        self._by_port: dict[_Port, list[Socket]] = defaultdict(list)
        for socket in self._by_inode.values():
            self._by_port[_port(socket)].append(socket)

    def after(self, gone: Iterable[Socket], come: Iterable[Socket]) -> Listeners:
        """The listeners when some of these sockets are no more and others are there; self where none is concerned."""
        left = {socket.inode for socket in gone if socket.state is State.LISTEN}
        new = {socket.inode: socket for socket in come if socket.state is State.LISTEN}
        if not left and not new:
            return self
        stay = (socket for inode, socket in self._by_inode.items() if inode not in left)
        return Listeners((*stay, *new.values()))

    def of(self, connection: Socket) -> tuple[Socket, ...]:
        """The listeners at one of which a connection came in, as `inet_lookup_listener` of the kernel chooses them.

        A connection has the family of its listener, which is IPv6 for a mapped address (RFC 4291, 2.5.5.2). One that is
        bound to its very address goes before one that takes any. Several are left where they share a port
        (SO_REUSEPORT) or listen on different devices, and nothing tells at which of them it was.
        """
        there = self._by_port.get(_port(connection), ())
        if connection.family is Family.UNIX:
            return tuple(there)
        exact = tuple(each for each in there if each.local == connection.local)
        return exact or tuple(each for each in there if each.local.text in _ANYWHERE)


def _port(socket: Socket) -> _Port:
    where = socket.local.text if socket.family is Family.UNIX else socket.local_port
    return (socket.netns, socket.netid, socket.family, where)
