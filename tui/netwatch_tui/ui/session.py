"""From ticks and wishes to views: what the worker thread does, without the thread."""

from __future__ import annotations

from itertools import islice
from typing import Protocol

from netwatch_tui.model.marks import Marks
from netwatch_tui.model.snapshot import Snapshot
from netwatch_tui.model.view import View, ViewSpec, arrange

LINGER = 3.0
"""Seconds for which a row stays lit."""

MOST_MARKS_IN_PAUSE = 10_000
"""Rows that a pause may pile up; the oldest go first, so that a forgotten pause can't eat the memory."""


class Collects(Protocol):
    """Whatever gives one snapshot after the other."""

    namespaces: str
    """Which network namespaces to look at; see `Collector`."""

    def collect(self, now: float) -> Snapshot:
        """Look at all sockets now."""


class Session:
    """The last snapshot, what is lit in it, and how the person wants to see it."""

    def __init__(self, collector: Collects, spec: ViewSpec) -> None:
        self._collector = collector
        self._spec = spec
        self._snapshot: Snapshot | None = None
        self._marks = Marks()
        self._frozen: tuple[Snapshot, Marks, float] | None = None

    def tick(self, now: float) -> View | None:
        """Collect once more, and show it unless the screen is paused."""
        self._snapshot = snapshot = self._collector.collect(now)
        if self._frozen:
            advanced = self._marks.advance(snapshot.delta, until=None)
            surplus = max(len(advanced.by_id) - MOST_MARKS_IN_PAUSE, 0)
            self._marks = Marks(dict(islice(advanced.by_id.items(), surplus, None))) if surplus else advanced
            return None
        self._marks = self._marks.expire(now).advance(snapshot.delta, until=now + LINGER)
        return self._view(snapshot, now)

    def show(self, spec: ViewSpec, now: float) -> View | None:
        """See what was collected in another way; None if nothing was collected yet."""
        before, self._spec = self._spec, spec
        self._collector.namespaces = spec.namespaces
        if self._snapshot is None:
            return None
        if spec.paused and not before.paused:
            self._frozen = (self._snapshot, self._marks, now)
        elif before.paused and not spec.paused:
            self._frozen = None
            self._marks = self._marks.expire(now).release(now + LINGER)
        return self._view(self._snapshot, now)

    def needs_tick(self, spec: ViewSpec) -> bool:
        """Whether a spec asks for what was not collected yet."""
        return spec.namespaces != self._spec.namespaces

    def expire(self, now: float) -> View | None:
        """Put out lights whose time is over; None before the first snapshot."""
        if self._snapshot is None:
            return None
        self._marks = self._marks.expire(now)
        return self._view(self._snapshot, now)

    @property
    def next_expiry(self) -> float | None:
        """When `expire` is to be called, in seconds since the epoch; None if nothing waits for it."""
        return None if self._frozen else self._marks.next_expiry

    def _view(self, snapshot: Snapshot, now: float) -> View:
        if self._frozen:
            frozen, marks, since = self._frozen
            return arrange(frozen, marks, self._spec, since, paused_since=since)
        return arrange(snapshot, self._marks, self._spec, now)
