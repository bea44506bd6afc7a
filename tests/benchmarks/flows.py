"""What it costs to know what flows.

Three sessions watch the same real sockets, of which some are replaced before each tick: one that shows no flows, one
with the flow columns on a screen of 50 rows, and one that orders all rows by what comes in. They take turns, so that
each tick is compared with one at the same moment. A tick is what the worker does in it: collecting and arranging.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from typing import NamedTuple

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.play.session import Session
from netwatch_tui.view.spec import ViewSpec
from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN
from tests.benchmarks.report import so_many
from tests.benchmarks.results import Part, Results, Settings

LEAST = 10_000
"""Sockets with which it is worth while."""
ROWS = 50
SCREEN_BAR, SORT_BAR = 1.3, 2.0


class Ticks(NamedTuple):
    """Seconds of processor time of each tick, so that a busy machine counts less."""

    plain: list[float]
    screen: list[float]
    sort: list[float]
    lists: int
    """How many of the last ones read every connection."""


class _Watcher:
    """A session whose ticks are measured."""

    def __init__(self, spec: ViewSpec) -> None:
        self._source = LinuxSource()
        self._collector = Collector(self._source, needs=spec.needs)
        self._session = Session(self._collector, spec, lambda _: None)
        self._spec = spec
        self.ticks: list[float] = []

    def close(self) -> None:
        """Let go of what it holds open."""
        self._source.close()

    def tick(self, now: float) -> None:
        start = time.process_time()
        view = self._session.tick(now)
        self.ticks.append(time.process_time() - start)
        if view and self._spec.has_flows:  # as the screen tells which rows are on it
            looked_at = frozenset(row.id for row in view.rows[:ROWS] if isinstance(row.id, int))
            self._session.show(self._spec._replace(looked_at=looked_at), now)

    @property
    def lists(self) -> int:
        watch = self._collector._flow_watch
        return watch._flows._pace.readings if watch else 0  # how often is part of what is measured


def measured(sockets: int, processes: int, ticks: int) -> Ticks:
    """Take the times of ticks at this number of sockets, without the first three of each session."""
    watchers = [
        _Watcher(ViewSpec()),
        _Watcher(ViewSpec().with_flows()),
        _Watcher(ViewSpec(sort="rate_in", descending=True).with_flows()),
    ]
    with ExitStack() as stack:
        for watcher in watchers:
            stack.callback(watcher.close)
        load = stack.enter_context(Load(sockets, processes))
        now = time.time()
        for number in range(ticks + 3):
            load.replace(CHURN)
            now += 1.0
            for watcher in (*watchers[number % 3 :], *watchers[: number % 3]):
                watcher.tick(now)
    plain, screen, sort = (watcher.ticks[3:] for watcher in watchers)
    return Ticks(plain, screen, sort, watchers[-1].lists)


def tell(found: Ticks, sockets: int, results: Results) -> None:
    """The times in words, and their bars."""
    plain, screen, sort = (statistics.median(each) for each in found[:3])
    average = statistics.mean(found.sort) / statistics.mean(found.plain)
    results.keep(so_many(sockets), [found._asdict()])
    results.tell(
        f"{so_many(sockets)}, {CHURN:.0%} replaced, {len(found.plain)} ticks, medians: {plain * 1e3:.1f} ms; with the "
        f"flows of {ROWS} rows {screen * 1e3:.1f} ms ({screen / plain:.2f}x); ordered by a rate {sort * 1e3:.1f} ms "
        f"({sort / plain:.2f}x; {average:.2f}x on average), all connections read in {found.lists} of "
        f"{len(found.sort) + 3} ticks."
    )
    results.judge(
        f"a tick with the rates of {ROWS} rows against one without, {so_many(sockets)}", screen / plain, "x", SCREEN_BAR
    )
    title = f"a tick ordered by a rate against one that is not, median or mean, {so_many(sockets)}"
    results.judge(title, max(sort / plain, average), "x", SORT_BAR)


def _measure(settings: Settings, results: Results) -> None:
    for size in settings.sizes:
        if size >= LEAST or size == settings.largest:
            with results.attempt(so_many(size)):
                tell(measured(size, settings.processes, settings.ticks), size, results)


FLOWS = Part("flows", "what it costs to know rates, on the screen and as an order", _measure)
