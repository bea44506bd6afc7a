"""The installed program as a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))
PATIENCE = 60.0
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

    def about(self, port: int, seconds: float = PATIENCE) -> dict[str, Any] | None:
        """The next event of a socket with this local port; None if there is none in time."""
        end = time.monotonic() + seconds
        with suppress(Empty):
            while text := self._lines.get(timeout=max(end - time.monotonic(), 0.0)):
                event: dict[str, Any] = json.loads(text)
                if event["socket"]["local_port"] == port:
                    return event
        return None

    def end(self, number: int) -> int:
        """Send a signal, and give the status with which it ends."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    @property
    def complaints(self) -> str:
        """What it said on standard error until its end."""
        assert self.process.stderr
        return self.process.stderr.read().decode()


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what another process does, where nothing tells when it is done."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def wait_until_it_catches(pid: int, number: int) -> None:
    """Wait until a process has a handler of its own for a signal: before, it would simply be killed."""

    def catches() -> int:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1

    wait_until(catches)


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
