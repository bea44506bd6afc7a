"""What the command lines of the benchmarks have in common."""

from __future__ import annotations

import argparse


def sizes_of(text: str) -> tuple[int, ...]:
    """Numbers of sockets, separated by commas; ascending, each once."""
    return tuple(sorted({positive(part) for part in text.split(",")}))


def positive(text: str) -> int:
    """A number of something of which there is at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
