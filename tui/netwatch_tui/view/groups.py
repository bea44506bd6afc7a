"""Rows under headings: by process, peer address, state, user or container."""

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


def _container(socket: Socket) -> str:
    names = {owner.process.container for owner in socket.owners if owner.process.container}
    return ",".join(sorted(map(printable, names))) or "no container"


GROUPINGS = {
    grouping.id: grouping
    for grouping in (
        Grouping("process", "Process", process_text),
        Grouping("peer", "Peer address", _peer),
        Grouping("state", "State", lambda socket: socket.state),
        Grouping("user", "User", lambda socket: BLANK if socket.user is None else printable(socket.user)),
        Grouping("container", "Container", _container),
    )
}


class QueueSum(NamedTuple):
    """The bytes in the queues of some sockets, as far as they are known."""

    known: int | None
    """None where not one queue is known."""
    is_whole: bool
    """Whether every queue is known."""

    @property
    def text(self) -> str:
        """`-`, `1,234`, or `≥1,234` where some of the queues are not known."""
        if self.known is None:
            return BLANK
        return f"{self.known:,}" if self.is_whole else f"≥{self.known:,}"


class Group(NamedTuple):
    """The line over the rows that have something in common."""

    id: str
    """What they have in common; also what the line says first."""
    is_open: bool
    size: int
    recv_q: QueueSum
    send_q: QueueSum
    """Over all rows but listeners, whose queues count connections."""
    states: Mapping[State, int]


Row = Socket | Group
"""A line of the table; `id` tells them all apart."""

_SUMS: dict[str, Callable[[Group], int | None]] = {
    "recv_q": lambda group: group.recv_q.known,
    "send_q": lambda group: group.send_q.known,
}


class Folding(NamedTuple):
    """Which groups are collapsed."""

    collapsed: bool = False
    """Whether groups are collapsed unless said otherwise."""
    otherwise: frozenset[str] = frozenset()

    def is_open(self, group: str) -> bool:
        """Whether the rows of a group are shown."""
        return (group in self.otherwise) == self.collapsed

    def toggled(self, group: str) -> Folding:
        """The same with one group the other way round."""
        return self._replace(otherwise=self.otherwise ^ {group})


_Members = tuple[Group, list[Socket]]


def grouped(
    rows: Iterable[Socket], grouping: Grouping, folding: Folding, sort: str, *, descending: bool
) -> list[_Members]:
    """Put sorted rows into groups, which keep the order of the rows.

    Groups come in the order of the column that sorts the rows where a group has a value of it (a sum, or what it is
    grouped by), those with an unknown sum last in both directions; else the largest is first.
    """
    members: dict[str, list[Socket]] = {}
    for socket in rows:
        members.setdefault(grouping.label(socket), []).append(socket)
    groups = [(_group(label, sockets, folding), sockets) for label, sockets in members.items()]
    if sort in _SUMS:
        groups = _by_sum(groups, _SUMS[sort], descending=descending)
    elif sort != grouping.id:
        groups.sort(key=lambda pair: (-pair[0].size, pair[0].id))
    return groups


def _by_sum(groups: list[_Members], total: Callable[[Group], int | None], *, descending: bool) -> list[_Members]:
    known = [(bytes, group.id, sockets, group) for group, sockets in groups if (bytes := total(group)) is not None]
    known.sort(key=lambda each: each[:2], reverse=descending)
    unknown = sorted((pair for pair in groups if total(pair[0]) is None), key=lambda pair: pair[0].id)
    return [*((group, sockets) for _, _, sockets, group in known), *unknown]


def _sum(queues: list[int | None]) -> QueueSum:
    known = [size for size in queues if size is not None]
    return QueueSum(sum(known) if known else None, len(known) == len(queues))


def _group(label: str, sockets: list[Socket], folding: Folding) -> Group:
    queues = [socket for socket in sockets if socket.state is not State.LISTEN]
    return Group(
        label,
        folding.is_open(label),
        len(sockets),
        _sum([socket.recv_q for socket in queues]),
        _sum([socket.send_q for socket in queues]),
        Counter(socket.state for socket in sockets),
    )
