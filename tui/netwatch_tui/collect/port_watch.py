"""What may keep somebody from binding a port, found out in each tick while anybody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.kernel.faults import FAULTS
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.bind_conflicts import has_port
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.port_facts import Lineage, PortFacts
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import Socket

MOST_HOLDERS = 64
"""Processes of which is found out from whom they descend; who shares a socket with more can't make a tick long."""
MOST_ELSEWHERE = 256
"""Other namespaces that are asked for the port, so that it does not matter how many anybody makes."""


class PortWatch:
    """Asks about one port. Other namespaces are asked when the port is a new one, and when all is looked at."""

    def __init__(self, source: Source, index: OwnerIndex, check: Callable[[], None]) -> None:
        """Know nothing yet.

        Args:
            source: The machine.
            index: Knows who holds what, also of the sockets of namespaces that nobody looks at.
            check: Called before each namespace; what it raises ends the tick.
        """
        self._source = source
        self._index = index
        self._check = check
        self._asked: tuple[int, frozenset[int]] | None = None
        """The port and the other namespaces in which it was asked for last."""
        self._elsewhere: list[Socket] = []
        """What waits at it there."""

    def look(
        self,
        port: int,
        sockets: Iterable[Socket],
        visible: Namespaces,
        chosen: Sequence[Namespace],
        now: float,
        *,
        again: bool,
    ) -> PortFacts | None:
        """What is known of a port; None where there is nothing to ask about.

        Args:
            port: Which one; 0 for none.
            sockets: Those of the tick.
            visible: All namespaces.
            chosen: Those that are looked at. It is asked about the own one, or about the only one.
            now: Seconds since the epoch.
            again: Whether to ask about other namespaces anew.
        """
        if not port or not chosen:
            self._asked = None
            return None
        here = visible.own if visible.own in chosen else chosen[0]
        shown = {namespace.inode for namespace in chosen}
        others = [each for each in (visible.own, *visible.others) if each.inode not in shown][:MOST_ELSEWHERE]
        question = port, frozenset(each.inode for each in others)
        if again or question != self._asked:
            found = [socket for namespace in others for socket in self._waiting(namespace, port)]
            self._elsewhere = [socket._replace(seen_at=now, was_there=True) for socket in found]
            self._asked = question
        at_port = [socket for socket in sockets if socket.local_port == port and has_port(socket)]
        own = tuple(socket for socket in at_port if socket.netns == here.inode)
        elsewhere = [socket for socket in at_port if socket.netns != here.inode and socket.state in LISTENING]
        elsewhere += map(self._with_owners, self._elsewhere)
        names = {inode: name for inode, name in visible.names.items() if any(each.netns == inode for each in elsewhere)}
        return PortFacts(port, here.inode, own, tuple(elsewhere), names, here.port_rules(), self._lineages(own))

    def _waiting(self, namespace: Namespace, port: int) -> list[Socket]:
        self._check()
        try:
            return namespace.waiting_at(port)
        except FAULTS:  # what can't be read there keeps nobody from binding here
            return []

    def _with_owners(self, socket: Socket) -> Socket:
        owners = self._index.of(socket.inode)
        user = None if socket.uid is None else self._source.user(socket.uid)
        reason = None if owners else OwnerReason.NOT_FOUND
        return socket.followed(0, socket.seen_at, socket.was_there, user, owners, reason)

    def _lineages(self, sockets: Iterable[Socket]) -> dict[int, Lineage]:
        pids = dict.fromkeys(owner.pid for socket in sockets for owner in socket.owners)
        found = {pid: self._source.lineage(pid) for pid in list(pids)[:MOST_HOLDERS]}
        return {pid: lineage for pid, lineage in found.items() if lineage is not None}
