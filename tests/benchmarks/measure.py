"""Takes the samples: everything at one number of sockets, in one go, in rounds in which all take turns."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.benchmarks.helper import Helper, HelperError
from tests.benchmarks.load import Load
from tests.benchmarks.probe import memory_of
from tests.benchmarks.report import PARTS, PROGRAM, Measured, Memory, Sample
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]

FLOOR_FILES = [file for name in ("tcp", "tcp6", "udp", "udp6") if Path(file := f"/proc/net/{name}").exists()]
CHURN = 0.01
MEMORY_TICKS = 10

_TIMEOUT = 120.0
"""Seconds that anything that is measured may take before the whole run is given up."""

Timed = Callable[[], tuple[float, float]]
"""Measures something once: seconds, and seconds of processor time."""


class MeasureError(RuntimeError):
    """What was to be measured did not work; the text says what."""


@contextmanager
def plain_environment() -> Iterator[None]:
    """Start children as users' shells do while the block runs.

    Variables such as PYTHONDONTWRITEBYTECODE, which makes every start compile the program, and PYTHONUNBUFFERED, which
    makes every line a system call, are common where programs are built and not where they are used. Compiled modules
    are kept in a folder that goes away again.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith("PYTHON") and name != "PYTHONPATH"}
    with TemporaryDirectory(prefix="netwatch-benchmarks-") as folder:
        for name in before:
            del os.environ[name]
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        try:
            yield
        finally:
            del os.environ["PYTHONPYCACHEPREFIX"]
            os.environ.update(before)


class Tool(NamedTuple):
    """A program that lists sockets."""

    measure: str
    command: Sequence[str]


def tools() -> list[Tool]:
    """The programs that are compared."""
    return [
        Tool("ss", ["ss", "-tanpH"]),
        Tool("netstat", ["netstat", "-tanp"]),
        Tool("lsof", ["lsof", "-nP", "-iTCP"]),
        Tool("once", [str(Path(sys.executable).with_name("netwatch-tui")), "--once", "-tanH"]),
    ]


class Probe:
    """The process of `probe.py`."""

    def __init__(self, stack: ExitStack) -> None:
        self._helper = Helper("the probe", [sys.executable, "-m", "tests.benchmarks.probe"], folder=ROOT)
        stack.callback(self._helper.end)

    def ask(self, *request: object) -> Any:
        """Ask for a method of `probe.Probe`, with its arguments."""
        try:
            return json.loads(self._helper.ask(json.dumps(request), _TIMEOUT))
        except HelperError as error:
            raise MeasureError(str(error)) from error

    def timed(self, *request: object) -> tuple[float, float]:
        """Ask for a time."""
        seconds, processor = self.ask(*request)
        return seconds, processor


def measure(sockets: int, processes: int, rounds: int, ticks: int, say: Callable[[str], None]) -> Measured:
    """Measure everything at one number of sockets.

    Args:
        sockets: How many.
        processes: How many hold them.
        rounds: How often each is measured.
        ticks: How often the steady tick is.
        say: Gets a word about what is done now.

    Raises:
        LoadError: The machine can't hold that.
        MeasureError: What was to be measured does not work.
    """
    samples: dict[str, list[Sample]] = defaultdict(list)
    notes: list[str] = []
    say(f"{sockets:,} sockets in {processes} processes")
    with Load(sockets, processes) as load:
        with ExitStack() as stack:
            watched = Probe(stack)
            files = watched.ask("files")
        if not files:
            raise MeasureError("the collector opened no file below /proc/net: what it reads can't be told")
        with ExitStack() as stack:
            probe = Probe(stack)
            takers: dict[str, Timed] = {
                "floor": lambda: probe.timed("floor", FLOOR_FILES),
                "collector-floor": lambda: probe.timed("floor", files),
                "psutil": lambda: probe.timed("psutil"),
                "cold": lambda: probe.timed("cold"),
            }
            for tool in tools():
                if shutil.which(tool.command[0]):
                    _rehearse(tool, sockets)
                    takers[tool.measure] = partial(_run, tool)
                else:
                    notes.append(f"{Path(tool.command[0]).name} is not installed")
            names = list(takers)
            for number in range(rounds):
                say(f"  round {number + 1} of {rounds}")
                # Another one begins each time, so that none always comes after the same.
                for name in (*names[number % len(names) :], *names[: number % len(names)]):
                    below = files if name in ("collector-floor", "cold") else FLOOR_FILES
                    floor, _ = probe.timed("floor", below)
                    samples[name].append(Sample(*takers[name](), floor))
        say(f"  {ticks} steady ticks")
        samples["tick"], _ = _ticks(load, files, ticks, view=False)
        samples["view-tick"], parts = _ticks(load, files, MEMORY_TICKS, view=True)
        say("  the program on a terminal")
        memory = {PARTS: parts}
        try:
            memory[PROGRAM] = _program(load)
        except AssertionError as error:
            notes.append(f"{PROGRAM}, at {sockets:,} sockets, since it {str(error).partition(':')[0]}")
    return Measured(sockets, processes, dict(samples), memory, notes)


def _ticks(load: Load, files: Sequence[str], count: int, *, view: bool) -> tuple[list[Sample], Memory]:
    """Time one tick after the other, with some sockets replaced between them; the first look is left out."""
    samples = []
    with ExitStack() as stack:
        probe = Probe(stack)
        if view:
            probe.ask("view")
        probe.timed("tick")
        for _ in range(count):
            load.replace(CHURN)
            floor, _ = probe.timed("floor", files)
            samples.append(Sample(*probe.timed("tick"), floor))
        return samples, Memory(*probe.ask("memory"))


def _rehearse(tool: Tool, sockets: int) -> None:
    """Run a program once and see that it does what it is measured for."""
    done = subprocess.run(tool.command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False)
    lines = done.stdout.count(b"\n")
    if lines < sockets:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise MeasureError(f"`{' '.join(tool.command)}` printed {lines} lines for {sockets} sockets: {said}")


def _run(tool: Tool) -> tuple[float, float]:
    before, start = _processor_of_children(), time.perf_counter()
    subprocess.run(
        tool.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_TIMEOUT,
        check=False,
    )
    return time.perf_counter() - start, _processor_of_children() - before


def _processor_of_children() -> float:
    """Of those that were waited for: what is measured is the only one that ends meanwhile."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _program(load: Load) -> Memory:
    """The memory of the whole program, at its own interval of a second."""
    program = str(Path(sys.executable).with_name("netwatch-tui"))
    with Terminal([program, "--fresh", "--interval", "1"], columns=120, lines=40) as terminal:
        terminal.wait_for(lambda rows: any("127." in row for row in rows), "a socket")
        for _ in range(MEMORY_TICKS):
            load.replace(CHURN)
            end = time.monotonic() + 1.0
            terminal.wait_for(partial(_is_over, end), "the second's end")
        return Memory(*memory_of(terminal.process.pid))


def _is_over(end: float, rows: list[str]) -> bool:
    return time.monotonic() >= end
