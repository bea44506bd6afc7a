"""What the C library keeps of memory that is free."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache


def give_back_free_memory() -> None:
    """Let the kernel have what the C library's allocator holds and nobody uses: see malloc_trim(3).

    What comes and goes by the thousand leaves pages that are free, but between others that are not: glibc gives back
    by itself only what is at the end of its heap. It takes milliseconds, in which other threads go on. Where the C
    library can't do it (musl gives back by itself), nothing happens.
    """
    if (trim := _malloc_trim()) is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    import ctypes  # here, as the first search for garbage comes long after the start

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    trim.argtypes = (ctypes.c_size_t,)
    return trim
