"""Who holds which socket: the memory of the descriptor scans."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TYPE_CHECKING

from netwatch_tui.collect.process_faults import ProcessFaults
from netwatch_tui.collect.unlisted_holders import UnlistedHolders
from netwatch_tui.kernel.descriptors import RING, DescriptorFolder, Descriptors
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.unseen import Denied

if TYPE_CHECKING:
    from netwatch_tui.collect.scan_rotation import ScanRotation

METADATA_TURNS = 5
"""Of how many turns a process has one is with its command line and user: these ask psutil, which takes longer than all
its descriptors. Another name or program is noticed in every tick."""

_new = tuple.__new__


class _Seen:
    """A process as it was when it was last looked at."""

    def __init__(self) -> None:
        self.process: Process | None = None
        """None as long as it holds no socket: nobody asks for its name."""
        self.folder = DescriptorFolder(0, 0)
        self.descriptors: Descriptors = {}


class OwnerIndex:
    """Owners by the inode of the socket.

    A scan of everything costs a readlink a descriptor. So `find` looks only where something is different: at processes
    that are new or have another number of descriptors, and at descriptors whose socket is gone, because the next one
    that a process opens gets the lowest free number. What this misses, `find` looks for in whole processes, the likely
    ones first, until it has found all that it was asked for; what is not listed there, `look_deeper` looks for. What
    changes hands without a word of all that, as two descriptors that two processes exchange, `read_on` comes across.

    Each look has a budget of descriptors. Processes whose turn does not come any more come first in the next look.
    """

    def __init__(self, source: Source, check: Callable[[], None], budget: int | None = None) -> None:
        """Make an index that knows nothing yet.

        Args:
            source: Where processes are read.
            check: Called for every process; what it raises ends the scan.
            budget: Descriptors at which a look may look before it leaves the other processes to the next one.
        """
        self._source = source
        self._check = check
        self._budget = budget
        self._spent = 0
        """Descriptors looked at in this look."""
        self._is_later = False
        """Whether this look leaves every process to the next one."""
        self._due: dict[int, None] = {}
        """Processes that are to be read whole, and whose turn has not come yet; the first one first."""
        self._faults = ProcessFaults()
        self._seen: dict[int, _Seen] = {}
        self._owners: dict[int, tuple[Owner, ...]] = {}
        self._unlisted = UnlistedHolders(source, check, budget)
        self._vanished: set[int] = set()
        self._touched: set[int] = set()
        self._lucky: dict[int, None] = {}
        """Processes in which something was found lately, the last one at the end."""
        self._denied: dict[int, Denied] = {}
        """Processes that could not be looked into the last time."""
        self._rotation: ScanRotation | None = None
        self._tells_sizes = False
        """Whether this kernel says how many descriptors a process has open; see `DescriptorFolder`."""

    def of(self, inode: int) -> tuple[Owner, ...]:
        """Every holder of a socket, by pid and descriptor."""
        listed, unlisted = self._owners.get(inode, ()), self._unlisted.owners.get(inode)
        return tuple(sorted({*listed, *unlisted})) if unlisted else listed

    def unowned(self, inodes: AbstractSet[int]) -> set[int]:
        """Those of these sockets that nobody is known to hold."""
        return set(inodes).difference(self._owners, self._unlisted.owners)

    def vanish(self, inodes: Iterable[int]) -> None:
        """Take note that these sockets are gone: their descriptors are free, or stand for something else."""
        self._vanished.update(inodes)

    @property
    def denied(self) -> tuple[int, int]:
        """How many processes could not be looked into: those of other users, and those of the own one."""
        meanings = list(self._denied.values())
        return meanings.count(Denied.OTHER), meanings.count(Denied.SHIELDED)

    def is_hidden(self, pid: int) -> bool:
        """Whether a process may hold what nobody can see."""
        return self._denied.get(pid, Denied.EMPTY).hides

    @property
    def touched(self) -> frozenset[int]:
        """The inodes whose owners are different from when `settle` was called last."""
        return frozenset(self._touched | self._unlisted.touched)

    def settle(self) -> None:
        """Whoever shows the owners knows of all changes."""
        self._touched.clear()
        self._unlisted.touched.clear()

    @property
    def holders(self) -> dict[int, Process]:
        """Every process that holds sockets, by pid."""
        return {pid: seen.process for pid, seen in self._seen.items() if seen.process is not None}

    def holding(self, least: int) -> dict[int, int]:
        """How many descriptors each process has open that holds sockets, by pid, of those with so many at least."""
        counts = {pid: len(seen.descriptors) for pid, seen in self._seen.items() if seen.process is not None}
        return {pid: count for pid, count in counts.items() if count >= least}

    @property
    def waiting(self) -> int:
        """How many processes were not looked into yet."""
        return len(self._due)

    @property
    def unreadable(self) -> tuple[int, bool]:
        """How many processes have descriptors that could not be read, and whether none could even be listed."""
        return self._faults.hiding + len(self._unlisted.faults), self._faults.listing is not None

    def problems(self) -> Iterator[Problem]:
        """What could not be read of processes."""
        return self._faults.problems({**self._source.process_faults(), **self._unlisted.faults})

    def begin_look(self, *, later: bool = False) -> None:
        """Have the whole budget again, and use it first for those whose turn did not come; for nobody if `later`."""
        self._spent, self._is_later = 0, later
        self._go_on()

    def scan(self) -> None:
        """Look at every descriptor of every process."""
        pids = self._list()
        for pid in pids:
            self._source.forget_process(pid)
        self._due = dict.fromkeys([*self._due, *pids])
        self._vanished.clear()
        self._go_on()
        self._unlisted.read_again()

    def read_on(self, share: float) -> None:
        """Read descriptors of some processes again, and metadata of a few, whether anything speaks for it or not.

        Args:
            share: How much of all that is to be read; from 1 on it is the same as a scan. Nothing is while others wait
                for their first turn.
        """
        if share >= 1:
            self.scan()
        elif not self._due:
            self._rotate(share)

    def _rotate(self, share: float) -> None:
        if self._rotation is None:
            from netwatch_tui.collect.scan_rotation import ScanRotation  # who looks once has no use for it

            self._rotation = ScanRotation()
        open_now = dict.fromkeys(self._denied, ()) | {pid: seen.descriptors for pid, seen in self._seen.items()}
        for turn in self._rotation.take(share, open_now):
            if turn.begins:
                self._denied.pop(turn.pid, None)
                if not (turn.number + turn.pid) % METADATA_TURNS:
                    self._source.forget_process(turn.pid)
            self._read(turn.pid, partial(self._read_changed, suspects=turn.fds, lists=turn.begins))

    def refresh(self) -> None:
        """Notice which holders run another program now, have another name, or have ended."""
        for pid, seen in list(self._seen.items()):
            if seen.process is None:
                continue
            self._check()
            process = self._source.process(pid)
            if process is not seen.process and process != seen.process:
                # A program that was just started has other descriptors, too, or is one that may not be looked into.
                self._read(pid, self._read_whole)
        self._unlisted.read_again()

    def find(self, wanted: AbstractSet[int], still_there: Callable[[set[int]], set[int]]) -> None:
        """Look for the holders of some sockets.

        Args:
            wanted: Inodes of sockets without an owner.
            still_there: Which of those not found are worth a search, because they have not been closed meanwhile.
        """
        self._go_on()
        suspects = self._suspects()
        readable = [
            pid
            for pid in self._list()
            if pid not in self._due and self._read(pid, lambda pid: self._read_changed(pid, suspects.get(pid, ())))
        ]
        self._unlisted.read_again()
        self._vanished.clear()
        missing = self.unowned(wanted)
        if missing and (missing := still_there(missing)):
            self._search(missing, readable)

    def look_deeper(self, missing: set[int]) -> None:
        """Look for sockets where the descriptors of a process do not show them."""
        headless = {pid: dict[int, int]() for pid, why in self._denied.items() if why is Denied.HEADLESS}
        for pid, descriptors in ({pid: seen.descriptors for pid, seen in self._seen.items()} | headless).items():
            self._check()
            missing = missing - self._unlisted.discover(pid, [fd for fd, what in descriptors.items() if what == RING])
            if not missing:
                break
        self._unlisted.enter()

    def _list(self) -> list[int]:
        """All processes; what is known of others is forgotten. None where they can't be listed: unread is not gone."""
        try:
            pids = self._source.pids()
        except FAULTS as error:
            self._faults.listing = error_number(error)
            return []
        self._faults.listing = None
        there = set(pids)
        known = (self._seen, self._denied, self._due, self._unlisted.faults)
        for pid in self._faults.pids.union(*known) - there:
            self._forget(pid)
            self._unlisted.forget(pid)
            self._denied.pop(pid, None)
            self._due.pop(pid, None)
        return pids

    def _go_on(self) -> None:
        """Read those whose turn it is, as far as the budget goes."""
        while self._due and not self._is_over():
            pid = next(iter(self._due))
            self._denied.pop(pid, None)
            self._read(pid, self._read_whole)
            self._due.pop(pid, None)

    def _is_over(self) -> bool:
        return self._is_later or (self._budget is not None and self._spent >= self._budget)

    def _read(self, pid: int, read: Callable[[int], None]) -> bool:
        """Read a process; whether that is possible. What can't be read any more is forgotten."""
        if self._is_over():
            self._due[pid] = None
            return False
        try:
            read(pid)
        except PermissionError:
            self._forget(pid)
            if pid not in self._denied:
                self._denied[pid] = self._source.denied(pid)
            return False
        except FAULTS as error:
            self._forget(pid)
            self._faults.fail(pid, error)
            return False
        self._denied.pop(pid, None)
        return True

    def _suspects(self) -> dict[int, list[int]]:
        """By process, the descriptors whose socket is gone."""
        suspects: dict[int, list[int]] = defaultdict(list)
        for inode in self._vanished:
            for owner in self._owners.get(inode, ()):
                if owner.fd is not None:
                    suspects[owner.pid].append(owner.fd)
        return suspects

    def _search(self, missing: set[int], pids: Iterable[int]) -> None:
        """Look into whole processes until nothing is missing."""
        likely = [pid for pid in reversed(self._lucky) if pid in self._seen]
        for pid in dict.fromkeys([*likely, *pids]):
            before = len(self._touched)
            self._read(pid, self._read_whole)
            if len(self._touched) > before and not (missing := missing - self._owners.keys()):
                return

    def _read_whole(self, pid: int) -> None:
        """Look at every descriptor of a process."""
        self._check()
        try:
            folder = self._source.stat_descriptors(pid)
            now = self._source.descriptors(pid, check=self._check)
        except GONE:
            self._forget(pid)
            return
        self._spent += len(now)
        before = self._seen[pid].descriptors if pid in self._seen else {}
        self._update(pid, folder, before.items() - now.items(), now.items() - before.items() if before else now.items())

    def _read_changed(self, pid: int, suspects: Iterable[int], *, lists: bool = False) -> None:
        """Look at what is likely to be different in a process; with `lists` also at which numbers are in use."""
        seen = self._seen.get(pid)
        if seen is None:
            self._read_whole(pid)
            return
        self._check()
        before, doubtful = seen.descriptors, set(suspects)
        try:
            folder = self._source.stat_descriptors(pid)
            if folder.inode != seen.folder.inode:
                self._read_whole(pid)
                return
            self._tells_sizes = self._tells_sizes or folder.size > 0
            is_empty = self._tells_sizes and not folder.size and not seen.descriptors  # as of all kernel threads
            if (lists and not is_empty) or not self._tells_sizes or folder.size != seen.folder.size:
                open_now = set(self._source.list_descriptors(pid))
                doubtful |= open_now ^ before.keys()
            if not doubtful:
                seen.folder = folder
                return
            now = self._source.descriptors(pid, doubtful, self._check)
        except GONE:
            self._forget(pid)
            return
        self._spent += len(doubtful)
        left = {(fd, before[fd]) for fd in doubtful & before.keys()}
        gone, come = left - now.items(), now.items() - left
        if gone or come:
            self._update(pid, folder, gone, come)
        else:
            seen.folder = folder

    def _update(
        self, pid: int, folder: DescriptorFolder, left: Iterable[tuple[int, int]], come: Iterable[tuple[int, int]]
    ) -> None:
        """Change what a process holds: descriptors that stand for something else or nothing now, and new ones."""
        seen = self._seen.get(pid) or _Seen()
        descriptors = seen.descriptors.copy() if left else seen.descriptors
        for fd, _ in left:
            descriptors.pop(fd, None)
        descriptors.update(come)
        self._faults.succeed(pid, descriptors.values())
        holds_sockets = max(descriptors.values(), default=0) > 0
        process = self._source.process(pid) if holds_sockets else None
        if process is None and holds_sockets:
            self._forget(pid)
            return
        if seen.process is not None and process != seen.process:
            # Another process by the same number, or the same under another name: all its owners are others.
            self._remove(pid, seen.descriptors.items())
            self._add(pid, process, descriptors.items())
        else:
            self._remove(pid, left)
            self._add(pid, process, come)
        seen.process, seen.folder, seen.descriptors = process, folder, descriptors
        self._seen[pid] = seen

    def _remove(self, pid: int, descriptors: Iterable[tuple[int, int]]) -> None:
        """Take a process from the owners of what it held."""
        shared: dict[int, set[int]] = defaultdict(set)
        for fd, inode in descriptors:
            if inode > 0:
                owners = self._owners.get(inode, ())
                if len(owners) > 1:
                    shared[inode].add(fd)
                elif owners and owners[0][:2] == (pid, fd):
                    del self._owners[inode]
                self._touched.add(inode)
        for inode, fds in shared.items():
            left = tuple(owner for owner in self._owners[inode] if owner.pid != pid or owner.fd not in fds)
            if left:
                self._owners[inode] = left
            else:
                del self._owners[inode]

    def _add(self, pid: int, process: Process | None, descriptors: Iterable[tuple[int, int]]) -> None:
        """Enter a process as an owner of what it holds."""
        found = False
        shared: dict[int, list[Owner]] = defaultdict(list)
        for fd, inode in descriptors:
            if inode > 0 and process is not None:
                owner = _new(Owner, (pid, fd, process))
                if inode in self._owners:
                    shared[inode].append(owner)
                else:
                    self._owners[inode] = (owner,)
                self._touched.add(inode)
                found = True
        for inode, owners in shared.items():
            self._owners[inode] = _merged(self._owners[inode], sorted(owners))
        if found:
            self._lucky.pop(pid, None)
            self._lucky[pid] = None

    def _forget(self, pid: int) -> None:
        self._faults.forget(pid)
        self._source.forget_process(pid)
        self._lucky.pop(pid, None)
        if seen := self._seen.pop(pid, None):
            self._remove(pid, seen.descriptors.items())


def _merged(owners: tuple[Owner, ...], more: list[Owner]) -> tuple[Owner, ...]:
    """Ordered owners with ordered others, mostly of one process and so side by side."""
    at = bisect(owners, more[0])
    if at == len(owners) or more[-1] < owners[at]:
        return (*owners[:at], *more, *owners[at:])
    return tuple(sorted((*owners, *more)))
