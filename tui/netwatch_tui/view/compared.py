"""The table beside another state of the machine: what is different stands in place of what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.sockets.comparison import Side, has_other_owners, pair_up
from netwatch_tui.sockets.delta import Change
from netwatch_tui.sockets.marks import Mark, Marked, Marks
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket


class Base(NamedTuple):
    """What is compared with."""

    snapshot: Snapshot
    name: str
    """What a person knows it as: a time or a file."""
    is_own: bool = True
    """Whether ids name the same sockets there."""


class Compared(NamedTuple):
    """How the rows of a view differ from what it is compared with."""

    name: str
    opened: int
    closed: int
    changed: int

    @classmethod
    def of(cls, base: Base, marks: Marks, shown: Collection[object]) -> Compared:
        """Count those rows that are shown."""
        by_mark = Counter(each.mark for id, each in marks.by_id.items() if id in shown)
        return cls(base.name, by_mark[Mark.NEW], by_mark[Mark.CLOSED], by_mark[Mark.CHANGED])


class Comparison(NamedTuple):
    """A snapshot beside the base. The one before is gone on from, so that only what is new is looked for by place."""

    base: Base
    snapshot: Snapshot
    names: frozenset[str]
    """Of the network namespaces that are looked at on both sides; sockets in others are not compared."""
    pairs: Mapping[int, Change]
    """By the id in the snapshot, each socket that is in both."""
    changed: frozenset[int]
    """Those of them that are of other processes, by that id."""
    marks: Marks
    """`+` is not in the base, `-` is there alone, `~` is of another process; as `--diff` compares, by place.

    What is gone has a row of its own, whose id is negative where another socket has its id, or may have.
    """


def compared(base: Base, snapshot: Snapshot, before: Comparison | None = None) -> Comparison:
    """Compare a snapshot with the base; `before` is any comparison with anything."""
    names = frozenset(base.snapshot.namespaces.names.values()) & frozenset(snapshot.namespaces.names.values())
    if before is None or before.base is not base or before.names != names:
        pairs = {each.id: Change(each, each) for each in base.snapshot.sockets} if base.is_own else {}
        before = Comparison(base, base.snapshot, names, pairs, frozenset(), Marks())
    elif before.snapshot is snapshot:
        return before
    left = {each.id: each for each in _compared_of(base.snapshot, names)}
    kept, fresh, rest = {}, [], []
    for socket in _compared_of(snapshot, names):
        pair = before.pairs.get(socket.id)
        if pair is None or not (pair.after is socket or pair.after.ends == socket.ends):
            rest.append(socket)
            continue
        del left[pair.before.id]
        if pair.after is socket:
            kept[socket.id] = pair
        else:
            fresh.append(Change(pair.before, socket))
    both, gone, come = pair_up(
        Side(left.values(), base.snapshot.namespaces.names), Side(rest, snapshot.namespaces.names)
    )
    fresh += both
    changed = (before.changed & kept.keys()) | {each.after.id for each in fresh if has_other_owners(each)}
    kept.update((each.after.id, each) for each in fresh)
    ids = {socket.id for socket in snapshot.sockets} if base.is_own else None
    marks = _marks(before.marks, gone, come, [kept[id].after for id in changed], ids)
    return Comparison(base, snapshot, names, kept, changed, marks)


def _compared_of(snapshot: Snapshot, names: Collection[str]) -> Iterable[Socket]:
    """The sockets in the namespaces of these names."""
    inodes = {inode for inode, name in snapshot.namespaces.names.items() if name in names}
    return (each for each in snapshot.sockets if each.netns in inodes)


def _marks(
    before: Marks,
    gone: Iterable[Socket],
    come: Iterable[Socket],
    changed: Iterable[Socket],
    ids: Collection[int] | None,
) -> Marks:
    """What is lit; of that which was lit before the same objects."""
    marks: dict[int, Marked] = {}
    for socket in gone:
        id = socket.id if ids is not None and socket.id not in ids else -socket.id
        lit = before.by_id.get(id)
        is_lit = lit is not None and lit.mark is Mark.CLOSED
        marks[id] = lit if lit and is_lit else Marked(Mark.CLOSED, None, socket._replace(id=id))
    for mark, sockets in ((Mark.NEW, come), (Mark.CHANGED, changed)):
        for socket in sockets:
            known = before.by_id.get(socket.id)
            is_known = known is not None and known.mark is mark and known.socket is socket
            marks[socket.id] = known if known and is_known else Marked(mark, None, socket)
    return Marks(marks)
