"""Who holds which socket: the memory of the descriptor scans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from netwatch_tui.collect.unlisted_holders import UnlistedHolders
from netwatch_tui.kernel.descriptors import RING, DescriptorFolder, Descriptors
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.unseen import Denied

_new = tuple.__new__
_GONE = (FileNotFoundError, ProcessLookupError)


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
    ones first, until it has found all that it was asked for; what is not listed there, `look_deeper` looks for.
    """

    def __init__(self, source: Source, check: Callable[[], None]) -> None:
        """Make an index that knows nothing yet.

        Args:
            source: Where processes are read.
            check: Called for every process; what it raises ends the scan.
        """
        self._source = source
        self._check = check
        self._seen: dict[int, _Seen] = {}
        self._owners: dict[int, tuple[Owner, ...]] = {}
        self._unlisted = UnlistedHolders(source)
        self._vanished: set[int] = set()
        self._touched: set[int] = set()
        self._lucky: dict[int, None] = {}
        """Processes in which something was found lately, the last one at the end."""
        self._denied: dict[int, Denied] = {}
        """Processes that could not be looked into the last time."""

    def of(self, inode: int) -> tuple[Owner, ...]:
        """Every holder of a socket, by pid and descriptor."""
        listed, unlisted = self._owners.get(inode, ()), self._unlisted.owners.get(inode)
        return tuple(sorted({*listed, *unlisted})) if unlisted else listed

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

    def scan(self) -> None:
        """Look at every descriptor of every process."""
        self._source.forget_processes()
        self._denied.clear()
        self._look(self._read_whole)
        self._vanished.clear()

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

    def find(self, wanted: Iterable[int], still_there: Callable[[set[int]], set[int]]) -> None:
        """Look for the holders of some sockets.

        Args:
            wanted: Inodes of sockets without an owner.
            still_there: Which of those not found are worth a search, because they have not been closed meanwhile.
        """
        suspects = self._suspects()
        readable = self._look(lambda pid: self._read_changed(pid, suspects.get(pid, ())))
        self._vanished.clear()
        missing = {inode for inode in wanted if not self.of(inode)}
        if missing and (missing := still_there(missing)):
            self._search(missing, readable)

    def look_deeper(self, missing: set[int]) -> None:
        """Look for sockets where the descriptors of a process do not show them."""
        headless = {pid: dict[int, int]() for pid, why in self._denied.items() if why is Denied.HEADLESS}
        for pid, descriptors in ({pid: seen.descriptors for pid, seen in self._seen.items()} | headless).items():
            self._check()
            if self._unlisted.discover(pid, [fd for fd, what in descriptors.items() if what == RING]):
                missing = missing - self._unlisted.owners.keys()
                if not missing:
                    return

    def _look(self, read: Callable[[int], None]) -> list[int]:
        """Read all processes one way or another; returns those that may be read."""
        pids = self._source.pids()
        readable = [pid for pid in pids if self._read(pid, read)]
        there = set(pids)
        for pid in self._seen.keys() - there:
            self._forget(pid)
        for pid in self._denied.keys() - there:
            del self._denied[pid]
        self._unlisted.read_again()
        return readable

    def _read(self, pid: int, read: Callable[[int], None]) -> bool:
        """Read a process; whether that is allowed. What may not be read any more is forgotten."""
        try:
            read(pid)
        except PermissionError:
            self._forget(pid)
            if pid not in self._denied:
                self._denied[pid] = self._source.denied(pid)
            return False
        self._denied.pop(pid, None)
        return True

    def _suspects(self) -> dict[int, list[int]]:
        """By process, the descriptors whose socket is gone."""
        suspects: dict[int, list[int]] = defaultdict(list)
        for inode in self._vanished:
            for owner in self._owners.get(inode, ()):
                suspects[owner.pid].append(owner.fd)
        return suspects

    def _search(self, missing: set[int], pids: Iterable[int]) -> None:
        """Look into whole processes until nothing is missing."""
        likely = [pid for pid in reversed(self._lucky) if pid in self._seen]
        for pid in dict.fromkeys([*likely, *pids]):
            self._read(pid, self._read_whole)
            missing = missing - self._owners.keys()
            if not missing:
                return

    def _read_whole(self, pid: int) -> None:
        """Look at every descriptor of a process."""
        self._check()
        try:
            folder = self._source.stat_descriptors(pid)
            now = self._source.descriptors(pid)
        except _GONE:
            self._forget(pid)
            return
        before = self._seen[pid].descriptors if pid in self._seen else {}
        self._update(pid, folder, before.items() - now.items(), now.items() - before.items() if before else now.items())

    def _read_changed(self, pid: int, suspects: Iterable[int]) -> None:
        """Look at what is likely to be different in a process."""
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
            if not folder.size or folder.size != seen.folder.size:
                open_now = set(self._source.list_descriptors(pid))
                doubtful |= open_now ^ before.keys()
            if not doubtful:
                seen.folder = folder
                return
            now = self._source.descriptors(pid, doubtful)
        except _GONE:
            self._forget(pid)
            return
        left = {(fd, before[fd]) for fd in doubtful & before.keys()}
        self._update(pid, folder, left - now.items(), now.items() - left)

    def _update(
        self, pid: int, folder: DescriptorFolder, left: Iterable[tuple[int, int]], come: Iterable[tuple[int, int]]
    ) -> None:
        """Change what a process holds: descriptors that stand for something else or nothing now, and new ones."""
        seen = self._seen.get(pid) or _Seen()
        descriptors = seen.descriptors.copy() if left else seen.descriptors
        for fd, _ in left:
            descriptors.pop(fd, None)
        descriptors.update(come)
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
        for fd, inode in descriptors:
            if inode > 0:
                left = tuple(owner for owner in self._owners.get(inode, ()) if (owner.pid, owner.fd) != (pid, fd))
                if left:
                    self._owners[inode] = left
                else:
                    self._owners.pop(inode, None)
                self._touched.add(inode)

    def _add(self, pid: int, process: Process | None, descriptors: Iterable[tuple[int, int]]) -> None:
        """Enter a process as an owner of what it holds."""
        found = False
        for fd, inode in descriptors:
            if inode > 0 and process is not None:
                owner = _new(Owner, (pid, fd, process))
                others = self._owners.get(inode)
                self._owners[inode] = tuple(sorted((*others, owner))) if others else (owner,)
                self._touched.add(inode)
                found = True
        if found:
            self._lucky.pop(pid, None)
            self._lucky[pid] = None

    def _forget(self, pid: int) -> None:
        self._lucky.pop(pid, None)
        if seen := self._seen.pop(pid, None):
            self._remove(pid, seen.descriptors.items())
