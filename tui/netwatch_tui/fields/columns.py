"""The one table of columns: what each shows, how wide it is, how it sorts and when it may be hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from netwatch_tui.fields.format import BLANK, absence_text, duration, local_text, peer_text, printable
from netwatch_tui.sockets.marks import MARK_RANK, Marked
from netwatch_tui.sockets.socket import STATE_RANK, Address, Socket


class Moment(NamedTuple):
    """What a cell may depend on besides its socket."""

    now: float
    """Seconds since the epoch."""
    marked: Mapping[int, Marked]
    namespaces: Mapping[int, str] = {}
    """Names of network namespaces by inode."""


SortKey = Any
"""Orders the rows of one column. None stands for a blank, which is last in both directions."""


class Column(NamedTuple):
    """One column of the table."""

    id: str
    title: str
    meaning: str
    width: int
    """Cells that it needs at least."""
    most: int
    """Cells beyond which more room is of no use to it."""
    rank: int
    """Importance, 0 the highest: those are never hidden, and the greatest number goes first."""
    text: Callable[[Socket, Moment], str]
    key: Callable[[Socket, Moment], SortKey]
    right_aligned: bool = False
    is_endpoint: bool = False
    """Holds address:port, whose port is never cut; as wide as the addresses need, before `width` and `most` count."""
    is_pinned: bool = False
    """Stays when the others are scrolled sideways."""


def _mark(socket: Socket, moment: Moment) -> str:
    marked = moment.marked.get(socket.id)
    return marked.mark if marked else " "


def _mark_key(socket: Socket, moment: Moment) -> int | None:
    marked = moment.marked.get(socket.id)
    return MARK_RANK[marked.mark] if marked else None


def _and_more(first: str, others: int) -> str:
    return f"{first} +{others}" if others else first


def _pid(socket: Socket, _: Moment) -> str:
    if not socket.owners:
        return BLANK
    pids = {owner.pid for owner in socket.owners}
    return _and_more(str(socket.owners[0].pid), len(pids) - 1)


def _fd(socket: Socket, _: Moment) -> str:
    return _and_more(str(socket.owners[0].fd), len(socket.owners) - 1) if socket.owners else BLANK


def process_text(socket: Socket) -> str:
    """The names of all processes that hold a socket, or in brackets the reason why there is none."""
    if not socket.owners:
        return absence_text(socket)
    return printable(",".join(dict.fromkeys(owner.process.name for owner in socket.owners)))


def _process_key(socket: Socket, _: Moment) -> tuple[str, int] | None:
    return (socket.owners[0].process.name.lower(), socket.owners[0].pid) if socket.owners else None


def _age(socket: Socket, moment: Moment) -> str:
    age = moment.now - socket.seen_at
    if not socket.was_there:
        return duration(age)
    # Of these only the least age is known: seconds would say nothing, and change in every row at every tick.
    return f">{duration(age)}" if age >= 60 else ">0m"


def _age_key(socket: Socket, _: Moment) -> tuple[bool, float]:
    return (socket.was_there, -socket.seen_at)


def _unit(socket: Socket) -> str | None:
    """Container or unit of the first owner."""
    if not socket.owners:
        return None
    return socket.owners[0].process.container or socket.owners[0].process.unit


def _timer(socket: Socket, _: Moment) -> str:
    if socket.timer is None:
        return BLANK
    tries = f" x{socket.retransmits}" if socket.retransmits else ""
    return f"{socket.timer.name} {duration(socket.timer.left)}{tries}"


def _peer_key(socket: Socket, _: Moment) -> tuple[Address, int] | None:
    return (socket.peer, socket.peer_port) if socket.peer_port else None


COLUMNS: tuple[Column, ...] = (
    Column("mark", " ", "+ new, ~ state changed, - closed", 1, 1, 0, _mark, _mark_key, is_pinned=True),
    Column("netid", "Netid", "transport protocol", 5, 5, 2, lambda s, _: s.netid, lambda s, _: (s.netid, s.family)),
    Column(
        "state", "State", "state of the connection", 10, 10, 1, lambda s, _: s.state, lambda s, _: STATE_RANK[s.state]
    ),
    Column(
        "recv_q",
        "Recv-Q",
        "bytes not read yet; for LISTEN, connections not accepted yet",
        6,
        8,
        8,
        lambda s, _: BLANK if s.recv_q is None else str(s.recv_q),
        lambda s, _: s.recv_q,
        right_aligned=True,
    ),
    Column(
        "send_q",
        "Send-Q",
        "bytes that the peer has not acknowledged yet",
        6,
        8,
        7,
        lambda s, _: BLANK if s.send_q is None else str(s.send_q),
        lambda s, _: s.send_q,
        right_aligned=True,
    ),
    Column(
        "local",
        "Local address:port",
        "this end",
        21,
        47,
        0,
        lambda s, _: local_text(s),
        lambda s, _: (s.local, s.local_port),
        is_endpoint=True,
        is_pinned=True,
    ),
    Column(
        "peer",
        "Peer address:port",
        "the other end; port * when there is none",
        21,
        47,
        0,
        lambda s, _: peer_text(s),
        _peer_key,
        is_endpoint=True,
    ),
    Column(
        "pid",
        "PID",
        "process that holds it, and how many more do",
        7,
        11,
        3,
        _pid,
        lambda s, _: s.owners[0].pid if s.owners else None,
        right_aligned=True,
    ),
    Column(
        "process",
        "Process",
        "names of the processes that hold it, or (why it has none)",
        8,
        17,
        1,
        lambda s, _: process_text(s),
        _process_key,
    ),
    Column(
        "fd",
        "FD",
        "descriptor through which the process holds it, and how many more there are",
        5,
        8,
        9,
        _fd,
        lambda s, _: s.owners[0].fd if s.owners else None,
        right_aligned=True,
    ),
    Column(
        "user",
        "User",
        "user who made the socket",
        8,
        16,
        5,
        lambda s, _: BLANK if s.user is None else printable(s.user),
        lambda s, _: s.user,
    ),
    Column(
        "age",
        "Age",
        "time since it was first seen; > when it was there before that",
        5,
        5,
        6,
        _age,
        _age_key,
        right_aligned=True,
    ),
    Column(
        "netns",
        "Netns",
        "network namespace: its name, container or unit, else its number",
        10,
        20,
        4,
        lambda s, m: printable(m.namespaces.get(s.netns, str(s.netns))),
        lambda s, m: m.namespaces.get(s.netns, str(s.netns)),
    ),
    Column(
        "unit",
        "Unit",
        "container or systemd unit of the process",
        12,
        28,
        10,
        lambda s, _: printable(_unit(s) or BLANK),
        lambda s, _: _unit(s),
    ),
    Column(
        "timer",
        "Timer",
        "timer that runs, time until it fires, and x how often the segment was sent again",
        14,
        14,
        12,
        _timer,
        lambda s, _: s.timer,
    ),
    Column(
        "drops",
        "Drops",
        "datagrams thrown away because the receive queue was full",
        5,
        8,
        11,
        lambda s, _: BLANK if s.drops is None else str(s.drops),
        lambda s, _: s.drops,
        right_aligned=True,
    ),
)

COLUMN_BY_ID = {column.id: column for column in COLUMNS}
