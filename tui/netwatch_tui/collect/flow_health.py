"""Watches what flows, and what sockets have in common, for what is wrong: the memory that the rules of flows need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.flow_rules import (
    DROPPING,
    GIVING_UP,
    LATE,
    LOSING,
    MORE_RULES,
    OVERFLOWING,
    PORTS_EXHAUSTED,
    Figures,
    giving_up,
    is_full,
    late,
    losing,
    may_be_wrong,
    overflowing,
    ports_exhausted,
)
from netwatch_tui.sockets.health import NO_FINDINGS, Finding, Findings, Rule
from netwatch_tui.sockets.snapshot import Counts
from netwatch_tui.sockets.socket import Socket, State

LATELY = 30.0
"""Seconds for which dropped datagrams are told, and after which older retransmits count no more."""
SMALLEST_RANGE = 1_000
"""TIME-WAIT sockets below which nobody runs out of ports, so that none are counted by peer."""


class _Sent(NamedTuple):
    """The counters of a connection that has sent something again."""

    at: float
    sent: int
    again: int


class _Dropped(NamedTuple):
    """Datagrams that were dropped since a moment, and when the last of them was."""

    datagrams: int
    last: float


_Broken = tuple[int, Rule, Figures]
"""The id of a socket, and what is wrong with it."""


class FlowHealth:
    """Remembers what rules compare with. What is not known is not judged, and nothing is asked while all seems well."""

    def __init__(self) -> None:
        self._well: dict[int, Flow] = {}
        """Flows with which nothing can be wrong as they are."""
        self._sent: dict[int, tuple[_Sent, _Sent]] = {}
        """Of connections that lose: the counters from which on is counted, and those that take their place."""
        self._dropped: dict[int, _Dropped] = {}
        self._full: set[int] = set()
        """Listeners whose accept queue is full."""
        self._overflows: dict[int, int] = {}
        """ListenOverflows when a queue was first seen full, by namespace."""
        self._since: dict[tuple[int, Rule], float] = {}
        self._findings: Findings = NO_FINDINGS

    def tick(
        self,
        sockets: Mapping[int, Socket],
        flows: Mapping[int, Flow],
        delta: Delta,
        counts: Counts,
        namespaces: Sequence[Namespace],
        now: float,
    ) -> Findings:
        """All that these rules find now; the same mapping as before where nothing about it changed.

        Args:
            sockets: All there are, by id.
            flows: Those that are known.
            delta: What this tick brought.
            counts: Of the sockets.
            namespaces: Those that are looked at.
            now: Seconds since the epoch.
        """
        self._note_drops_and_queues(delta, now)
        broken: dict[int, list[tuple[Rule, Figures]]] = {}
        for id, rule, figures in (
            *self._overflowing(sockets, namespaces),
            *_exhausting(sockets, counts, namespaces),
            *self._flowing(sockets, flows, now),
            *((id, DROPPING, {"dropped": f"{drops.datagrams:,}"}) for id, drops in self._dropped.items()),
        ):
            broken.setdefault(id, []).append((rule, figures))
        self._since = {(id, rule): self._since.get((id, rule), now) for id in broken for rule, _ in broken[id]}
        findings = {id: tuple(self._found(sockets[id], broken[id])) for id in broken}
        if findings != self._findings:
            self._findings = findings
        return self._findings

    def _found(self, socket: Socket, broken: list[tuple[Rule, Figures]]) -> Iterator[Finding]:
        """What is wrong with a socket, the worst first."""
        for rule, figures in sorted(broken, key=lambda each: MORE_RULES.index(each[0])):
            yield Finding(rule, self._since[socket.id, rule], socket, figures)

    def _note_drops_and_queues(self, delta: Delta, now: float) -> None:
        """Learn from a delta which datagrams were dropped, and which accept queues are full."""
        changes = (*delta.changed, *delta.updated)
        for before, after in changes:
            if after.drops and after.drops > (before.drops or 0):
                known = self._dropped.get(after.id, _Dropped(0, now))
                self._dropped[after.id] = _Dropped(known.datagrams + after.drops - (before.drops or 0), now)
        gone = {socket.id for socket in (*delta.closed, *delta.dropped)}
        for id, drops in list(self._dropped.items()):
            if id in gone or now - drops.last > LATELY:
                del self._dropped[id]
        self._full -= gone
        for socket in (*delta.opened, *(change.after for change in changes)):
            if socket.state is State.LISTEN:
                (self._full.add if is_full(socket) else self._full.discard)(socket.id)

    def _overflowing(self, sockets: Mapping[int, Socket], namespaces: Iterable[Namespace]) -> Iterator[_Broken]:
        """Listeners that are full while their namespace counts connections that found a queue full."""
        full = [sockets[id] for id in self._full if sockets[id].netid == "tcp"]
        concerned = {socket.netns for socket in full}
        self._overflows = {netns: count for netns, count in self._overflows.items() if netns in concerned}
        for namespace in namespaces:
            if namespace.inode not in concerned or (count := namespace.overflows()) is None:
                continue
            if figures := overflowing(self._overflows.setdefault(namespace.inode, count), count):
                yield from ((each.id, OVERFLOWING, figures) for each in full if each.netns == namespace.inode)

    def _flowing(self, sockets: Mapping[int, Socket], flows: Mapping[int, Flow], now: float) -> Iterator[_Broken]:
        """Connections that lose, wait or are about to be given up."""
        well = self._well
        doubtful = [id for id, flow in flows.items() if well.get(id) is not flow and id in sockets]
        if len(well) > 2 * len(flows):
            self._well = well = {id: flow for id, flow in well.items() if id in flows}
        self._sent = {id: sent for id, sent in self._sent.items() if id in flows}
        for id in doubtful:
            socket, flow = sockets[id], flows[id]
            if not may_be_wrong(flow):
                well[id] = flow
                continue
            if figures := self._losing(id, flow, now):
                yield id, LOSING, figures
            if figures := late(flow, now):
                yield id, LATE, figures
            if figures := giving_up(socket, flow):
                yield id, GIVING_UP, figures

    def _losing(self, id: int, flow: Flow, now: float) -> Figures | None:
        """Whether much of what was sent lately was lost; of a connection that is read first, of all it ever sent."""
        sent, again = flow.counters.sent, flow.counters.bytes_retrans
        if sent is None or again is None:
            return None
        present = _Sent(now, sent, again)
        start, middle = self._sent.get(id, (_Sent(now, 0, 0), present))
        if now - middle.at >= LATELY:
            start, middle = middle, present
        self._sent[id] = start, middle
        return losing(sent - start.sent, again - start.again, flow.counters.retrans_total)


def _exhausting(sockets: Mapping[int, Socket], counts: Counts, namespaces: Iterable[Namespace]) -> Iterator[_Broken]:
    """Of each peer and port towards which nearly all local ports are in TIME-WAIT, the first such socket."""
    if counts.by_state.get(("tcp", State.TIME_WAIT), 0) < SMALLEST_RANGE:
        return
    over = [socket for socket in sockets.values() if socket.state is State.TIME_WAIT]
    used = Counter((socket.netns, socket.local, socket.peer, socket.peer_port) for socket in over)
    for namespace in namespaces:
        many = {ends: count for ends, count in used.items() if ends[0] == namespace.inode and count >= SMALLEST_RANGE}
        if not many or (ports := namespace.local_ports()) is None:
            continue
        for ends, count in many.items():
            if figures := ports_exhausted(count, ports):
                first = min(each.id for each in over if (each.netns, each.local, each.peer, each.peer_port) == ends)
                yield first, PORTS_EXHAUSTED, figures
