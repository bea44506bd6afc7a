"""What the parts of the benchmark share: the program, children that are timed, and a probe of the program's parts."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.benchmarks.helper import Helper, HelperError

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))
CHURN = 0.01
"""The share of the sockets that is replaced before each tick, or each second, unless a part says otherwise."""

TIMEOUT = 120.0
"""Seconds that anything that is measured may take before it is given up."""


class MeasureError(RuntimeError):
    """What was to be measured did not work; the text says what."""


class Times(NamedTuple):
    """How long something took."""

    seconds: float
    processor: float
    """User and system time."""


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


class Probe:
    """The process of `probe.py`."""

    def __init__(self, stack: ExitStack) -> None:
        """Start it; it ends with the stack."""
        self._helper = Helper("the probe", [sys.executable, "-m", "tests.benchmarks.probe"], folder=ROOT)
        stack.callback(self._helper.end)

    def ask(self, *request: object) -> Any:
        """Ask for a method of `probe.Probe`, with its arguments.

        Raises:
            MeasureError: It does not answer as it should.
        """
        try:
            return json.loads(self._helper.ask(json.dumps(request), TIMEOUT))
        except HelperError as error:
            raise MeasureError(str(error)) from error

    def timed(self, *request: object) -> Times:
        """Ask for a time."""
        return Times(*self.ask(*request))


def rehearse(command: Sequence[str], lines: int) -> None:
    """Run a program once, and see that it prints at least so many lines.

    Raises:
        MeasureError: It does not.
    """
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    printed = done.stdout.count(b"\n")
    if printed < lines:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise MeasureError(f"`{' '.join(command)}` printed {printed} lines for {lines} sockets: {said}")


def run_timed(command: Sequence[str]) -> Times:
    """Run a program to its end, its output thrown away."""
    before, start = _processor_of_children(), time.perf_counter()
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=False,
    )
    return Times(time.perf_counter() - start, _processor_of_children() - before)


def _processor_of_children() -> float:
    """Of those that were waited for: what is measured is the only one that ends meanwhile."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
