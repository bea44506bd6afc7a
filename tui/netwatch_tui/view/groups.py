"""Groups of sockets and what their lines count, put right only where a socket came, went or changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

from netwatch_tui.fields.format import BLANK
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.socket_events import BEGINNINGS, SocketEvent
from netwatch_tui.view.groupings import Grouping

RowId = int | str
"""The id of a socket, or of a group."""


class Sum(NamedTuple):
    """A count over some sockets, as far as it is known."""

    known: float | None
    """None where nothing is known."""
    is_whole: bool = True
    """Whether nothing is missing."""

    @property
    def text(self) -> str:
        """`-`, `1,234`, or `≥1,234` where a part is not known."""
        if self.known is None:
            return BLANK
        return f"{round(self.known):,}" if self.is_whole else f"≥{round(self.known):,}"


class Group(NamedTuple):
    """The line that stands for all sockets that have something in common."""

    id: str
    """What they have in common, in words."""
    key: Any
    """Orders groups by that; None where they have nothing in common."""
    pids: Sum
    """Processes that hold any of them."""
    sockets: int
    listen: int
    estab: int
    close_wait: int
    recv_q: Sum
    send_q: Sum
    """In bytes, over all but listeners, whose queues count connections."""
    flows: Mapping[str, Sum] = {}
    """By the ids of fields, what flows through its connections; empty while nobody looks."""
    per_minute: float | None = None
    """Of the history, how many connections were made or tried a minute; None of sockets."""

    @property
    def others(self) -> int:
        """Sockets in any other state."""
        return self.sockets - self.listen - self.estab - self.close_wait


Row = Socket | Group
"""A line of the table; `id` tells them all apart."""


class _Tally:
    """The counts behind one group's line."""

    __slots__ = ("close_wait", "estab", "key", "listen", "pids", "recv", "recv_known", "send", "send_known", "size",
                 "unread")  # fmt: skip

    def __init__(self, key: Any) -> None:
        self.key = key
        self.size = self.listen = self.estab = self.close_wait = 0
        self.recv = self.recv_known = self.send = self.send_known = 0
        self.pids: dict[int, int] = {}
        """How many descriptors each process has."""
        self.unread = 0
        """Sockets whose holders may not be seen."""

    def copy(self) -> _Tally:
        """The same counts, to go on from."""
        made = copy(self)
        made.pids = self.pids.copy()
        return made

    def count(self, socket: Socket, sign: int) -> None:
        """Add a socket (1), or take it away (-1)."""
        self.size += sign
        state = socket.state
        if state is State.LISTEN:
            self.listen += sign
        else:
            if state is State.ESTAB:
                self.estab += sign
            elif state is State.CLOSE_WAIT:
                self.close_wait += sign
            if socket.recv_q is not None:
                self.recv += sign * socket.recv_q
                self.recv_known += sign
            if socket.send_q is not None:
                self.send += sign * socket.send_q
                self.send_known += sign
        if socket.owners:
            self._count_pids(socket, sign)
        elif socket.owner_reason in (OwnerReason.PERMISSION, OwnerReason.NOT_YET):
            self.unread += sign

    def _count_pids(self, socket: Socket, sign: int) -> None:
        pids = self.pids
        for owner in socket.owners:
            left = pids.get(owner.pid, 0) + sign
            if left:
                pids[owner.pid] = left
            else:
                del pids[owner.pid]

    def group(self, name: str) -> Group:
        """The line of these counts."""
        queues = self.size - self.listen
        return Group(
            name,
            self.key,
            Sum(None if self.unread and not self.pids else len(self.pids), not self.unread),
            self.size,
            self.listen,
            self.estab,
            self.close_wait,
            Sum(self.recv if self.recv_known else None, self.recv_known == queues),
            Sum(self.send if self.send_known else None, self.send_known == queues),
        )


