"""From ticks and wishes to views: what the worker thread does, without the thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from netwatch_tui.collect.collector import Collects
from netwatch_tui.collect.history import History
from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.sockets.host_names import NO_HOST_NAMES, NameAnswer
from netwatch_tui.sockets.marks import Mark, Marks
from netwatch_tui.sockets.ownership import Owner, ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import ENDINGS, SocketEvent
from netwatch_tui.view.port_verdict import PortVerdict, port_verdict
from netwatch_tui.view.socket_details import SocketDetails, connections_of, other_end
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange

MOST_MARKS_IN_PAUSE = 10_000
"""Rows that a pause may pile up; the oldest go first, so that a forgotten pause can't eat the memory."""

MOST_MEASURED = 8
"""Processes of an open socket of which every tick asks what they have: a few files each."""

AskProcess = Callable[[int], ProcessDetails | None]
"""Finds out about the process with a pid; None if nothing can be."""

Measure = Callable[[int], ProcessResources | None]
"""Finds out what the process with a pid has now; None if nothing can be."""


def unmeasured(_: int) -> None:
    """Nothing is known: of the processes of a recording, and where nobody looks at them."""


class _Held(NamedTuple):
    """What a pause shows."""

    snapshot: Snapshot
    marks: Marks
    since: float


