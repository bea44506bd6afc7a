"""The installed program on a pseudo-terminal, as the parts that measure its screen start it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.measure import PROGRAM
from tests.benchmarks.screen_output import Cursor, Size, processor_ticks
from tests.benchmarks.screen_terminal import PlainTerminal

SIZE = Size(120, 36)
"""Of the terminal wherever no other size is asked for."""
INTERVAL = 1.0
FEW = 1_000
"""Sockets at which start and idle time are measured, and with which a screen of more of them is compared."""

SETTLED = 5.0
"""Seconds after which nothing is lit any more that was new or gone at first."""
DOWN, UP, PAUSE = b"\x1b[6~", b"\x1b[5~", b" "

_ROW = b"127.80."
"""What only a row of the load has: see `load.py`."""


class Still(NamedTuple):
    """A program that shows what was once."""

    terminal: PlainTerminal
    cursor: Cursor


@contextmanager
def program(size: Size = SIZE, interval: float = INTERVAL) -> Iterator[PlainTerminal]:
    """The program, once it shows its first row."""
    with PlainTerminal([PROGRAM, "--fresh", "--interval", f"{interval:g}"], size) as terminal:
        terminal.wait_for(lambda output: _ROW in output, "a row of the load")
        yield terminal


@contextmanager
def still_program() -> Iterator[Still]:
    """The program with a screen on which nothing moves but by key, and that collects once in a minute only."""
    with program(interval=60.0) as terminal:
        terminal.settle()
        terminal.send(PAUSE)
        yield Still(terminal, terminal.learn_cursor())


def processor_over(terminal: PlainTerminal, seconds: float) -> float:
    """Processor time that a program and its children take in so many seconds."""
    stat = Path(f"/proc/{terminal.process.pid}/stat")
    before = processor_ticks(stat.read_text())
    terminal.listen(seconds)
    return (processor_ticks(stat.read_text()) - before) / os.sysconf("SC_CLK_TCK")
