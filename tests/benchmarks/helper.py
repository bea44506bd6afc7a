"""A child process that is asked one line at a time. When its parent ends, however that happens, it ends too."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_PATIENCE = 10.0
"""Seconds in which a child that is hung up on has to end by itself."""


class HelperError(RuntimeError):
    """A child did not do what it was asked for; the text says why."""


class Helper:
    """One such child.

    It reads requests on its standard input, and ends when that ends. It answers each with one line, `ok ...` or
    `error ...`. Pipes and not sockets, so that it adds nothing to what is measured.
    """

    def __init__(self, name: str, command: Sequence[str], *, folder: Path | None = None) -> None:
        self._name = name
        try:
            # A session of its own, so that Ctrl+C reaches the parent alone, which then hangs up.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, start_new_session=True
            )
        except OSError as error:
            raise HelperError(f"can't start {name}: {error.strerror}") from error
        assert self._process.stdin
        assert self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        self._read = b""

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, request: str, timeout: float) -> str:
        """Send a request and wait for what is answered."""
        self.send(request)
        return self.receive(time.monotonic() + timeout)

    def send(self, request: str) -> None:
        """Send a request.

        Raises:
            HelperError: The child is gone.
        """
        try:
            self._to.write(request.encode() + b"\n")
            self._to.flush()
        except BrokenPipeError as error:
            raise HelperError(self._obituary()) from error

    def receive(self, deadline: float) -> str:
        """Wait for an answer; returns what follows the `ok`.

        Args:
            deadline: When to give up, by the monotonic clock.

        Raises:
            HelperError: The child answered with an error, is gone, or is late.
        """
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        while b"\n" not in self._read:
            if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
                raise HelperError(f"{self._name} gave no answer in time")
            data = os.read(self._from.fileno(), 65_536)
            if not data:
                raise HelperError(self._obituary())
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        word, _, rest = line.decode().partition(" ")
        if word != "ok":
            raise HelperError(f"{self._name}: {rest}")
        return rest

    def hang_up(self) -> None:
        """Let it know that no request will follow."""
        with suppress(BrokenPipeError):  # it was quicker
            self._to.close()

    def end(self) -> None:
        """Hang up and see it gone."""
        self.hang_up()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._from.close()

    def _obituary(self) -> str:
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return f"{self._name} closed its output"
        return f"{self._name} ended with status {status}"
