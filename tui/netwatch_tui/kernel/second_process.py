"""Work of a second process, while this one loads its modules.

A thread would not do: between two of its thousands of system calls it would wait for the interpreter lock that this
process holds. This module imports next to nothing, so that the work can begin first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL


class SecondProcess:
    """A function that runs in a second process, or not at all where there can be none."""

    def __init__(self, work: Callable[[], bytes]) -> None:
        """Begin it, unless it could only take turns with this process or the system has no room for it."""
        self._pipe, self.child = _start(work) if len(os.sched_getaffinity(0)) > 1 else (0, 0)

    def take(self) -> bytes | None:
        """What the function gave, once; None if there is no second process. What came to grief gives too few bytes."""
        if not self.child:
            return None
        with open(self._pipe, "rb") as pipe:
            data = pipe.read()
        with suppress(ChildProcessError):  # where the parent ignores SIGCHLD, nobody is left to be waited for
            os.waitpid(self.child, 0)
        self.child = 0
        return data

    def end(self) -> None:
        """End it if nobody has taken what it gives."""
        if self.child:
            with suppress(ProcessLookupError):  # as above
                os.kill(self.child, SIGKILL)  # it holds nothing but its end of the pipe
            self.take()


def _start(work: Callable[[], bytes]) -> tuple[int, int]:
    """Start the second process; its pipe and its number, or twice 0 where the system has no room for it."""
    try:
        reading, writing = os.pipe()
    except OSError:
        return 0, 0
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return 0, 0
    if child == 0:
        os.close(reading)  # or writing would wait for a reader that is gone
        _work(work, writing)
    os.close(writing)
    return reading, child


def _work(work: Callable[[], bytes], writing: int) -> None:
    """Work, write what came of it, and end. Runs in the second process and never returns."""
    status = 1
    try:
        data = work()
        with open(writing, "wb") as pipe:
            pipe.write(data)
        status = 0
    finally:
        os._exit(status)
