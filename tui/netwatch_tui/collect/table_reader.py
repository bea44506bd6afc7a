"""Reading all tables of a tick, and making sure that what is missing is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.collect.socket_tracker import SocketTracker, TableDiff, TableRef
from netwatch_tui.kernel.namespace_questions import Answer
from netwatch_tui.kernel.proc_net import Parser
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.socket import Socket

_FORGEABLE = "sock_diag does not tell of them, and in /proc/net/unix a name can forge lines"


class NotTold(Exception):  # noqa: N818 -- no error: what is not told stays as it was
    """sock_diag does not answer, and there is no file to read instead."""


class TableReader:
    """Reads tables and compares them with what is followed. Changes nothing that is followed."""

    def __init__(self, source: Source, tracker: SocketTracker, owners: OwnerIndex, check: Callable[[], None]) -> None:
        self._source = source
        self._tracker = tracker
        self._owners = owners
        self._check = check
        self.lost_way = False
        """Whether a process is gone, or elsewhere, through which a namespace was read."""
        self._from_text = 0
        """Rows of the tick under way that are read as text of which others can write a part."""

    def read(self, refs: Sequence[TableRef], *, everything: bool) -> tuple[list[TableDiff], list[Problem]]:
        """One diff for each table that could be read, and what could not be.

        Args:
            refs: The tables.
            everything: Ask for those as well that have no file, which costs more than it tells in most ticks.
        """
        self.lost_way = False
        self._from_text = 0
        diffs: list[TableDiff] = []
        problems: list[Problem] = []
        for ref in chain((ref for ref in refs if ref.table.has_file), self._without_file(refs, diffs, everything)):
            try:
                diff = self._read_table(ref)
            except NotTold:
                continue
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
        if count := self._from_text:
            problems.append(Problem(f"{count} unix sockets are doubtful: {_FORGEABLE}", count))
        return diffs, problems

    def _without_file(
        self, refs: Iterable[TableRef], diffs: Iterable[TableDiff], everything: bool
    ) -> Iterator[TableRef]:
        """The tables without a file, if it is time or one of their sockets has become another's row."""
        known = self._tracker.with_inode
        if everything or any(known(each.socket.inode) for diff in diffs for each in diff.opened):
            yield from (ref for ref in refs if not ref.table.has_file)

    def _read_table(self, ref: TableRef) -> TableDiff:
        diff = self._tracker.diff(ref)
        try:
            diff.read(*self._rows(ref))
        except FileNotFoundError:
            diff = self._tracker.diff(ref)
            diff.read([])
            return diff
        is_settled = not diff.missing or self._is_settled(diff)
        if diff.doubtful or diff.repeats or not is_settled:
            diff.reread(*self._rows(ref), ref.namespace.count)
        if ref.table.answer_parser and not diff.is_answered and ref.table.has_file:
            self._from_text += diff.listed
        return diff

    def _rows(self, ref: TableRef) -> tuple[Iterable[list[bytes]], Parser]:
        """What tells of the sockets of a table, and what takes it apart: sock_diag's answers where it gives them."""
        table, namespace = ref.table, ref.namespace
        if table.answer_parser and (answers := namespace.answers(table, self._check)) is not None:
            return answers, table.answer_parser
        if not table.has_file:
            raise NotTold
        return namespace.lines(table, self._check), table.parser

    def _is_settled(self, diff: TableDiff) -> bool:
        """Ask about each missing socket; returns whether the answers leave no doubt.

        One read is torn when sockets come and go, so a missing line is no proof. sock_diag answers questions about TCP
        connections and unix sockets at a fraction of the cost of a second read. It does not find a connection that is
        bound to a device, so where it finds none the descriptor is asked as well; a second read must settle what is
        left. So must it where several have the same ends, unless the inode says which of them was found.
        """
        sockets = [self._tracker.sockets[id] for id in diff.missing]
        settled = True
        for socket, answer in zip(sockets, diff.ref.namespace.ask(sockets), strict=True):
            is_there = answer in (Answer.PRESENT, Answer.FILELESS)
            is_proven = (answer is Answer.PRESENT and socket.inode) or not diff.has_rival(socket.id)
            if is_there and is_proven:
                diff.keep(socket.id)
            elif is_there or answer is Answer.CANNOT_TELL or self._is_still_held(socket):
                settled = False
        return settled

    def _is_still_held(self, socket: Socket) -> bool:
        """Whether one of the descriptors through which it was held still stands for it."""
        for pid, fd, _ in self._owners.of(socket.inode):
            try:
                if fd is not None and self._source.descriptors(pid, [fd]).get(fd) == socket.inode:
                    return True
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return False
