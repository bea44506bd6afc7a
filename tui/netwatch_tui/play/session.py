"""From ticks and wishes to views: what the worker thread does, without the thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from math import inf
from typing import NamedTuple

from netwatch_tui.collect.collector import Collects
from netwatch_tui.collect.history import History
from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.collect.past_ticks import PastTicks, SeenTick
from netwatch_tui.play.left_orders import LeftOrders
from netwatch_tui.play.moves import Comparand, CompareWith
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.host_names import NO_HOST_NAMES, NameAnswer
from netwatch_tui.sockets.marks import Mark, Marks
from netwatch_tui.sockets.ownership import Owner, ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import ENDINGS, SocketEvent
from netwatch_tui.view.compared import Base, Compared, Comparison, compared
from netwatch_tui.view.port_verdict import PortVerdict, port_verdict
from netwatch_tui.view.socket_details import SocketDetails, connections_of, other_end, told_pids
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import Rewound, View, arrange

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

    tick: SeenTick
    marks: Marks
    """What is lit: of what was lit when the tick came, some may have gone out when the pause began."""
    now: float
    """When that was, in seconds since the epoch."""
    is_rewound: bool
    """Whether the person went to another tick than that in which the pause began."""


class Session:
    """The last snapshot, what is lit in it, and how the person wants to see it."""

    def __init__(
        self,
        collector: Collects,
        spec: ViewSpec,
        ask: AskProcess,
        past: PastTicks | None = None,
        measure: Measure = unmeasured,
        names: HostNameCache | None = None,
        history: History | None = None,
        *,
        first: int = 1,
        kept_after: float = -inf,
    ) -> None:
        """Know nothing yet.

        Args:
            collector: Makes snapshots, or is just told what the next one has to tell.
            spec: What is wanted.
            ask: Tells more about processes.
            past: Keeps what was shown; None for nothing that can be gone back to.
            measure: Tells what processes have now.
            names: Knows what addresses are called; None where nobody is asked.
            history: Remembers what happens.
            first: The number of the first tick.
            kept_after: Up to this moment, in seconds since the epoch, something may be lit by ticks before the first:
                these can't be gone back to.
        """
        self.spec = spec
        self._collector = collector
        self._ask = ask
        self._measure = measure
        self._names = names
        self._history = History() if history is None else history
        self._ends: Mapping[int, SocketEvent] = {}
        """How those ended that are still shown, by id."""
        self._history_shown: Snapshot | None = None
        """What the history shows; None while it is not shown."""
        self._history_of: Snapshot | None = None
        """The snapshot for which it was made."""
        self._past = PastTicks(0) if past is None else past
        self._number = first - 1
        self._kept_after = kept_after
        self._newest: SeenTick | None = None
        self._marks = Marks()
        self._held: _Held | None = None
        self.base: Base | None = None
        """What the table is compared with."""
        self._comparison: Comparison | None = None
        self._last: View | None = None
        self._left = LeftOrders()
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
        """Show what was collected unless the screen is paused; after going back, only how far back it is by now."""
        self._note(snapshot, now)
        if self._held:
            return self._view(now) if self._held.is_rewound else None
        return self._view(now)

    def pass_by(self, snapshot: Snapshot, now: float) -> None:
        """Know what was collected, and show nothing."""
        self._note(snapshot, now)
        self._last = None  # its delta leads to another one

    def _note(self, snapshot: Snapshot, now: float) -> None:
        before, delta, until = self._newest, snapshot.delta, now + self.spec.linger
        if self._held and before:
            marks = before.marks.expire(now).advance(delta, until=until)  # as if there were no pause
            advanced = self._marks.advance(delta, until=None)
            surplus = max(len(advanced.by_id) - MOST_MARKS_IN_PAUSE, 0)
            self._marks = Marks(dict(islice(advanced.by_id.items(), surplus, None))) if surplus else advanced
        else:
            marks = self._marks = self._marks.expire(now).advance(delta, until=until)
        self._left.tick(delta, now)
        happened = tuple(snapshot.happened) if before else ()
        self._history.add(happened)
        self._keep_ends(happened)
        self._number += 1
        pace = snapshot.taken_at - before.snapshot.taken_at if before else None
        ends = self._ends if marks is self._marks else {id: self._ends[id] for id in self._ends if id in marks.by_id}
        self._newest = SeenTick(self._number, snapshot, marks, now, pace, ends)
        if snapshot.taken_at > self._kept_after:
            self._past.add(self._newest)

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
        if self._newest is None:
            return None
        if spec.history is not before.history:
            self._last = None  # the rows are others
        if spec.paused and not before.paused and self._held is None:
            self._held = _Held(self._newest, self._marks, now, is_rewound=False)
        elif before.paused and not spec.paused:
            self.resume(now)
        return self._view(now)

    # --- what was seen before ---

    @property
    def kept(self) -> range:
        """The numbers of the ticks to which one can go."""
        return self._past.numbers

    @property
    def kept_since(self) -> float:
        """When the oldest of these was collected, in seconds since the epoch; 0.0 where there is none."""
        return self._past.since or 0.0

    @property
    def shown(self) -> SeenTick | None:
        """The tick that is shown; None before the first."""
        return self._held.tick if self._held else self._newest

    @property
    def is_rewound(self) -> bool:
        """Whether a tick is shown that the person went to."""
        return self._held is not None and self._held.is_rewound

    @property
    def is_behind(self) -> bool:
        """Whether the tick after the one that is shown is kept."""
        return self._held is not None and self._held.tick.number + 1 in self.kept

    def number_at(self, moment: float) -> int:
        """The number of the tick that was shown at a moment, of those that are kept."""
        return self._past.number_at(moment)

    def next_change(self) -> int | None:
        """The number of the next tick that is kept and in which a row of this view opened, changed or closed."""
        shown = self.shown
        found = self._past.next_where(shown, self.brings_change) if shown and self.kept else None
        return found.number if found else None

    def brings_change(self, snapshot: Snapshot) -> bool:
        """Whether a row of this view opened, changed or closed in a tick."""
        delta = snapshot.delta
        changed = (socket for change in delta.changed for socket in change)
        touched = [*(each for each in delta.opened if not each.was_there), *changed, *delta.closed, *delta.passed]
        return bool(touched) and bool(self.spec.choice.in_snapshot(snapshot, touched))

    def go_to(self, number: int, now: float) -> View:
        """Hold a tick that is kept, as it was shown."""
        shown = self.shown
        assert shown is not None  # noqa: S101 -- who knows a number has it from here
        is_seen = self._last is not None and self._last.snapshot is shown.snapshot
        way = self._past.way(shown.number, number) if is_seen else None
        if way is None:
            self._last = None
        tick = self._past.at(number, shown)
        self._held = _Held(tick, tick.marks, tick.now, is_rewound=True)
        return self._view(now, way)

    def resume(self, now: float) -> None:
        """Hold nothing any more."""
        if self.is_rewound and self._socket_details:  # should it be gone by now, nobody saw when
            self._socket_details = SocketDetails(self._socket_details.socket, is_absent=True)
        self._held = None
        self._last = None  # what came and went meanwhile is in no delta
        self._marks = self._marks.expire(now).release(now + self.spec.linger)

    def hear(self, answers: Iterable[NameAnswer], now: float) -> View | None:
        """Show the names of addresses that were looked up; None before the first snapshot."""
        for answer in answers:
            if self._names is not None:
                self._names.take(answer, now)
        return None if self._newest is None else self._view(now)

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

    def compare(self, comparand: Comparand, now: float) -> View | None:
        """Light what is different from something; None before the first snapshot."""
        shown, newest = self.shown, self._newest
        if shown is None or newest is None:
            return None
        match comparand:
            case Base():
                self.base = comparand
            case CompareWith.NOTHING:
                self.base = self._comparison = None
            case CompareWith.SHOWN | CompareWith.NEWEST:
                snapshot = (shown if comparand is CompareWith.SHOWN else newest).snapshot
                self.base = Base(snapshot, time.strftime("%H:%M:%S", time.localtime(snapshot.taken_at)))
        return self._view(now)

    def expire(self, now: float) -> View | None:
        """Put out lights whose time is over; None before the first snapshot."""
        if self._newest is None:
            return None
        if self._held is None:
            self._marks = self._marks.expire(now)
        return self._view(now)

    @property
    def next_expiry(self) -> float | None:
        """When `expire` is to be called, in seconds since the epoch; None if nothing waits for it."""
        return None if self._held else self._marks.next_expiry

    def _view(self, now: float, way: Delta | None = None) -> View:
        """What is shown; `way` leads there from what was shown last, if that is not the delta of the tick."""
        newest, held = self._newest, self._held
        assert newest is not None  # noqa: S101 -- there is no view before the first snapshot
        wanted = self.spec.named_addresses if self.spec.host_names else ()
        names = NO_HOST_NAMES if self._names is None else self._names.look(wanted, now)
        tick, lit, moment = (held.tick, held.marks, held.now) if held else (newest, self._marks, now)
        since = held.now if held and not held.is_rewound else None
        snapshot, happened = tick.snapshot, tick.ends
        if self.spec.history:
            snapshot, lit, happened = self._remembered(tick.snapshot), Marks(), self._history.events
        elif self._history_shown is not None:
            self._history_shown = None
            self._history.hide()
        base = None if self.spec.history else self.base
        if base:
            self._comparison = compared(base, snapshot, self._comparison)
        marks = self._comparison.marks if base and self._comparison else lit
        view = arrange(
            snapshot, marks, self.spec, moment,
            paused_since=since, before=self._last, host_names=names, way=way,
            happened=happened, utc_offset=_utc_offset(moment), known=self._left.known,
        )  # fmt: skip
        self._left.see(self._last, view, now)
        if held and held.is_rewound:
            taken_at = tick.snapshot.taken_at
            view = view._replace(rewound=Rewound(taken_at, newest.snapshot.taken_at - taken_at))
        if base:
            view = view._replace(compared=Compared.of(base, marks, view.position))
        self._socket_details = self._opened(view)
        verdict = self._verdict(view)
        self._last = view._replace(pace=tick.pace, socket_details=self._socket_details, port_verdict=verdict)
        return self._last

    def _remembered(self, snapshot: Snapshot) -> Snapshot:
        """What the history shows beside this snapshot; the same while the screen is held."""
        if self._history_shown is None or (self._held is None and snapshot is not self._history_of):
            self._history_shown, self._history_of = self._history.snapshot(snapshot), snapshot
        return self._history_shown

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
            return _absent(before, view) if view.rewound else _closed(before, view)
        other = other_end(socket, sockets)
        owners = _owners(socket, other)
        pids = told_pids(owners)
        resources: Mapping[int, ProcessResources] = {}
        if view.rewound:  # what the machine would tell of its processes is of now
            told = view.snapshot.process_details
            processes = {pid: told[pid] for pid in pids if pid in told}
        else:
            # Asked again when a holder is another one, which includes one that has started another program since.
            known = before.processes if before and owners == _owners(before.socket, before.other_end) else {}
            processes = self._asked(pids, known)
            measured = {pid: self._measure(pid) for pid in pids[:MOST_MEASURED]}
            resources = {pid: found for pid, found in measured.items() if found is not None}
        flow, history = view.snapshot.flows.get(subject), view.snapshot.histories.get(subject, ())
        incoming = connections_of(socket, sockets)
        return SocketDetails(socket, None, other, incoming, processes, resources, flow, history)

    def _asked(self, pids: Iterable[int], known: Mapping[int, ProcessDetails]) -> dict[int, ProcessDetails]:
        """Details of processes; of each that is not known yet, the machine is asked."""
        asked = {pid: known.get(pid) or self._ask(pid) for pid in pids}
        return {pid: details for pid, details in asked.items() if details is not None}


def _utc_offset(now: float) -> float:
    """Seconds by which the clocks here are ahead of UTC."""
    return time.localtime(now).tm_gmtoff


def _owners(socket: Socket, other: Socket | None) -> tuple[Owner, ...]:
    return socket.owners + (other.owners if other else ())


def _absent(before: SocketDetails | None, view: View) -> SocketDetails | None:
    """The details of a socket that is not there at a moment gone back to."""
    marked = view.moment.marked.get(view.spec.subject or 0)
    if marked is not None and marked.mark is Mark.CLOSED and marked.until is not None:
        return SocketDetails(marked.socket, marked.until - view.spec.linger)
    return before and SocketDetails(before.socket, is_absent=True)


def _closed(before: SocketDetails | None, view: View) -> SocketDetails | None:
    """The socket_details of a socket that is not there (any more): as it was seen last."""
    if before is not None:
        if before.closed_at or before.is_absent:
            return before
        flow = view.snapshot.flows.get(before.socket.id, before.flow)
        return before._replace(closed_at=view.snapshot.taken_at, flow=flow)
    marked = view.moment.marked.get(view.spec.subject or 0)
    if marked is None or marked.mark is not Mark.CLOSED:
        return None
    if view.compared:  # when it closed is not known
        return SocketDetails(marked.socket, is_absent=True)
    return SocketDetails(marked.socket, view.snapshot.taken_at)
