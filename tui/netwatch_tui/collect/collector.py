"""One tick after the other: from the kernel's tables to a Snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from netwatch_tui.collect.attribution import Attribution
from netwatch_tui.collect.process_details_watch import AT_ONCE, ProcessDetailsWatch
from netwatch_tui.collect.sock_diag_facts import SockDiagFacts, Wanted, is_bound, is_known_better
from netwatch_tui.collect.socket_tracker import NewLine, SocketTracker, TableDiff, TableRef
from netwatch_tui.collect.table_reader import TableReader
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.delta import Change, Delta, split_changes, with_rows
from netwatch_tui.sockets.descriptor_use import NO_DESCRIPTOR_USES
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.networks import NO_NETWORKS, Networks
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.slices import give_way, giving_way
from netwatch_tui.sockets.snapshot import Counts, Seen, Snapshot
from netwatch_tui.sockets.socket import INET, Family, Socket, State

if TYPE_CHECKING:  # see the imports in Collector's functions: who looks once waits for no more than it needs
    from netwatch_tui.collect.event_feed import EventFeed
    from netwatch_tui.collect.event_watch import EventWatch
    from netwatch_tui.collect.flow_watch import FlowNews, FlowWatch
    from netwatch_tui.collect.network_watch import NetworkWatch
    from netwatch_tui.collect.port_watch import PortWatch
    from netwatch_tui.sockets.health import Findings, HealthWatch
    from netwatch_tui.sockets.port_facts import PortFacts


LOOK_ROUND_EVERY = 5.0
"""Seconds after which everything that changes without a new line is looked at: owners, namespaces, backlogs."""

DESCRIPTORS_EVERY = 4.0
"""Seconds in which all descriptors are read again, a share in each tick; what is a tick late is so within
`LOOK_ROUND_EVERY`."""


class Collects(Protocol):
    """Whatever gives one snapshot after the other."""

    namespaces: str
    """Which network namespaces to look at; see `Collector`."""
    needs: Needs
    """What must be known of the sockets; see `Collector`."""

    def collect(self, now: float) -> Snapshot:
        """Look at all sockets now."""


class Collector:
    """Everything that is remembered between two ticks. For one thread."""

    def __init__(
        self,
        source: Source,
        tables: Sequence[Table] = TABLES,
        *,
        namespaces: str = "",
        needs: Needs = NOTHING_MORE,
        check: Callable[[], None] = go_on,
        budget: int | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
        judges: bool = True,
        sockets_first: bool = False,
        thresholds: Mapping[str, float] | None = None,
        events: EventFeed | None = None,
    ) -> None:
        """Begin with nothing known.

        Args:
            source: The machine.
            tables: The socket tables to read.
            namespaces: Those to read: the own one for the empty text, all for `*`, else one by name or number. May be
                set anew between two ticks.
            needs: What must be known of sockets beyond what every tick finds out. May be set anew between two ticks.
            check: Called often during a tick; what it raises ends the tick, and nothing of it is kept.
            budget: Descriptors at which one tick may look; the next one goes on. None for all, where there is no next.
            stopwatch: Measures what a tick costs, in seconds.
            judges: Whether to look for what is wrong with sockets.
            sockets_first: Whether the first tick leaves the owners to the second one, which then is to follow at once.
            thresholds: From when on something is a problem, as in `HealthWatch`.
            events: Tells what happens between two ticks.
        """
        self.namespaces = namespaces
        self.needs = needs
        self._source = source
        self._tables = tables
        self._stopwatch = stopwatch
        self._tracker = SocketTracker()
        self._details = SockDiagFacts(source)
        self._attribution = Attribution(source, self._tracker, self._details, check, budget)
        self._reader = TableReader(source, self._tracker, self._attribution.index, check)
        self._looked_round_at: float | None = None
        self._looked_at = float("-inf")
        """When the last tick began that succeeded, in seconds since the epoch."""
        self._visible: Namespaces | None = None
        self._counts = Counts()
        self._health: HealthWatch | None = None
        self._flow_watch: FlowWatch | None = None
        self._port_watch: PortWatch | None = None
        self._check = check
        self._network_watch: NetworkWatch | None = None
        self._process_details = ProcessDetailsWatch(source, None if budget is None else AT_ONCE)
        self._descriptors = NO_DESCRIPTOR_USES
        self._better_known: set[int] | None = None
        """Ids of the sockets of which sock_diag knows more than their lines; None as long as nobody needs them."""
        self._is_first = True
        self._sockets_first = sockets_first
        self._needs_more = False
        if judges:
            from netwatch_tui.sockets.health import HealthWatch  # which the plain table does not wait for

            self._health = HealthWatch(thresholds or {})
        self._event_watch: EventWatch | None = None
        if events is not None:
            from netwatch_tui.collect.event_watch import EventWatch

            self._event_watch = EventWatch(events, self._tracker, tables)

    def owners_of(self, inode: int) -> tuple[Owner, ...]:
        """Who was seen to hold the socket of this inode, whether it is looked at or not."""
        return self._attribution.index.of(inode)

    def collect(self, now: float) -> Snapshot:
        """Look at all sockets.

        Args:
            now: Seconds since the epoch, never less than in the call before.
        """
        start = self._stopwatch()
        self._needs_more = bool(self.needs.of_all or self.needs.of_ids)
        look_round = self._looked_round_at is None or now - self._looked_round_at >= LOOK_ROUND_EVERY
        if look_round or self._visible is None or self._reader.lost_way:
            self._visible = self._source.namespaces(self._in_use())
        chosen = self._visible.chosen(self.namespaces)
        refs = [TableRef(namespace, table) for namespace in chosen for table in self._tables]
        networks = self._look_at_networks(chosen, again=look_round)
        if self._event_watch:
            self._event_watch.begin(chosen)
        diffs, problems = self._reader.read(refs, everything=look_round)
        again = self._details.begin(chosen, self.needs) or look_round
        self._refresh_details(chosen, diffs, look_round=look_round, again=again)
        share = (now - self._looked_at) / DESCRIPTORS_EVERY
        later = self._is_first and self._sockets_first
        self._attribution.find(diffs, all_processes=look_round, share=share, later=later)
        delta = self._commit(diffs, refs, now, look_round=look_round, again=again)
        self._looked_at = now
        if look_round:
            self._looked_round_at = now
        self._counts = self._counts.after(delta)
        give_way()
        holders = self._attribution.index.holders if self.needs.of_process_details else {}
        details = self._process_details.look(holders, again=look_round)
        findings: Findings = {}
        if self._health:
            if look_round:
                self._look_at_descriptors()
            findings = self._health.tick(delta, now, self._descriptors, self._tracker.sockets)
        port_facts = self._look_at_port(self._visible, chosen, now, again=look_round)
        news = self._flow_news(chosen, delta, now, start)
        event_news = self._event_watch.tick(now, delta, self._visible, chosen) if self._event_watch else None
        if event_news and event_news.rows:
            delta = with_rows(delta, event_news.rows, self._tracker.sockets)
            self._tracker.sockets.update(event_news.rows)
        if self._is_first:
            self._is_first, delta = False, Delta()
        sockets = tuple(self._tracker.sockets.values())
        names = self._visible.names
        snapshot = Snapshot(
            taken_at=now,
            sockets=sockets,
            delta=delta,
            counts=self._counts,
            cost=self._stopwatch() - start,
            problems=(
                *self._visible.problems_of(self.namespaces),
                *problems,
                *(self._network_watch.problems() if self._network_watch else ()),
                *self._details.problems(),
                *self._attribution.index.problems(),
            ),
            namespaces=Seen(
                names={namespace.inode: names[namespace.inode] for namespace in chosen},
                others=1 + len(self._visible.others) - len(chosen),
                denied=self._visible.denied,
                own=self._visible.own.inode,
                unreadable=self._visible.unreadable,
            ),
            unseen=self._attribution.unseen,
            findings=findings,
            networks=networks,
            descriptors=self._descriptors,
            process_details=details,
            port_facts=port_facts,
        )
        for each in (news, event_news):
            snapshot = each.added_to(snapshot) if each else snapshot
        return snapshot

    def _look_at_networks(self, chosen: Sequence[Namespace], *, again: bool) -> Networks:
        """The networks that these namespaces are part of, if somebody needs them."""
        if not self.needs.of_networks:
            self._network_watch = None
            return NO_NETWORKS
        if self._network_watch is None:
            from netwatch_tui.collect.network_watch import NetworkWatch

            self._network_watch = NetworkWatch()
        return self._network_watch.look(chosen, again=again)

    def _look_at_descriptors(self) -> None:
        """See who holds many of them."""
        from netwatch_tui.collect.descriptor_watch import MANY, descriptor_uses

        holding = self._attribution.index.holding(MANY)
        self._descriptors = descriptor_uses(self._source, holding, self._descriptors)

    def _look_at_port(
        self, visible: Namespaces, chosen: Sequence[Namespace], now: float, *, again: bool
    ) -> PortFacts | None:
        """What is known of the port that somebody wants to bind, with the module that only who asks waits for."""
        if self._port_watch is None:
            if not self.needs.of_port:
                return None
            from netwatch_tui.collect.port_watch import PortWatch

            self._port_watch = PortWatch(self._source, self._attribution.index, self._check)
        sockets = self._tracker.sockets.values()
        return self._port_watch.look(self.needs.of_port, sockets, visible, chosen, now, again=again)

    def _flow_news(self, namespaces: Sequence[Namespace], delta: Delta, now: float, start: float) -> FlowNews | None:
        """What flows. Who looks once and does not ask for it does not wait for the modules either."""
        if self._flow_watch is None:
            if self._is_first and not (self.needs.flows_of_all or self.needs.flows_of_ids or self.needs.traffic):
                return None
            from netwatch_tui.collect.flow_watch import FlowWatch

            self._flow_watch = FlowWatch(self._tracker, self._check, self._stopwatch)
            delta = delta._replace(opened=tuple(self._tracker.sockets.values()), closed=(), dropped=())
        return self._flow_watch.tick(namespaces, self.needs, delta, self._counts, now, start)

    def _in_use(self) -> set[int]:
        """The namespaces of which processes hold sockets. Our own socket of sock_diag is one of netlink."""
        if not self.namespaces:
            return set()
        every = self._tracker.sockets.values()
        return {socket.netns for socket in every if socket.owners and socket.family is not Family.NETLINK}

    def _refresh_details(
        self, namespaces: Iterable[Namespace], diffs: Sequence[TableDiff], *, look_round: bool, again: bool
    ) -> None:
        """Ask sock_diag again where a line that it knows more about is new, or it is time."""
        for namespace in namespaces:
            own = [diff for diff in diffs if diff.ref.namespace.inode == namespace.inode]
            wanted = Wanted(
                bound=look_round or any(is_bound(new_line.socket) for new_line in _new_lines(own)),
                idle=self._has_idle(namespace, own),
                every=again,
                new=self._needed(namespace, own),
            )
            self._details.refresh(namespace.inode, wanted)

    def _has_idle(self, namespace: Namespace, diffs: Iterable[TableDiff]) -> bool:
        """Whether there are TCP sockets that are only bound, in the last look at them or in this one."""
        before = (TableRef(namespace, table) for table in self._tables if table.kind == "bound")
        return any(map(self._tracker.has_lines, before)) or any(
            diff.opened for diff in diffs if diff.ref.table.kind == "bound"
        )

    def _needed(self, namespace: Namespace, diffs: Iterable[TableDiff]) -> list[Socket]:
        """The sockets of a namespace of which more is needed than their lines tell, and that may be new."""
        sockets = self._tracker.sockets
        found = [sockets[id] for id in self.needs.of_ids if id in sockets]
        if self.needs.of_all:
            found += [new_line.socket for new_line in _new_lines(diffs)]
        return [socket for socket in found if socket.netns == namespace.inode and socket.family in INET]

    def _commit(
        self, diffs: Sequence[TableDiff], refs: Sequence[TableRef], now: float, *, look_round: bool, again: bool
    ) -> Delta:
        """Make what was read the state from which the next tick starts."""
        tracker = self._tracker
        opened = [self._attribute_opened(diff, now) for diff in diffs]
        continuing = giving_way(chain.from_iterable(diff.continuing for diff in diffs))
        changes = {id: self._change(id, new_line.socket) for id, new_line in continuing}
        closed = {id for diff in diffs for id in diff.missing}
        for id in giving_way(self._to_attribute_again(look_round=look_round, again=again)):
            if id not in changes and id not in closed:
                changes[id] = self._change(id, tracker.sockets[id])
        # Nothing of the above changed what is followed, and nothing of what comes now can fail.
        for diff, by_line in zip(diffs, opened, strict=True):
            tracker.commit(diff, by_line)
        forgotten = tracker.forget_others(refs)
        # A namespace that is no more has closed its sockets; of one that is not looked at nothing is known.
        visible = self._visible
        seen = {namespace.inode for namespace in visible.chosen("*")} | visible.left_out if visible else set()
        closed |= {id for id in forgotten if tracker.sockets[id].netns not in seen}
        dropped = forgotten - closed
        delta = Delta(
            tuple(socket for by_line in opened for socket in by_line.values()),
            *split_changes(change for id, change in changes.items() if id not in forgotten),
            tuple(tracker.sockets[id] for id in closed),
            tuple(tracker.sockets[id] for id in dropped),
        )
        tracker.apply(delta)
        if self._better_known is not None:
            _keep(self._better_known, delta)
        self._attribution.commit(delta)
        return delta

    def _attribute_opened(self, diff: TableDiff, now: float) -> dict[bytes, Socket]:
        """The sockets that were not known, by their line. The first time that is all there are: no call too many."""
        was_there, next_id = not self._tracker.knows(diff.ref), self._tracker.next_id
        owners_of, user_of = self._attribution.index.of, self._source.user
        by_line: dict[bytes, Socket] = {}
        for line, socket in giving_way(diff.opened):
            owners = owners_of(socket.inode)
            if owners and not self._is_asked_about(socket):
                user = None if socket.uid is None else user_of(socket.uid)
                by_line[line] = socket.followed(next_id(), now, was_there, user, owners, None)
            else:
                by_line[line] = self._attribute(socket, next_id(), now, was_there, None)
        return by_line

    def _change(self, id: int, after: Socket) -> Change:
        """A followed socket and what is known of it now."""
        before = self._tracker.sockets[id]
        return Change(before, self._attribute(after, id, before.seen_at, before.was_there, before))

    def _to_attribute_again(self, *, look_round: bool, again: bool) -> Iterator[int]:
        """Sockets of which something is different that their line does not tell."""
        if not self._tracker.sockets:
            return
        yield from self._attribution.to_attribute_again()
        if again and self.needs.of_all:
            yield from (id for id, socket in self._tracker.sockets.items() if socket.family in INET)
        elif again:
            yield from self.needs.of_ids & self._tracker.sockets.keys()
        if look_round:
            if self._better_known is None:
                self._better_known = {id for id, socket in self._tracker.sockets.items() if is_known_better(socket)}
            yield from self._better_known

    def _attribute(self, socket: Socket, id: int, seen_at: float, was_there: bool, before: Socket | None) -> Socket:
        if self._is_asked_about(socket):
            socket = self._details.add(socket, id)
        user = None if socket.uid is None else self._source.user(socket.uid)
        return socket.followed(id, seen_at, was_there, user, *self._attribution.of(socket, before))

    def _is_asked_about(self, socket: Socket) -> bool:
        """Whether sock_diag tells more of a socket than its line, and is asked."""
        return socket.netid != "tcp" or socket.state is State.LISTEN or self._needs_more


def _keep(better_known: set[int], delta: Delta) -> None:
    """Make the ids of sockets that sock_diag knows better those after a delta."""
    after = (*delta.opened, *(change.after for change in (*delta.changed, *delta.updated)))
    better_known.difference_update(socket.id for socket in (*delta.closed, *delta.dropped, *after))
    better_known.update(socket.id for socket in after if is_known_better(socket))


def _new_lines(diffs: Iterable[TableDiff]) -> Iterator[NewLine]:
    """All lines that were not there last tick."""
    for diff in diffs:
        yield from diff.opened
        yield from (new_line for _, new_line in diff.continuing)
