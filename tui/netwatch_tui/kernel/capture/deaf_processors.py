"""Processors on which perf records nothing while they are idle, as has been seen with Linux 6.18 in virtual machines.

What arrives from outside is mostly handled by an idle processor, so that this would be a silent loss. It shows when a
task that has slept is switched to: the kernel tells that while the task before, mostly the idle one, is current.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable

from netwatch_tui.kernel.capture.perf_events import PerfRing
from netwatch_tui.kernel.capture.perf_records import read_records
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.capture.tracepoints import STATE, KnownTracepoint, Row, Tracepoint, known_tracepoints

SLEEPS = 8
"""How often a task sleeps: on a processor that others keep busy there may be few moments in which it is idle."""
_SLEEP = 0.001
"""Seconds."""
_RING = 64 * 1024
_IDLE = 0
"""The number of every idle task."""


def deaf_processors(tracefs: Tracefs, cpus: Iterable[int]) -> list[int]:
    """Those of some processors of which it is not proven that perf hears them while they are idle.

    A processor that others keep busy can't prove it. Where it can't be tried, all are taken for sound.

    Raises:
        OSError: perf can't be used.
    """
    name = f"netwatch{os.getpid() % 1_000_000}"
    switch = Tracepoint("sched/sched_switch", STATE, f'next_comm=="{name}"', {"prev_pid": "i"}, is_needed=False)
    points = known_tracepoints(tracefs, (switch,))
    sleepers = [_Sleeper(cpu, name, points) for cpu in cpus] if points else []
    for sleeper in sleepers:
        sleeper.start()
    return [sleeper.cpu for sleeper in sleepers if sleeper.is_missed()]


class _Sleeper(threading.Thread):
    """A task that sleeps on one processor."""

    def __init__(self, cpu: int, name: str, points: list[KnownTracepoint]) -> None:
        super().__init__(name=name, daemon=True)
        self.cpu = cpu
        self._ring = PerfRing(cpu, points, _RING)
        self._decoders = {known.format.id: known.decoder for known in points}
        self._has_slept = False

    def run(self) -> None:
        """Sleep; a task can't always choose its processor."""
        try:
            with open("/proc/thread-self/comm", "w", encoding="ascii") as comm:
                comm.write(self.name)
            os.sched_setaffinity(0, {self.cpu})
        except OSError:
            return
        for _ in range(SLEEPS):
            time.sleep(_SLEEP)
        self._has_slept = True

    def is_missed(self) -> bool:
        """Whether perf never told that it was switched to from the idle task, or not each time."""
        self.join()
        rows: list[Row] = []
        lost, _ = read_records(self._ring.take(), self._decoders, rows)
        self._ring.close()
        was_idle = any(before == _IDLE for _, _, _, (before,) in rows)
        return self._has_slept and (not was_idle or len(rows) + lost < SLEEPS)
