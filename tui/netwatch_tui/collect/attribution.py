"""Who holds each socket, or the evidence for why nobody is shown: what is remembered of it between two ticks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.collect.sock_diag_facts import SockDiagFacts, is_bound
from netwatch_tui.collect.socket_tracker import SocketTracker, TableDiff
from netwatch_tui.kernel.namespace_questions import Answer, can_be_asked
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.listeners import Listeners, waits
from netwatch_tui.sockets.ownership import Owner, OwnerReason
from netwatch_tui.sockets.slices import give_way
from netwatch_tui.sockets.socket import Family, Socket
from netwatch_tui.sockets.unseen import Unseen

Holders = tuple[tuple[Owner, ...], OwnerReason | None, tuple[Owner, ...]]
"""The last part of what `Socket.followed` takes: owners, else the reason and whom it speaks of."""


class Attribution:
    """Finds owners, and tells what is known where there is none."""

    def __init__(
        self,
        source: Source,
        tracker: SocketTracker,
        details: SockDiagFacts,
        check: Callable[[], None],
        budget: int | None,
    ) -> None:
        self.index = OwnerIndex(source, check, budget)
        self.unseen = Unseen()
        """What could not be looked at in the last tick."""
        self._source = source
        self._tracker = tracker
        self._details = details
        self._listeners = Listeners()
        self._next_listeners = self._listeners
        """Those of the tick under way."""
        self._waiting: set[int] = set()
        """Ids of connections that wait to be accepted."""
        self._searched: set[int] = set()
        """Inodes that have no owner as far as can be seen; not searched for again before all is looked at."""
        self._unexplained: set[int] = set()
        """Inodes whose owner was missed in the last tick: looked for once more."""
        self._shallow: set[int] = set()
        """Inodes that were missed where it is cheap to look, and not yet looked for elsewhere."""
        self._queues: dict[tuple[int, ...], tuple[Owner, ...]] = {}
        """In this tick, the holders of the listeners with these inodes, at which thousands can wait."""
        self._was_unseen = Unseen()
        self._visibility = Unseen()

    def find(self, diffs: Sequence[TableDiff], *, all_processes: bool, share: float, later: bool = False) -> None:
        """Look for owners where there are inodes without one, or everywhere.

        Args:
            diffs: What the tables say.
            all_processes: Whether it is time to look at every process: whether it is new, and holds more or less.
            share: Of all descriptors, how many to read again in any case, as in `OwnerIndex.read_on`.
            later: Whether to leave all of that to the next tick, because somebody waits for the sockets.
        """
        known = {socket.inode: socket for socket in _new_sockets(diffs)}
        left = self._left(diffs)
        self._next_listeners = self._listeners.after(left, known.values())
        gone = {socket.inode for socket in left}
        self.index.vanish(gone)
        self._searched -= gone
        self._shallow -= gone
        self._unexplained -= gone  # or they would be searched for, and remembered as searched for, without an end
        wanted = self._wanted(known.values())
        self._queues.clear()
        self.index.begin_look(later=later)
        if all_processes:
            self._visibility = self._source.visibility()
            self._searched = {inode for inode in self._searched if self._tracker.with_inode(inode)}
            self._shallow = {inode for inode in self._shallow if self._tracker.with_inode(inode)}
        self.index.read_on(share)
        if share < 1:
            self.index.refresh()
            if all_processes or wanted:
                self.index.find(wanted, lambda inodes: self._still_there(inodes, known))
        self.unseen = self._unseen()
        lost = self._lost(gone)
        self._look_deeper(wanted, lost, {**lost, **known}, all_processes=all_processes)
        self.unseen = self._unseen()  # which that look may have made more
        missed = self.index.unowned(wanted)
        self._searched |= missed if self.unseen.is_anything else missed & self._unexplained

    def _unseen(self) -> Unseen:
        """What could not be looked at in this tick."""
        others, shielded = self.index.denied
        unreadable, not_listed = self.index.unreadable
        return self._visibility._replace(
            others=others,
            shielded=shielded,
            unreadable=unreadable,
            not_listed=not_listed,
            waiting=self.index.waiting,
        )

    def _look_deeper(
        self, wanted: set[int], lost: Collection[int], known: Mapping[int, Socket], *, all_processes: bool
    ) -> None:
        """Look for what was not found where it takes long: at once where it is little, else when all is looked at.

        Where not everything may be read, many sockets have no owner, and few of them one that can be found this way;
        but what had one just now is little.
        """
        missing = self.index.unowned(wanted.union(lost))
        if self.unseen.is_anything:
            self._shallow |= missing
            is_time = all_processes or self._was_unseen.waiting
            missing = self.index.unowned(self._shallow if is_time else set(lost)) if not self.unseen.waiting else set()
        elif missing:
            missing = self._still_there(missing, known)
        if missing:
            self.index.look_deeper(missing)
            self._shallow -= missing

    def _lost(self, gone: set[int]) -> dict[int, Socket]:
        """The sockets, by inode, that are still in the table and have lost their last owner in this tick."""
        sockets = self._tracker.sockets
        if not sockets:
            return {}
        lost = self.index.unowned(self.index.touched) - gone
        return {inode: sockets[id] for inode in lost for id in self._tracker.with_inode(inode)}

    def of(self, socket: Socket, before: Socket | None) -> Holders:
        """The holders of a socket, else why there is none.

        Args:
            socket: As its line says it is now.
            before: The same socket as it was followed so far.
        """
        owners = self.index.of(socket.inode)
        if owners:
            return owners, None, ()
        if before is not None and (last := before.owners or _last_held(before)):
            may_hold = socket.inode and any(self.index.is_hidden(owner.pid) for owner in last)
            return (), OwnerReason.PERMISSION if may_hold else OwnerReason.LAST_HELD, last
        if waits(socket):
            if listeners := self._next_listeners.of(socket):
                return (), OwnerReason.ACCEPT_QUEUE, self._holders(listeners)
        elif is_kernels(socket):
            return (), OwnerReason.KERNEL, ()
        if self.unseen.waiting:
            return (), OwnerReason.NOT_YET, ()
        return (), OwnerReason.PERMISSION if self.unseen.is_anything else OwnerReason.NOT_FOUND, ()

    def _holders(self, listeners: tuple[Socket, ...]) -> tuple[Owner, ...]:
        """Who holds any of these listeners."""
        inodes = tuple(listener.inode for listener in listeners)
        holders = self._queues.get(inodes)
        if holders is None:
            holders = tuple(sorted({owner for inode in inodes for owner in self.index.of(inode)}))
            self._queues[inodes] = holders
        return holders

    def to_attribute_again(self) -> Iterator[int]:
        """Ids of sockets whose owners or reason may be others now, without a word of it in their line."""
        for inode in self.index.touched | self._unexplained:
            yield from self._tracker.with_inode(inode)
        if self._waiting and (self.index.touched or self._next_listeners is not self._listeners):
            yield from self._waiting
        unseen, was = self.unseen, self._was_unseen
        if (unseen.is_anything, bool(unseen.waiting)) != (was.is_anything, bool(was.waiting)):
            yield from (id for id, socket in self._tracker.sockets.items() if socket.inode and not socket.owners)
            yield from self._waiting

    def commit(self, delta: Delta) -> None:
        """Keep what the tick found, now that nothing of it can fail any more."""
        after = [change.after for change in (*delta.changed, *delta.updated)]
        gone = (*delta.closed, *delta.dropped)
        self._waiting -= {socket.id for socket in (*gone, *after)}
        self._waiting |= {socket.id for socket in (*delta.opened, *after) if not socket.inode and waits(socket)}
        give_way()
        # With a namespace that is no more, or is not looked at any more, no line went missing.
        self._listeners = self._next_listeners = self._next_listeners.after(gone, ())
        give_way()
        self._was_unseen = self.unseen
        self._unexplained = {
            socket.inode for socket in (*delta.opened, *after) if socket.inode and _is_unexplained(socket)
        }
        self.index.settle()

    def _wanted(self, fresh: Iterable[Socket]) -> set[int]:
        """Inodes worth a look: new ones without an owner, and those that were missed in the last tick."""
        inodes = {socket.inode for socket in fresh if socket.inode and (socket.local_port or not is_kernels(socket))}
        return self.index.unowned(inodes | self._unexplained) - self._searched

    def _left(self, diffs: Iterable[TableDiff]) -> list[Socket]:
        """Sockets as they were that are no more, or were let go by their process."""
        sockets = self._tracker.sockets
        missing = [sockets[id] for diff in diffs for id in diff.missing]
        return missing + [
            sockets[id] for diff in diffs for id, new_line in diff.continuing if not new_line.socket.inode
        ]

    def _still_there(self, inodes: set[int], known: Mapping[int, Socket]) -> set[int]:
        """Those that the kernel still knows as far as it can be asked: what lives for milliseconds has no owner now."""
        asked = [known[inode] for inode in inodes if inode in known and can_be_asked(known[inode])]
        answers = self._details.ask(asked)
        there = (Answer.PRESENT, Answer.CANNOT_TELL)
        gone = {socket.inode for socket, answer in zip(asked, answers, strict=True) if answer not in there}
        gone |= {
            inode
            for inode in inodes
            if inode in known and is_bound(known[inode]) and not self._details.knows(known[inode])
        }
        return inodes - gone


def is_kernels(socket: Socket) -> bool:
    """Whether a socket proves that no process can hold it, provided that it does not wait to be accepted.

    Without an inode no file stands behind it, as in TIME-WAIT and SYN-RECV. The kernel's own end of a netlink protocol
    has port 0: see netlink(7).
    """
    return not socket.inode or (socket.family is Family.NETLINK and not socket.local_port)


def _last_held(socket: Socket) -> tuple[Owner, ...]:
    return socket.evidence if socket.owner_reason in (OwnerReason.LAST_HELD, OwnerReason.PERMISSION) else ()


def _is_unexplained(socket: Socket) -> bool:
    """Whether somebody holds it, and everything that can be read does not tell who."""
    return socket.owner_reason in (OwnerReason.NOT_FOUND, OwnerReason.LAST_HELD)


def _new_sockets(diffs: Iterable[TableDiff]) -> Iterator[Socket]:
    """The sockets of all lines that were not there in the last tick."""
    for diff in diffs:
        for new_line in chain(diff.opened, (new_line for _, new_line in diff.continuing)):
            yield new_line.socket
