"""A real pseudo-terminal with a program in it, and the screen that a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import pyte

PATIENCE = 20.0
"""Seconds after which waiting for the screen is given up; a passing test never waits that long."""


class Terminal:
    """Runs a command on its own terminal; leave the `with` block and it is gone."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
        own_session: bool = True,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        """Everything that the program sent to the terminal."""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._theirs = theirs
        self.settings_before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=own_session,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "", "LC_ALL": "C.UTF-8", **(environment or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    @property
    def settings(self) -> list[Any]:
        """The terminal's modes now, as `termios` gives them."""
        return termios.tcgetattr(self._theirs)

    @property
    def rows(self) -> list[str]:
        """The lines of the screen."""
        return [row.rstrip() for row in self.screen.display]

    def send(self, keys: str) -> None:
        """Type."""
        self.send_bytes(keys.encode())

    def send_bytes(self, data: bytes) -> None:
        """Type what may be no text; what the program prints meanwhile is read, so that neither waits for the other."""
        os.set_blocking(self._ours, False)
        end = time.monotonic() + PATIENCE
        while data:
            assert time.monotonic() < end, "it does not read what is typed:\n" + "\n".join(self.rows)
            try:
                data = data[os.write(self._ours, data) :]
            except BlockingIOError:
                if not self.read(0.05) and self.process.poll() is not None:
                    return

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.killpg(self.process.pid, signal.SIGWINCH)

    def wait_for(self, condition: Callable[[list[str]], object], what: str) -> list[str]:
        """Read until the screen meets a condition.

        Raises:
            AssertionError: It did not in time; the text shows the screen.
        """
        end = time.monotonic() + PATIENCE
        while not condition(self.rows):
            if time.monotonic() > end or not self.read(0.1):
                raise AssertionError(f"never saw {what}:\n" + "\n".join(self.rows))
        return self.rows

    def hang_up(self) -> int:
        """Take the terminal away, as a lost connection does; returns the program's status."""
        os.killpg(self.process.pid, signal.SIGHUP)
        return self.close()

    def close(self) -> int:
        """Take the terminal away, and tell nobody; returns the program's status."""
        os.close(self._ours)
        self._ours = os.dup(self._theirs)  # something to close in the end
        return self.process.wait(timeout=PATIENCE)

    def wait_for_end(self) -> int:
        """Read until the program ends; returns its status."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        while select.select([self._ours], [], [], 0)[0]:
            self.read(0)
        return self.process.wait(timeout=1)

    def read(self, timeout: float) -> bool:
        """Take in what the program wrote; False if it has ended and there is no more."""
        if select.select([self._ours], [], [], timeout)[0]:
            data = os.read(self._ours, 65_536)
            self.written += data
            self._stream.feed(data)
            return True
        return self.process.poll() is None
