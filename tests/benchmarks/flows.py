"""What it costs to know what flows: `.venv/bin/python -m tests.benchmarks.flows`.

Three sessions watch the same real sockets, of which some are replaced before each tick: one that shows no flows, one
with the flow columns on a screen of 50 rows, and one that orders all rows by what comes in. They take turns, so that
each tick is compared with one at the same moment. A tick is what the worker does in it: collecting and arranging.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from contextlib import ExitStack
from typing import NamedTuple

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.play.session import Session
from netwatch_tui.view.spec import ViewSpec
from tests.benchmarks.load import Load
from tests.benchmarks.options import positive, sizes_of

CHURN = 0.01
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


def report(found: Ticks, sockets: int) -> tuple[str, bool]:
    """The times in words, and whether they are below the bars."""
    plain, screen, sort = (statistics.median(each) for each in found[:3])
    mean = statistics.mean(found.sort) / statistics.mean(found.plain)
    text = (
        f"{sockets:,} sockets, {CHURN:.0%} replaced, {len(found.plain)} ticks, medians: {plain * 1e3:.1f} ms; with the "
        f"flows of {ROWS} rows {screen * 1e3:.1f} ms ({screen / plain:.2f}x, the bar is {SCREEN_BAR}x); ordered by a "
        f"rate {sort * 1e3:.1f} ms ({sort / plain:.2f}x; {mean:.2f}x on average, the bar is {SORT_BAR}x), all "
        f"connections read in {found.lists} of {len(found.sort) + 3} ticks."
    )
    return text, screen / plain <= SCREEN_BAR and max(sort / plain, mean) <= SORT_BAR


def main() -> int:
    """Measure and print; returns 1 above a bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.flows")
    parser.add_argument("--sizes", type=sizes_of, default=[10_000, 100_000], help="default: 10000,100000")
    parser.add_argument("--processes", type=int, default=50, help="which hold them (default: %(default)s)")
    parser.add_argument("--ticks", type=positive, default=25, help="default: %(default)s")
    options = parser.parse_args()
    all_hold = True
    for sockets in options.sizes:
        text, holds = report(measured(sockets, options.processes, options.ticks), sockets)
        sys.stdout.write(f"{text} Load average {os.getloadavg()[0]:.1f}.\n")
        all_hold = all_hold and holds
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
