"""The installed program as a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))
PATIENCE = 20.0
"""Seconds after which a test gives up; a passing one never waits that long."""


def run(*argv: object, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    command = [PROGRAM, *map(str, argv)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=PATIENCE)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


class Running:
    """The program while it runs, with the lines that it prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._lines: Queue[bytes] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def line(self) -> str:
        """The next line; empty at the end."""
        return self._lines.get(timeout=PATIENCE).decode()

    @property
    def has_lines(self) -> bool:
        """Whether there is a line that nobody has taken yet."""
        return not self._lines.empty()

    def until(self, **fields: Any) -> dict[str, Any]:
        """The next line whose socket has these fields, as JSON."""
        while text := self.line():
            found: dict[str, Any] = json.loads(text)
            if {key: found["socket"][key] for key in fields} == fields:
                return found
        raise AssertionError(fields)

    def end(self, number: int) -> int:
        """Send a signal, and give the status with which it ends."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    @property
    def complaints(self) -> str:
        """What it said on standard error until its end."""
        assert self.process.stderr
        return self.process.stderr.read().decode()


@contextmanager
def running(*argv: object) -> Iterator[Running]:
    """Start it; gone after the block."""
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        [PROGRAM, *map(str, argv)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()
