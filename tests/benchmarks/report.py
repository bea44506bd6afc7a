"""From samples to tables: medians, ratios, and whether the bars are met."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

MIB = 1024 * 1024


class Sample(NamedTuple):
    """One measurement, in seconds."""

    seconds: float
    processor: float
    """User and system time of the process that was measured."""
    floor: float
    """What reading the files and throwing them away took just before."""


class Memory(NamedTuple):
    """Resident bytes of a process."""

    now: int
    peak: int


class Measured(NamedTuple):
    """Everything that was measured at one number of sockets."""

    sockets: int
    processes: int
    samples: Mapping[str, Sequence[Sample]]
    memory: Mapping[str, Memory]
    notes: Sequence[str]
    """Why something is missing."""


class Row(NamedTuple):
    """A line of the table of times."""

    title: str
    measure: str
    summary: Callable[[Iterable[float]], float] = median


class Verdict(NamedTuple):
    """A number that has a bar, or at another size would have one."""

    title: str
    value: float
    unit: str
    bar: float | None
    """The most that it may be."""

    @property
    def is_met(self) -> bool | None:
        """Whether it is below; None where there is no bar."""
        return None if self.bar is None else self.value <= self.bar

    def __str__(self) -> str:
        text = f"{self.value:.2f}" if self.unit == "x" else f"{self.value:.0f}"
        if self.bar is None:
            return f"{text}{self.unit}"
        bar = f"{self.bar:.2f}" if self.unit == "x" else f"{self.bar:.0f}"
        return f"{text}{self.unit}, bar {bar}{self.unit}: {'met' if self.is_met else '**not met**'}"


ROWS = (
    Row("reading `/proc/net/{tcp,tcp6,udp,udp6}`, nothing kept: the floor", "floor"),
    Row("reading all that the collector reads, nothing kept: its floor", "collector-floor"),
    Row("`ss -tanpH`", "ss"),
    Row("`netstat -tanp`", "netstat"),
    Row("`lsof -nP -iTCP`", "lsof"),
    Row("`netwatch-tui --once -tanH`", "once"),
    Row('`psutil.net_connections("tcp")`', "psutil"),
    Row("first tick (cold collect)", "cold"),
    Row("steady tick, 1 % replaced: median", "tick"),
    Row("the same: mean", "tick", mean),
    Row("the same: longest", "tick", max),
    Row("steady tick with the screen's view: median", "view-tick"),
)

_ONCE_AGAINST_SS = {10_000: 1.0, 100_000: 0.35}
_TICK_AGAINST_FLOOR = 1.5
_MEMORY = {1_000: 80, 100_000: 300}

PARTS, PROGRAM = "collector and session, 10 ticks", "the program on a terminal, 10 s"


def ratio(samples: Sequence[Sample], others: Sequence[Sample]) -> float:
    """The median of how many times longer one took than the other, round by round."""
    return median(one.seconds / other.seconds for one, other in zip(samples, others, strict=True))


def verdicts(measured: Measured) -> list[Verdict]:
    """All that has a bar at some size."""
    found: list[Verdict] = []
    samples = measured.samples
    if samples.get("once") and samples.get("ss"):
        value = ratio(samples["once"], samples["ss"])
        found.append(Verdict("`--once` against `ss -tanpH`", value, "x", _ONCE_AGAINST_SS.get(measured.sockets)))
    if samples.get("tick"):
        value = median(sample.seconds / sample.floor for sample in samples["tick"])
        found.append(Verdict("steady tick (median) against its floor", value, "x", _TICK_AGAINST_FLOOR))
    for what, memory in measured.memory.items():
        value = memory.peak / MIB
        found.append(Verdict(f"resident memory, peak: {what}", value, " MiB", _MEMORY.get(measured.sockets)))
    return found


def duration(seconds: float) -> str:
    """Milliseconds with about three digits."""
    milliseconds = seconds * 1000
    places = 2 if milliseconds < 1 else 1 if milliseconds < 100 else 0
    return f"{milliseconds:,.{places}f} ms"


def times_table(sizes: Sequence[Measured]) -> str:
    """What everything took, and in brackets how many times the floor of its round that was."""
    lines = [("", *(f"{measured.sockets:,} sockets" for measured in sizes))]
    for row in ROWS:
        cells = [_time_cell(row, measured.samples.get(row.measure, ())) for measured in sizes]
        if any(cells):
            lines.append((row.title, *(cell or "-" for cell in cells)))
    for what in dict.fromkeys(what for measured in sizes for what in measured.memory):
        cells = [_memory_cell(measured.memory.get(what)) for measured in sizes]
        lines.append((f"resident memory: {what}", *cells))
    return markdown(lines)


def bars_table(sizes: Sequence[Measured]) -> str:
    """The ratios that have bars."""
    by_size = [{verdict.title: str(verdict) for verdict in verdicts(measured)} for measured in sizes]
    lines = [("", *(f"{measured.sockets:,} sockets" for measured in sizes))]
    titles = dict.fromkeys(title for column in by_size for title in column)
    return markdown([*lines, *((title, *(column.get(title, "-") for column in by_size)) for title in titles)])


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table as GitHub understands it, padded for those who read it as text; the first line is the heading."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join("| " + " | ".join(_padded(cells, widths)) + " |" for cells in (lines[0], rule, *lines[1:]))


def _padded(cells: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    yield cells[0].ljust(widths[0])
    for cell, width in zip(cells[1:], widths[1:], strict=True):
        yield cell.rjust(width)


def _time_cell(row: Row, samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    taken = duration(row.summary([sample.seconds for sample in samples]))
    if row.measure.endswith("floor"):
        return taken
    return f"{taken} ({row.summary([sample.seconds / sample.floor for sample in samples]):.2f}x)"


def _memory_cell(memory: Memory | None) -> str:
    return f"{memory.now / MIB:.0f} MiB (peak {memory.peak / MIB:.0f})" if memory else "-"


def as_json(sizes: Sequence[Measured], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, every single sample included."""
    return {
        "version": 1,
        "machine": dict(machine),
        "sizes": [
            {
                "sockets": measured.sockets,
                "processes": measured.processes,
                "measures": {
                    name: {
                        "median": median(sample.seconds for sample in samples),
                        "mean": mean(sample.seconds for sample in samples),
                        "max": max(sample.seconds for sample in samples),
                        "processor_median": median(sample.processor for sample in samples),
                        "floor_ratio_median": median(sample.seconds / sample.floor for sample in samples),
                        "samples": [sample._asdict() for sample in samples],
                    }
                    for name, samples in measured.samples.items()
                },
                "memory": {what: memory._asdict() for what, memory in measured.memory.items()},
                "bars": [{**verdict._asdict(), "is_met": verdict.is_met} for verdict in verdicts(measured)],
                "notes": list(measured.notes),
            }
            for measured in sizes
        ],
    }


def machine() -> dict[str, Any]:
    """What it was measured on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
            break
    return {
        "cpus": os.cpu_count(),
        "model": model or platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "user": "root" if os.geteuid() == 0 else f"uid {os.geteuid()}",
    }
