"""What is measured of the program while it soaks, and what of that is a fault."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, linear_regression, median
from typing import NamedTuple

MOST_GROWTH = 1_000_000.0
"""Bytes an hour by which resident memory may grow after the warm-up."""
MOST_SLOWER = 1.1
"""The last third's median processor time a round against the first third's."""
WARM_UP = 1 / 3
"""The share of the run in which caches fill."""


class Sample(NamedTuple):
    """The program after one round of the script."""

    seconds: float
    """Since the first row was on the screen."""
    resident: int
    """Bytes, the median of the round."""
    descriptors: int
    threads: int
    processor: float
    """Seconds that this round cost, all threads together."""


class Verdict(NamedTuple):
    """One thing that had to hold."""

    what: str
    figure: str
    holds: bool


def after_warm_up(samples: Sequence[Sample]) -> list[Sample]:
    """Those of the part of the run that counts."""
    if not samples:
        return []
    begin = samples[-1].seconds * WARM_UP
    return [each for each in samples if each.seconds >= begin]


def growth(samples: Sequence[Sample]) -> float:
    """Bytes an hour by which resident memory grows: the slope of the line of least squares; 0 for a single sample."""
    if len(samples) < 2:
        return 0.0
    line = linear_regression([each.seconds for each in samples], [each.resident for each in samples])
    return float(line.slope) * 3_600


def doubt(samples: Sequence[Sample]) -> float:
    """The standard error of `growth`, in bytes an hour; 0 for too few samples."""
    if len(samples) < 3:
        return 0.0
    times, sizes = [each.seconds for each in samples], [each.resident for each in samples]
    line, middle = linear_regression(times, sizes), fmean(times)
    missed = sum((size - line.intercept - line.slope * time) ** 2 for time, size in zip(times, sizes, strict=True))
    return float(sqrt(missed / (len(samples) - 2) / sum((time - middle) ** 2 for time in times))) * 3_600


def slower(samples: Sequence[Sample]) -> float:
    """How many times what a round cost first it costs at last; 1 for too few samples."""
    third = len(samples) // 3
    if not third:
        return 1.0
    first, last = (median(each.processor for each in part) for part in (samples[:third], samples[-third:]))
    return last / first if first else 1.0


def judge(samples: Sequence[Sample]) -> list[Verdict]:
    """What the samples say, one line for each thing that had to hold."""
    steady = after_warm_up(samples)
    rises, factor = growth(steady), slower(steady)
    descriptors, threads = ({getattr(each, name) for each in steady} for name in ("descriptors", "threads"))
    return [
        Verdict(
            "resident memory, slope",
            f"{rises / 1e6:+.2f} MB an hour, give or take {doubt(steady) / 1e6:.2f}",
            rises < MOST_GROWTH,
        ),
        Verdict("descriptors", _span(descriptors), max(descriptors) - min(descriptors) == 0),
        Verdict("threads", _span(threads), max(threads) - min(threads) == 0),
        Verdict("processor time a round, last against first third", f"{factor:.2f}x", factor <= MOST_SLOWER),
    ]


def _span(numbers: set[int]) -> str:
    return f"{min(numbers)}" if len(numbers) == 1 else f"{min(numbers)} to {max(numbers)}"
