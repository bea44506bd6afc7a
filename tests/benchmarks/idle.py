"""What the program costs while nobody does anything, against `watch -n1 'ss -tanp'`.

They take turns: while the program is measured, `watch` is stopped, since it starts processes, at which the program
would look; what is measured is processor time, so that the program need not be stopped meanwhile. Twice: in the
program's first minute, in which the age of every socket is a number of seconds and so changes with every tick, and
after that minute, when nothing changes, which is what has a bar.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.load import Load
from tests.benchmarks.measure import MeasureError
from tests.benchmarks.report import Table, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_programs import FEW, SETTLED, SIZE, processor_over, program
from tests.benchmarks.screen_terminal import PlainTerminal

BAR = 0.8
"""How many times the processor time of `watch` the program may take."""
SECONDS = 60
"""Over which both are measured, each in halves."""
WATCH = ["watch", "-n1", "ss -tanp"]

_MINUTE = 61.0
_TITLE = "`watch -n1 'ss -tanp'`"


class Half(NamedTuple):
    """What a program took in one half of its time."""

    processor: float
    """Seconds of the processor."""
    wakeups: dict[str, int]
    """How often each of its threads waited for something that then came, by the names of the threads."""


def _measure(settings: Settings, results: Results) -> None:
    if not shutil.which(WATCH[0]) or not shutil.which("ss"):
        raise MeasureError("`watch` (of procps) or `ss` (of iproute2) is not installed: nothing to compare with")
    half = settings.lasting(SECONDS) / 2
    with results.attempt(so_many(FEW)), Load(FEW, settings.processes), program() as ours:
        begin = time.perf_counter()
        with PlainTerminal(WATCH, SIZE) as theirs:
            theirs.wait_for(lambda output: b"ESTAB" in output or b"LISTEN" in output, "a line of `ss`")
            ours.listen(SETTLED)
            with _stopped(theirs):
                young = [_half(ours, half)]
            watch = [processor_over(theirs, half)]
            ours.listen(begin + SETTLED + _MINUTE - time.perf_counter())
            with _stopped(theirs):
                later = [_half(ours, half)]
            watch.append(processor_over(theirs, half))
            ours.settle()
            with _stopped(theirs):
                later.append(_half(ours, half))
        _tell(young, later, watch, half, results)


def _tell(young: list[Half], later: list[Half], watch: list[float], half: float, results: Results) -> None:
    table = Table(f"{so_many(FEW)}, nobody does anything")
    for title, halves in (("netwatch-tui, first minute", young), ("netwatch-tui, later", later)):
        took = [each.processor for each in halves]
        results.keep(title, [each._asdict() for each in halves])
        table.put(title, "processor", f"{sum(took) / len(took) / half:.2%}")
        table.put(title, f"against {_TITLE}", f"{sum(took) / len(took) / (sum(watch) / len(watch)):.2f}x")
        names = dict.fromkeys(name for each in halves for name in each.wakeups)
        rates = {name: sum(each.wakeups.get(name, 0) for each in halves) / len(halves) / half for name in names}
        by_thread = ", ".join(f"{name} {rate:.1f}" for name, rate in rates.items() if rate)
        table.put(title, "wake-ups a second", f"{sum(rates.values()):.1f} ({by_thread})")
    table.put(_TITLE, "processor", f"{sum(watch) / len(watch) / half:.2%}")
    results.keep(_TITLE, watch)
    results.tell(table)
    value = sum(each.processor for each in later) / sum(watch)
    results.judge(f"processor while idle against {_TITLE}, {so_many(FEW)}", value, "x", BAR)


@contextmanager
def _stopped(terminal: PlainTerminal) -> Iterator[None]:
    """A program does nothing while the block runs, and neither does what it has started."""
    os.killpg(terminal.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(terminal.process.pid, signal.SIGCONT)


def _half(terminal: PlainTerminal, seconds: float) -> Half:
    before = _wakeups(terminal.process.pid)
    processor = processor_over(terminal, seconds)
    after = _wakeups(terminal.process.pid)
    return Half(processor, {name: count - before.get(name, 0) for name, count in after.items()})


def _wakeups(pid: int) -> dict[str, int]:
    """Voluntary context switches of all threads that there are now, by their names."""
    found: dict[str, int] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
        name = f"{fields['Name']} {len(found) + 1}" if fields["Name"] in found else fields["Name"]
        found[name] = int(fields["voluntary_ctxt_switches"])
    return found


IDLE = Part("idle", "processor time and wake-ups while nobody does anything, against watch and ss", _measure)
