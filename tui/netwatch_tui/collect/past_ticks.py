"""The ticks of the last minutes, kept as what was different from one to the next, within a bound of memory.

Of each tick the small parts are kept as they are, and of the great ones (sockets, lights, findings, flows, processes)
what leads from the tick before. So any of them can be had whole again from any other by going step by step, and what it
says is of that moment: nothing is filled in from a later one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from netwatch_tui.collect.kept_bytes import KeptBytes
from netwatch_tui.sockets.delta import Delta, diff
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import Finding
from netwatch_tui.sockets.mapping_change import MappingChange, change_between
from netwatch_tui.sockets.marks import Marked, Marks
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.slices import give_way, giving_way
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent

MEBIBYTE = 1 << 20

REWIND_MEMORY = 24.0
"""MiB that the ticks to which one can go back may take, unless the configuration says otherwise."""

_TICK_BYTES = 4_000
"""Of a tick in which nothing happened."""
_ENTRY_BYTES = 120
"""Of a place in a mapping or a delta."""
_VALUE_BYTES = 1_300
"""Of what flowed through a connection, was wrong with it, or was known of a process: the largest of these."""
_SAMPLE_BYTES = 16
"""Of a moment of a history, which the next tick has as well."""
_SHARED = ("counts", "problems", "namespaces", "unseen", "traffic", "descriptors", "networks", "hosts")
"""Parts of a snapshot of which one object is kept as long as they say the same."""


class SeenTick(NamedTuple):
    """A tick as it was shown."""

    number: int
    """Counts ticks."""
    snapshot: Snapshot
    marks: Marks
    """What was lit when it came."""
    now: float
    """When it was shown, in seconds since the epoch."""
    pace: float | None
    """Seconds since the tick before; None for the first."""
    ends: Mapping[int, SocketEvent] = {}
    """How those ended that were lit as closed, by id."""


class _Link(NamedTuple):
    """What leads from one tick to the next."""

    sockets: Delta
    marks: MappingChange[Marked]
    findings: MappingChange[tuple[Finding, ...]]
    flows: MappingChange[Flow]
    process_details: MappingChange[ProcessDetails]
    ends: MappingChange[SocketEvent]

    @property
    def inverse(self) -> _Link:
        return _Link(
            self.sockets.inverse,
            self.marks.inverse,
            self.findings.inverse,
            self.flows.inverse,
            self.process_details.inverse,
            self.ends.inverse,
        )


class _KeptTick(NamedTuple):
    """A tick without its great parts, and what leads to it from the one before."""

    tick: SeenTick
    link: _Link
    left: tuple[Socket, ...]
    """Sockets that may live on nowhere else: those that were before this tick, and those that were lit."""
    bytes: int
    """What it takes besides these."""


class PastTicks:
    """Takes ticks in their order and gives them back. The oldest go first when there is too much.

    Besides what is kept there is an index of the sockets that are there now, some 50 bytes each.
    """

    def __init__(self, most_bytes: float) -> None:
        """Begin with none; 0 bytes keep none."""
        self._most_bytes = most_bytes
        self._ticks: deque[_KeptTick] = deque()
        self._newest: SeenTick | None = None
        self._sockets: dict[int, Socket] = {}
        """Those of the newest, by id."""
        self._kept = KeptBytes()
        self._tick_bytes = 0

    @property
    def bytes(self) -> int:
        """What is kept takes no more than this."""
        return self._kept.total + self._tick_bytes

    @property
    def numbers(self) -> range:
        """Those of the ticks that can be had."""
        return range(self._ticks[0].tick.number, self._ticks[-1].tick.number + 1) if self._ticks else range(0)

    @property
    def since(self) -> float | None:
        """When the oldest of them was collected, in seconds since the epoch; None where there is none."""
        return self._ticks[0].tick.snapshot.taken_at if self._ticks else None

    def add(self, tick: SeenTick) -> None:
        """Keep the newest tick; its number is the next one.

        Where its delta does not begin with the tick before, because one failed between them, they are compared.
        """
        if not self._most_bytes:
            return
        before = self._newest or tick
        snapshot = _shared(before.snapshot, tick.snapshot)
        self._newest = tick._replace(snapshot=snapshot)
        kept = _kept_tick(before, self._newest, self._advanced(snapshot, is_first=before is tick))
        self._ticks.append(kept)
        self._kept.keep(giving_way(kept.left))
        self._tick_bytes += kept.bytes
        while self._ticks and self.bytes > self._most_bytes:
            oldest = self._ticks.popleft()
            self._kept.let_go(giving_way(oldest.left))
            self._tick_bytes -= oldest.bytes

    def _advanced(self, snapshot: Snapshot, *, is_first: bool) -> Delta:
        """Make the sockets those of a snapshot; returns what leads there, which is its delta unless that is another."""
        before, delta = self._sockets, snapshot.delta
        if not is_first and _is_of(delta, before):
            delta.apply(before)
            give_way()
            # Nearly always the same objects, which takes a fraction of a microsecond each to see.
            if tuple(before.values()) == snapshot.sockets:
                return delta
            delta.inverse.apply(before)
        self._sockets = {socket.id: socket for socket in snapshot.sockets}
        return Delta() if is_first else diff(before, self._sockets)

    def at(self, number: int, near: SeenTick) -> SeenTick:
        """The tick of a number.

        Args:
            number: One of `numbers`.
            near: Any tick, at best one that is not far from it.
        """
        start = self._start(near)
        walk = _Walk(start)
        for step in self._way(start.number, number):
            walk.go(step.link)
        return walk.tick(self._kept_tick(number).tick)

    def way(self, start: int, end: int) -> Delta | None:
        """What leads from the sockets of one tick to those of its neighbour; None where it is none, or not kept."""
        if start not in self.numbers or end not in self.numbers:
            return None
        if end == start + 1:
            return self._kept_tick(end).link.sockets
        return self._kept_tick(start).link.sockets.inverse if end == start - 1 else None

    def number_at(self, moment: float) -> int:
        """The number of the last tick before some moment, or at it; of the oldest if none was."""
        at = bisect_right(self._ticks, moment, key=lambda step: step.tick.snapshot.taken_at)
        return self.numbers[max(at - 1, 0)]

    def next_where(self, near: SeenTick, judge: Callable[[Snapshot], bool]) -> SeenTick | None:
        """The first tick after some tick of which something is true; None if there is none.

        Args:
            near: The tick after which it is looked for.
            judge: Is given snapshots of which only the sockets are missing.
        """
        start = self._start(near)
        if near.number < self.numbers.start:
            start = self.at(self.numbers.start, near)
            if judge(start.snapshot):
                return start
        walk = _Walk(start)
        for step in self._way(start.number, self.numbers.stop - 1):
            walk.go(step.link)
            if judge(walk.without_sockets(step.tick.snapshot)):
                return walk.tick(step.tick)
        return None

    def _start(self, near: SeenTick) -> SeenTick:
        assert self._newest is not None  # noqa: S101 -- who has a tick got it from here
        return near if near.number in self.numbers else self._newest

    def _kept_tick(self, number: int) -> _KeptTick:
        return self._ticks[number - self._ticks[0].tick.number]

    def _way(self, start: int, end: int) -> Iterator[_KeptTick]:
        """The steps from one tick to another, those that lead back turned round."""
        for number in range(start + 1, end + 1):
            yield self._kept_tick(number)
        for number in range(start, end, -1):
            step = self._kept_tick(number)
            yield step._replace(link=step.link.inverse)


class _Walk:
    """The great parts of a snapshot on the way from tick to tick."""

    def __init__(self, tick: SeenTick) -> None:
        snapshot = tick.snapshot
        self._sockets = {socket.id: socket for socket in snapshot.sockets}
        self._marks = dict(tick.marks.by_id)
        self._findings = dict(snapshot.findings)
        self._flows = dict(snapshot.flows)
        self._process_details = dict(snapshot.process_details)
        self._ends = dict(tick.ends)

    def go(self, link: _Link) -> None:
        link.sockets.apply(self._sockets)
        link.marks.apply(self._marks)
        link.findings.apply(self._findings)
        link.flows.apply(self._flows)
        link.process_details.apply(self._process_details)
        link.ends.apply(self._ends)

    def without_sockets(self, bare: Snapshot) -> Snapshot:
        """A bare snapshot with the parts that are reached by now; they go on changing with the walk."""
        return bare._replace(findings=self._findings, flows=self._flows, process_details=self._process_details)

    def tick(self, bare: SeenTick) -> SeenTick:
        """A bare tick made whole, at the end of the walk."""
        every = sorted(self._sockets.values(), key=lambda socket: socket.id)  # as they opened
        snapshot = self.without_sockets(bare.snapshot)._replace(sockets=tuple(every))
        return bare._replace(snapshot=snapshot, marks=Marks(self._marks), ends=self._ends)


def _shared(before: Snapshot, snapshot: Snapshot) -> Snapshot:
    """The same with those small parts of the one before that say the same."""
    pairs = ((name, getattr(before, name), getattr(snapshot, name)) for name in _SHARED)
    return snapshot._replace(**{name: was for name, was, is_now in pairs if was == is_now})


def _is_of(delta: Delta, sockets: Mapping[int, Socket]) -> bool:
    """Whether a delta begins with these sockets, so that it can be gone back as well."""
    left = (*delta.closed, *delta.dropped, *(each.before for each in (*delta.changed, *delta.updated)))
    ids = {socket.id for socket in (*left, *delta.opened)}
    return (
        len(ids) == len(left) + len(delta.opened)
        and all(sockets.get(socket.id) is socket for socket in giving_way(left))
        and not any(socket.id in sockets for socket in delta.opened)
    )


def _kept_tick(before: SeenTick, tick: SeenTick, sockets: Delta) -> _KeptTick:
    """What is kept of a tick.

    Args:
        before: The tick before; the first one itself.
        tick: As it was shown.
        sockets: What leads from the sockets before to its own.
    """
    was, snapshot = before.snapshot, tick.snapshot
    link = _Link(
        sockets,
        change_between(before.marks.by_id, tick.marks.by_id),
        change_between(was.findings, snapshot.findings),
        change_between(was.flows, snapshot.flows),
        change_between(was.process_details, snapshot.process_details),
        change_between(before.ends, tick.ends),
    )
    give_way()
    size = _TICK_BYTES
    for name in _SHARED:
        part = getattr(snapshot, name)
        size += 0 if part is getattr(was, name) else _size_of(part)
    deltas = {id(delta): delta for delta in (sockets, snapshot.delta)}.values()
    changes = [change for delta in deltas for change in (*delta.changed, *delta.updated)]
    gone = [socket for delta in deltas for socket in (*delta.closed, *delta.passed, *delta.dropped)]
    left = (*gone, *(each.before for each in changes), *(each.socket for each in link.marks.before.values()))
    entries = len(gone) + 2 * len(changes) + sum(len(delta.opened) for delta in deltas)
    entries += sum(len(part.before) + len(part.after) for part in link[1:])
    size += _ENTRY_BYTES * entries + _VALUE_BYTES * sum(len(part.before) for part in link[2:])
    size += sum(_ENTRY_BYTES + _SAMPLE_BYTES * len(history) for history in snapshot.histories.values())
    # What happened is remembered by the history, which has a bound of its own.
    bare = snapshot._replace(sockets=(), findings={}, flows={}, process_details={}, events=None)
    return _KeptTick(tick._replace(snapshot=bare, marks=Marks(), ends={}), link, left, size)


def _size_of(part: Any) -> int:
    """What the texts and numbers of a small part may take."""
    if isinstance(part, str | bytes):
        return 60 + 2 * len(part)
    if isinstance(part, dict):
        return 64 + sum(_ENTRY_BYTES + _size_of(key) + _size_of(value) for key, value in part.items())
    if isinstance(part, tuple):
        return 56 + sum(8 + _size_of(each) for each in part)
    return 32
