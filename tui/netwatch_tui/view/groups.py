"""Rows under headings: by process, peer address, state or user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.fields.format import BLANK, printable
from netwatch_tui.fields.holders import process_text
from netwatch_tui.sockets.socket import NOWHERE, Socket, State


class Grouping(NamedTuple):
    """A way to put rows together."""

    id: str
    title: str
    label: Callable[[Socket], str]
    """The heading under which a socket stands; harmless to show."""


def _peer(socket: Socket) -> str:
    return "no peer" if socket.peer is NOWHERE or not socket.peer_port else printable(socket.peer.text)


GROUPINGS = {
    grouping.id: grouping
    for grouping in (
        Grouping("process", "Process", process_text),
        Grouping("peer", "Peer address", _peer),
        Grouping("state", "State", lambda socket: socket.state),
        Grouping("user", "User", lambda socket: BLANK if socket.user is None else printable(socket.user)),
    )
}


class Group(NamedTuple):
    """The line over the rows that have something in common."""

    id: str
    """What they have in common; also what the line says first."""
    is_open: bool
    size: int
    recv_q: int
    send_q: int
    """Sums over the rows where they are known; listeners, which count connections there, are left out."""
    states: Mapping[State, int]


Row = Socket | Group
"""A line of the table; `id` tells them all apart."""

_SUMS: dict[str, Callable[[Group], int]] = {"recv_q": lambda group: group.recv_q, "send_q": lambda group: group.send_q}


class Folding(NamedTuple):
    """Which groups are shut."""

    shut: bool = False
    """Whether groups are shut unless said otherwise."""
    otherwise: frozenset[str] = frozenset()

    def is_open(self, group: str) -> bool:
        """Whether the rows of a group are shown."""
        return (group in self.otherwise) == self.shut

    def toggled(self, group: str) -> Folding:
        """The same with one group the other way round."""
        return self._replace(otherwise=self.otherwise ^ {group})


def grouped(
    rows: Iterable[Socket], grouping: Grouping, folding: Folding, sort: str, *, descending: bool
) -> list[tuple[Group, list[Socket]]]:
    """Put sorted rows into groups, which keep the order of the rows.

    Groups come in the order of the column that sorts the rows where a group has a value of it (a sum, or what it is
    grouped by); else the largest is first.
    """
    members: dict[str, list[Socket]] = {}
    for socket in rows:
        members.setdefault(grouping.label(socket), []).append(socket)
    groups = [(_group(label, sockets, folding), sockets) for label, sockets in members.items()]
    if sort in _SUMS:
        groups.sort(key=lambda pair: (_SUMS[sort](pair[0]), pair[0].id), reverse=descending)
    elif sort != grouping.id:
        groups.sort(key=lambda pair: (-pair[0].size, pair[0].id))
    return groups


def _group(label: str, sockets: list[Socket], folding: Folding) -> Group:
    queues = [socket for socket in sockets if socket.state is not State.LISTEN]
    return Group(
        label,
        folding.is_open(label),
        len(sockets),
        sum(socket.recv_q or 0 for socket in queues),
        sum(socket.send_q or 0 for socket in queues),
        Counter(socket.state for socket in sockets),
    )
