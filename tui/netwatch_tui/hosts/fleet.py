"""Several machines as one: what each of them told since the tick before, merged into one snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, count

from netwatch_tui.hosts.flow_histories import FlowHistories
from netwatch_tui.hosts.host_feed import HostFeed, HostNews
from netwatch_tui.hosts.host_rows import HostRows
from netwatch_tui.hosts.host_times import time_here
from netwatch_tui.hosts.merged_parts import MergedParts
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.descriptor_use import DescriptorUse
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import Finding
from netwatch_tui.sockets.hosts import HostStatus, host_number, names_hosts, on_host, own_number
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.networks import AddressNetworks
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Counts, Problem, Seen, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent, tick_events
from netwatch_tui.sockets.traffic import LOOPBACK, TrafficByDevice
from netwatch_tui.sockets.unseen import Unseen

_MOST_NAMED = 3
"""Machines that a problem names; it says how many more have it."""


class _Member:
    """One machine of the fleet, and what it told last."""

    def __init__(self, number: int, feed: HostFeed, next_id: Callable[[], int]) -> None:
        self.number = number
        self.feed = feed
        self.rows = HostRows(number, next_id)
        self.last: Snapshot | None = None
        """The newest of its ticks; None before the first."""
        self.wanted: tuple[str, Needs, float] | None = None
        """What it was asked to tell."""

    def on_host(self, number: int) -> int:
        """A namespace or pid of it as one of all machines."""
        return on_host(number, self.number)

    def want(self, namespaces: str, needs: Needs, interval: float) -> None:
        """Have it tell what is needed, if that is another thing than before. Ports are only looked at here."""
        of_ids, flows_of_ids = self.rows.ids_at_host(needs.of_ids), self.rows.ids_at_host(needs.flows_of_ids)
        needs = needs._replace(of_ids=of_ids, flows_of_ids=flows_of_ids, of_port=0)
        if (namespaces, needs, interval) != self.wanted:
            self.wanted = namespaces, needs, interval
            self.feed.want(namespaces, needs, interval)


class Fleet:
    """Gives one snapshot after the other of all machines together. For one thread, but for what is said otherwise.

    A machine that is late or lost keeps what it told last; `Snapshot.hosts` says since when that is not of now.
    """

    def __init__(
        self,
        feeds: Sequence[HostFeed],
        *,
        interval: float = 1.0,
        namespaces: str = "",
        needs: Needs = NOTHING_MORE,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Connect to nothing yet.

        Args:
            feeds: The machines, in the order in which they are shown.
            interval: Seconds from one tick of a machine to the next. May be set anew by any thread.
            namespaces: Which network namespaces each looks at; see `Collector`. May be set anew between two ticks.
            needs: What must be known of sockets. May be set anew between two ticks.
            stopwatch: Measures what a tick costs here, in seconds.
        """
        self.interval = interval
        self.namespaces = namespaces
        self.needs = needs
        self._stopwatch = stopwatch
        next_id = partial(next, count(1))
        self._members = {at: _Member(at, feed, next_id) for at, feed in enumerate(feeds, 1)}
        self._hosts: Mapping[int, HostStatus] = {}
        self._sockets: dict[int, Socket] = {}
        self._counts = Counts()
        self._is_first = True
        self._findings = MergedParts[tuple[Finding, ...]]()
        self._flows = MergedParts[Flow]()
        self._histories = FlowHistories()
        self._descriptors = MergedParts[DescriptorUse]()
        self._details = MergedParts[ProcessDetails]()
        self._networks = MergedParts[AddressNetworks]()

    @property
    def names(self) -> list[str]:
        """What the machines are called, in their order."""
        return [member.feed.name for member in self._members.values()]

    def begin(self, wake: Callable[[], object]) -> None:
        """Connect to all of them; `wake` is called, in other threads, when there is something new."""
        for member in self._members.values():
            member.want(self.namespaces, self.needs, self.interval)
            member.feed.begin(wake)

    def stop(self) -> None:
        """End all connections at once, and wait a moment for it."""
        ending = [threading.Thread(target=member.feed.stop, daemon=True) for member in self._members.values()]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process, by its pid in the table. From any thread."""
        member = self._members.get(host_number(pid))
        return member.feed.process_details(own_number(pid)) if member else None

    def process_resources(self, pid: int) -> ProcessResources | None:
        """What a process has now, by its pid in the table. From any thread."""
        member = self._members.get(host_number(pid))
        return member.feed.process_resources(own_number(pid)) if member else None

    def feed_of(self, host: int) -> HostFeed | None:
        """The machine with this number; None if there is none. From any thread."""
        member = self._members.get(host)
        return member.feed if member else None

    def collect(self, now: float) -> Snapshot:
        """Merge what came since the last time.

        Args:
            now: Seconds since the epoch.
        """
        start = self._stopwatch()
        steps = [self._step(member, now) for member in self._members.values()]
        delta = _together([each for each, _ in steps])
        delta.apply(self._sockets)
        self._counts = self._counts.after(delta)
        events = _in_order(steps, now)
        if self._is_first:
            self._is_first, delta = False, Delta()
        flows = self._flows.whole
        told = [(member, member.last) for member in self._members.values() if member.last is not None]
        return Snapshot(
            taken_at=now,
            sockets=tuple(self._sockets.values()),
            delta=delta,
            counts=self._counts,
            cost=self._stopwatch() - start,
            problems=self._problems(told),
            namespaces=self._seen(told),
            unseen=_unseen([last.unseen for _, last in told]),
            findings=self._findings.whole,
            flows=flows,
            histories=self._histories.look(self.needs.of_ids, flows, now),
            traffic=self._traffic(told),
            descriptors=self._descriptors.whole,
            process_details=self._details.whole,
            networks=self._networks.whole,
            events=events,
            capture=_capture([(member.feed.name, last.capture) for member, last in told]),
            hosts=self._hosts,
        )

    def _step(self, member: _Member, now: float) -> tuple[Delta, tuple[SocketEvent, ...] | None]:
        """Take over what one machine told."""
        member.want(self.namespaces, self.needs, self.interval)
        news = member.feed.take()
        delta, events = Delta(), None
        if news.snapshots:
            ahead = _ahead(news, now)
            delta, events = member.rows.step(news.snapshots, begins_anew=news.begins_anew, ahead=ahead)
            member.last = news.snapshots[-1]
            self._take_parts(member, member.last, ahead, begins_anew=news.begins_anew)
        own = member.last.namespaces.own if member.last else 0
        status = news.status._replace(sockets=len(member.rows), own_namespace=member.on_host(own) if own else 0)
        if self._hosts.get(member.number) != status:
            self._hosts = {**self._hosts, member.number: status}
        return delta, events

    def _take_parts(self, member: _Member, last: Snapshot, ahead: float, *, begins_anew: bool) -> None:
        """Take over what its newest tick says of things by their numbers."""
        number, rows = member.number, member.rows
        if begins_anew:
            self._findings.forget(number)
            self._flows.forget(number)
        self._findings.put(number, last.findings, rows.id_in_table, lambda findings: tuple(map(rows.finding, findings)))
        self._flows.put(number, last.flows, rows.id_in_table, partial(_flow_here, ahead=ahead))
        self._descriptors.put(number, last.descriptors, member.on_host)
        self._details.put(number, last.process_details, member.on_host)
        self._networks.put(number, last.networks, member.on_host)

    # --- what is told of all of them together ---

    def _name(self, member: _Member, text: str) -> str:
        """A name that is unique on one machine, as one that is unique among all."""
        return f"{member.feed.name}:{text}" if names_hosts(self._members) else text

    def _problems(self, told: Iterable[tuple[_Member, Snapshot]]) -> tuple[Problem, ...]:
        """What could not be read, each once with the machines on which that is so. Of those that are lost it was so."""
        found: dict[str, tuple[list[str], int]] = {}
        for member, last in told:
            if self._hosts[member.number].is_live:
                for text, times in last.problems:
                    names, before = found.get(text, ([], 0))
                    found[text] = [*names, member.feed.name], before + times
        return tuple(Problem(f"{_listed(names)}: {text}", times) for text, (names, times) in found.items())

    def _seen(self, told: Iterable[tuple[_Member, Snapshot]]) -> Seen:
        """The namespaces of all; the own one of the program is none of them."""
        every = [(member, last.namespaces) for member, last in told]
        return Seen(
            names={
                member.on_host(netns): self._name(member, name)
                for member, seen in every
                for netns, name in seen.names.items()
            },
            others=sum(seen.others for _, seen in every),
            denied=sum(seen.denied for _, seen in every),
            unreadable=sum(seen.unreadable for _, seen in every),
        )

    def _traffic(self, told: Iterable[tuple[_Member, Snapshot]]) -> TrafficByDevice:
        """What goes through the devices of those that are live. Loopback, which leaves no machine, has no sum."""
        return {
            self._name(member, device): traffic
            for member, last in told
            if self._hosts[member.number].is_live
            for device, traffic in last.traffic.items()
            if device != LOOPBACK
        }


def _ahead(news: HostNews, now: float) -> float:
    """Seconds by which the times in what a machine tells are ahead of those here."""
    as_of = now if news.status.as_of is None else news.status.as_of
    return news.snapshots[-1].taken_at - as_of


def _flow_here(flow: Flow, ahead: float) -> Flow:
    return flow._replace(read_at=time_here(flow.read_at, ahead))


def _together(deltas: Sequence[Delta]) -> Delta:
    """What happened on all machines; a row is of one of them alone."""
    opened, changed, updated, closed, dropped, passed = (
        tuple(chain.from_iterable(parts)) for parts in zip(*deltas, strict=True)
    )
    return Delta(opened, changed, updated, closed, dropped, passed)


def _in_order(
    steps: Iterable[tuple[Delta, tuple[SocketEvent, ...] | None]], now: float
) -> tuple[SocketEvent, ...] | None:
    """What happened, in the order of time, where any machine's kernel tells; of the others as their ticks tell it."""
    steps = list(steps)
    if all(events is None for _, events in steps):
        return None
    told = (tick_events(delta, now) if events is None else events for delta, events in steps)
    return tuple(sorted(chain.from_iterable(told), key=lambda event: event.at))


