"""What painting a frame costs with many rows, against the same with few.

The program is started with an interval of 60 s and paused, so that neither the collector nor a tick's painting is in
the numbers. Then Page Down and Page Up are pressed, one when the frame of the one before is complete: every press
paints the whole table anew. The wall time ends with the end of the first frame in which the cursor is painted; the
processor time is that of all threads of the program over a round, by the nanosecond clock of the process, through the
number of presses. A second program, started when there were few sockets and paused since, takes turns with the first:
so the ratio compares two programs in the same minute on the same machine in the same state.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from statistics import median

from tests.benchmarks.load import Load
from tests.benchmarks.report import Table, duration, ratio, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_output import FRAME_END
from tests.benchmarks.screen_programs import DOWN, FEW, SIZE, UP, Still, still_program

BAR = 1.2
"""How many times as long a frame of many rows may take."""
PRESSES = 60
"""Of a round."""

_BREATH = 0.01
"""Seconds between a frame and the next key, in which whatever follows a frame is over."""


def _measure(settings: Settings, results: Results) -> None:
    with results.attempt(so_many(settings.largest)), ExitStack() as stack:
        # Started first, on its own few sockets, which are gone before there are the many.
        with Load(FEW, settings.processes):
            few = stack.enter_context(still_program())
        stack.enter_context(Load(settings.largest, settings.processes))
        many = stack.enter_context(still_program())
        samples = _in_turns(few, many, settings)
        for name, found in samples.items():
            results.keep(name, found)
        taken, processor = (ratio(samples[name], samples[f"{name}, few rows"]) for name in ("frame", "processor"))
        table = Table(f"a frame after Page Down at {SIZE}, medians of {settings.rounds} rounds of {PRESSES} keys")
        for title, name, value in (("time", "frame", taken), ("processor", "processor", processor)):
            table.put(title, so_many(FEW), duration(median(samples[f"{name}, few rows"])))
            table.put(title, so_many(settings.largest), f"{duration(median(samples[name]))} ({value:.2f}x)")
        results.tell(table)
        if settings.largest > FEW:
            results.judge(f"a frame, {settings.largest:,} rows against {FEW:,}: time", taken, "x", BAR)
            results.judge("the same: processor", processor, "x", BAR)


def _in_turns(few: Still, many: Still, settings: Settings) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = defaultdict(list)
    pages = max(min(20, min(settings.largest, FEW) // (2 * SIZE.lines)), 1)
    for number in range(settings.rounds):
        turns = [(", few rows", few), ("", many)]
        for suffix, still in reversed(turns) if number % 2 else turns:
            times, processor, frames = _page_through(still, pages)
            samples[f"frame{suffix}"].append(median(times))
            samples[f"processor{suffix}"].append(processor / len(times))
            samples[f"frames a press{suffix}"].append(frames / len(times))
    return samples


def _page_through(still: Still, pages: int) -> tuple[list[float], float, int]:
    """Press Page Down for some pages, Page Up for as many, and so on.

    Returns:
        The seconds of each press, those of the processor for all of them, and the number of frames.
    """
    terminal, cursor = still
    times, frames, before = [], 0, terminal.processor
    for number in range(PRESSES):
        taken, output = terminal.press(UP if number // pages % 2 else DOWN, cursor)
        times.append(taken)
        end = time.perf_counter() + _BREATH
        while (left := end - time.perf_counter()) > 0:
            output += terminal.read(left)
        frames += output.count(FRAME_END)
    processor = terminal.processor - before
    # Back to the top, for the next round.
    terminal.send(UP * (PRESSES % (2 * pages)))
    terminal.settle()
    return times, processor, frames


FRAMES = Part("frames", "painting a frame of many rows, against one of few", _measure)
