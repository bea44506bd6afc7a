"""Reading all tables of a tick, and making sure that what is missing is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.collect.socket_tracker import SocketTracker, TableDiff, TableRef
from netwatch_tui.kernel.namespace import Answer, is_connection
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.socket import Socket


class TableReader:
    """Reads tables and compares them with what is followed. Changes nothing that is followed."""

    def __init__(self, source: Source, tracker: SocketTracker, owners: OwnerIndex, check: Callable[[], None]) -> None:
        self._source = source
        self._tracker = tracker
        self._owners = owners
        self._check = check
        self.lost_way = False
        """Whether a process is gone, or elsewhere, through which a namespace was read."""

    def read(self, refs: Iterable[TableRef]) -> tuple[list[TableDiff], list[Problem]]:
        """One diff for each table that could be read, and what could not be."""
        self.lost_way = False
        diffs: list[TableDiff] = []
        problems: list[Problem] = []
        for ref in refs:
            try:
                diff = self._read_table(ref)
            except ProcessLookupError:
                self.lost_way = True  # to the namespace, which may well be there still
                continue
            except OSError as error:
                # What was there before stays as it was: unread is not closed.
                problems.append(Problem(f"can't read /proc/net/{ref.table.name}: {error.strerror}", 1))
                continue
            if diff.damaged:
                count = len(diff.damaged)
                problems.append(
                    Problem(f"{count} of the lines in /proc/net/{ref.table.name} can't be understood", count)
                )
            diffs.append(diff)
        return diffs, problems

    def _read_table(self, ref: TableRef) -> TableDiff:
        diff = self._tracker.diff(ref)
        try:
            diff.read(ref.namespace.lines(ref.table, self._check))
        except FileNotFoundError:
            diff = self._tracker.diff(ref)
            diff.read([])
            return diff
        if diff.missing and not self._is_settled(diff):
            diff.reread(ref.namespace.lines(ref.table, self._check))
        return diff

    def _is_settled(self, diff: TableDiff) -> bool:
        """Ask about each missing socket; returns whether the answers leave no doubt.

        One read is torn when sockets come and go, so a missing line is no proof. sock_diag answers exact questions
        about TCP connections at a fraction of the cost of a second read. It does not find a connection that is bound
        to a device, so where it finds none the descriptor is asked as well; a second read must settle what is left.
        """
        # Two connections never have the same ends at one time: where the read shows a new one, the old one is gone.
        taken = {socket.ends for _, socket in diff.opened}
        missing = (self._tracker.sockets[id] for id in diff.missing)
        sockets = [socket for socket in missing if not (is_connection(socket) and socket.ends in taken)]
        settled = True
        for socket, answer in zip(sockets, diff.ref.namespace.ask(sockets), strict=True):
            if answer in (Answer.PRESENT, Answer.FILELESS):
                diff.keep(socket.id)
            elif answer is Answer.CANNOT_TELL or self._is_still_held(socket):
                settled = False
        return settled

    def _is_still_held(self, socket: Socket) -> bool:
        """Whether one of the descriptors through which it was held still stands for it."""
        for owner in self._owners.of(socket.inode):
            try:
                if self._source.descriptors(owner.pid, [owner.fd]).get(owner.fd) == socket.inode:
                    return True
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return False
