"""All that the kernel's events add to a tick: one thing for the collector to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from netwatch_tui.collect.event_feed import EventFeed
from netwatch_tui.collect.event_join import EventJoin, Joined, Look
from netwatch_tui.collect.socket_tracker import SocketTracker
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.connection_events import CaptureBatch
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.snapshot import Problem, Snapshot
from netwatch_tui.sockets.socket import Socket

LOSS_TOLD_FOR = 60.0
"""Seconds for which a loss stays among the problems."""

SKEW = 0.002
"""Seconds by which the time of an event may differ from that of a tick: two clocks are compared, see `EventClock`."""


class EventNews(NamedTuple):
    """What a tick tells of events; see `Snapshot`."""

    joined: Joined | None
    """None where ticks alone tell."""
    status: CaptureStatus
    problems: Sequence[Problem]

    @property
    def rows(self) -> Mapping[int, Socket]:
        """Rows of which events tell more than the tables, by id."""
        return self.joined.rows if self.joined else {}

    def added_to(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what is told here."""
        snapshot = snapshot._replace(capture=self.status, problems=(*snapshot.problems, *self.problems))
        if self.joined is None:
            return snapshot
        delta = snapshot.delta._replace(passed=self.joined.passed)
        return snapshot._replace(events=self.joined.events, delta=delta)


class EventWatch:
    """Takes what a feed of events has at each tick."""

    def __init__(self, feed: EventFeed, tracker: SocketTracker, tables: Sequence[Table]) -> None:
        """Begin with nothing known."""
        self._feed = feed
        self._tables = frozenset((table.netid, table.family) for table in tables)
        self._begin_join = partial(EventJoin, tracker, feed.process, _user)
        self._join = self._begin_join() if feed.is_on else None
        self._losses = _Losses()
        self._began = 0.0
        self._is_first = True

    def begin(self, namespaces: Sequence[Namespace]) -> None:
        """A tick begins to read these network namespaces."""
        self._feed.follow(namespaces)
        self._began = self._feed.now() - SKEW

    def tick(self, now: float, delta: Delta, visible: Namespaces, namespaces: Sequence[Namespace]) -> EventNews:
        """Tell what happened up to the end of a tick. A fault leaves it to the ticks, and is a problem.

        Args:
            now: The time of the tick, as the snapshot has it.
            delta: What it found.
            visible: All network namespaces.
            namespaces: Those that it read.
        """
        if self._join is None:
            return EventNews(None, self._feed.status, ())
        ended = self._feed.now()
        batch = self._feed.take(ended)
        is_only = not (visible.others or visible.denied or visible.unreadable)
        look = Look(
            now,
            self._began,
            ended,
            delta,
            frozenset(namespace.inode for namespace in namespaces),
            self._tables,
            visible.own.inode if is_only else 0,
        )
        problems = self._losses.after(batch, now)
        try:
            joined = self._join.settle(batch, look)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it costs the events of this tick and not the tick
            self._join = self._begin_join()
            fault = f"this tick is told without the kernel's events: {type(error).__name__}: {error}"
            return EventNews(None, self._feed.status, [*problems, Problem(fault, 1)])
        if self._is_first:  # whose delta leads from nothing
            self._is_first, joined = False, Joined((), (), joined.rows)
        return EventNews(joined, self._feed.status, problems)


def _user(process: Process) -> str | None:
    return process.user or None


class _Losses:
    """What is missing of what happened, in all."""

    def __init__(self) -> None:
        self._lost = self._lost_udp = 0
        self._gaps: dict[str, float] = {}
        """When each was told last."""
        self._lost_at = self._lost_udp_at = float("-inf")

    def after(self, batch: CaptureBatch, now: float) -> list[Problem]:
        """The problems after one more batch."""
        if not batch.is_complete:
            self._take(batch, now)
        since = now - LOSS_TOLD_FOR
        told = [(gap, 1) for gap, at in self._gaps.items() if at >= since]
        if self._lost_at >= since:
            told.append((f"connection events lost so far, too many to be read in time: {self._lost:,}", self._lost))
        if self._lost_udp_at >= since:
            told.append((f"UDP events lost so far: {self._lost_udp:,}", self._lost_udp))
        return [Problem(*each) for each in told]

    def _take(self, batch: CaptureBatch, now: float) -> None:
        self._lost += batch.lost
        self._lost_udp += batch.lost_udp
        self._lost_at = now if batch.lost else self._lost_at
        self._lost_udp_at = now if batch.lost_udp else self._lost_udp_at
        self._gaps = {gap: at for gap, at in self._gaps.items() if at >= now - LOSS_TOLD_FOR}
        self._gaps.update(dict.fromkeys(batch.gaps, now))
