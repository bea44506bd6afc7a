"""Ends a program that is to end and hangs; one that only waits for its turn on a busy machine is let alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE = 0.8
"""Seconds of doing nothing, or of computing, after which a program that is to end hangs."""
LONGEST = 10.0
"""Seconds after which it hangs whatever it does."""

WORDS = "netwatch-tui: hung when it was to end, and was ended by force; what it was about to write may be missing\n"
"""What is said then."""

_A_LOOK = 0.05
"""Seconds between two looks."""


class HangWatch:
    """Looks at the process itself, on a thread of its own.

    The time that counts is that in which the process could have ended: what it computed, and when none of its threads
    wanted a processor. On a machine without processors to spare a second is soon over in which it could do nothing.
    """

    def __init__(self, rescue: Callable[[], object], status: int) -> None:
        """Begin to watch.

        Args:
            rescue: Leaves the terminal as it was, from any thread.
            status: That of the exit, should it be done by force; of 0 it becomes 1.
        """
        self._rescue = rescue
        self._status = status or 1
        self._is_over = threading.Event()
        threading.Thread(target=self._watch, name="hang watch", daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether it watches no more."""
        return self._is_over.is_set()

    def stop(self) -> None:
        """It has ended, as far as a terminal waits for it."""
        self._is_over.set()

    def force(self) -> None:
        """End the process now, and say so."""
        self._rescue()
        with suppress(OSError):
            os.write(2, WORDS.encode())
        os._exit(self._status)

    def _watch(self) -> None:
        began = looked = time.monotonic()
        computed_before = time.process_time()
        idle = 0.0
        while not self._is_over.wait(_A_LOOK):
            now, computed = time.monotonic(), time.process_time() - computed_before
            if not _wants_a_processor():
                idle += min(now - looked, 2 * _A_LOOK)  # of a longer time nobody knows what went on
            looked = now
            if idle + computed > PATIENCE or now - began > LONGEST:
                if not self._is_over.is_set():
                    self.force()
                return


def _wants_a_processor() -> bool:
    """Whether any other thread of this process runs or would run, by `/proc/self/task/TID/stat` (proc(5))."""
    own = str(threading.get_native_id())
    with suppress(OSError):  # no /proc
        for thread in Path("/proc/self/task").iterdir():
            if thread.name != own and _state(thread) == b"R":
                return True
    return False


def _state(thread: Path) -> bytes:
    try:
        return (thread / "stat").read_bytes().rpartition(b")")[2][1:2]
    except OSError:  # it is over
        return b""
