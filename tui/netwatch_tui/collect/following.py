"""Which line is which socket: the same one as last tick, one in another state, or one never seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netwatch_tui.kernel.procnet import LineError, Table, parse_line
from netwatch_tui.model.diff import Change, Delta, continues, split_changes
from netwatch_tui.model.socket import Ends, Socket


class Sighting(NamedTuple):
    """A line that was not there last tick, with the socket that it shows."""

    line: bytes
    socket: Socket


class TablePlan:
    """What one read of one table says, compared with what is known. Changes nothing that is known."""

    def __init__(self, table: Table, lines: dict[bytes, int], following: Following) -> None:
        self._table = table
        self._known = lines
        self._following = following
        self._missing_by_ends: dict[Ends, list[int]] = defaultdict(list)
        self._opened: set[tuple[Ends, int]] = set()
        self.lines: dict[bytes, int] = {}
        """The line of every socket that is still there, with its id; `opened` not yet among them."""
        self.missing: set[int] = set()
        """Ids of sockets without a line so far."""
        self.continuing: list[tuple[int, Sighting]] = []
        self.opened: list[Sighting] = []
        self.damaged: list[str] = []
        """Lines that could not be understood."""

    def read(self, lines: list[bytes]) -> None:
        """Take in what a read of the whole table gave."""
        known = self._known
        ids: dict[bytes, int | None] = dict(zip(lines, map(known.get, lines), strict=True))
        self.missing = {known[line] for line in known.keys() - ids.keys()}
        for missing in self.missing:
            self._missing_by_ends[self._following.sockets[missing].ends].append(missing)
        unknown = [line for line, id in ids.items() if id is None]
        for line in unknown:
            del ids[line]
        self.lines = ids  # type: ignore[assignment]  # the lines without an id were just removed
        for sighting in self._parse(unknown):
            found = self._find(sighting.socket)
            if found is None:
                self._open(sighting)
            else:
                self._continue(found, sighting)

    def reread(self, lines: list[bytes]) -> None:
        """Take in a second read, which is asked only about the missing: one read is torn when sockets come and go."""
        known = self._known
        for line in lines:
            if known.get(line) in self.missing:
                id = known[line]
                self.lines[line] = id
                self.missing.discard(id)
        for sighting in self._parse([line for line in lines if line not in self.lines], count=False):
            found = self._find(sighting.socket)
            if found is not None:
                self._continue(found, sighting)

    def _parse(self, lines: Iterable[bytes], *, count: bool = True) -> Iterator[Sighting]:
        for line in lines:
            try:
                yield Sighting(line, parse_line(line, self._table))
            except LineError as error:
                if count:
                    self.damaged.append(str(error))

    def _find(self, socket: Socket) -> int | None:
        """The known socket that this line shows."""
        following = self._following
        same = following.by_inode.get(socket.inode) if socket.inode else following.orphans.get(socket.ends)
        candidates = [] if same is None else [same]
        candidates += self._missing_by_ends.get(socket.ends, ())
        return next((id for id in candidates if continues(following.sockets[id], socket)), None)

    def _continue(self, id: int, sighting: Sighting) -> None:
        """A known socket has another line. One that already has a line was listed twice in a torn read."""
        if id in self.missing:
            self.missing.discard(id)
            self.lines[sighting.line] = id
            self.continuing.append((id, sighting))

    def _open(self, sighting: Sighting) -> None:
        key = (sighting.socket.ends, sighting.socket.inode)
        if key not in self._opened:
            self._opened.add(key)
            self.opened.append(sighting)


class Following:
    """All sockets that are there, by id and by what finds them again."""

    def __init__(self) -> None:
        self.sockets: dict[int, Socket] = {}
        self.by_inode: dict[int, int] = {}
        self.orphans: dict[Ends, int] = {}
        """Sockets without an inode, by netid and ends."""
        self._lines: dict[str, dict[bytes, int]] = defaultdict(dict)
        self._last_id = 0

    def plan(self, table: Table) -> TablePlan:
        """Begin to compare a read of this table."""
        return TablePlan(table, self._lines[table.name], self)

    def next_id(self) -> int:
        """An id that no socket had before."""
        self._last_id += 1
        return self._last_id

    def commit(self, table: Table, lines: dict[bytes, int]) -> None:
        """Keep the lines of a table for the next comparison."""
        self._lines[table.name] = lines

    def apply(self, delta: Delta) -> None:
        """Make the sockets those after the delta."""
        for change in (*delta.changed, *delta.updated):
            self._unlink(change.before)
        for socket in delta.closed:
            self._unlink(socket)
        delta.apply(self.sockets)
        for socket in (*delta.opened, *(change.after for change in (*delta.changed, *delta.updated))):
            self._link(socket)

    def _link(self, socket: Socket) -> None:
        if socket.inode:
            self.by_inode[socket.inode] = socket.id
        else:
            self.orphans[socket.ends] = socket.id

    def _unlink(self, socket: Socket) -> None:
        if socket.inode:
            self.by_inode.pop(socket.inode, None)
        else:
            self.orphans.pop(socket.ends, None)


def delta_of(opened: Iterable[Socket], changes: Iterable[Change], closed: Iterable[Socket]) -> Delta:
    """Put the parts of a tick together."""
    split = split_changes(changes)
    return Delta(tuple(opened), split.changed, split.updated, tuple(closed))
