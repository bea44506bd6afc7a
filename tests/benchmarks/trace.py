"""How much tracing slows a process.

Two threads send each other small messages over TCP and do nothing else, four system calls a round, which is the worst
that can happen to a tracer. The same is played untraced, traced by this program, and under `strace -f`, in turns.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.helper import Helper
from tests.benchmarks.measure import PROGRAM, ROOT, MeasureError
from tests.benchmarks.results import Part, Results, Settings

ROUNDS = 20_000
"""Of a play."""
PATIENCE = 120.0
BAR = 2.0
"""Times as long as untraced that the traced one may take."""


class Slowdowns(NamedTuple):
    """Seconds of each play."""

    plain: list[float]
    traced: list[float]
    straced: list[float]
    """Empty where there is no strace."""
    lost: int
    """Records that the kernel could not keep."""
    calls: int
    """Lines that were printed of all traced plays."""


@contextmanager
def _traced(pid: int, printed: Path) -> Iterator[None]:
    """By this program, whose lines go to a file."""
    command = [PROGRAM, "--trace", str(pid)]
    with printed.open("ab") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr
        if b"tracing process" not in (told := tracer.stderr.readline()):
            raise MeasureError(told.decode("utf-8", "replace").strip())
        try:
            yield
        finally:
            tracer.terminate()


@contextmanager
def _straced(pid: int) -> Iterator[None]:
    command = ["strace", "-f", "-e", "trace=network,read,write,close", "-o", os.devnull, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
        tasks = [Path(f"/proc/{pid}/task", tid, "status") for tid in os.listdir(f"/proc/{pid}/task")]
        deadline = time.monotonic() + PATIENCE
        while not all(f"TracerPid:\t{tracer.pid}\n" in task.read_text() for task in tasks):
            if tracer.poll() is not None or time.monotonic() > deadline:
                raise MeasureError("strace does not trace")
            time.sleep(0.01)
        try:
            yield
        finally:
            tracer.terminate()


def measured(rounds: int, plays: int, printed: Path) -> Slowdowns:
    """Play in turns; each traced play begins with a few rounds that are not counted."""
    found = Slowdowns([], [], [], 0, 0)
    helper = Helper("the ping-pong", [sys.executable, "-m", "tests.benchmarks.traced"], folder=ROOT)

    def play() -> float:
        helper.ask(str(rounds // 10), PATIENCE)
        return float(helper.ask(str(rounds), PATIENCE))

    try:
        play()
        for _ in range(plays):
            found.plain.append(play())
            with _traced(helper.pid, printed):
                found.traced.append(play())
            if shutil.which("strace"):
                with _straced(helper.pid):
                    found.straced.append(play())
    finally:
        helper.end()
    lines = printed.read_text().splitlines()
    lost = sum(int(line.split()[1].replace(",", "")) for line in lines if " lost: calls are missing" in line)
    return found._replace(lost=lost, calls=len(lines))


def tell(found: Slowdowns, rounds: int, results: Results) -> None:
    """The times in words, and their bar."""
    plain, traced = (statistics.median(each) for each in (found.plain, found.traced))
    text = (
        f"{rounds:,} rounds, medians of {len(found.plain)}: {plain / rounds * 1e6:.1f} us a round untraced, "
        f"{traced / rounds * 1e6:.1f} us traced ({traced / plain:.2f}x)"
    )
    if found.straced:
        straced = statistics.median(found.straced)
        text += f", {straced / rounds * 1e6:.1f} us under strace -f ({straced / plain:.1f}x)"
    results.keep("plays", [found._asdict()])
    results.tell(f"{text}; {found.calls:,} calls told, {found.lost:,} records lost.")
    results.judge("trace: a traced process against itself untraced", traced / plain, "x", BAR)


def _measure(settings: Settings, results: Results) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tell(measured(ROUNDS, settings.rounds, Path(folder, "printed")), ROUNDS, results)


TRACE = Part("trace", "how much a process that is traced is slowed", _measure)
