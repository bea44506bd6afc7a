"""What a tick sends to the terminal.

All that comes in a second, cut where in each second the least comes, so that no tick is cut in two. Counted three
times: without churn in the program's first minute, in which the age of every socket is a number of seconds and so
changes with every tick; without churn after that minute, when nothing at all changes; and then with churn. One program
is measured on a terminal that changes its size: two would keep each other from ticking every second. A program that
can't tick every second has seconds with no byte.
"""

from __future__ import annotations

import time
from statistics import median

from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN
from tests.benchmarks.report import Table, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_output import Size, per_tick
from tests.benchmarks.screen_programs import INTERVAL, SETTLED, program

SIZES = (Size(80, 24), Size(200, 50))
"""Of the terminal."""
TICKS = 8
"""Which are counted of each kind; at most 22, so that both sizes fit into the program's first minute."""

_PHASES = (
    ("no churn, first minute", SETTLED, 0.0),
    ("no churn, later", SETTLED + 61.0, 0.0),
    (f"{CHURN:.0%} churn", None, CHURN),
)
"""Name, beginning in seconds after the first row if it matters, share of the sockets that is replaced in a second."""
_RESIZED = 3.0
"""Seconds after which a new size has had all its effect."""


def _measure(settings: Settings, results: Results) -> None:
    column, count = so_many(settings.largest), min(settings.lasting(TICKS), TICKS)
    table = Table("bytes a tick: median (most)")
    with (
        results.attempt(column),
        Load(settings.largest, settings.processes) as load,
        program(SIZES[0]) as terminal,
    ):
        begin = time.perf_counter()
        for name, after, churn in _PHASES:
            with load.churn(churn):
                terminal.listen(begin + after - time.perf_counter() if after else SETTLED)
                for size in SIZES:
                    terminal.resize(size)
                    terminal.listen(_RESIZED)
                    start = time.perf_counter()
                    sent = per_tick(terminal.listen((count + 1) * INTERVAL), start, INTERVAL, count)
                    results.keep(f"{size}, {name}", sent)
                    table.put(f"{size}, {name}", column, f"{median(sent):,.0f} ({max(sent):,})")
    if table:
        results.tell(table)


BYTES = Part("bytes", "what a tick sends to the terminal", _measure)
