"""How the cost grows: with the number of sockets, of processes, of descriptors a process, and with churn.

Each grows alone, a little more than threefold or tenfold from point to point. Of each point are told the processor time
of a tick (the mean of some, so that a round of looks has its share), that of `--once -tanH`, and the memory of a
process that collects and arranges. Between neighbours stands how many times the cost grew for each time that the
number did: up to 1.00 it grows no faster than the number, and more is a step.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from tests.benchmarks.growth_chart import Line, Panel, chart
from tests.benchmarks.helper import Helper
from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN, PROGRAM, ROOT, TIMEOUT, MeasureError, Probe, run_timed
from tests.benchmarks.report import MIB, Table, duration, mebibytes
from tests.benchmarks.results import Part, Results, Settings

BAR = 1.25
"""How many times the cost may grow for each time that the number does."""
CHART = ROOT / "screenshots" / "growth.svg"
TICKS, ONCE = 5, 3
"""How often each is measured at a point; one of these ticks has a round of looks."""

CROWD = Path(__file__).with_name("crowd.py")
_ENOUGH = 0.9
"""The share of the churn that is asked for that there must be."""
_SPARE = 200
"""Descriptors of a process of the load beside those that are asked for."""


class Cost(NamedTuple):
    """What one point costs."""

    tick: float
    """Seconds of the processor."""
    once: float
    """Seconds of the processor."""
    memory: float
    """Resident bytes."""


class Point(NamedTuple):
    """A number of something, and what it costs."""

    number: int
    cost: Cost


class Way(NamedTuple):
    """Something that grows."""

    name: str
    """Of one point's number."""
    beside: str
    """What stays as it is."""
    numbers: tuple[int, ...]
    share: float
    """Of the largest number of sockets that is measured: the largest number here."""
    measure: Callable[[int], Cost]

    def up_to(self, sockets: int) -> list[int]:
        """The numbers to measure on a run up to so many sockets."""
        return [number for number in self.numbers if number <= max(self.share * sockets, self.numbers[1])]


def _sockets(number: int) -> Cost:
    with Load(number, 50) as load:
        return _cost(load)


def _processes(number: int) -> Cost:
    with Load(1_000, 10) as load, _crowd(number - 10):
        return _cost(load)


def _descriptors(number: int) -> Cost:
    with Load(100, 1) as load:
        load.pad(number)
        return _cost(load)


def _churn(a_second: int) -> Cost:
    with Load(10_000, 50) as load:
        start = time.monotonic()
        with load.churn(a_second / load.sockets):
            cost = _cost(load, goes_on=True)
        rate = load.churned / (time.monotonic() - start)
    if rate < _ENOUGH * a_second:
        raise MeasureError(f"the load could replace no more than {rate:,.0f}")
    return cost


WAYS = (
    Way("sockets", "50 processes", (1_000, 3_000, 10_000, 30_000, 100_000, 300_000), 3.0, _sockets),
    Way("processes", "1,000 sockets", (10, 30, 100, 300, 1_000, 5_000), 0.05, _processes),
    Way("descriptors a process", "100 sockets", (10, 100, 1_000, 10_000, 100_000), 1.0, _descriptors),
    Way("sockets replaced a second", "10,000 sockets", (0, 10, 100, 1_000, 10_000), 0.1, _churn),
)


@contextmanager
def _crowd(processes: int) -> Iterator[None]:
    crowd = Helper("the crowd", [sys.executable, "-I", "-S", str(CROWD)])
    try:
        if processes:
            crowd.ask(str(processes), TIMEOUT)
        yield
    finally:
        crowd.end()


def _cost(load: Load, *, goes_on: bool = False) -> Cost:
    """Measure one point.

    Args:
        load: What is there.
        goes_on: It churns by itself, and a tick is a second of the clock; else some are replaced before each tick.
    """
    once = [run_timed([PROGRAM, "--once", "-tanH"]).processor for _ in range(ONCE)]
    ticks = []
    with ExitStack() as stack:
        probe = Probe(stack)
        probe.ask("view")
        probe.timed("tick")
        for _ in range(TICKS):
            if goes_on:
                time.sleep(1.0)
            else:
                load.replace(CHURN)
            ticks.append(probe.timed("tick").processor)
        _, peak = probe.ask("memory")
    return Cost(mean(ticks), median(once), peak)


def _possible(way: Way, numbers: list[int], results: Results) -> list[int]:
    """Those numbers that this machine allows, and the most that it allows where that is less."""
    if way.measure is not _descriptors:
        return numbers
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - _SPARE
    if numbers[-1] <= most:
        return numbers
    results.problems.append(
        f"{numbers[-1]:,} {way.name}: a process may open {most + _SPARE:,} files here (RLIMIT_NOFILE); {most:,} instead"
    )
    return [*(number for number in numbers if number < most), most]


def steps(points: list[Point]) -> list[Cost | None]:
    """How many times each cost grew for each time that the number did; None for the first, and after 0."""
    found: list[Cost | None] = [None]
    for before, after in pairwise(points):
        if not before.number:
            found.append(None)
            continue
        times = after.number / before.number
        found.append(Cost(*(two / one / times for one, two in zip(before.cost, after.cost, strict=True))))
    return found


def _measure(settings: Settings, results: Results) -> None:
    panels = []
    for way in WAYS:
        points = []
        for number in _possible(way, way.up_to(settings.largest), results):
            with results.attempt(f"{number:,} {way.name}"):
                points.append(Point(number, way.measure(number)))
        if points:
            _tell(way, points, results)
            panels.append(_panel(way, points))
    if panels:
        CHART.write_text(chart(panels))
        results.tell(f"The picture is in `{CHART.relative_to(ROOT)}`.")


def _tell(way: Way, points: list[Point], results: Results) -> None:
    table = Table(f"{way.name}, beside {way.beside}")
    results.keep(way.name, [{"number": point.number, **point.cost._asdict()} for point in points])
    grown = steps(points)
    for point, step in zip(points, grown, strict=True):
        cells = (duration(point.cost.tick), duration(point.cost.once), mebibytes(point.cost.memory))
        titles = ("a tick, processor", "`--once`, processor", "resident memory")
        for title, cell, grew in zip(titles, cells, step or (None,) * 3, strict=True):
            table.put(f"{point.number:,}", title, cell if grew is None else f"{cell} ({grew:.2f})")
    results.tell(table)
    if known := [step for step in grown if step]:
        steepest = max(grew for step in known for grew in step)
        results.judge(f"growth with {way.name}: most that a cost grew for each time", steepest, "x", BAR)


def _panel(way: Way, points: list[Point]) -> Panel:
    def line(name: str, measure: Callable[[Cost], float]) -> Line:
        return Line(name, [(float(point.number), measure(point.cost)) for point in points])

    return Panel(
        f"{way.name}",
        f"beside {way.beside}",
        (
            line("--once, processor", lambda cost: cost.once * 1000),
            line("a tick, processor", lambda cost: cost.tick * 1000),
        ),
        (line("resident memory", lambda cost: cost.memory / MIB),),
    )


GROWTH = Part(
    "growth", "the cost against sockets, processes, descriptors and churn; draws screenshots/growth.svg", _measure
)
