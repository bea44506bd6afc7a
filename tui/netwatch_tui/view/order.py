"""Rows in the order of one column: sorted once, and afterwards put right only where something changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from netwatch_tui.fields.field import Field
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.slices import giving_way, slices
from netwatch_tui.sockets.socket import Socket

SORTED_AT_ONCE = 512
"""Rows that are sorted in one go, which takes each of them ten comparisons and more: 1 ms or 2 in all."""

_Entry = tuple[Any, ...]
"""What a row is compared by: blank or not, the column's key, both ends, the id; and last the socket itself, which is
never compared because ids differ."""

_BLANKS: _Entry = (True,)


class Order(NamedTuple):
    """Sockets in the ascending order of a column; equal ones stand in the order of their addresses, blanks last."""

    entries: list[_Entry]

    def rows(self, *, descending: bool) -> tuple[Socket, ...]:
        """The sockets from top to bottom. Descending turns the order of the column round, and nothing else."""
        if not descending:
            rows: list[Socket] = []
            for entries in slices(self.entries):
                rows += map(itemgetter(-1), entries)
            return tuple(rows)
        blank = bisect_left(self.entries, _BLANKS)
        runs = [[entry[-1] for entry in run] for _, run in groupby(self.entries[:blank], key=itemgetter(1))]
        return (*chain.from_iterable(reversed(runs)), *map(itemgetter(-1), self.entries[blank:]))

    def sockets(self, ids: Collection[int]) -> list[Socket]:
        """The sockets with these ids."""
        return [entry[-1] for entry in giving_way(self.entries) if entry[-2] in ids] if ids else []

    def without(self, gone: Collection[int]) -> Order:
        """The order without the rows of these ids."""
        if not gone:
            return self
        return Order([entry for entry in giving_way(self.entries) if entry[-2] not in gone])

    def replaced(self, gone: Collection[int], fresh: Iterable[Socket], column: Field, moment: Moment) -> Order:
        """The order without the rows of these ids and with these sockets, of which none may be in it otherwise."""
        kept = self.without(gone).entries
        merged: list[_Entry] = []
        start = 0
        for entry in giving_way(in_order(fresh, column, moment).entries):
            end = bisect_left(kept, entry, start)
            merged += kept[start:end]
            merged.append(entry)
            start = end
        return Order(merged + kept[start:])


def in_order(sockets: Iterable[Socket], column: Field, moment: Moment) -> Order:
    """Sort from nothing."""
    return Order(sorted_in_slices([_entry(socket, column, moment) for socket in giving_way(sockets)]))


def sorted_in_slices(entries: list[_Entry]) -> list[_Entry]:
    """Sort without holding up other threads for long."""
    runs = [sorted(part) for part in slices(entries, SORTED_AT_ONCE)]
    while len(runs) > 1:
        runs = [_merged(runs[at], runs[at + 1]) if at + 1 < len(runs) else runs[at] for at in range(0, len(runs), 2)]
    return runs[0] if runs else []


def _merged(one: list[_Entry], other: list[_Entry]) -> list[_Entry]:
    """Two runs as one. A slice of the one, and what of the other belongs there, are sorted at a time."""
    merged: list[_Entry] = []
    start = 0
    for part in slices(one, SORTED_AT_ONCE):
        end = bisect_left(other, part[-1], start)
        merged += sorted([*part, *other[start:end]])
        start = end
    return merged + other[start:]


def _entry(socket: Socket, column: Field, moment: Moment) -> _Entry:
    key = column.key(socket, moment)
    return (
        key is None,
        key,
        socket.local,
        socket.local_port,
        socket.peer,
        socket.peer_port,
        socket.id,
        socket,
    )
