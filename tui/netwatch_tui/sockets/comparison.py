"""What is different between two snapshots that no ticks connect: the last ones of two recordings, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from netwatch_tui.sockets.delta import Change
from netwatch_tui.sockets.socket import Socket


class Side(NamedTuple):
    """One of the two snapshots."""

    sockets: Iterable[Socket]
    namespaces: Mapping[int, str]
    """Names of network namespaces by inode; the inodes may be others after a restart."""


class Differences(NamedTuple):
    """What is different."""

    opened: tuple[Socket, ...]
    closed: tuple[Socket, ...]
    owner: tuple[Change, ...]
    """Sockets at both sides, but of other processes: the service was restarted, or another one took its place."""

    def __bool__(self) -> bool:
        return any(self)


class Pairs(NamedTuple):
    """What is at both sides, and what is at one of them alone."""

    both: tuple[Change, ...]
    before: tuple[Socket, ...]
    after: tuple[Socket, ...]


def compare(before: Side, after: Side) -> Differences:
    """Compare two snapshots; a pair counts as of other processes only if the holders are known at both sides."""
    both, closed, opened = pair_up(before, after)
    return Differences(opened, closed, tuple(pair for pair in both if has_other_owners(pair)))


def pair_up(before: Side, after: Side) -> Pairs:
    """Find the same sockets.

    The same socket is the one with the same ends; among several, as with SO_REUSEPORT, the one with the same inode
    first.
    """
    old, new = _by_place(before), _by_place(after)
    both, closed, opened = [], [], []
    for place in dict.fromkeys((*old, *new)):
        pairs, gone, come = _paired(old.get(place, []), new.get(place, []))
        both += pairs
        closed += gone
        opened += come
    return Pairs(tuple(both), tuple(closed), tuple(opened))


def _by_place(side: Side) -> dict[Any, list[Socket]]:
    found = defaultdict(list)
    for socket in side.sockets:
        found[_place(socket, side.namespaces.get(socket.netns, socket.netns))].append(socket)
    return found


def _place(socket: Socket, namespace: str | int) -> tuple[Any, ...]:
    """What two snapshots have in common about one socket."""
    if socket.local.version:
        return (namespace, *socket.ends[1:])
    if socket.local.packed:
        return (namespace, socket.netid, socket.local)
    return (namespace, socket.netid, socket.inode)


def _paired(before: list[Socket], after: list[Socket]) -> tuple[list[Change], list[Socket], list[Socket]]:
    """Pairs of the same socket, and what is left over at each side."""
    by_inode = {socket.inode: socket for socket in after if socket.inode}
    kept = [Change(socket, by_inode.pop(socket.inode)) for socket in before if socket.inode in by_inode]
    taken = {id(socket) for pair in kept for socket in pair}
    gone = [socket for socket in before if id(socket) not in taken]
    come = [socket for socket in after if id(socket) not in taken]
    kept += map(Change, gone, come)
    both = min(len(gone), len(come))
    return kept, gone[both:], come[both:]


def has_other_owners(pair: Change) -> bool:
    """Whether the processes that hold a socket are known at both sides and are others."""
    holders = [{(owner.own_pid, owner.process.name) for owner in socket.owners} for socket in pair]
    return all(holders) and holders[0] != holders[1]
