"""A pseudo-terminal that keeps no screen, so that reading it costs nearly nothing while something is measured."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from tests.benchmarks.measure import MeasureError
from tests.benchmarks.screen_output import SYNC_ANSWER, SYNC_QUERY, Arrival, Cursor, Size, find_cursor

PATIENCE = 30.0
"""Seconds after which waiting for output is given up."""

_QUIET = 0.25
"""Seconds without output after which a key has had all its effect."""
_OVERRIDES = {"NO_COLOR", "COLUMNS", "LINES", "TERM_PROGRAM"}
"""Variables of the terminal in which the benchmark runs, which say nothing about this one."""
_CLOCK_OF_PROCESS = 2


class PlainTerminal:
    """Runs a command on its own terminal; leave the `with` block and it is gone, with all that it started.

    It says that it can paint whole frames at once, as current terminals do, so that the end of a frame is seen in the
    output, and that it has 16 million colours.
    """

    def __init__(self, command: Sequence[str], size: Size) -> None:
        self.started = time.perf_counter()
        self.framed = False
        """The program knows that it may mark where frames end."""
        self.last_read = self.started
        """When something came last."""
        self._first = b""
        self._ours, theirs = pty.openpty()
        with ExitStack() as undone:
            undone.callback(os.close, self._ours)
            undone.callback(os.close, theirs)
            self._set_size(size)
            environment = {name: value for name, value in os.environ.items() if name not in _OVERRIDES}
            environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
            self.process = subprocess.Popen(
                command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment
            )
            undone.pop_all()
        os.close(theirs)
        self._poll = select.poll()
        self._poll.register(self._ours, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # a group of its own, which it leads
        self.process.wait()
        os.close(self._ours)

    def resize(self, size: Size) -> None:
        """Make the window another size."""
        self._set_size(size)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def _set_size(self, size: Size) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0))

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._ours, keys)

    def read(self, timeout: float) -> bytes:
        """What the program wrote; nothing if that is nothing in so many seconds.

        Raises:
            MeasureError: The program has ended.
        """
        if not self._poll.poll(max(timeout, 0) * 1000):
            return b""
        try:
            data = os.read(self._ours, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            said = self._first[-200:].decode("utf-8", "replace").strip()
            raise MeasureError(f"the program on the terminal ended by itself: {said}")
        self.last_read = time.perf_counter()
        if not self.framed and len(self._first) < 65_536:
            self._first += data
            if SYNC_QUERY in self._first:
                self.send(SYNC_ANSWER)
                self.framed = True
        return data

    def wait_for(self, is_there: Callable[[bytes], object], what: str, patience: float = PATIENCE) -> bytes:
        """Read until all that was read meanwhile meets a condition; returns it.

        Raises:
            MeasureError: It did not in time.
        """
        end = time.perf_counter() + patience
        output = self.read(patience)
        while not is_there(output):
            left = end - time.perf_counter()
            if left <= 0:
                raise MeasureError(f"never saw {what} in the output")
            output += self.read(left)
        return output

    def settle(self) -> bytes:
        """Read until there is nothing more for a moment; returns what there was."""
        output, end = b"", time.perf_counter() + PATIENCE
        while data := self.read(_QUIET):
            output += data
            if time.perf_counter() > end:
                raise MeasureError("the program never stops to write")
        return output

    def listen(self, seconds: float) -> list[Arrival]:
        """Note for some time what comes when."""
        arrivals, end = [], time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if data := self.read(left):
                arrivals.append(Arrival(self.last_read, len(data)))
        return arrivals

    def learn_cursor(self) -> Cursor:
        """Find out how the cursor looks, by a step down and one up; nothing else may change meanwhile.

        Raises:
            MeasureError: No background moves as the cursor should.
        """
        self.settle()
        self.send(b"j")
        after_down = self.settle()
        self.send(b"k")
        cursor = find_cursor(after_down, self.settle())
        if cursor is None:
            raise MeasureError(
                "`j` and `k` move no background of its own down and up: where the cursor is can't be told"
            )
        return cursor

    def press(self, key: bytes, cursor: Cursor) -> tuple[float, bytes]:
        """Type a key that moves the cursor; returns the seconds until that was painted, and the output."""
        pressed = time.perf_counter()
        self.send(key)
        output = self.wait_for(
            lambda output: cursor.is_painted(output, framed=self.framed), f"the cursor after {key!r}"
        )
        return self.last_read - pressed, output

    @property
    def processor(self) -> float:
        """Seconds that the program has computed until now, all its threads together, to the nanosecond."""
        # What clock_getcpuclockid(3) gives for another process; the times in /proc have steps of 10 ms.
        return time.clock_gettime(~self.process.pid << 3 | _CLOCK_OF_PROCESS)
