"""One tick after the other: from the kernel's tables to a Snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from netwatch_tui.collect.following import Following, Sighting, TablePlan, delta_of
from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.kernel.procnet import TABLES, Table
from netwatch_tui.kernel.source import Source
from netwatch_tui.model.diff import Change, Delta
from netwatch_tui.model.snapshot import Counts, Problem, Snapshot
from netwatch_tui.model.socket import Owner, OwnerReason, Socket

FULL_SCAN_EVERY = 5.0
"""Seconds after which owners are looked for again even if no new inode came: a descriptor can change hands."""


def _go_on() -> None:
    """Never interrupt."""


class Collector:
    """Everything that is remembered between two ticks. For one thread."""

    def __init__(
        self,
        source: Source,
        tables: Sequence[Table] = TABLES,
        *,
        check: Callable[[], None] = _go_on,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin with nothing known.

        Args:
            source: The machine.
            tables: The socket tables to read.
            check: Called often during a tick; what it raises ends the tick, and nothing of it is kept.
            stopwatch: Measures what a tick costs, in seconds.
        """
        self._source = source
        self._tables = tables
        self._check = check
        self._stopwatch = stopwatch
        self._following = Following()
        self._owners = OwnerIndex(source, check)
        self._searched: set[int] = set()
        """Inodes that have no owner as far as can be seen; not looked for again before the next full scan."""
        self._unexplained: set[int] = set()
        """Inodes whose owner was missed in the last tick: looked for once more."""
        self._scanned_at: float | None = None
        self._first_at: float | None = None

    def collect(self, now: float) -> Snapshot:
        """Look at all sockets.

        Args:
            now: Seconds since the epoch, never less than in the call before.
        """
        start = self._stopwatch()
        problems: list[Problem] = []
        plans = self._read(problems)
        touched = self._find_owners(plans, now)
        delta = self._commit(plans, touched, now)
        sockets = tuple(self._following.sockets.values())
        if self._first_at is None:
            self._first_at, delta = now, Delta()
        return Snapshot(
            taken_at=now,
            first_at=self._first_at,
            sockets=sockets,
            delta=delta,
            counts=Counts.of(sockets),
            cost=self._stopwatch() - start,
            problems=tuple(problems),
        )

    def _read(self, problems: list[Problem]) -> dict[Table, TablePlan]:
        """Read and compare every table that the kernel has."""
        plans: dict[Table, TablePlan] = {}
        for table in self._tables:
            plan = self._following.plan(table)
            try:
                plan.read(self._source.lines(table, self._check))
                if plan.missing:
                    plan.reread(self._source.lines(table, self._check))
            except FileNotFoundError:
                plan = self._following.plan(table)
                plan.read([])
            except OSError as error:
                # What this table held before stays as it was: unread is not closed.
                problems.append(Problem(f"can't read /proc/net/{table.name}: {error.strerror}", 1))
                continue
            if plan.damaged:
                count = len(plan.damaged)
                problems.append(Problem(f"{count} of the lines in /proc/net/{table.name} can't be understood", count))
            plans[table] = plan
        return plans

    def _find_owners(self, plans: dict[Table, TablePlan], now: float) -> set[int]:
        """Scan for owners where there are inodes without one, or it is time; returns inodes with other owners."""
        inodes = {sighting.socket.inode for sighting in _sightings(plans.values())} | self._unexplained
        wanted = {inode for inode in inodes if inode and not self._owners.of(inode)} - self._searched
        due = self._scanned_at is None or now - self._scanned_at >= FULL_SCAN_EVERY
        if not (wanted or due):
            return set()
        if due:
            self._source.forget_processes()
            self._searched.clear()
            self._scanned_at = now
        touched = self._owners.scan()
        missed = {inode for inode in wanted if not self._owners.of(inode)}
        self._searched |= missed if self._owners.denied else missed & self._unexplained
        return touched

    def _commit(self, plans: dict[Table, TablePlan], touched: set[int], now: float) -> Delta:
        """Make what was read the state from which the next tick starts."""
        following = self._following
        opened_at = None if self._first_at is None else now
        opened: list[Socket] = []
        changes: dict[int, Change] = {}
        closed: list[Socket] = []
        for table, plan in plans.items():
            for sighting in plan.opened:
                socket = self._attribute(sighting.socket, following.next_id(), opened_at)
                plan.lines[sighting.line] = socket.id
                opened.append(socket)
            for id, sighting in plan.continuing:
                before = following.sockets[id]
                changes[id] = Change(before, self._attribute(sighting.socket, id, before.opened_at))
            closed += (following.sockets[id] for id in plan.missing)
            following.commit(table, plan.lines)
        gone = {socket.id for socket in closed}
        for inode in touched | self._unexplained:
            id = following.by_inode.get(inode, 0)
            if id and id not in changes and id not in gone:
                before = following.sockets[id]
                changes[id] = Change(before, self._attribute(before, id, before.opened_at))
        delta = delta_of(opened, changes.values(), closed)
        following.apply(delta)
        self._unexplained = {
            socket.inode
            for socket in (*opened, *(change.after for change in changes.values()))
            if socket.owner_reason is OwnerReason.EXITED
        }
        return delta

    def _attribute(self, socket: Socket, id: int, opened_at: float | None) -> Socket:
        owners = self._owners.of(socket.inode) if socket.inode else ()
        user = None if socket.uid is None else self._source.user(socket.uid)
        return socket.followed(id, opened_at, user, owners, self._reason(socket, owners, id))

    def _reason(self, socket: Socket, owners: tuple[Owner, ...], id: int) -> OwnerReason | None:
        """Why no owner was found.

        A socket that nobody held at two scans, and that is still listed, is the kernel's. After the first, its
        process most likely went away between reading the sockets and reading the processes.
        """
        if owners:
            return None
        if not socket.inode:
            return OwnerReason.KERNEL
        if self._owners.denied:
            return OwnerReason.PERMISSION
        before = self._following.sockets.get(id)
        missed_before = before is not None and before.inode == socket.inode and not before.owners
        return OwnerReason.KERNEL if missed_before else OwnerReason.EXITED


def _sightings(plans: Iterable[TablePlan]) -> Iterator[Sighting]:
    """All lines that were not there last tick."""
    for plan in plans:
        yield from plan.opened
        yield from (sighting for _, sighting in plan.continuing)
