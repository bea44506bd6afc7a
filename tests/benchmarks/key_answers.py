"""When keys were answered, read from what the terminal got, afterwards: judging it meanwhile would hold the program up.

A tick paints, too, and so a frame after a key is no answer by itself. A key is answered by the end of the first frame
that shows what only this key can have done: the cursor is on another row, the heading has its arrow elsewhere, the
filter line has the letter or is gone, or the program says that it sorts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import pyte

from tests.benchmarks.key_mix import FILTER, KIND, SORT, Stroke
from tests.benchmarks.screen_output import FRAME_END, Size

_ENDS = re.compile(r"(\S+:\S+) +(\S+:\S+)")
_HEADING, _KINDS = "Recv-Q", "udp"
_SORTS = "sorting..."
_FILTER_LINE, _TYPING = "Filter:", "Enter Keep"


class Press(NamedTuple):
    """A key that was typed."""

    time: float
    stroke: Stroke


class Output(NamedTuple):
    """What came from the program."""

    time: float
    data: bytes


class Answer(NamedTuple):
    """How long a key waited."""

    stroke: Stroke
    seconds: float | None
    """None if nothing was seen in time of what it should do."""


class Look(NamedTuple):
    """What of a screen can answer a key."""

    cursor: tuple[int, tuple[str, ...]]
    """The line of the cursor, and the ends of the connection in it."""
    heading: str
    kinds: str
    filter_line: str
    """Without blanks; empty while there is none."""
    is_typing: bool
    """The keys told are those of the filter line."""
    sorts: bool


class Seen(NamedTuple):
    """What a frame shows, and when it was complete."""

    time: float
    look: Look


def look_at(screen: pyte.Screen, background: str) -> Look:
    """Read a screen on which the cursor has a background of its own."""
    lines = screen.display
    cursor = next((y for y in range(len(lines)) if screen.buffer[y][1].bg == background), -1)
    ends = _ENDS.search(lines[cursor]) if cursor >= 0 else None
    return Look(
        (cursor, ends.groups() if ends else ()),
        next((line for line in lines if _HEADING in line), ""),
        next((line for line in lines[:3] if _KINDS in line), ""),
        next((line.replace(" ", "") for line in lines[-4:] if line.startswith(_FILTER_LINE)), ""),
        _TYPING in lines[-1],
        _SORTS in lines[0],
    )


def answers(stroke: Stroke, before: Look, after: Look) -> bool:
    """Whether what is seen now is what a key does to what was seen before it."""
    if stroke.kind == SORT:
        return (after.sorts and not before.sorts) or _arrow(after.heading) != _arrow(before.heading)
    if stroke.kind == KIND:
        return _marks(after.kinds) != _marks(before.kinds)
    if stroke.kind == FILTER:
        if stroke.line:
            return after.filter_line.startswith(stroke.line)
        return (after.is_typing, bool(after.filter_line)) != (before.is_typing, bool(before.filter_line))
    return after.cursor != before.cursor


def _arrow(heading: str) -> str:
    """The word of a heading that has the arrow, with it."""
    return next((word for word in re.findall(r"[^\s▲▼]+[▲▼]", heading)), "")


def _marks(kinds: str) -> str:
    """A line of kinds without their counts."""
    return re.sub(r"[\d,]+", "", kinds)


def waits(presses: Sequence[Press], seen: Sequence[Seen], patience: float) -> Iterator[Answer]:
    """Tell for each key how long its answer took.

    Args:
        presses: What was typed.
        seen: What the screen showed before the first of them, and after each frame.
        patience: Seconds after which a key was not answered.
    """
    times = [each.time for each in seen]
    for time, stroke in presses:
        first = bisect_right(times, time)
        before = seen[max(first - 1, 0)].look
        answered = next((each.time - time for each in seen[first:] if answers(stroke, before, each.look)), inf)
        yield Answer(stroke, answered if answered <= patience else None)


def play(output: Sequence[Output], size: Size, background: str) -> list[Seen]:
    """What was seen after each frame, on a screen on which the cursor has a background of its own."""
    screen = pyte.Screen(size.columns, size.lines)
    stream = pyte.ByteStream(screen)
    seen, begun = [], b""
    for time, data in output:
        *frames, begun = (begun + data).split(FRAME_END)
        for frame in frames:
            stream.feed(frame + FRAME_END)
            seen.append(Seen(time, look_at(screen, background)))
    return seen
