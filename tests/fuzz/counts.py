"""What a fuzzer found."""

from __future__ import annotations

import traceback
from typing import NamedTuple


class Counts(NamedTuple):
    """How many inputs there were, and what came of them."""

    inputs: int
    refused: int
    """Inputs that were refused in one line, as they should be."""
    faults: tuple[str, ...]
    """Each input that broke something, and how."""


def told(error: BaseException) -> str:
    """An exception and where it was raised, in one line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} at {where.filename.rpartition('/')[2]}:{where.lineno}"
