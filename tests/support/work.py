"""How much work something is, counted and not timed: the same on a busy machine as on an idle one."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, TypeVar

import netwatch_tui

_T = TypeVar("_T")
MARGIN = 7 / 6
"""How many times what was noted may be counted: what takes a quarter more is found."""

_PACKAGE = str(Path(netwatch_tui.__file__).parent)


class Work(NamedTuple):
    """What the interpreter did for the program's own code, not for the tests'."""

    lines: int
    """Lines of Python that were run, each time that a loop came by counted anew."""
    calls: int
    """Calls of functions, those written in C included."""

    def and_of(self, other: Work) -> Work:
        """Both together."""
        return Work(self.lines + other.lines, self.calls + other.calls)

    def is_within(self, noted: Work) -> bool:
        """Whether it is not much more than was noted."""
        return self.lines <= noted.lines * MARGIN and self.calls <= noted.calls * MARGIN


def work_of(act: Callable[[], _T]) -> tuple[_T, Work]:
    """What something gives, and how much work it was.

    What is done by one function written in C, however long it takes, is one call.
    """
    lines = calls = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace if event != "call" or frame.f_code.co_filename.startswith(_PACKAGE) else None

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call") and frame.f_code.co_filename.startswith(_PACKAGE)

    before, profiled = sys.gettrace(), sys.getprofile()
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        given = act()
    finally:
        sys.settrace(before)
        sys.setprofile(profiled)
    return given, Work(lines, calls)


def peak_of(act: Callable[[], object]) -> int:
    """The most bytes that were allocated at once while something was done, beside those that were before."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = act()
        peak = tracemalloc.get_traced_memory()[1]
        del kept
    finally:
        tracemalloc.stop()
    return peak
