"""The tracepoints of all processors by perf_event_open(2): the way that sees all and leaves nothing behind."""

from __future__ import annotations

import mmap
import re
import time
from collections.abc import Collection
from typing import NamedTuple

from netwatch_tui.kernel.capture.perf_events import PerfRing
from netwatch_tui.kernel.capture.perf_records import read_records
from netwatch_tui.kernel.capture.record_source import Losses
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.capture.tracepoints import ERROR, IN_TASK, TCP, UDP, Row, known_tracepoints
from netwatch_tui.kernel.limits import PROC_FILE, read_file

ONLINE = "/sys/devices/system/cpu/online"
MOST_MEMORY = 64 * 1024 * 1024
"""Bytes of all rings together, which the kernel holds in memory."""
LARGEST_RING, SMALLEST_RING = 4 * 1024 * 1024, 128 * 1024
"""Bytes: some 40,000 records, which is a second of 10,000 connections on two processors, should nobody read so long."""
UDP_SHARE = 8
"""The part of it that the ring for UDP has: a look-up is made for each datagram of a busy resolver, and what this
process has to read in any time is bounded by the size of the ring."""
_LOOK_EVERY = 1.0
"""Seconds between two looks at which processors run."""
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


class _Rings(NamedTuple):
    """Those of one processor."""

    tcp: PerfRing
    udp: PerfRing | None


class PerfTrace:
    """Rings of every processor that runs."""

    def __init__(self, tracefs: Tracefs, ring: int | None = None, *, idle_elsewhere: Collection[int] = ()) -> None:
        """Open and start them.

        Args:
            tracefs: What describes the tracepoints.
            ring: Bytes of one ring, a power of two; None for what suits the machine.
            idle_elsewhere: Processors of which something else records what happens while they are idle.

        Raises:
            FormatError: The kernel's records are laid out in an unknown way.
            OSError: The kernel refuses.
        """
        self._tcp, self._udp = known_tracepoints(tracefs, TCP), known_tracepoints(tracefs, UDP)
        self._decoders = {known.format.id: known.decoder for known in (*self._tcp, *self._udp)}
        self._idle_elsewhere = idle_elsewhere
        self._rings: dict[int, _Rings] = {}
        self._looked_at = time.monotonic()
        cpus = online()
        self._size = ring or ring_size(len(cpus))
        try:
            for cpu in cpus:
                self._rings[cpu] = self._opened(cpu)
        except OSError:
            self.close()
            raise

    @property
    def sees_udp(self) -> bool:
        """Whether look-ups of routes are told."""
        return bool(self._udp)

    @property
    def tells_errors(self) -> bool:
        """Whether the errors of connections are told."""
        return any(known.point.code == ERROR for known in self._tcp)

    @property
    def files(self) -> list[int]:
        """Descriptors that poll readable when something has been written."""
        return [ring.file for rings in self._rings.values() for ring in rings if ring]

    def read(self, rows: list[Row]) -> Losses:
        """Add what was recorded since the last time to some rows, processor by processor."""
        lost, gaps, is_suspect = [0, 0], [], False
        for cpu, rings in self._rings.items():
            for number, ring in enumerate(rings):
                if ring and (data := ring.take()):
                    thrown_away, throttled = read_records(data, self._decoders, rows)
                    lost[number] += thrown_away
                    is_suspect = is_suspect or ring.was_full
                    if throttled:
                        gaps.append(f"the kernel stopped recording on processor {cpu} for a moment")
        gaps += self._follow_processors()
        return Losses(lost[0], lost[1], tuple(gaps), is_suspect)

    def close(self) -> None:
        """End it; nothing of it is left."""
        while self._rings:
            _, rings = self._rings.popitem()
            for ring in rings:
                if ring:
                    ring.close()

    def _opened(self, cpu: int) -> _Rings:
        points = [known.narrowed(IN_TASK) for known in self._tcp] if cpu in self._idle_elsewhere else self._tcp
        tcp, size = PerfRing(cpu, points, self._size, tasks=True), max(self._size // UDP_SHARE, mmap.PAGESIZE)
        try:
            return _Rings(tcp, PerfRing(cpu, self._udp, size) if self._udp else None)
        except OSError:
            tcp.close()
            raise

    def _follow_processors(self) -> list[str]:
        """Open rings of processors that were started, and close those of processors that were stopped."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY:
            return []
        self._looked_at = now
        running = online()
        gaps = []
        for cpu in self._rings.keys() - running:
            for ring in self._rings.pop(cpu):
                if ring:
                    ring.close()
        for cpu in sorted({*running} - self._rings.keys()):
            gaps.append(f"processor {cpu} was started, and what it did at first was not recorded")
            try:
                self._rings[cpu] = self._opened(cpu)
            except OSError as error:
                gaps[-1] = f"processor {cpu} can't be listened to: {error.strerror}"
        return gaps


def online(path: str = ONLINE) -> list[int]:
    """The numbers of the processors that run.

    Raises:
        OSError: They can't be read.
    """
    text = read_file(path, PROC_FILE).decode("ascii", "replace")
    parts = [(int(first), int(last or first)) for first, last in _RANGE.findall(text)]
    return [cpu for first, last in parts for cpu in range(first, last + 1)]


def ring_size(processors: int) -> int:
    """How large each ring may be: a power of two."""
    share = MOST_MEMORY // max(processors, 1)
    return max(min(1 << (share.bit_length() - 1), LARGEST_RING), SMALLEST_RING)
