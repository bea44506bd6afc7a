"""From numbers to text: tables in Markdown, whether the bars are met, and on what machine it was measured."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

MIB = 1024 * 1024


class Verdict(NamedTuple):
    """A number that has a bar."""

    title: str
    value: float
    unit: str
    """`x` for a ratio, else the unit as it follows the number."""
    bar: float
    """The most that it may be."""

    @property
    def is_met(self) -> bool:
        """Whether it is no more than the bar."""
        return self.value <= self.bar

    def cells(self) -> tuple[str, str, str, str]:
        """A line of the table of bars."""
        return self.title, self._text(self.value), self._text(self.bar), "met" if self.is_met else "**not met**"

    def _text(self, value: float) -> str:
        if self.unit == "x":
            return f"{value:.2f}x"
        return f"{value:,.1f}".removesuffix(".0") + self.unit  # 33.4 ms are more than 33


class Table:
    """Cells by the titles of their line and column, each in the order in which it was first named."""

    def __init__(self, *heading: str) -> None:
        """Have some columns already, the first of which titles the lines."""
        self._heading = heading or ("",)
        self._cells: dict[str, dict[str, str]] = {}

    def put(self, line: str, column: str, text: str) -> None:
        """Fill a cell."""
        self._cells.setdefault(line, {})[column] = text

    def has(self, line: str) -> bool:
        """Whether a line has a cell."""
        return line in self._cells

    def __bool__(self) -> bool:
        return bool(self._cells)

    def __str__(self) -> str:
        """In Markdown; what was not filled is `-`."""
        first, *columns = self._heading
        columns += [column for cells in self._cells.values() for column in cells]
        columns = list(dict.fromkeys(columns))
        lines = [(title, *(cells.get(column, "-") for column in columns)) for title, cells in self._cells.items()]
        return markdown([(first, *columns), *lines])


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table as GitHub understands it, padded for those who read it as text; the first line is the heading."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join("| " + " | ".join(_padded(cells, widths)) + " |" for cells in (lines[0], rule, *lines[1:]))


def _padded(cells: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    yield cells[0].ljust(widths[0])
    for cell, width in zip(cells[1:], widths[1:], strict=True):
        yield cell.rjust(width)


def bars_table(verdicts: Sequence[Verdict]) -> str:
    """All bars, one in a line."""
    return markdown([("", "measured", "bar", ""), *(verdict.cells() for verdict in verdicts)])


def duration(seconds: float) -> str:
    """Milliseconds with about three digits."""
    milliseconds = seconds * 1000
    places = 2 if milliseconds < 1 else 1 if milliseconds < 100 else 0
    return f"{milliseconds:,.{places}f} ms"


def mebibytes(amount: float) -> str:
    """An amount of memory."""
    return f"{amount / MIB:,.0f} MiB"


def so_many(sockets: int) -> str:
    """A number of sockets in words."""
    return f"{sockets:,} sockets"


def ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """The median of how many times more one was than the other, round by round."""
    return median(one / other for one, other in zip(values, others, strict=True))


def percentile(values: Iterable[float], share: float) -> float:
    """The least value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def machine() -> dict[str, Any]:
    """What it was measured on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
            break
    return {
        "cpus": os.cpu_count(),
        "model": model or platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "user": "root" if os.geteuid() == 0 else f"uid {os.geteuid()}",
    }
