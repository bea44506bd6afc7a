"""Takes the samples of the screen: the installed program on a pseudo-terminal, on real sockets.

How each is measured, and why so:

Frames. The program is started with an interval of 60 s and paused, so that neither the collector nor a tick's painting
is in the numbers. Then Page Down and Page Up are pressed, one when the frame of the one before is complete: every press
paints the whole table anew. The wall time ends with the end of the first frame in which the cursor is painted; the
processor time is that of all threads of the program over a round, by the nanosecond clock of the process, through the
number of presses. A second program, started when there were 1,000 sockets and paused since, takes turns with the
first: so the ratio compares two programs in the same minute on the same machine in the same state. At 1,000 sockets it
compares the program with itself, which tells how exact the method is.

Latency. Ticks run, sockets churn, and the cursor stands in the middle of a page somewhere below the top of the list,
where it keeps its height on the screen whatever comes and goes. `j` and `k` are pressed in turn, with pauses of random
length between, so that presses meet every phase of a tick. The time ends when a frame is complete that paints the
cursor's background, learnt before, in another line of the terminal than where it was: a tick repaints the cursor
where it is, if at all, so only the key can have done that.

Bytes. All that comes in a second, cut where in each second the least comes, so that no tick is cut in two. Counted
three times: without churn in the program's first minute, in which the age of every socket is a number of seconds and so
changes with every tick; without churn after that minute, when nothing at all changes; and then with churn. One program
is measured on a terminal that changes its size: two would keep each other from ticking every second. A program that
can't tick every second has seconds with no byte.

Start. From before the program is started until an address of the load has arrived; Python importing `textual.app`, from
start to end, takes turns. Each is run once before, so that all modules are compiled.

Processor time. From /proc/PID/stat, with children that were waited for, over the same number of seconds for the program
and for `watch`, one after the other: together they would see each other's processes and files. For the program in its
first minute, after that minute, and again with churn, as for the bytes; `watch` has no ages and so no such minute.

Memory. Resident, after 10 s of ticks with churn, before any key.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN, MeasureError
from tests.benchmarks.probe import memory_of
from tests.benchmarks.screen_output import FRAME_END, Cursor, Size, per_tick, processor_ticks
from tests.benchmarks.screen_report import BYTE_SIZES, SMALL, ScreenMeasured
from tests.benchmarks.screen_terminal import PATIENCE, PlainTerminal

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))
IMPORT = [sys.executable, "-c", "import textual.app"]
WATCH = ["watch", "-n1", "ss -tanp"]

SIZE = Size(120, 36)
"""Of the terminal wherever no other size is asked for."""
INTERVAL = 1.0
MEMORY_SECONDS = 10.0

_ROW = b"127.80."
"""What only a row of the load has: see `load.py`."""
_SETTLED = 5.0
"""Seconds after which nothing is lit any more that was new or gone at first."""
_RESIZED = 3.0
"""Seconds after which a new size has had all its effect."""
_DOWN, _UP, _PAUSE = b"\x1b[6~", b"\x1b[5~", b" "
_BREATH = 0.01
"""Seconds between a frame and the next key, in which whatever follows a frame is over."""
_PAUSES = (0.005, 0.06)
"""Seconds between two keys of which the latency is measured: from, to."""


_PHASES = (("young", _SETTLED, 0.0), ("idle", _SETTLED + 61.0, 0.0), ("churn", None, CHURN))
"""In which bytes and processor time are taken: name, beginning in seconds after the first row if it matters, churn."""


MOST_TICKS = 22
"""Whose bytes can be counted on terminals of both sizes within the program's first minute."""


class Settings(NamedTuple):
    """How much is measured."""

    processes: int
    rounds: int
    """Of frames, and of starts."""
    frames: int
    """Key presses of a round."""
    presses: int
    """Of which the latency is measured."""
    ticks: int
    """Of which the bytes are counted."""
    idle: float
    """Seconds over which processor time is taken."""


class Still(NamedTuple):
    """A program that shows what was once."""

    terminal: PlainTerminal
    cursor: Cursor


