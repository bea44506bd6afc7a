"""Runs one input after the other and keeps what must not happen."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")

LONGEST = 5.0
"""Seconds of processor time that one input may take; most take milliseconds."""

LEAST_INPUTS = 5
"""So many are attempted however slow the machine is."""

MOST_FAULTS = 100
"""After so many there is enough to mend."""


class Fault(NamedTuple):
    """An input that was taken badly."""

    name: str
    """`SEED/NUMBER`: the same two give the same input."""
    input: str
    what: str
    """A traceback, or a word."""


class Counts(NamedTuple):
    """What came of a run."""

    inputs: int
    refused: int
    """Inputs of which something was refused in the way that is declared."""
    faults: tuple[Fault, ...]


class Wrong(Exception):  # noqa: N818 -- it is the verdict on an input
    """An answer that is none: a message that is more than a line, a count that does not add up."""


def run_inputs(seed: int, seconds: float, make: Callable[[Random], T], attempt: Callable[[T], bool]) -> Counts:
    """Make inputs and attempt them until the time is over, and a few at least.

    Args:
        seed: Where chance begins; input N depends on it and on N alone.
        seconds: How long to go on.
        make: Makes an input.
        attempt: Says whether it was refused; every exception is a fault.
    """
    faults: list[Fault] = []
    refused = number = 0
    end = time.monotonic() + seconds
    for number in itertools.count(1):
        name = f"{seed}/{number}"
        made = make(Random(name))
        begin = time.process_time()
        try:
            refused += attempt(made)
        except Exception:  # noqa: BLE001 -- to find these is what it is for
            faults.append(Fault(name, repr(made), traceback.format_exc(limit=-8)))
        if (took := time.process_time() - begin) > LONGEST:
            faults.append(Fault(name, repr(made), f"it took {took:.1f} s"))
        if (time.monotonic() > end and number >= LEAST_INPUTS) or len(faults) >= MOST_FAULTS:
            break
    return Counts(number, refused, tuple(faults))


def told(error: BaseException) -> str:
    """An exception and where it was raised, in one line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} at {where.filename.rpartition('/')[2]}:{where.lineno}"


def check_said(text: str) -> None:
    """A text for a person is one line, harmless to print, and not without end."""
    if "\n" in text or len(text) > 2000:
        raise Wrong(f"not one line: {text[:300]!r}")
