"""The table beside another state of the machine: what is different stands in place of what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from netwatch_tui.sockets.comparison import Side, compare
from netwatch_tui.sockets.marks import Mark, Marked, Marks
from netwatch_tui.sockets.snapshot import Snapshot


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


def differences(base: Base, snapshot: Snapshot) -> Marks:
    """What is different from the base: `+` is not there, `-` is there alone, `~` is of another process.

    They are compared by place, as `--diff` does, in those network namespaces that are looked at on both sides. What is
    gone has a row of its own, whose id is negative where another socket has its id, or may have.
    """
    both = set(base.snapshot.namespaces.names.values()) & set(snapshot.namespaces.names.values())
    found = compare(_side(base.snapshot, both), _side(snapshot, both))
    ids = {socket.id for socket in snapshot.sockets} if base.is_own else None
    marks: dict[int, Marked] = {}
    for socket in found.closed:
        is_free = ids is not None and socket.id not in ids
        gone = socket if is_free else socket._replace(id=-socket.id)
        marks[gone.id] = Marked(Mark.CLOSED, None, gone)
    marks.update((socket.id, Marked(Mark.NEW, None, socket)) for socket in found.opened)
    marks.update((each.after.id, Marked(Mark.CHANGED, None, each.after)) for each in found.owner)
    return Marks(marks)


def _side(snapshot: Snapshot, names: Collection[str]) -> Side:
    """The sockets in the namespaces of these names."""
    by_inode = snapshot.namespaces.names
    return Side([each for each in snapshot.sockets if by_inode.get(each.netns) in names], by_inode)
