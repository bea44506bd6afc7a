"""From samples of the screen to one table, with the bars of DESIGN.md section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from tests.benchmarks.report import MIB, Verdict, duration, markdown
from tests.benchmarks.screen_output import Size, percentile

SMALL = 1_000
"""Sockets with which larger numbers are compared, and at which start and processor time are measured."""

BYTE_SIZES = (Size(80, 24), Size(200, 50))
"""Of terminals on which bytes are counted."""

WATCH = "`watch -n1 'ss -tanp'`"

FRAME_RATIO, LATENCY, START_RATIO, IDLE_RATIO = 1.2, 33.0, 2.0, 1.0
MEMORY = {1_000: 80.0, 100_000: 300.0}
_BARRED_LATENCY = 100_000

_PHASES = {"young": "no churn, first minute", "idle": "no churn, later", "churn": "1 % churn"}


class ScreenMeasured(NamedTuple):
    """Everything that was measured at one number of sockets; seconds, bytes, or none, by what it is."""

    sockets: int
    processes: int
    samples: Mapping[str, Sequence[float]]
    notes: Sequence[str]
    """Why something is missing."""

    def value(self, name: str) -> float:
        """The median of what was measured."""
        return median(self.samples[name])

    def ratio(self, name: str, other: str) -> float:
        """The median of how many times more one was than the other, turn by turn."""
        return median(one / two for one, two in zip(self.samples[name], self.samples[other], strict=True))


def verdicts(measured: ScreenMeasured) -> list[Verdict]:
    """All that has a bar at some size."""
    samples, sockets, found = measured.samples, measured.sockets, []

    def compare(title: str, name: str, other: str, bar: float | None) -> None:
        if samples.get(name) and samples.get(other):
            found.append(Verdict(title, measured.ratio(name, other), "x", bar))

    bar = FRAME_RATIO if sockets > SMALL else None
    compare("frame against 1,000 rows, time", "frame", "small-frame", bar)
    compare("frame against 1,000 rows, processor", "frame-processor", "small-frame-processor", bar)
    if samples.get("latency"):
        bar = LATENCY if sockets == _BARRED_LATENCY else None
        found.append(Verdict("key to screen, 1 % churn: p99", percentile(samples["latency"], 0.99) * 1000, " ms", bar))
    compare('start to first row against `python -c "import textual.app"`', "start", "import", START_RATIO)
    for name, other, bar in (("young", "idle", IDLE_RATIO), ("idle", "idle", IDLE_RATIO), ("churn", "churn", None)):
        title = f"processor against {WATCH}, {_PHASES[name]}"
        compare(title, f"processor-{name}", f"processor-{other}-watch", bar)
    if samples.get("memory-peak"):
        peak = measured.value("memory-peak") / MIB
        found.append(Verdict("resident memory, peak in 10 s, 1 % churn", peak, " MiB", MEMORY.get(sockets)))
    return found


def rows(measured: ScreenMeasured) -> dict[str, str]:
    """Every number as it stands in the table, by the title of its line."""
    samples, cells = measured.samples, dict[str, str]()

    def add(title: str, name: str) -> None:
        if samples.get(name):
            cells[title] = duration(measured.value(name))

    add("frame after Page Down, 120x36: time", "frame")
    add("frame after Page Down, 120x36: processor", "frame-processor")
    if samples.get("latency"):
        cells["key to screen, 1 % churn: p50"] = duration(percentile(samples["latency"], 0.5))
        cells["key to screen, 1 % churn: longest"] = duration(max(samples["latency"]))
    for size in BYTE_SIZES:
        for name, title in _PHASES.items():
            if sent := samples.get(f"bytes-{name}-{size}"):
                cells[f"bytes a tick, {size}, {title}"] = f"{median(sent):,.0f} (most {max(sent):,.0f})"
    add("start to first row", "start")
    add('`python -c "import textual.app"`', "import")
    for name, title in _PHASES.items():
        for which, program in (("", "netwatch-tui"), ("-watch", WATCH)):
            if samples.get(f"processor-{name}{which}"):
                share = measured.value(f"processor-{name}{which}") / measured.value("processor-seconds")
                cells[f"processor, no keys, {title}: {program}"] = f"{share:.2%}"
    for verdict in verdicts(measured):
        cells[verdict.title] = str(verdict)
    return cells


def table(sizes: Sequence[ScreenMeasured]) -> str:
    """All numbers, and the bars, with a column for each number of sockets."""
    columns = [rows(measured) for measured in sizes]
    heading = ("", *(f"{measured.sockets:,} sockets" for measured in sizes))
    titles = dict.fromkeys(title for column in columns for title in column)
    return markdown([heading, *((title, *(column.get(title, "-") for column in columns)) for title in titles)])


def as_json(sizes: Sequence[ScreenMeasured], machine: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, every single sample included."""
    return {
        "version": 1,
        "machine": dict(machine),
        "settings": dict(settings),
        "sizes": [
            {
                "sockets": measured.sockets,
                "processes": measured.processes,
                "measures": {
                    name: {
                        "median": median(samples),
                        "p99": percentile(samples, 0.99),
                        "max": max(samples),
                        "samples": list(samples),
                    }
                    for name, samples in measured.samples.items()
                    if samples
                },
                "bars": [{**verdict._asdict(), "is_met": verdict.is_met} for verdict in verdicts(measured)],
                "notes": list(measured.notes),
            }
            for measured in sizes
        ],
    }
