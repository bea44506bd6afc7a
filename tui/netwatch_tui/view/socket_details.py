"""What is known about one socket beyond its row: who is at its other end, and what a listener has accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.socket import PORT_NETIDS, Address, Family, Socket, State

_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- compared with, not bound to


class SocketDetails(NamedTuple):
    """All about one socket at one moment."""

    socket: Socket
    """As it is, or as it was seen last."""
    closed_at: float | None = None
    """When it was found closed, in seconds since the epoch; None while it is there."""
    other_end: Socket | None = None
    """The socket on this machine to which it is connected."""
    connections: tuple[Socket, ...] | None = None
    """Of a listener, what came in through it and is not closed; None for others, and while it is not known yet."""
    processes: Mapping[int, ProcessDetails] = {}
    """By pid, of the owners at both ends; one about which nothing can be found out is missing."""


def other_end(socket: Socket, sockets: Iterable[Socket]) -> Socket | None:
    """The socket of this machine at the other end of a connection; None if there is none, or it is not looked at.

    Ends in another network namespace are not looked for: equal addresses there need not be the same connection.
    """
    wanted = socket.peer_port
    if not wanted:
        return None
    if socket.family is Family.UNIX:  # whose ports are inodes
        return next((each for each in sockets if each.local_port == wanted and each.family is Family.UNIX), None)
    if socket.netid not in PORT_NETIDS:
        return None
    ends = (socket.netid, socket.netns, _plain(socket.peer), _plain(socket.local))
    for each in sockets:
        if (
            each.local_port == wanted
            and each.peer_port == socket.local_port
            and (each.netid, each.netns, _plain(each.local), _plain(each.peer)) == ends
            and each.id != socket.id
        ):
            return each
    return None


def connections_of(listener: Socket, sockets: Iterable[Socket]) -> tuple[Socket, ...] | None:
    """The connections that came in through a listener: those at its address and port in its namespace.

    None for what is no listener of a protocol with ports.
    """
    if listener.state is not State.LISTEN or listener.netid not in PORT_NETIDS:
        return None
    anywhere = listener.local.text in _ANY
    # A listener on :: takes IPv4 as well unless told otherwise; its connections then have mapped addresses.
    return tuple(
        each
        for each in sockets
        if each.local_port == listener.local_port
        and each.netns == listener.netns
        and each.netid == listener.netid
        and each.state is not State.LISTEN
        and (each.local.version == listener.local.version if anywhere else each.local == listener.local)
    )


def _plain(address: Address) -> str:
    """An address as text, an IPv4-mapped one (RFC 4291, 2.5.5.2) as the IPv4 address that it stands for."""
    return address.text.removeprefix("::ffff:")
