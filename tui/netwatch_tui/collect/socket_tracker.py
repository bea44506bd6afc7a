"""Which line is which socket: the same one as last tick, one in another state, or one never seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from netwatch_tui.collect.doubled_lines import Spare, are_one, numbered, place_of, pointer_of, repeated
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.kernel.proc_net import DAMAGE, Parser, Table
from netwatch_tui.sockets.delta import Delta, anchor, continues, has_moved
from netwatch_tui.sockets.slices import giving_way
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


_LINE, _SOCKET = attrgetter("line"), attrgetter("socket")

Judge = Callable[[list[Socket]], Sequence[int | None]]
"""How many connections have the same ends as each of some sockets; see `Namespace.count`."""


class TableDiff:
    """What one read of one table says, compared with what is known. Changes nothing that is known.

    One read is torn when sockets come and go: it may leave a socket out, or list it twice. Where it matters, a second
    read is asked for.
    """

    def __init__(self, ref: TableRef, lines: dict[bytes, int], tracker: SocketTracker) -> None:
        self.ref = ref
        self._known = lines
        self._tracker = tracker
        self._parser = ref.table.parser
        self.listed = 0
        """How many lines the read gave, those included that it gave twice."""
        self._sample = b""
        """One of them."""
        self._fresh: dict[bytes, None] = {}
        """Lines that were not known, in the order of the table."""
        self._gone_lines: dict[int, bytes] = {}
        """Lines that the read did not give, by the id of their socket."""
        self._missing_at: dict[Ends, list[int]] = defaultdict(list)
        self._opened: dict[Ends, list[NewLine]] = defaultdict(list)
        self.missing: set[int] = set()
        """Ids of sockets without a line so far."""
        self.continuing: list[tuple[int, NewLine]] = []
        """Known sockets with another line than before, with their ids."""
        self._line_of: dict[int, bytes] = {}
        """Their new lines by id."""
        self.opened: list[NewLine] = []
        self.doubtful: list[NewLine] = []
        """Lines of a socket that has another line, or of one more that only its device tells apart."""
        self.repeats = False
        """Whether there are equal lines that may stand for several sockets."""
        self.damaged: list[bytes] = []
        """Lines that could not be understood."""

    def read(self, parts: Iterable[list[bytes]], parser: Parser | None = None) -> None:
        """Take in what a read of the whole table gave, some hundred lines at a time.

        Args:
            parts: The lines, or what sock_diag says in their place.
            parser: Takes them apart; that of the table's lines, if none is given.
        """
        self._parser = parser or self._parser
        if not self._tracker.knows(self.ref):
            lines = dict.fromkeys(chain.from_iterable(self._counted(parts)))
            self.repeats = self._may_repeat(len(lines))
            for new_line in self._open_new_ones(self._parse(lines)):
                self._open(new_line)
            return
        seen = self._recognise(self._counted(parts), self._fresh)
        self.repeats = self._may_repeat(len(seen) + len(self._fresh))
        if len(seen) < len(self._known):
            self._gone_lines = {id: line for line, id in self._known.items() if id not in seen}
        self.missing = set(self._gone_lines)
        for missing in giving_way(self.missing):
            self._missing_at[anchor(self._tracker.sockets[missing])].append(missing)
        for new_line in giving_way(self._parse(self._fresh)):
            found = self._find(new_line.socket)
            if found is None:
                self._open(new_line)
            else:
                self._continue(found, new_line)

    def has_rival(self, id: int) -> bool:
        """Whether another connection has, or may have, the ends of this one."""
        tracker = self._tracker
        return tracker.has_twins(id) or bool(self._opened.get(tracker.sockets[id].ends))

    @property
    def is_answered(self) -> bool:
        """Whether sock_diag told of the sockets, and not the lines of the table."""
        return self._parser is not self.ref.table.parser

    def reread(self, parts: Iterable[list[bytes]], parser: Parser | None, judge: Judge) -> None:
        """Take in a second read, which is asked only about what is missing, doubtful, or may repeat.

        Args:
            parts: As in `read`.
            parser: As in `read`.
            judge: Says how many connections have the same ends as each of some sockets now; None where it can't tell.
        """
        self._parser = parser or self._parser
        places = {place_of(new_line.line): new_line.socket for new_line in self.doubtful}
        rivals = [(id, line) for id, line in self._gone_lines.items() if self.has_rival(id)]
        places |= {place_of(line): self._tracker.sockets[id] for id, line in rivals}
        second: list[bytes] = []
        if places or self.repeats:
            parts = list(parts)
            second = list(chain.from_iterable(parts))
        fresh: dict[bytes, None] = {}
        for id in self.missing & self._recognise(parts, fresh):
            self.keep(id)
        counts = dict(zip(places, judge(list(places.values())), strict=True)) if places else {}
        spare = Spare(counts, second, self._known_lines())
        for new_line in self._parse([line for line in fresh if line not in self._fresh], count=False):
            found = self._find(new_line.socket)
            if found in self.missing and spare.take(place_of(new_line.line)):
                self._continue(found, new_line)
        for new_line in self.doubtful:
            if spare.take(place_of(new_line.line)):
                self._add(new_line)
        if self.repeats:
            self._reread_equal_lines(second, judge)

    def _reread_equal_lines(self, second: list[bytes], judge: Judge) -> None:
        """Equal lines without an inode stand for as many sockets as there are of them."""
        times = repeated(second)
        equal = [each for each in self._parse(times, count=False) if not each.socket.inode]
        counts = judge([new_line.socket for new_line in equal])
        spare = Spare(
            {each.line: count for each, count in zip(equal, counts, strict=True)}, second, self._known_lines()
        )
        for new_line in equal:
            for number in range(2, times[new_line.line] + 1):
                line = numbered(new_line.line, number)
                id = self._known.get(line)
                if id in self.missing:
                    self.keep(id)
                elif id is None and spare.take(new_line.line):
                    self._add(NewLine(line, new_line.socket))

    def _add(self, new_line: NewLine) -> None:
        """One more socket: one that was missing so far, else a new one."""
        found = self._find(new_line.socket)
        if found in self.missing:
            self._continue(found, new_line)
        else:
            self.opened.append(new_line)

    def _known_lines(self) -> Iterator[bytes]:
        """A line for each socket that is there as far as is known by now."""
        elsewhere = self.missing.union(id for id, _ in self.continuing)
        yield from (line for line, id in self._known.items() if id not in elsewhere)
        yield from (new_line.line for new_line in chain((each for _, each in self.continuing), self.opened))

    def _counted(self, parts: Iterable[list[bytes]]) -> Iterator[list[bytes]]:
        for part in parts:
            self.listed += len(part)
            self._sample = self._sample or next(iter(part), b"")
            yield part

    def _may_repeat(self, different: int) -> bool:
        """Whether equal lines may be those of several sockets, given how many different ones there are."""
        return different < self.listed and not pointer_of(self._sample)

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
        table, netns, parser = self.ref.table, self.ref.namespace.inode, self._parser
        netid, family = table.netid, table.family
        new_lines: list[NewLine] = []
        for line in giving_way(lines):
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
        sockets, listed = self._tracker.sockets, None
        for id in self._candidates(socket):
            if continues(sockets[id], socket):
                if id in self.missing:  # of several that only their devices tell apart, one without a line so far
                    return id
                listed = id if listed is None else listed
        return listed

    def _candidates(self, socket: Socket) -> Iterator[int]:
        yield from self._tracker.candidates(socket)
        if self._missing_at:
            yield from self._missing_at.get(anchor(socket), ())

    def _continue(self, id: int, new_line: NewLine) -> None:
        """A known socket has another line. If it has one already, either is listed twice, or there are two."""
        if id in self.missing:
            self.missing.discard(id)
            self.continuing.append((id, new_line))
            self._line_of[id] = new_line.line
        elif not (new_line.socket.inode and new_line.socket.inode == self._tracker.sockets[id].inode):
            self._doubt(new_line, (self._line_of.get(id, b""),))

    def _doubt(self, new_line: NewLine, others: Iterable[bytes]) -> None:
        """Another line for ends that have some already: doubtful, unless one of them is of the very same socket."""
        if not any(are_one(new_line.line, other) for other in others):
            self.doubtful.append(new_line)

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
            for new_line in self.opened:
                self._opened[anchor(new_line.socket)].append(new_line)
        return doubtful

    def _open(self, new_line: NewLine) -> None:
        """A socket that was not known. It, too, may be listed twice, before and after it got or lost its inode."""
        same_ends, socket = self._opened[anchor(new_line.socket)], new_line.socket
        same = [each for each in same_ends if continues(each.socket, socket) or continues(socket, each.socket)]
        if not same:
            same_ends.append(new_line)
            self.opened.append(new_line)
        elif not (socket.inode and any(socket.inode == each.socket.inode for each in same)):
            self._doubt(new_line, [each.line for each in same])


class SocketTracker:
    """All sockets that are there, by id and by what finds them again."""

    def __init__(self) -> None:
        self.sockets: dict[int, Socket] = {}
        self._by_inode: dict[int, int] = {}
        self._by_ends: dict[int, int] = {}
        """By the hash of their ends: 100,000 sockets have as many, and the tuples themselves would take 20 MB."""
        self._twins: dict[int, set[int]] = {}
        """By the same hash, all connections where there are several: at different devices."""
        self._sharers: dict[int, set[int]] = {}
        """By inode, all sockets where several have it: subflows of MPTCP, associations of SCTP."""
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

    def has_lines(self, ref: TableRef) -> bool:
        """Whether there were any sockets in this table."""
        return bool(self._lines.get(ref.key))

    def candidates(self, socket: Socket) -> Iterator[int]:
        """Ids of sockets that this one may be, the likely ones first: an id can come twice."""
        self._index()
        if (id := self._by_inode.get(socket.inode)) is not None:
            yield id
        key = hash(socket.ends)
        if (id := self._by_ends.get(key)) is not None:
            yield id
        yield from self._twins.get(key, ())

    def has_twins(self, id: int) -> bool:
        """Whether another connection has the same ends."""
        return bool(self._twins) and hash(self.sockets[id].ends) in self._twins

    def with_inode(self, inode: int) -> list[int]:
        """The ids of the sockets with this inode: one as a rule, more where connections share a descriptor."""
        self._index()
        if inode in self._sharers:
            return list(self._sharers[inode])
        return [self._by_inode[inode]] if inode in self._by_inode else []

    def with_ends(self, ends: Ends) -> list[int]:
        """The ids of the sockets with these ends."""
        self._index()
        key = hash(ends)
        found = {self._by_ends.get(key), *self._twins.get(key, ())}
        return [id for id in found if id is not None and self.sockets[id].ends == ends]

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
        moved = [change for change in changes if change.before.inode != change.after.inode or has_moved(change)]
        for socket in giving_way((*delta.closed, *delta.dropped, *(change.before for change in moved))):
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
        for socket in giving_way(sockets):
            if socket.inode:
                if (other := self._by_inode.get(socket.inode, socket.id)) != socket.id:
                    self._sharers.setdefault(socket.inode, {other}).add(socket.id)
                self._by_inode[socket.inode] = socket.id
            key = hash(socket.ends)
            if socket.peer_port and (other := self._by_ends.get(key, socket.id)) != socket.id:
                self._twins.setdefault(key, {other}).add(socket.id)
            self._by_ends[key] = socket.id

    def _unlink(self, socket: Socket) -> None:
        """Forget where to find it; another socket may have taken its place there already."""
        self._index()
        if sharers := self._sharers.get(socket.inode):
            sharers.discard(socket.id)
            self._by_inode[socket.inode] = next(iter(sharers))
            if len(sharers) == 1:
                del self._sharers[socket.inode]
        elif self._by_inode.get(socket.inode) == socket.id:
            del self._by_inode[socket.inode]
        key = hash(socket.ends)
        if twins := self._twins.get(key):
            twins.discard(socket.id)
            self._by_ends[key] = next(iter(twins))
            if len(twins) == 1:
                del self._twins[key]
        elif self._by_ends.get(key) == socket.id:
            del self._by_ends[key]
