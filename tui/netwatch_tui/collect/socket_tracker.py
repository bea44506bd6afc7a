"""Which line is which socket: the same one as last tick, one in another state, or one never seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from netwatch_tui.kernel.namespace import Namespace
from netwatch_tui.kernel.proc_net import DAMAGE, Table
from netwatch_tui.sockets.delta import Delta, continues
from netwatch_tui.sockets.socket import Ends, Socket

_new = tuple.__new__


class TableRef(NamedTuple):
    """One socket table of one network namespace."""

    namespace: Namespace
    table: Table

    @property
    def key(self) -> tuple[int, str]:
        """What stays when the process changes through which the namespace is read."""
        return (self.namespace.inode, self.table.name)


class NewLine(NamedTuple):
    """A line that was not there last tick, with the socket that it shows."""

    line: bytes
    socket: Socket


class TableDiff:
    """What one read of one table says, compared with what is known. Changes nothing that is known."""

    def __init__(self, ref: TableRef, lines: dict[bytes, int], tracker: SocketTracker) -> None:
        self.ref = ref
        self._known = lines
        self._tracker = tracker
        self._fresh: dict[bytes, None] = {}
        """Lines that were not known, in the order of the table."""
        self._gone_lines: dict[int, bytes] = {}
        """Lines that the read did not give, by the id of their socket."""
        self._missing_by_ends: dict[Ends, list[int]] = defaultdict(list)
        self._opened: dict[Ends, list[Socket]] = defaultdict(list)
        self.missing: set[int] = set()
        """Ids of sockets without a line so far."""
        self.continuing: list[tuple[int, NewLine]] = []
        """Known sockets with another line than before, with their ids."""
        self.opened: list[NewLine] = []
        self.damaged: list[bytes] = []
        """Lines that could not be understood."""

    def read(self, parts: Iterable[list[bytes]]) -> None:
        """Take in what a read of the whole table gave, some hundred lines at a time."""
        if not self._tracker.knows(self.ref):
            lines = dict.fromkeys(chain.from_iterable(parts))
            for new_line in self._open_new_ones(self._parse(lines)):
                self._open(new_line)
            return
        seen = self._recognise(parts, self._fresh)
        if len(seen) < len(self._known):
            self._gone_lines = {id: line for line, id in self._known.items() if id not in seen}
        self.missing = set(self._gone_lines)
        for missing in self.missing:
            self._missing_by_ends[self._tracker.sockets[missing].ends].append(missing)
        for new_line in self._parse(self._fresh):
            found = self._find(new_line.socket)
            if found is None:
                self._open(new_line)
            else:
                self._continue(found, new_line)

    def reread(self, parts: Iterable[list[bytes]]) -> None:
        """Take in a second read, which is asked only about the missing: one read is torn when sockets come and go."""
        fresh: dict[bytes, None] = {}
        for id in self.missing & self._recognise(parts, fresh):
            self.keep(id)
        for new_line in self._parse([line for line in fresh if line not in self._fresh], count=False):
            found = self._find(new_line.socket)
            if found is not None:
                self._continue(found, new_line)

    def _recognise(self, parts: Iterable[list[bytes]], fresh: dict[bytes, None]) -> set[int]:
        """The ids behind the known lines; the others go to `fresh`. Loops in C over lines that are soon let go."""
        seen: set[int] = set()
        id_of = self._known.get
        for lines in parts:
            ids = list(map(id_of, lines))
            if None in ids:
                fresh.update((line, None) for line, id in zip(lines, ids, strict=True) if id is None)
            seen.update(ids)  # type: ignore[arg-type]  # None is taken out below
        seen.discard(None)
        return seen

    def keep(self, id: int) -> None:
        """A missing socket is still there: its line stays what it was."""
        self.missing.discard(id)
        self._gone_lines.pop(id, None)

    def update_lines(self, known: dict[bytes, int], opened: Mapping[bytes, Socket]) -> None:
        """Make the lines of the table those after this read.

        Args:
            known: The lines before, by which the diff was made.
            opened: The opened sockets as they are followed now, by their line.
        """
        for line in self._gone_lines.values():
            del known[line]
        known.update((new_line.line, id) for id, new_line in self.continuing)
        known.update((line, socket.id) for line, socket in opened.items())

    def _parse(self, lines: Iterable[bytes], *, count: bool = True) -> list[NewLine]:
        table, netns = self.ref.table, self.ref.namespace.inode
        parser, netid, family = table.parser, table.netid, table.family
        new_lines: list[NewLine] = []
        for line in lines:
            try:
                new_lines.append(_new(NewLine, (line, parser(line, netns, netid, family))))
            except DAMAGE:
                if count:
                    self.damaged.append(line)
        return new_lines

    def _find(self, socket: Socket) -> int | None:
        """The known socket that this line shows.

        A torn read can list a socket before and after it got or lost its inode, so the ends are looked up as well.
        """
        candidates = [*self._tracker.candidates(socket), *self._missing_by_ends.get(socket.ends, ())]
        sockets = self._tracker.sockets
        return next((id for id in candidates if continues(sockets[id], socket)), None)

    def _continue(self, id: int, new_line: NewLine) -> None:
        """A known socket has another line. One that already has a line was listed twice in a torn read."""
        if id in self.missing:
            self.missing.discard(id)
            self.continuing.append((id, new_line))

    def _open_new_ones(self, new_lines: Iterable[NewLine]) -> list[NewLine]:
        """In the first read of a table, open what has an inode of its own; returns what may be listed twice."""
        inodes: set[int] = set()
        doubtful: list[NewLine] = []
        for new_line in new_lines:
            inode = new_line.socket.inode
            if inode and inode not in inodes:
                inodes.add(inode)
                self.opened.append(new_line)
            else:
                doubtful.append(new_line)
        if doubtful:
            for _, socket in self.opened:
                self._opened[socket.ends].append(socket)
        return doubtful

    def _open(self, new_line: NewLine) -> None:
        """A socket that was not known. It, too, may be listed twice, before and after it got or lost its inode."""
        same_ends, socket = self._opened[new_line.socket.ends], new_line.socket
        if not any(continues(other, socket) or continues(socket, other) for other in same_ends):
            same_ends.append(socket)
            self.opened.append(new_line)


class SocketTracker:
    """All sockets that are there, by id and by what finds them again."""

    def __init__(self) -> None:
        self.sockets: dict[int, Socket] = {}
        self._by_inode: dict[int, int] = {}
        self._sharing: dict[int, set[int]] = {}
        """By inode, all sockets where several have it: subflows of MPTCP, associations of SCTP."""
        self._by_ends: dict[int, int] = {}
        """By the hash of their ends: 100,000 sockets have as many, and the tuples themselves would take 20 MB."""
        self._lines: dict[tuple[int, str], dict[bytes, int]] = {}
        """By table, the lines that were there and the ids of their sockets."""
        self._last_id = 0
        self._unindexed: list[Socket] | None = []
        """What the first tick brought. Indexed with the second one: who looks only once needs no index."""

    def diff(self, ref: TableRef) -> TableDiff:
        """Begin to compare a read of this table."""
        return TableDiff(ref, self._lines.get(ref.key, {}), self)

    def knows(self, ref: TableRef) -> bool:
        """Whether this table was read before."""
        return ref.key in self._lines

    def candidates(self, socket: Socket) -> list[int]:
        """Ids of sockets that this one may be."""
        self._index()
        found = (self._by_inode.get(socket.inode), self._by_ends.get(hash(socket.ends)))
        return [id for id in found if id is not None]

    def with_inode(self, inode: int) -> list[int]:
        """The ids of the sockets with this inode; mostly there is one at most."""
        self._index()
        if inode in self._sharing:
            return list(self._sharing[inode])
        return [self._by_inode[inode]] if inode in self._by_inode else []

    def next_id(self) -> int:
        """An id that no socket had before."""
        self._last_id += 1
        return self._last_id

    def commit(self, diff: TableDiff, opened: Mapping[bytes, Socket]) -> None:
        """Keep the lines of a table for the next comparison; `opened` are its new sockets by line."""
        diff.update_lines(self._lines.setdefault(diff.ref.key, {}), opened)

    def forget_others(self, refs: Iterable[TableRef]) -> set[int]:
        """Follow nothing but these tables from now on; returns the ids of sockets that are no longer looked at."""
        forgotten = self._lines.keys() - {ref.key for ref in refs}
        return {id for key in forgotten for id in self._lines.pop(key).values()}

    def apply(self, delta: Delta) -> None:
        """Make the sockets those after the delta."""
        changes = (*delta.changed, *delta.updated)
        moved = [change for change in changes if change.before.inode != change.after.inode]
        for socket in (*delta.closed, *delta.dropped, *(change.before for change in moved)):
            self._unlink(socket)
        delta.apply(self.sockets)
        self._link((*delta.opened, *(change.after for change in moved)))

    def _index(self) -> None:
        if self._unindexed is not None:
            sockets, self._unindexed = self._unindexed, None
            self._link(sockets)

    def _link(self, sockets: Iterable[Socket]) -> None:
        if self._unindexed is not None:
            self._unindexed += sockets
            return
        for socket in sockets:
            if socket.inode:
                if (other := self._by_inode.get(socket.inode, socket.id)) != socket.id:
                    self._sharing.setdefault(socket.inode, {other}).add(socket.id)
                self._by_inode[socket.inode] = socket.id
            self._by_ends[hash(socket.ends)] = socket.id

    def _unlink(self, socket: Socket) -> None:
        """Forget where to find it; another socket may have taken its place there already."""
        self._index()
        if sharing := self._sharing.get(socket.inode):
            sharing.discard(socket.id)
            self._by_inode[socket.inode] = next(iter(sharing))
            if len(sharing) == 1:
                del self._sharing[socket.inode]
        elif self._by_inode.get(socket.inode) == socket.id:
            del self._by_inode[socket.inode]
        key = hash(socket.ends)
        if self._by_ends.get(key) == socket.id:
            del self._by_ends[key]
