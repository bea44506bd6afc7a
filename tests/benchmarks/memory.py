"""What the whole program on a terminal holds resident after some seconds of churn, before any key."""

from __future__ import annotations

from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN
from tests.benchmarks.probe import memory_of
from tests.benchmarks.report import MIB, Table, mebibytes, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_programs import program

BARS = {1_000: 80.0, 100_000: 300.0}
"""Mebibytes at most, by the number of sockets."""
SECONDS = 10


def _measure(settings: Settings, results: Results) -> None:
    table, seconds = Table(), settings.lasting(SECONDS)
    for size in settings.sizes:
        with (
            results.attempt(so_many(size)),
            Load(size, settings.processes) as load,
            load.churn(CHURN),
            program() as terminal,
        ):
            terminal.listen(seconds)
            now, peak = memory_of(terminal.process.pid)
            results.keep(so_many(size), [now, peak])
            table.put(f"resident memory after {seconds} s of {CHURN:.0%} churn (peak)", so_many(size), _cell(now, peak))
            results.judge(f"resident memory, peak, {so_many(size)}", peak / MIB, " MiB", BARS.get(size))
    if table:
        results.tell(table)


def _cell(now: int, peak: int) -> str:
    return f"{mebibytes(now)} ({mebibytes(peak)})"


MEMORY = Part("memory", "resident memory of the program on a terminal", _measure)