class Session:
    """The last snapshot, what is lit in it, and how the person wants to see it."""

    def __init__(
        self,
        collector: Collects,
        spec: ViewSpec,
        ask: AskProcess,
        measure: Measure = unmeasured,
        names: HostNameCache | None = None,
        history: History | None = None,
    ) -> None:
        """Know nothing yet.

        Args:
            collector: Makes snapshots, or is just told what the next one has to tell.
            spec: What is wanted.
            ask: Tells more about processes.
            measure: Tells what they have now.
            names: Knows what addresses are called; None where nobody is asked.
            history: Remembers what happens.
        """
        self.spec = spec
        self._collector = collector
        self._ask = ask
        self._measure = measure
        self._names = names
        self._history = History() if history is None else history
        self._ends: Mapping[int, SocketEvent] = {}
        """How those ended that are still shown, by id."""
        self._past: Snapshot | None = None
        """What the history shows; None while it is not shown."""
        self._seen: Snapshot | None = None
        """The snapshot for which it was made."""
        self._snapshot: Snapshot | None = None
        self._pace: float | None = None
        self._marks = Marks()
        self._held: _Held | None = None
        self._last: View | None = None
        self._socket_details: SocketDetails | None = None

    def tick(self, now: float) -> View | None:
        """Collect once more, and show it unless the screen is paused."""
        last = self._last
        self.fail()
        snapshot = self._collector.collect(now)
        self._last = last
        return self.take(snapshot, now)

    def fail(self) -> None:
        """A tick failed: what the next one's delta begins with may not be what was shown last."""
        self._last = None

    def take(self, snapshot: Snapshot, now: float) -> View | None:
        """Show what was collected unless the screen is paused."""
        before, self._snapshot = self._snapshot, snapshot
        self._pace = self._snapshot.taken_at - before.taken_at if before else None
        delta = self._snapshot.delta
        happened = tuple(snapshot.happened) if before is not None else ()
        self._history.add(happened)
        if self._held:
            advanced = self._marks.advance(delta, until=None)
            surplus = max(len(advanced.by_id) - MOST_MARKS_IN_PAUSE, 0)
            self._marks = Marks(dict(islice(advanced.by_id.items(), surplus, None))) if surplus else advanced
            self._keep_ends(happened)
            return None
        self._marks = self._marks.expire(now).advance(delta, until=now + self.spec.linger)
        self._keep_ends(happened)
        return self._view(self._snapshot, now)

    def _keep_ends(self, happened: Iterable[SocketEvent]) -> None:
        """Know how the rows ended that are lit."""
        ends = {event.socket.id: event for event in happened if event.kind in ENDINGS}
        if ends or self._ends:
            lit = self._marks.by_id
            self._ends = {id: event for id, event in (*self._ends.items(), *ends.items()) if id in lit}

    def show(self, spec: ViewSpec, now: float) -> View | None:
        """See what was collected in another way; None if nothing was collected yet."""
        before, self.spec = self.spec, spec
        self._collector.namespaces, self._collector.needs = spec.namespaces, spec.needs
        if self._snapshot is None:
            return None
        if spec.history is not before.history:
            self._last = None  # the rows are others
        if spec.paused and not before.paused:
            self._held = _Held(self._snapshot, self._marks, now)
        elif before.paused and not spec.paused:
            self._held = None
            self._last = None  # what came and went meanwhile is in no delta
            self._marks = self._marks.expire(now).release(now + self.spec.linger)
        return self._view(self._snapshot, now)

    def hear(self, answers: Iterable[NameAnswer], now: float) -> View | None:
        """Show the names of addresses that were looked up; None before the first snapshot."""
        for answer in answers:
            if self._names is not None:
                self._names.take(answer, now)
        return None if self._snapshot is None else self._view(self._snapshot, now)

    def needs_tick(self, spec: ViewSpec) -> bool:
        """Whether a spec asks for what was not collected yet."""
        wanted, had = spec.needs, self.spec.needs
        return (
            spec.namespaces != self.spec.namespaces
            or not wanted.of_all <= had.of_all
            or wanted.flows_of_all > had.flows_of_all
            or wanted.of_process_details > had.of_process_details
            or wanted.of_port not in (0, had.of_port)
        )

    def expire(self, now: float) -> View | None:
        """Put out lights whose time is over; None before the first snapshot."""
        if self._snapshot is None:
            return None
        self._marks = self._marks.expire(now)
        return self._view(self._snapshot, now)

    @property
    def next_expiry(self) -> float | None:
        """When `expire` is to be called, in seconds since the epoch; None if nothing waits for it."""
        return None if self._held else self._marks.next_expiry

    def _view(self, snapshot: Snapshot, now: float) -> View:
        wanted = self.spec.named_addresses if self.spec.host_names else ()
        names = NO_HOST_NAMES if self._names is None else self._names.look(wanted, now)
        marks, since = self._marks, None
        if self._held:
            snapshot, marks, since = self._held
            now = since
        if self.spec.history:
            if self._past is None or (not since and snapshot is not self._seen):
                self._past, self._seen = self._history.snapshot(snapshot), snapshot
            snapshot, marks = self._past, Marks()
        elif self._past is not None:
            self._past = None
            self._history.hide()
        view = arrange(
            snapshot, marks, self.spec, now,
            paused_since=since, before=self._last, host_names=names,
            happened=self._history.events if self.spec.history else self._ends, utc_offset=_utc_offset(now),
        )  # fmt: skip
        self._socket_details = self._opened(view)
        verdict = self._verdict(view)
        self._last = view._replace(pace=self._pace, socket_details=self._socket_details, port_verdict=verdict)
        return self._last

    def _verdict(self, view: View) -> PortVerdict | None:
        """Whether the port can be bound for which the filter asks; None until a tick has looked."""
        facts, port = view.snapshot.port_facts, view.spec.query.only_port
        if facts is None or facts.port != port:
            return None
        known = self._last.port_verdict if self._last and self._last.snapshot is view.snapshot else None
        return known or port_verdict(facts, view.snapshot.unseen)

    def _opened(self, view: View) -> SocketDetails | None:
        """What is known about the socket that the person looks at."""
        before, subject = self._socket_details, view.spec.subject
        if subject is None:
            return None
        if before is not None and before.socket.id != subject:
            before = None
        if before is not None and self._last is not None and view.snapshot is self._last.snapshot:
            return before
        sockets = view.snapshot.sockets
        socket = next((each for each in sockets if each.id == subject), None)
        if socket is None:
            return _closed(before, view)
        other = other_end(socket, sockets)
        owners = _owners(socket, other)
        # Asked again when a holder is another one, which includes one that has started another program since.
        known = before.processes if before and owners == _owners(before.socket, before.other_end) else {}
        pids = {owner.pid for owner in owners}
        processes = self._asked(pids, known)
        measured = {pid: self._measure(pid) for pid in sorted(pids)[:MOST_MEASURED]}
        resources = {pid: found for pid, found in measured.items() if found is not None}
        flow, history = view.snapshot.flows.get(subject), view.snapshot.histories.get(subject, ())
        incoming = connections_of(socket, sockets)
        return SocketDetails(socket, None, other, incoming, processes, resources, flow, history)

    def _asked(self, pids: set[int], known: Mapping[int, ProcessDetails]) -> dict[int, ProcessDetails]:
        """Details of processes; of each that is not known yet, the machine is asked."""
        asked = {pid: known.get(pid) or self._ask(pid) for pid in sorted(pids)}
        return {pid: details for pid, details in asked.items() if details is not None}


def _utc_offset(now: float) -> float:
    """Seconds by which the clocks here are ahead of UTC."""
    return time.localtime(now).tm_gmtoff


def _owners(socket: Socket, other: Socket | None) -> tuple[Owner, ...]:
    return socket.owners + (other.owners if other else ())


def _closed(before: SocketDetails | None, view: View) -> SocketDetails | None:
    """The socket_details of a socket that is not there (any more): as it was seen last."""
    if before is not None:
        if before.closed_at:
            return before
        flow = view.snapshot.flows.get(before.socket.id, before.flow)
        return before._replace(closed_at=view.snapshot.taken_at, flow=flow)
    marked = view.moment.marked.get(view.spec.subject or 0)
    if marked is None or marked.mark is not Mark.CLOSED:
        return None
    return SocketDetails(marked.socket, view.snapshot.taken_at)