class ScreenMeasurer:
    """Measures everything at one number of sockets."""

    def __init__(self, sockets: int, settings: Settings, say: Callable[[str], None]) -> None:
        self._sockets, self._settings, self._say = sockets, settings, say
        self._samples: dict[str, list[float]] = defaultdict(list)
        self._notes: list[str] = []

    def measure(self) -> ScreenMeasured:
        """Do it.

        What can't be measured is noted, and the rest is measured nevertheless.

        Raises:
            LoadError: The machine can't hold so many sockets.
        """
        self._say(f"{self._sockets:,} sockets in {self._settings.processes} processes")
        small: Still | None = None
        with ExitStack() as stack:
            # Started first, on its own few sockets, which are gone before there are the many.
            with Load(SMALL, self._settings.processes), self._noting(f"a still screen of {SMALL:,}"):
                small = stack.enter_context(still_program())
            with Load(self._sockets, self._settings.processes) as load:
                if small:
                    with self._noting("frames"):
                        self._frames(small)
                stack.close()
                with self._noting("bytes a tick"):
                    self._bytes(load)
                with self._noting("memory and latency"):
                    self._memory_and_latency(load)
                if self._sockets == SMALL:
                    with self._noting("start"):
                        self._starts()
                    with self._noting("processor time"):
                        self._processor_time(load)
        return ScreenMeasured(self._sockets, self._settings.processes, dict(self._samples), self._notes)

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        """Say what is done now, and note it if that does not work."""
        self._say(f"  {what}")
        try:
            yield
        except MeasureError as error:
            self._notes.append(f"{what}, at {self._sockets:,} sockets: {error}")
            self._say(f"  not measured: {error}")

    def _frames(self, small: Still) -> None:
        pages = max(min(20, min(self._sockets, SMALL) // (2 * SIZE.lines)), 1)
        with still_program() as large:
            for number in range(self._settings.rounds):
                turns = [("small-", small), ("", large)]
                for prefix, still in reversed(turns) if number % 2 else turns:
                    times, processor, frames = _page_through(still, self._settings.frames, pages)
                    self._samples[f"{prefix}frame"].append(median(times))
                    self._samples[f"{prefix}frame-processor"].append(processor / len(times))
                    self._samples[f"{prefix}frames-a-press"].append(frames / len(times))

    def _bytes(self, load: Load) -> None:
        with _program(BYTE_SIZES[0], INTERVAL) as terminal:
            count, begin = self._settings.ticks, time.perf_counter()
            for name, after, churn in _PHASES:
                with load.churn(churn):
                    terminal.listen(begin + after - time.perf_counter() if after else _SETTLED)
                    for size in BYTE_SIZES:
                        terminal.resize(size)
                        terminal.listen(_RESIZED)
                        start = time.perf_counter()
                        arrivals = terminal.listen((count + 1) * INTERVAL)
                        self._samples[f"bytes-{name}-{size}"] += per_tick(arrivals, start, INTERVAL, count)

    def _memory_and_latency(self, load: Load) -> None:
        with load.churn(CHURN), _program(SIZE, INTERVAL) as terminal:
            terminal.listen(MEMORY_SECONDS)
            for name, amount in zip(("memory", "memory-peak"), memory_of(terminal.process.pid), strict=True):
                self._samples[name].append(amount)
            terminal.send(_PAUSE)
            # Away from the top, where the list may move under the cursor, to the middle of a page.
            for keys in (_DOWN, _DOWN, *([b"k"] * (SIZE.lines // 3))):
                terminal.settle()
                terminal.send(keys)
            cursor = terminal.learn_cursor()
            terminal.send(_PAUSE)
            terminal.listen(2 * INTERVAL)
            chance = random.Random(self._sockets)
            for number in range(self._settings.presses):
                while waiting := terminal.read(0):
                    cursor = cursor.after(waiting)
                taken, cursor, _ = terminal.press(b"k" if number % 2 else b"j", cursor, elsewhere=True)
                self._samples["latency"].append(taken)
                cursor = terminal.follow(cursor, chance.uniform(*_PAUSES))

    def _starts(self) -> None:
        for number in range(self._settings.rounds + 1):
            with _program(SIZE, INTERVAL) as terminal:
                first_row = terminal.last_read - terminal.started
            start = time.perf_counter()
            subprocess.run(IMPORT, stdin=subprocess.DEVNULL, check=True, timeout=PATIENCE)
            if number:  # after the first, all modules are compiled
                self._samples["start"].append(first_row)
                self._samples["import"].append(time.perf_counter() - start)

    def _processor_time(self, load: Load) -> None:
        seconds = self._settings.idle
        self._samples["processor-seconds"] = [seconds]
        with _program(SIZE, INTERVAL) as terminal:
            begin = time.perf_counter()
            for name, after, churn in _PHASES:
                with load.churn(churn):
                    terminal.listen(begin + after - time.perf_counter() if after else _SETTLED)
                    self._samples[f"processor-{name}"] = [_processor_over(terminal, seconds)]
        if not shutil.which(WATCH[0]) or not shutil.which("ss"):
            raise MeasureError("`watch` (of procps) or `ss` (of iproute2) is not installed: nothing to compare with")
        with PlainTerminal(WATCH, SIZE) as terminal:
            terminal.wait_for(lambda output: b"ESTAB" in output or b"LISTEN" in output, "a line of `ss`")
            for name, churn in (("idle", 0.0), ("churn", CHURN)):
                with load.churn(churn):
                    terminal.listen(_SETTLED)
                    self._samples[f"processor-{name}-watch"] = [_processor_over(terminal, seconds)]


@contextmanager
def _program(size: Size, interval: float) -> Iterator[PlainTerminal]:
    """The program, once it shows its first row."""
    with PlainTerminal([PROGRAM, "--fresh", "--interval", f"{interval:g}"], size) as terminal:
        terminal.wait_for(lambda output: _ROW in output, "a row of the load")
        yield terminal


@contextmanager
def still_program() -> Iterator[Still]:
    """The program with a screen on which nothing moves but by key, and that collects once in a minute only."""
    with _program(SIZE, 60.0) as terminal:
        terminal.settle()
        terminal.send(_PAUSE)
        yield Still(terminal, terminal.learn_cursor())


def _page_through(still: Still, presses: int, pages: int) -> tuple[list[float], float, int]:
    """Press Page Down for some pages, Page Up for as many, and so on.

    Returns:
        The seconds of each press, those of the processor for all of them, and the number of frames.
    """
    terminal, cursor = still
    times, frames, before = [], 0, terminal.processor
    for number in range(presses):
        taken, cursor, output = terminal.press(_UP if number // pages % 2 else _DOWN, cursor, elsewhere=False)
        times.append(taken)
        end = time.perf_counter() + _BREATH
        while (left := end - time.perf_counter()) > 0:
            output += terminal.read(left)
        frames += output.count(FRAME_END)
    processor = terminal.processor - before
    # Back to the top, for the next round.
    terminal.send(_UP * (presses % (2 * pages)))
    terminal.settle()
    return times, processor, frames


def _processor_over(terminal: PlainTerminal, seconds: float) -> float:
    """Processor time that a program and its children take in so many seconds."""
    stat = Path(f"/proc/{terminal.process.pid}/stat")
    before = processor_ticks(stat.read_text())
    terminal.listen(seconds)
    return (processor_ticks(stat.read_text()) - before) / os.sysconf("SC_CLK_TCK")
