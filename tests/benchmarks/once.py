"""One snapshot and the end, against the programs that list sockets: whole processes, by the wall clock."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import NamedTuple

from tests.benchmarks.load import Load
from tests.benchmarks.measure import PROGRAM, MeasureError, Probe, Times, rehearse, run_timed
from tests.benchmarks.probe import FLOOR_FILES
from tests.benchmarks.report import Table, duration, ratio, so_many
from tests.benchmarks.results import Part, Results, Settings

BARS = {1_000: 2.5, 10_000: 1.0, 100_000: 0.3}
"""How many times as long as `ss` it may take, by the number of sockets."""

FLOOR, SS, ONCE = "reading `/proc/net/{tcp,tcp6,udp,udp6}`, nothing kept", "`ss -tanpH`", "`netwatch-tui --once -tanH`"
TOOLS = {
    SS: ["ss", "-tanpH"],
    ONCE: [PROGRAM, "--once", "-tanH"],
    "`netstat -tanp`": ["netstat", "-tanp"],
    "`lsof -nP -iTCP`": ["lsof", "-nP", "-iTCP"],
}


class Sample(NamedTuple):
    """One measurement, in seconds."""

    seconds: float
    processor: float
    floor: float
    """What reading the files and throwing them away took just before."""


def _measure(settings: Settings, results: Results) -> None:
    table = Table()
    for size in settings.sizes:
        with results.attempt(so_many(size)), Load(size, settings.processes):
            samples = _samples(size, settings.rounds, results)
            for title, found in samples.items():
                results.keep(f"{title}, {so_many(size)}", [sample._asdict() for sample in found])
                table.put(title, so_many(size), _cell(title, found))
            if SS in samples:
                value = ratio(*([sample.seconds for sample in samples[title]] for title in (ONCE, SS)))
                results.judge(f"`--once -tanH` against `ss -tanpH`, {so_many(size)}", value, "x", BARS.get(size))
    if table:
        results.tell(
            f"Whole processes, medians of {settings.rounds} rounds in which all take turns. In brackets: times what "
            "reading the files took just before."
        )
        results.tell(table)


def _samples(size: int, rounds: int, results: Results) -> dict[str, Sequence[Sample]]:
    """Let all take turns.

    Raises:
        MeasureError: The program itself does not list the sockets.
    """
    samples: dict[str, list[Sample]] = defaultdict(list)
    with ExitStack() as stack:
        probe = Probe(stack)
        takers: dict[str, Callable[[], Times]] = {FLOOR: partial(probe.timed, "floor", FLOOR_FILES)}
        for title, command in TOOLS.items():
            if not shutil.which(command[0]):
                results.problems.append(f"{title}: {command[0]} is not installed")
                continue
            try:
                rehearse(command, size)
            except MeasureError as error:
                if title == ONCE:
                    raise
                results.problems.append(f"{title}: {error}")
                continue
            takers[title] = partial(run_timed, command)
        takers['`psutil.net_connections("tcp")`'] = partial(probe.timed, "psutil")
        names = list(takers)
        for number in range(rounds):
            results.say(f"    round {number + 1} of {rounds}")
            # Another one begins each time, so that none always comes after the same.
            for name in (*names[number % len(names) :], *names[: number % len(names)]):
                floor = probe.timed("floor", FLOOR_FILES).seconds
                samples[name].append(Sample(*takers[name](), floor))
    return {title: samples[title] for title in takers}


def _cell(title: str, samples: Sequence[Sample]) -> str:
    taken = duration(median(sample.seconds for sample in samples))
    if title == FLOOR:
        return taken
    return f"{taken} ({median(sample.seconds / sample.floor for sample in samples):.1f}x)"


ONE_SNAPSHOT = Part("once", "one snapshot against ss, netstat, lsof and psutil", _measure)