def _capture(told: Iterable[tuple[str, CaptureStatus | None]]) -> CaptureStatus | None:
    """How their kernels' events are taken in: as all of them do it, or each where they differ; None if none does."""
    found: dict[CaptureStatus, list[str]] = {}
    for name, status in told:
        if status is not None:
            found.setdefault(status, []).append(name)
    if len(found) <= 1:
        return next(iter(found), None)
    return CaptureStatus(
        ", ".join(f"{status.brief} on {len(names)}" for status, names in found.items()),
        " ".join(f"{_listed(names)}: {status.sentence}" for status, names in found.items()),
        is_partial=any(status.is_partial for status in found),
    )


def _unseen(every: Sequence[Unseen]) -> Unseen:
    """What could not be looked at on any machine; a right is missing if it is missing anywhere."""
    if not every:
        return Unseen()
    return Unseen(
        others=sum(each.others for each in every),
        shielded=sum(each.shielded for each in every),
        proc_hides=any(each.proc_hides for each in every),
        is_enclosed=any(each.is_enclosed for each in every),
        is_root=all(each.is_root for each in every),
        may_trace=all(each.may_trace for each in every if each.is_anything),
        may_search=all(each.may_search for each in every if each.is_anything),
        unreadable=sum(each.unreadable for each in every),
        not_listed=any(each.not_listed for each in every),
        waiting=sum(each.waiting for each in every),
    )


def _listed(names: Sequence[str]) -> str:
    """`web01, web02 and 3 more`."""
    rest = len(names) - _MOST_NAMED
    return f"{', '.join(names[:_MOST_NAMED])} and {rest:,} more" if rest > 0 else ", ".join(names)
