"""The process in which the program's own parts are timed: fresh, so that nothing of the benchmark is in its memory.

Garbage is searched for after a tick as in the program, and belongs to its time.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.play.garbage import Garbage

FLOOR_FILES = [file for name in ("tcp", "tcp6", "udp", "udp6") if Path(file := f"/proc/net/{name}").exists()]
"""What every program that lists sockets could read."""

_BUFFER = 128 * 1024
_SOCKET_FILE = re.compile(r"/proc/([^/]+/){0,3}net/[^/]+")
_OWN = re.compile(rf"^/proc/(self|thread-self|{os.getpid()}(/task/\d+)?)/")


def throw_away(paths: Sequence[str]) -> None:
    """Read files as fast as Python can and keep nothing: the floor under everything that reads them."""
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        try:
            while os.read(file, _BUFFER):
                pass
        finally:
            os.close(file)


class Probe:
    """What can be asked for; each request is a method, and each argument a word of JSON."""

    def __init__(self) -> None:
        self._now = time.time()
        self._garbage = Garbage()
        self._collector = Collector(LinuxSource())
        self._tick: Callable[[float], object] = self._collector.collect

    def floor(self, paths: list[str]) -> list[float]:
        """Time to read files and throw them away, with the processor time that it took."""
        return _timed(lambda: throw_away(paths))

    def psutil(self) -> list[float]:
        """Time that psutil takes for TCP."""
        import psutil

        return _timed(lambda: psutil.net_connections("tcp"))

    def view(self) -> list[float]:
        """From now on, `tick` also makes the view of the screen, and the screen's modules are loaded."""
        import netwatch_tui.ui.run  # noqa: F401
        from netwatch_tui.play.session import Session
        from netwatch_tui.view.spec import ViewSpec

        self._tick = Session(self._collector, ViewSpec(), lambda _: None).tick
        return []

    def tick(self) -> list[float]:
        """Time to look again, a second after the last time by the program's clock."""
        self._now += 1.0
        kept: list[object] = []  # so that freeing it is not timed

        def tick() -> None:
            kept.append(self._tick(self._now))
            self._garbage.collect()

        return _timed(tick)

    def memory(self) -> list[int]:
        """Bytes of this process now, and at most."""
        return list(memory_of(os.getpid()))

    def files(self) -> list[str]:
        """The socket tables that two ticks read, found by watching them do it; usable in other processes."""
        opened: dict[str, None] = {}

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            if event == "open" and isinstance(arguments[0], str | os.PathLike):
                path = str(os.fspath(arguments[0]))
                if _SOCKET_FILE.fullmatch(path):
                    opened[_OWN.sub("/proc/", path)] = None

        sys.addaudithook(watch)  # for as long as the process lives: ask for nothing else after
        self.tick()
        self.tick()
        return [path for path in opened if Path(path).exists()]


def memory_of(pid: int) -> tuple[int, int]:
    """Resident bytes of a process: now, and at most."""
    fields = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return _bytes(fields["VmRSS"]), _bytes(fields["VmHWM"])


def _bytes(kilobytes: str) -> int:
    return int(kilobytes.split(maxsplit=1)[0]) * 1024


def _timed(act: Callable[[], object]) -> list[float]:
    processor, start = time.process_time(), time.perf_counter()
    act()
    return [time.perf_counter() - start, time.process_time() - processor]


def main() -> None:
    """Answer requests until there are no more."""
    probe = Probe()
    for line in sys.stdin:
        word, *arguments = json.loads(line)
        try:
            answer = f"ok {json.dumps(getattr(probe, word)(*arguments))}"
        except Exception as error:  # noqa: BLE001 -- whatever the program does wrong is for the parent to say
            answer = f"error {type(error).__name__}: {error}"
        sys.stdout.write(answer.replace("\n", " ") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
