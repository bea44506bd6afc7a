"""The sockets of one host as rows of a table of several, over all its connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial
from itertools import chain
from typing import NamedTuple

from netwatch_tui.hosts.host_times import time_here
from netwatch_tui.sockets.bounded_memory import BoundedMemory, bytes_of_process
from netwatch_tui.sockets.delta import Change, Delta, anchor, continues, split_changes
from netwatch_tui.sockets.health import Finding
from netwatch_tui.sockets.hosts import on_host
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.snapshot import Seen, Snapshot
from netwatch_tui.sockets.socket import Ends, Socket
from netwatch_tui.sockets.socket_events import SocketEvent

_PLACE_OF_NETID = Socket._fields.index("netid")

_MOST_PROCESSES = 65_536
"""Processes of a host whose values for the table are remembered; after so many it begins anew."""
_MOST_PROCESS_BYTES = 64 * 1024 * 1024
"""The same by what they take."""


class _Gone(NamedTuple):
    """A row that is there no more."""

    socket: Socket
    """As it was seen last."""
    is_dropped: bool
    """Nothing is known of its end."""


class HostRows:
    """What the table has of one host. Ids of rows are the table's own, and outlive a connection to the host.

    The host's ids name its sockets for as long as it is connected. After that a socket is known by its ends and inode,
    as from one line of `/proc/net` to the next.
    """

    def __init__(self, host: int, next_id: Callable[[], int]) -> None:
        """Begin with no row.

        Args:
            host: The host's number.
            next_id: Gives ids that no row had.
        """
        self._host = host
        self._next_id = next_id
        self._rows: dict[int, Socket] = {}
        """By the ids that the host gives."""
        self._ids: dict[int, int] = {}
        """The host's ids by those of the rows."""
        self._namespaces: Seen | None = None
        """Those of the tick before; None before the first."""
        self._before: dict[int, Socket | None] = {}
        """The rows that this step touched as the table has them, by their ids there; None where it has none."""
        self._ended: dict[int, _Gone] = {}
        """Those of them that are there no more, by the same ids."""
        self._passed: list[Socket] = []
        self._gone: dict[int, Socket] = {}
        """What ended or passed in this step, by the ids that the host gave: events speak of it."""
        self._processes = BoundedMemory[Process, Process](_MOST_PROCESSES, _MOST_PROCESS_BYTES)
        # Most rows have one namespace and one time in common, which then are one object each.
        self._namespace_here = cache(partial(on_host, host=host))
        self._time_here = lru_cache(1)(time_here)
        self._ahead = 0.0

    def __len__(self) -> int:
        return len(self._rows)

    def id_in_table(self, id: int) -> int | None:
        """The table's id of a socket by the host's; None where there is none."""
        row = self._rows.get(id)
        return None if row is None else row.id

    def finding(self, told: Finding) -> Finding:
        """What the host says is wrong with a socket, as it is wrong with its row."""
        row = self._rows.get(told.socket.id)
        return told._replace(since=time_here(told.since, self._ahead), socket=row or told.socket)

    def ids_at_host(self, ids: Iterable[int]) -> frozenset[int]:
        """The host's ids of those rows that are of this host."""
        return frozenset(self._ids[id] for id in ids if id in self._ids)

    def step(
        self, snapshots: Iterable[Snapshot], *, begins_anew: bool, ahead: float
    ) -> tuple[Delta, tuple[SocketEvent, ...] | None]:
        """Take over what the host's ticks tell.

        Args:
            snapshots: The ticks, the oldest first; each delta leads from the one before.
            begins_anew: Whether the first of them is the first of a new connection.
            ahead: Seconds by which the times in them are ahead of those of the table.

        Returns:
            What leads from the rows before to those after, and what happened as the host's kernel told it; None where
            only its ticks tell.
        """
        self._before, self._ended, self._passed, self._gone, self._ahead = {}, {}, [], {}, ahead
        events: list[SocketEvent] = []
        told = False
        for snapshot in snapshots:
            if begins_anew:
                self._begin_anew(snapshot)
                begins_anew = False
            else:
                self._go_on(snapshot.delta)
            self._namespaces = snapshot.namespaces
            told |= snapshot.events is not None
            events += map(self._event, snapshot.events or ())
        delta, self._before = self._delta(), {}
        return delta, tuple(events) if told else None

    # --- one tick ---

    def _go_on(self, delta: Delta) -> None:
        """What happened while the host was connected. A host may say anything: what it names twice is one row."""
        for ended, is_dropped in ((delta.closed, False), (delta.dropped, True)):
            for socket in ended:
                if (row := self._rows.pop(socket.id, None)) is not None:
                    self._gone[socket.id] = row
                    self._end(row, is_dropped=is_dropped)
        for socket in (*(change.after for change in (*delta.changed, *delta.updated)), *delta.opened):
            before = self._rows.get(socket.id)
            row = self._following(socket, before) if before else self._new(socket, was_there=socket.was_there)
            self._put(socket.id, row, before)
        for socket in delta.passed:
            self._gone[socket.id] = row = self._new(socket, was_there=False)
            self._passed.append(row)

    def _begin_anew(self, snapshot: Snapshot) -> None:
        """The first tick of a connection: what is the same socket as before keeps its row."""
        former: dict[Ends, list[Socket]] = defaultdict(list)
        for row in self._rows.values():
            former[anchor(row)].append(row)
        known = self._namespaces.names if self._namespaces else {}
        self._rows, self._ids = {}, {}
        for socket in snapshot.sockets:
            row = self._row(
                socket, 0, self._time_here(socket.seen_at, self._ahead), was_there=socket.netns not in known
            )
            before = _taken(row, former.get(anchor(row), []))
            if before is None:
                row = row._replace(id=self._next_id())
            else:
                row = row._replace(id=before.id, seen_at=before.seen_at, was_there=before.was_there)
            self._put(socket.id, row, before)
        seen = {on_host(netns, self._host) for netns in snapshot.namespaces.names}
        for row in chain.from_iterable(former.values()):
            # Of a namespace that is not looked at, any more or as yet, nothing is known.
            self._end(row, is_dropped=row.netns not in seen and snapshot.namespaces.others > 0)

    def _put(self, id: int, row: Socket, before: Socket | None) -> None:
        """Have a row under the host's id, in place of another one or of none."""
        self._rows[id], self._ids[row.id] = row, id
        self._before.setdefault(row.id, before)

    def _end(self, row: Socket, *, is_dropped: bool) -> None:
        self._ids.pop(row.id, None)
        self._before.setdefault(row.id, row)
        self._ended[row.id] = _Gone(row, is_dropped)

    # --- values ---

    def _new(self, socket: Socket, *, was_there: bool) -> Socket:
        """A row that the table does not have."""
        return self._row(socket, self._next_id(), self._time_here(socket.seen_at, self._ahead), was_there=was_there)

    def _following(self, socket: Socket, row: Socket) -> Socket:
        """What a row is now."""
        return self._row(socket, row.id, row.seen_at, was_there=row.was_there)

    def _row(self, socket: Socket, id: int, seen_at: float, *, was_there: bool) -> Socket:
        """A socket as the table has it. Not by `_replace`, which takes several times as long."""
        return Socket._make(
            (
                id,
                seen_at,
                was_there,
                socket.user,
                self._owners(socket.owners),
                socket.owner_reason,
                self._owners(socket.evidence),
                self._namespace_here(socket.netns),
                *socket[_PLACE_OF_NETID:],
            )
        )

    def _owners(self, owners: tuple[Owner, ...]) -> tuple[Owner, ...]:
        return tuple([self._owner(owner) for owner in owners]) if owners else ()

    def _owner(self, owner: Owner) -> Owner:
        process = self._process(owner.process)
        pid = process.pid if owner.pid == owner.process.pid else on_host(owner.pid, self._host)
        return Owner(pid, owner.fd, process)

    def _process(self, process: Process) -> Process:
        found = self._processes.get(process)
        if found is None:
            found = process._replace(pid=on_host(process.pid, self._host))
            self._processes.keep(process, found, bytes_of_process(process))
        return found

    def _event(self, event: SocketEvent) -> SocketEvent:
        closer = event.closer and event.closer._replace(pid=on_host(event.closer.pid, self._host))
        before = event.before and self._socket_of(event.before)
        at = time_here(event.at, self._ahead)
        return event._replace(at=at, socket=self._socket_of(event.socket), before=before, closer=closer)

    def _socket_of(self, socket: Socket) -> Socket:
        """A socket of an event: under the id of its row, if it has one."""
        row = self._rows.get(socket.id) or self._gone.get(socket.id)
        return self._following(socket, row) if row else self._new(socket, was_there=socket.was_there)

    # --- what came of it ---

    def _delta(self) -> Delta:
        """What leads from the table's rows before the step to those after it."""
        opened: list[Socket] = []
        changes: list[Change] = []
        closed: list[Socket] = []
        dropped: list[Socket] = []
        for id, before in self._before.items():
            if id in self._ids:
                after = self._rows[self._ids[id]]
                if before is None:
                    opened.append(after)
                else:
                    changes.append(Change(before, after))
                continue
            last, is_dropped = self._ended[id]
            if before is not None:
                # As the table has it, by which it is counted; how it changed since is of no use any more.
                (dropped if is_dropped else closed).append(before)
            elif not is_dropped:
                self._passed.append(last)
        return Delta(tuple(opened), *split_changes(changes), tuple(closed), tuple(dropped), tuple(self._passed))


def _taken(row: Socket, former: list[Socket]) -> Socket | None:
    """That of these rows of the same place which is the same socket, taken from them; None if none is."""
    for at, before in enumerate(former):
        if continues(before, row) and _cookie(before) in (None, _cookie(row) or _cookie(before)):
            return former.pop(at)
    return None


def _cookie(socket: Socket) -> int | None:
    return socket.diag.cookie if socket.diag else None
