"""Memory that is free goes back to the kernel."""

import subprocess
import sys

import pytest

from netwatch_tui.kernel.heap import give_back_free_memory

PROGRAM = """
import os, sys
from netwatch_tui.kernel.heap import give_back_free_memory

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

blocks = [bytes(1000) for _ in range(60_000)]  # larger than what Python's own allocator takes
kept = blocks[::100]  # what glibc leaves lying: free, with something in use behind it
del blocks
before = resident()
give_back_free_memory()
print(before - resident())
"""


def test_what_is_free_between_what_is_used_is_given_back() -> None:
    given_back = int(subprocess.check_output([sys.executable, "-c", PROGRAM], timeout=60))

    assert given_back > 30_000_000


def test_a_c_library_without_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    from netwatch_tui.kernel import heap

    def without(_: None) -> object:
        return object()

    heap._malloc_trim.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", without)
    try:
        give_back_free_memory()
    finally:
        heap._malloc_trim.cache_clear()
