"""How long keys wait for their answer, with many rows of which some are replaced every second.

A fixed mix of keys (`key_mix.py`) is typed with pauses of random length, so that they meet every phase of a tick; moves
also while the rows are being sorted. What a key is answered with: see `key_answers.py`.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from tests.benchmarks.key_answers import Answer, Output, Press, play, waits
from tests.benchmarks.key_mix import FILTER, KIND, SORT, strokes
from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN, MeasureError
from tests.benchmarks.report import Table, duration, percentile, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_output import Cursor
from tests.benchmarks.screen_programs import DOWN, INTERVAL, PAUSE, SETTLED, SIZE, program
from tests.benchmarks.screen_terminal import PlainTerminal

SECONDS = 120
SEED = 16
BARRED = 100_000
P99_BAR, LONGEST_BAR = 33.0, 100.0
"""Milliseconds."""
PATIENCE = 5.0
"""Seconds after which a key counts as not answered, and as having waited so long."""

_PAUSES = (0.03, 0.15)
"""Seconds between two keys: from, to."""
_LOOKS = 1.0
"""Seconds for which a person looks at what a new order or filter shows, at least."""
_QUIET, _MOST_QUIET = 0.2, 3.0
"""Seconds without output after which a key has had all its effect, and after which that is waited for no longer."""


def _measure(settings: Settings, results: Results) -> None:
    size, seconds = settings.largest, settings.lasting(SECONDS)
    with (
        results.attempt(so_many(size)),
        Load(size, settings.processes) as load,
        load.churn(CHURN),
        program() as terminal,
    ):
        terminal.listen(SETTLED)
        p99, longest = tell(answered(terminal, seconds, "python"), so_many(size), seconds, results)
        if size == BARRED:
            results.judge(f"key to screen, p99, {so_many(size)}, {CHURN:.0%} churn", p99, " ms", P99_BAR)
            results.judge("the same: longest", longest, " ms", LONGEST_BAR)


def answered(terminal: PlainTerminal, seconds: float, holder: str) -> Iterator[Answer]:
    """Type the mix of keys for some time, and tell of each how long it waited; a process `holder` has all connections.

    Raises:
        MeasureError: Where the cursor is can't be told.
    """
    cursor = _in_the_middle(terminal)
    presses, output = _typed(terminal, seconds, holder)
    return waits(presses, play(output, SIZE, _colour_of(cursor)), PATIENCE)


def _in_the_middle(terminal: PlainTerminal) -> Cursor:
    """Bring the cursor to the middle of a page, away from the top, where the list may move under it."""
    terminal.send(PAUSE)
    for keys in (DOWN, DOWN, *([b"k"] * (SIZE.lines // 3))):
        terminal.settle()
        terminal.send(keys)
    cursor = terminal.learn_cursor()
    terminal.send(PAUSE)
    return cursor


def _colour_of(cursor: Cursor) -> str:
    """The background of the cursor as pyte names colours.

    Raises:
        MeasureError: It is none of 16 million colours.
    """
    for background in cursor.backgrounds:
        if background.startswith("48;2;"):
            return bytes(map(int, background.split(";")[2:])).hex()
    raise MeasureError(f"the cursor has no colour of its own: {', '.join(cursor.backgrounds)}")


def _typed(terminal: PlainTerminal, seconds: float, holder: str) -> tuple[list[Press], list[Output]]:
    """Type for some time, and note what comes when, the whole screen first."""
    presses: list[Press] = []
    output: list[Output] = []

    def read(timeout: float) -> bool:
        if data := terminal.read(timeout):
            output.append(Output(terminal.last_read, data))
        return bool(data)

    terminal.resize(SIZE._replace(lines=SIZE.lines - 1))
    terminal.settle()
    terminal.resize(SIZE)  # everything is painted anew
    _read_until_quiet(read)
    chance, end = random.Random(SEED), time.perf_counter() + seconds
    for stroke in takewhile(lambda _: time.perf_counter() < end, strokes(SEED, holder)):
        presses.append(Press(time.perf_counter(), stroke))
        terminal.send(stroke.key)
        then = time.perf_counter() + chance.uniform(*_PAUSES)
        while (left := then - time.perf_counter()) > 0:
            read(left)
        if stroke.settles:
            then = presses[-1].time + (_LOOKS if stroke.kind in (SORT, FILTER, KIND) else 0.0)
            while (left := then - time.perf_counter()) > 0:
                read(left)
            _read_until_quiet(read)
    end = time.perf_counter() + INTERVAL
    while (left := end - time.perf_counter()) > 0:
        read(left)
    return presses, output


def _read_until_quiet(read: Callable[[float], bool]) -> None:
    end = time.perf_counter() + _MOST_QUIET
    while read(_QUIET) and time.perf_counter() < end:
        pass


def tell(answers: Iterable[Answer], what: str, seconds: float, results: Results) -> tuple[float, float]:
    """How long each kind of key waited, in a table; gives p99 and the longest of all, in milliseconds.

    Args:
        answers: How long each waited.
        what: What is on the screen.
        seconds: For how long keys were typed.
        results: Hears it.
    """
    found: dict[str, list[float]] = defaultdict(list)
    unanswered = []
    for stroke, waited in answers:
        found[stroke.kind].append(PATIENCE if waited is None else waited)
        if waited is None:
            unanswered.append(stroke)
    table = Table(f"{what}, {CHURN:.0%} churn, {seconds:g} s")
    everything = [waited for times in found.values() for waited in times]
    for kind, times in (*found.items(), ("all keys", everything)):
        results.keep(kind, times)
        table.put(kind, "keys", f"{len(times):,}")
        for title, value in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0)):
            table.put(kind, title, duration(percentile(times, value)))
    results.tell(table)
    if unanswered:
        kinds = ", ".join(sorted({f"{stroke.key!r} ({stroke.kind})" for stroke in unanswered}))
        results.problems.append(
            f"how long {len(unanswered)} of {len(everything)} keys waited, counted as {PATIENCE:g} s: {kinds}"
        )
    return percentile(everything, 0.99) * 1000, max(everything) * 1000


KEYS = Part("keys", "how long keys wait for their answer, sorts and filters included", _measure)
