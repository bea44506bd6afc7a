"""Which row an end was of that was told by itself: for rows that are gone, and for those that were read just before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import product

from netwatch_tui.collect.socket_lives import Life, Place, place_of
from netwatch_tui.sockets.connection_events import ATTEMPTS
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Socket, State


def places_while_connecting(place: Place) -> Iterator[Place]:
    """Where else a UDP socket can have been listed that is destroyed with these ends: before it connected, and while.

    connect(2) sets the local address, the peer's address and its port one after the other, in IPv6 in another order
    (`__ip4_datagram_connect` in net/ipv4/datagram.c, `__ip6_datagram_connect` in net/ipv6/datagram.c). Who reads the
    table meanwhile reads what is set by then.
    """
    netid, port, peer_port, local, peer = place
    if netid == "udp" and peer_port:
        for each in product((local, bytes(len(local))), (peer, bytes(len(peer))), (peer_port, 0)):
            earlier = (netid, port, each[2], each[0], each[1])
            if earlier != place:
                yield earlier


_Keys = Iterator[Hashable]


def _place(life: Life) -> _Keys:
    yield life.place


def _while_connecting(life: Life) -> _Keys:
    yield from places_while_connecting(life.place)


def _without_peer(life: Life) -> _Keys:
    if life.place[0] == "tcp" and not life.place[2]:
        yield life.place[1]


def _udp_port(life: Life) -> _Keys:
    if life.place[0] == "udp":
        yield _port_of(life.place)


def _port_of(place: Place) -> tuple[int, int]:
    return place[1], len(place[3])  # the family: who has both of a port, as many servers, closes two sockets


class _Way:
    """How an end and a row find each other; `of_life` gives what the end is filed under, `of_row` where a row looks."""

    def __init__(
        self, of_life: Callable[[Life], _Keys], of_row: Callable[[Socket], Hashable], *, by_owner: bool = False
    ) -> None:
        self._of_life = of_life
        self._of_row = of_row
        self._by_owner = by_owner
        """Whether the row must have been held by whom the end names."""

    def keys_of_life(self, life: Life) -> Iterator[tuple[Hashable, ...]]:
        end = life.closed
        if end is None or (self._by_owner and end.owner is None):
            return
        pid = end.owner.pid if self._by_owner and end.owner else None
        for key in self._of_life(life):
            yield (end.netns, end.kind in ATTEMPTS, pid, key)

    def keys_of_row(self, row: Socket) -> Iterator[tuple[Hashable, ...]]:
        key = self._of_row(row)
        if key is None:
            return
        pids = {owner.pid for owner in row.owners} if self._by_owner else (None,)
        for pid in pids:
            for is_attempt in (False, True) if row.state is State.SYN_SENT else (False,):
                yield (row.netns, is_attempt, pid, key)
                yield (None, is_attempt, pid, key)


def _peer_is_gone(row: Socket) -> int | None:
    return row.local_port if row.netid == "tcp" and row.peer_port else None


def _udp_port_of(row: Socket) -> tuple[int, int] | None:
    return _port_of(place_of(row)) if row.netid == "udp" else None


BY_PLACE = (
    _Way(_place, place_of, by_owner=True),
    _Way(_while_connecting, place_of, by_owner=True),
    _Way(_place, place_of),
    _Way(_while_connecting, place_of),
)
"""Surer ways first. Ports are shared in UDP, and whose an end is may be told."""
ALL_WAYS = (
    *BY_PLACE,
    _Way(_without_peer, _peer_is_gone),  # disconnected before it was destroyed, as by SO_LINGER
    _Way(_udp_port, _udp_port_of, by_owner=True),  # connected elsewhere meanwhile
    _Way(_udp_port, _udp_port_of),
)


class EndedLives:
    """Lives that have ended; each is found by one row. Its work grows with their number, however many share a port."""

    def __init__(self, lives: Iterable[Life], ways: Sequence[_Way]) -> None:
        """File them.

        Args:
            lives: What has ended.
            ways: How they may be found.
        """
        self._filed = [(way, dict[Hashable, deque[Life]]()) for way in ways]
        self._found: set[int] = set()
        for life in giving_way(lives):
            for way, lives_by_key in self._filed:
                for key in way.keys_of_life(life):
                    lives_by_key.setdefault(key, deque()).append(life)

    def of(self, rows: Iterable[Socket]) -> Iterator[tuple[Socket, Life | None]]:
        """Each row with what ended, the surest pairs first, and at last rows of which nothing is known."""
        left = list(rows)
        for way, lives_by_key in self._filed:
            if not lives_by_key:
                continue
            others = []
            for row in giving_way(left):
                if (life := self._first(lives_by_key, way.keys_of_row(row))) is None:
                    others.append(row)
                else:
                    yield row, life
            left = others
        for row in left:
            yield row, None

    def _first(self, lives_by_key: dict[Hashable, deque[Life]], keys: Iterator[Hashable]) -> Life | None:
        for key in keys:
            lives = lives_by_key.get(key)
            while lives:
                life = lives.popleft()
                if id(life) not in self._found:
                    self._found.add(id(life))
                    return life
        return None