class Groups:
    """All groups of one view; never changed, so that the next ones can be made from them."""

    def __init__(
        self,
        grouping: Grouping,
        sockets: Mapping[int, Socket],
        names: Mapping[int, str],
        tallies: Mapping[str, _Tally],
        by_name: Mapping[str, Group],
    ) -> None:
        self.grouping = grouping
        self._sockets = sockets
        """As they were counted, by id."""
        self.names = names
        """The group of each socket, by the socket's id."""
        self._tallies = tallies
        self.by_name = by_name
        """The lines."""

    def sockets(self) -> Collection[Socket]:
        """All that were counted."""
        return self._sockets.values()

    @classmethod
    def of(cls, grouping: Grouping, sockets: Iterable[Socket], moment: Moment) -> Groups:
        """Put sockets together."""
        return cls(grouping, {}, {}, {}, {}).replaced((), sockets, moment)

    def replaced(self, gone: Collection[int], fresh: Iterable[Socket], moment: Moment) -> Groups:
        """The groups without the sockets of these ids and with these sockets, of which none may be left otherwise."""
        all_sockets, names, tallies = dict(self._sockets), dict(self.names), dict(self._tallies)
        touched: dict[str, _Tally] = {}
        for id in gone:
            if id in names:
                name = names.pop(id)
                if name not in touched:
                    touched[name] = tallies[name].copy()
                touched[name].count(all_sockets.pop(id), -1)
        label, key = self.grouping.label, self.grouping.key
        for socket in fresh:
            name = label(socket, moment)
            tally = touched.get(name)
            if tally is None:
                tally = touched[name] = tallies[name].copy() if name in tallies else _Tally(key(socket, moment))
            tally.count(socket, 1)
            id = socket.id
            all_sockets[id], names[id] = socket, name
        by_name = dict(self.by_name)
        for name, tally in touched.items():
            if tally.size:
                tallies[name], by_name[name] = tally, tally.group(name)
            else:
                tallies.pop(name, None)
                by_name.pop(name, None)
        return Groups(self.grouping, all_sockets, names, tallies, by_name)


_ADDED_UP: dict[str, Callable[[Flow], float | None]] = {
    "rate_in": lambda flow: flow.rate_in,
    "rate_out": lambda flow: flow.rate_out,
    "bytes_in": lambda flow: flow.bytes_in,
    "bytes_out": lambda flow: flow.bytes_out,
}
"""Fields of flows that groups add up."""

_COUNTED = frozenset(State) - {State.LISTEN, State.UNCONN, State.SYN_RECV, State.TIME_WAIT}
"""States of TCP sockets through which something may flow."""


def lines_with_flows(groups: Groups, flows: Mapping[int, Flow]) -> list[Group]:
    """The groups' lines with what flows through their connections; it is another thing in each tick."""
    found: dict[str, list[Flow | None]] = {}
    for socket in groups.sockets():
        if socket.netid == "tcp" and socket.state in _COUNTED:
            found.setdefault(groups.names[socket.id], []).append(flows.get(socket.id))
    return [group._replace(flows=_sums(found.get(name, ()))) for name, group in groups.by_name.items()]


def lines_with_rates(groups: Groups, events: Mapping[int, SocketEvent], now: float) -> list[Group]:
    """The groups' lines with how many connections a minute they made: since the first event, and by a minute at least.

    Args:
        groups: Of the history.
        events: What their rows tell, by id.
        now: Seconds since the epoch.
    """
    made: dict[str, int] = {}
    first = now
    for socket in groups.sockets():
        event = events.get(socket.id)
        if event is not None:
            first = min(first, event.at)
            if event.kind in BEGINNINGS and socket.state is not State.LISTEN:
                name = groups.names[socket.id]
                made[name] = made.get(name, 0) + 1
    minutes = max((now - first) / 60, 1.0)
    return [group._replace(per_minute=made.get(name, 0) / minutes) for name, group in groups.by_name.items()]


def _sums(flows: Sequence[Flow | None]) -> Mapping[str, Sum]:
    return {id: _sum([None if flow is None else read(flow) for flow in flows]) for id, read in _ADDED_UP.items()}


def _sum(parts: Sequence[float | None]) -> Sum:
    known = [part for part in parts if part is not None]
    return Sum(sum(known) if known else None, len(known) == len(parts))


class GroupPlaces(Mapping[RowId, int]):
    """On which line a group stands; for a socket, where its group does."""

    def __init__(self, groups: Groups, rows: Iterable[Group]) -> None:
        self._names = groups.names
        self._lines = {group.id: line for line, group in enumerate(rows)}

    def __getitem__(self, id: RowId) -> int:
        """The line of a group or socket.

        Raises:
            KeyError: It is in none.
        """
        return self._lines[id if isinstance(id, str) else self._names[id]]

    def __iter__(self) -> Iterator[RowId]:
        """All groups, then all sockets."""
        yield from self._lines
        yield from self._names

    def __len__(self) -> int:
        """Groups and sockets."""
        return len(self._lines) + len(self._names)
