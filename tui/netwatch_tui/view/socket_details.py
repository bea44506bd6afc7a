"""What is known about one socket beyond its row: who is at its other end, and what a listener has accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.sockets.flow import Flow, FlowSample
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.listeners import Listeners
from netwatch_tui.sockets.mapped_addresses import plain
from netwatch_tui.sockets.ownership import Owner, ProcessDetails, ProcessResources
from netwatch_tui.sockets.socket import PORT_NETIDS, Family, Socket, State

MOST_HOLDERS = 100
"""Processes at both ends of a socket that are told of one by one, and asked about: any number may share one."""
MOST_WHOLE = 8
"""Of these, those of which everything is told at whatever length."""


class Incoming(NamedTuple):
    """A connection that came in through a listener."""

    socket: Socket
    listeners: int
    """How many listeners it may have come through, this one among them: 1 where it was certainly this one."""


class SocketDetails(NamedTuple):
    """All about one socket at one moment."""

    socket: Socket
    """As it is, or as it was seen last."""
    closed_at: float | None = None
    """When it was found closed, in seconds since the epoch; None while it is there."""
    other_end: Socket | None = None
    """The socket on this machine to which it is connected."""
    connections: tuple[Incoming, ...] | None = None
    """Of a listener, what came in through it and is not closed; None for others, and while it is not known yet."""
    processes: Mapping[int, ProcessDetails] = {}
    """By pid, of the owners at both ends; one about which nothing can be found out is missing."""
    resources: Mapping[int, ProcessResources] = {}
    """By pid, what some of these have by now."""
    flow: Flow | None = None
    """What flows through it."""
    history: tuple[FlowSample, ...] = ()
    """What flowed in the last minutes, the oldest first."""
    is_absent: bool = False
    """It is not there at the moment that is shown, and nothing of it is known but where it is at another one."""


def told_pids(owners: Iterable[Owner]) -> list[int]:
    """The processes that are told of, in the order of these descriptors."""
    return list(dict.fromkeys(owner.pid for owner in owners))[:MOST_HOLDERS]


def other_end(socket: Socket, sockets: Iterable[Socket]) -> Socket | None:
    """The socket of this machine at the other end of a connection; None if there is none, or it is not looked at.

    Ends in another network namespace are not looked for: equal addresses there need not be the same connection.
    """
    wanted = socket.peer_port
    if not wanted:
        return None
    if socket.family is Family.UNIX:  # whose ports are inodes
        host = host_number(socket.netns)
        found = (each for each in sockets if each.local_port == wanted and each.family is Family.UNIX)
        return next((each for each in found if host_number(each.netns) == host), None)
    if socket.netid not in PORT_NETIDS:
        return None
    ends = (socket.netid, socket.netns, plain(socket.peer.packed), plain(socket.local.packed))
    for each in sockets:
        if (
            each.local_port == wanted
            and each.peer_port == socket.local_port
            and (each.netid, each.netns, plain(each.local.packed), plain(each.peer.packed)) == ends
            and each.id != socket.id
        ):
            return each
    return None


def connections_of(listener: Socket, sockets: Iterable[Socket]) -> tuple[Incoming, ...] | None:
    """The connections that came in through a listener, or may have: see `Listeners.of`.

    None for what is no listener of a protocol with ports.
    """
    if listener.state is not State.LISTEN or listener.netid not in PORT_NETIDS:
        return None
    port, netid, netns = listener.local_port, listener.netid, listener.netns
    at_port = [each for each in sockets if each.local_port == port and each.netid == netid and each.netns == netns]
    listeners = Listeners(at_port)
    judged = ((each, listeners.of(each)) for each in at_port)
    return tuple(Incoming(each, len(found)) for each, found in judged if any(one.id == listener.id for one in found))
