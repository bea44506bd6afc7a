"""What looking again costs, in one tick after the other with some sockets replaced between them.

The program's clock advances a second a tick, however long it takes, so that its rounds of looks come as often as in the
program.
"""

from __future__ import annotations

from contextlib import ExitStack
from statistics import mean, median

from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN, MeasureError, Probe, Times
from tests.benchmarks.report import Table, duration, so_many
from tests.benchmarks.results import Part, Results, Settings

FLOOR_BAR, BARRED = 1.5, (10_000, 100_000)
"""How many times as long as reading the files a tick may take, and the numbers of sockets at which it must hold."""
LONGEST_BAR = 2.0
"""How many times as long as the median one the longest tick may take."""


def _measure(settings: Settings, results: Results) -> None:
    table = Table()
    for size in settings.sizes:
        with results.attempt(so_many(size)), Load(size, settings.processes) as load:
            _at_size(load, settings.ticks, results, table)
    if table:
        results.tell(
            f"{settings.ticks} ticks with {CHURN:.0%} of the sockets replaced before each. In brackets: times what "
            "reading the same files took just before."
        )
        results.tell(table)


def _at_size(load: Load, count: int, results: Results, table: Table) -> None:
    column = so_many(load.sockets)
    with ExitStack() as stack:
        files = Probe(stack).ask("files")
    if not files:
        raise MeasureError("the collector opened no file below /proc/net: what it reads can't be told")
    for title, has_view in (("steady tick", False), ("steady tick and the screen's view", True)):
        ticks, floors, first = _ticks(load, files, count, has_view=has_view)
        times = [each.seconds for each in ticks]
        ratios = [tick / floor for tick, floor in zip(times, floors, strict=True)]
        for what, samples in (("tick", times), ("floor", floors), ("processor", [each.processor for each in ticks])):
            results.keep(f"{title}, {column}: {what}", samples)
        if not has_view:
            table.put("reading all that the collector reads, nothing kept", column, duration(median(floors)))
            table.put("first tick", column, f"{duration(first)} ({first / median(floors):.2f}x)")
            if load.sockets in BARRED:
                title_of_bar = f"steady tick against reading the same files, {column}"
                results.judge(title_of_bar, median(ratios), "x", FLOOR_BAR)
                results.judge(
                    f"longest tick against the median, {column}", max(times) / median(times), "x", LONGEST_BAR
                )
        table.put(f"{title}: median", column, f"{duration(median(times))} ({median(ratios):.2f}x)")
        table.put(f"{title}: mean", column, f"{duration(mean(times))} ({mean(ratios):.2f}x)")
        longest = f"{duration(max(times))} ({max(times) / median(times):.2f} times the median)"
        table.put(f"{title}: longest", column, longest)


def _ticks(load: Load, files: list[str], count: int, *, has_view: bool) -> tuple[list[Times], list[float], float]:
    """The times of ticks, those of reading the files before each, and that of the first look, which is none of them."""
    ticks, floors = [], []
    with ExitStack() as stack:
        probe = Probe(stack)
        if has_view:
            probe.ask("view")
        first = probe.timed("tick").seconds
        for _ in range(count):
            load.replace(CHURN)
            floors.append(probe.timed("floor", files).seconds)
            ticks.append(probe.timed("tick"))
    return ticks, floors, first


STEADY_TICKS = Part("ticks", "a steady tick against reading the same files, and the longest", _measure)
