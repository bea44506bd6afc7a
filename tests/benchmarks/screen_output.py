"""What is read from the program's output and from the samples: no process, no terminal, no clock."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SYNC_QUERY, SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""Whether the terminal can hold a frame back until it is complete, and the yes that current terminals give."""
FRAME_END = b"\x1b[?2026l"

_SEQUENCE = re.compile(rb"\x1b\[([?>=<0-9;:]*)[ $]?([@-~])|(\n)")


class Size(NamedTuple):
    """Of a terminal."""

    columns: int
    lines: int

    def __str__(self) -> str:
        return f"{self.columns}x{self.lines}"


class Arrival(NamedTuple):
    """Bytes that came from the program."""

    time: float
    length: int


class Painted(NamedTuple):
    """A background that was used in a line of the terminal."""

    row: int
    """From 1."""
    background: str
    """As the escape sequence names it, such as `48;2;1;2;3`."""
    position: int
    """Where in the output."""


def painted(output: bytes) -> Iterator[Painted]:
    """Every use of a background; what precedes the first address of a line is left out, since its line is unknown."""
    row: int | None = None
    for found in _SEQUENCE.finditer(output):
        parameters, final, newline = found.groups()
        if newline:
            row = row + 1 if row is not None else None
        elif final in b"Hf":
            row = _number(parameters.partition(b";")[0], 1)
        elif final == b"d":
            row = _number(parameters, 1)
        elif final == b"m" and row is not None:
            for background in _backgrounds(parameters):
                yield Painted(row, background, found.start())


def _backgrounds(parameters: bytes) -> Iterator[str]:
    """Those of one sequence of colours and attributes; reverse video counts as one."""
    numbers = iter([_number(part, 0) for part in re.split(rb"[;:]", parameters)])
    for number in numbers:
        if number in (38, 48):
            kind = next(numbers, 0)
            rest = [next(numbers, 0) for _ in range(3 if kind == 2 else 1)]
            if number == 48:
                yield ";".join(map(str, (48, kind, *rest)))
        elif number == 7 or 40 <= number <= 47 or 100 <= number <= 107:
            yield str(number)


def _number(text: bytes, default: int) -> int:
    return int(text) if text.isdigit() else default


class Cursor(NamedTuple):
    """How the line under the cursor is known."""

    backgrounds: frozenset[str]
    """They stand in no other line."""

    def is_painted(self, output: bytes, *, framed: bool) -> bool:
        """Whether it was painted in this output, and all that belongs to it has arrived.

        Args:
            output: All since the key was sent.
            framed: Frames have an end, for which to wait too.
        """
        if framed and FRAME_END not in output:  # a quick look first: a slow reader would hold the program up
            return False
        for each in painted(output):
            if each.background in self.backgrounds:
                return not framed or FRAME_END in output[each.position :]
        return False


def find_cursor(after_down: bytes, after_up: bytes) -> Cursor | None:
    """Learn the cursor's background from what a step down and one up again paint while nothing else changes.

    It is one that the lower line had after the step down and no more after the step up, and the upper line the other
    way round.
    """
    down = {(each.row, each.background) for each in painted(after_down)}
    up = {(each.row, each.background) for each in painted(after_up)}
    for upper in sorted({row for row, _ in up}):
        backgrounds = {
            background
            for row, background in up
            if row == upper
            and (upper, background) not in down
            and (upper + 1, background) in down
            and (upper + 1, background) not in up
        }
        if backgrounds:
            return Cursor(frozenset(backgrounds))
    return None


def per_tick(arrivals: Sequence[Arrival], begin: float, interval: float, count: int) -> list[int]:
    """Share bytes out to ticks.

    Where in its second the program ticks is unknown: cut where, at that point of every second, the least is sent.

    Args:
        arrivals: Those of `count + 1` intervals.
        begin: When listening to them began.
        interval: Seconds between ticks.
        count: How many ticks to look at.
    """
    offsets = sorted({(arrival.time - begin) % interval for arrival in arrivals})
    if not offsets:
        return [0] * count
    gaps = [
        (after - before, before) for before, after in zip(offsets, [*offsets[1:], offsets[0] + interval], strict=True)
    ]
    gap, before = max(gaps)
    first = begin + (before + gap / 2) % interval
    ticks = [0] * count
    for arrival in arrivals:
        index = math.floor((arrival.time - first) / interval)
        if 0 <= index < count:
            ticks[index] += arrival.length
    return ticks


def processor_ticks(stat: str) -> int:
    """From a `/proc/PID/stat`: user and system time, that of children that were waited for included, in clock ticks."""
    fields = stat.rpartition(")")[2].split()  # what precedes is the name, in which anything may stand
    return sum(map(int, fields[11:15]))
