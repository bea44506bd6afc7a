"""Amounts and times for the eye, short and of one precision, so that they can be compared down a column."""

from __future__ import annotations


def amount(number: float) -> str:
    """A number in at most five characters, in the units of the filter: `0`, `512`, `1.2k`, `310k`, `3.6M`, `12G`."""
    if round(number) < 1000:
        return str(round(number))
    for unit in "kMGTP":
        number /= 1024
        if number < 9.95:
            return f"{number:.1f}{unit}"
        if round(number) < 1000:
            return f"{number:.0f}{unit}"
    return f"{number / 1024:.0f}E"


def brief_time(seconds: float) -> str:
    """A short span of time with two or three digits: `71us`, `1.2ms`, `312ms`, `4.5s`, `90s`."""
    for unit, size in (("us", 1e6), ("ms", 1e3)):
        number = seconds * size
        if number < 9.95 and unit != "us":
            return f"{number:.1f}{unit}"
        if round(number) < 1000:
            return f"{number:.0f}{unit}"
    return f"{seconds:.1f}s" if seconds < 9.95 else f"{seconds:.0f}s"
