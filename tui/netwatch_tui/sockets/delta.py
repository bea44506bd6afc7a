"""What happened from one tick to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import LATE_STATES, NOWHERE, Ends, Socket

_MOVABLE = frozenset({"udp", "udpl", "raw", "icmp"})
"""What has no connections: connect(2) gives such a socket other ends, as often as it likes."""


class Change(NamedTuple):
    """One socket before and after."""

    before: Socket
    after: Socket


class Delta(NamedTuple):
    """All that leads from one snapshot's sockets to the next one's; a socket stands in one part at most."""

    opened: tuple[Socket, ...] = ()
    """Sockets that were not there before, or were not looked at (`Socket.was_there`)."""
    changed: tuple[Change, ...] = ()
    """Sockets whose state or ends are others."""
    updated: tuple[Change, ...] = ()
    """Sockets in the same state and place with anything else different: queues, owners, inode."""
    closed: tuple[Socket, ...] = ()
    dropped: tuple[Socket, ...] = ()
    """Sockets that are not looked at any more, because the person chose so; nothing is known of their end."""
    passed: tuple[Socket, ...] = ()
    """Sockets that no tick saw: they opened and closed since the one before, or never came to be."""

    @property
    def is_empty(self) -> bool:
        """Whether the two snapshots hold the same sockets."""
        return not (self.opened or self.changed or self.updated or self.closed or self.dropped)

    @property
    def inverse(self) -> Delta:
        """What leads back; sockets that were dropped come back with those that closed."""
        changed, updated = (
            tuple(Change(after, before) for before, after in part) for part in (self.changed, self.updated)
        )
        return Delta((*self.closed, *self.dropped), changed, updated, self.opened)

    def apply(self, sockets: dict[int, Socket]) -> None:
        """Turn the sockets before, by id, into the sockets after.

        Raises:
            KeyError: The delta is not one of these sockets.
        """
        for socket in (*self.closed, *self.dropped):
            del sockets[socket.id]
        for change in giving_way((*self.changed, *self.updated)):
            if change.before.id not in sockets:
                raise KeyError(change.before.id)
            sockets[change.after.id] = change.after
        for socket in self.opened:
            sockets[socket.id] = socket


def continues(before: Socket, after: Socket) -> bool:
    """Whether a line read now is the same socket as one read earlier.

    Identity is netid, both ends and inode, never the state; without connections the inode alone, because `connect`
    gives the same socket other ends. The kernel drops the inode when the application closes
    (inode 0 from FIN-WAIT-1 to TIME-WAIT) and has none yet for a connection that nobody accepted, so one side may
    be 0 where the order of the states allows it. Ports that are used again make a new socket.
    """
    if not is_at_one_place(before, after):
        return False
    if before.inode and after.inode:
        return before.inode == after.inode
    if before.state in LATE_STATES:
        return after.state in LATE_STATES and not after.inode
    return not before.inode or after.state in LATE_STATES


def anchor(socket: Socket) -> Ends:
    """What stays the same as long as it is this socket: the ends, or of one that may connect anew its inode."""
    if socket.netid in _MOVABLE and socket.inode:
        return (socket.netns, socket.netid, NOWHERE, socket.inode, NOWHERE, 0)
    return socket.ends


def is_at_one_place(one: Socket, other: Socket) -> bool:
    """Whether their anchors are the same, without making them: it is asked of every line that is new in a tick."""
    if one.netns != other.netns or one.netid != other.netid:
        return False
    if one.netid in _MOVABLE and (one.inode or other.inode):
        return one.inode == other.inode
    if one.local.version and other.local.version:
        ports = one.local_port == other.local_port and one.peer_port == other.peer_port
        return ports and one.local == other.local and one.peer == other.peer
    return one.ends == other.ends


def has_moved(change: Change) -> bool:
    """Whether the ends of an internet socket are others than before."""
    before, after = change
    return after.netid in _MOVABLE and before.ends != after.ends


def diff(before: Mapping[int, Socket], after: Mapping[int, Socket]) -> Delta:
    """Compare two sets of followed sockets by id."""
    both = before.keys() & after.keys()
    return Delta(
        opened=tuple(socket for id, socket in after.items() if id not in both),
        closed=tuple(socket for id, socket in before.items() if id not in both),
        **split_changes(Change(before[id], after[id]) for id in before if id in both)._asdict(),
    )


def with_rows(delta: Delta, rows: Mapping[int, Socket], sockets: Mapping[int, Socket]) -> Delta:
    """A delta that leads to other sockets, of which more is known by now.

    Args:
        delta: What it is made of.
        rows: What is known now, by id.
        sockets: What the delta leads to, by id.
    """
    changed, updated = (
        tuple(Change(before, rows.get(after.id, after)) for before, after in giving_way(part))
        for part in (delta.changed, delta.updated)
    )
    listed = {socket.id for socket in delta.opened} | {change.after.id for change in (*changed, *updated)}
    more = (Change(sockets[id], row) for id, row in rows.items() if id not in listed)
    return delta._replace(
        opened=tuple(rows.get(socket.id, socket) for socket in giving_way(delta.opened)),
        changed=changed,
        updated=(*updated, *more),
    )


class Changes(NamedTuple):
    """The two middle parts of a delta."""

    changed: tuple[Change, ...]
    updated: tuple[Change, ...]


def split_changes(changes: Iterable[Change]) -> Changes:
    """Sort pairs of the same socket by whether state or ends changed; a pair without a difference is left out."""
    changed, updated = [], []
    for change in giving_way(changes):
        if change.before.state is not change.after.state or has_moved(change):
            changed.append(change)
        elif change.before is not change.after and change.before != change.after:
            updated.append(change)
    return Changes(tuple(changed), tuple(updated))
