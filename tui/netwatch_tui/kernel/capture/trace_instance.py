"""The tracepoints by an own instance of ftrace, where perf_event_open(2) is closed; see the kernel's ftrace.rst.

An instance has buffers and switches of its own: what others trace is not touched. A folder stands for it. If this
process is killed, the kernel stops tracing and frees the buffers (`free_buffer`), and the folder is removed by
`instance_remover`, or else, because the lock on it is gone then, by the next copy of this program.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

from netwatch_tui.kernel.capture.event_format import FormatError
from netwatch_tui.kernel.capture.instance_remover import InstanceRemover
from netwatch_tui.kernel.capture.record_source import Losses
from netwatch_tui.kernel.capture.trace_pages import page_layout, page_records
from netwatch_tui.kernel.capture.tracefs import Tracefs, read_at, write_at
from netwatch_tui.kernel.capture.tracepoints import (
    ERROR,
    IN_IDLE,
    INTERRUPT,
    ROUTE,
    TASKS,
    TCP,
    UDP,
    KnownTracepoint,
    Row,
    Tracepoint,
    known_tracepoints,
)

PREFIX = "netwatch-tui."
"""What the names of instances begin with."""
BUFFER_KIB = 1024
"""Of each processor."""
_MOST_PAGES = 2_048
"""Pages that are read of one processor at a time."""
_COMMON = struct.Struct("=HBxi")  # common_type, common_flags, common_pid
_LOST = ("overrun", "dropped events")
"""Lines of `per_cpu/cpu*/stats`."""


class TraceInstance:
    """An instance that records."""

    def __init__(
        self,
        tracefs: Tracefs,
        buffer_kib: int = BUFFER_KIB,
        points: Iterable[Tracepoint] = (*TCP, *UDP, *TASKS),
        *,
        idle_on: Collection[int] | None = None,
        threads: Iterable[int] = (),
    ) -> None:
        """Make and start it.

        Args:
            tracefs: Where instances are; closed with this one.
            buffer_kib: Kilobytes for each processor.
            points: What it records.
            idle_on: Processors of which only that is recorded about connections that happens while they are idle; None
                for everything that happens on all of them.
            threads: Only what these do is recorded, and what they create; of all, where none is named.

        Raises:
            FormatError: The kernel's records are laid out in an unknown way.
            OSError: The kernel refuses.
        """
        self._tracefs, self._root = tracefs, tracefs.root
        self.name = f"{PREFIX}{os.getpid()}.{os.urandom(4).hex()}"
        self._cpus = None if idle_on is None else {f"cpu{number}" for number in idle_on}
        self._files: list[int] = []
        self._pipes: dict[int, str] = {}
        """Names of processors by descriptors."""
        self._lost: dict[str, int] = {}
        self._remover: InstanceRemover | None = None
        try:
            if idle_on is None:
                known = known_tracepoints(tracefs, points)
            else:
                known = [each.narrowed(IN_IDLE) for each in known_tracepoints(tracefs, TCP)]
            self._page = page_layout(read_at(self._root, "events/header_page"))
            self._decoders = {each.format.id: each.decoder for each in known}
            self.codes = frozenset(each.point.code for each in known)
            """Of what it records: what the kernel does not have is missing."""
            self._start(known, buffer_kib, threads)
        except (OSError, FormatError):
            self.close()
            raise

    @property
    def sees_udp(self) -> bool:
        """Whether look-ups of routes are told."""
        return ROUTE in self.codes

    @property
    def tells_errors(self) -> bool:
        """Whether the errors of connections are told."""
        return ERROR in self.codes

    @property
    def files(self) -> list[int]:
        """Descriptors that poll readable when something has been written."""
        return list(self._pipes)

    def read(self, rows: list[Row]) -> Losses:
        """Add what was recorded since the last time to some rows, processor by processor."""
        lost, since = 0, []
        for pipe, cpu in self._pipes.items():
            start, before = time.monotonic_ns(), len(rows)
            if self._read_pages(pipe, rows) and (newly := self._newly_lost(cpu)):  # only what was full can lose any
                lost += newly
                since.append(max((row[0] for row in rows[before:] if row[0] < start), default=0))
        return Losses(lost, since=min(since, default=None))

    def follow(self, threads: Iterable[int]) -> None:
        """Record what these threads do as well, by their numbers in the first pid namespace.

        Raises:
            OSError: The kernel refuses.
        """
        if numbers := " ".join(map(str, threads)):
            write_at(self._folder, "trace_options", "event-fork")  # what they create is followed by the kernel
            write_at(self._folder, "set_event_pid", numbers)

    def followed(self) -> list[int]:
        """The threads of which something is recorded and that have not ended; none where it records all.

        Raises:
            OSError: The kernel does not tell.
        """
        return [int(word) for word in read_at(self._folder, "set_event_pid").split() if word.isdecimal()]

    def close(self) -> None:
        """End it and remove it."""
        with suppress(OSError):
            write_at(self._root, f"instances/{self.name}/events/enable", "0")
        while self._files:
            os.close(self._files.pop())
        self._pipes.clear()
        with suppress(OSError):
            os.rmdir(f"instances/{self.name}", dir_fd=self._root)
        if self._remover is not None:
            self._remover.end()
        self._tracefs.close()

    def _start(self, known: Iterable[KnownTracepoint], buffer_kib: int, threads: Iterable[int]) -> None:
        self._folder = self._make()
        self._arrange(buffer_kib)
        self.follow(threads)
        for each in known:
            if each.point.filter:
                write_at(self._folder, f"events/{each.point.name}/filter", each.point.filter)
            write_at(self._folder, f"events/{each.point.name}/enable", "1")
        write_at(self._folder, "tracing_on", "1")

    def _make(self) -> int:
        """Its folder, locked; no other copy is between making and locking one meanwhile."""
        instances = os.open("instances", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._root)
        try:
            fcntl.flock(instances, fcntl.LOCK_EX)
            _remove_leftovers(instances)
            os.mkdir(self.name, dir_fd=instances)
            folder = self._open(self.name, os.O_DIRECTORY, instances)
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(instances)
        with suppress(OSError):  # then the next copy removes what is left, should this process be killed
            self._remover = InstanceRemover(self._root, self.name)
        return folder

    def _open(self, path: str, flags: int, folder: int) -> int:
        file = os.open(path, flags | os.O_CLOEXEC, dir_fd=folder)
        self._files.append(file)
        return file

    def _arrange(self, buffer_kib: int) -> None:
        """Set all switches but those of the events."""
        folder = self._folder
        write_at(folder, "tracing_on", "0")
        for option in ("norecord-cmd", "nooverwrite"):  # a name at each task switch; what is full counts what it drops
            write_at(folder, "trace_options", option)
        with suppress(OSError):  # there is no such option in old kernels
            write_at(folder, "trace_options", "disable_on_free")
        with suppress(OSError):  # as it is in old kernels: who waits is woken by any record
            write_at(folder, "buffer_percent", "0")
        write_at(folder, "trace_clock", "mono")
        write_at(folder, "buffer_size_kb", str(buffer_kib))
        self._open("free_buffer", os.O_WRONLY, folder)
        for cpu in sorted(os.listdir(self._open("per_cpu", os.O_DIRECTORY, folder))):
            if self._cpus is not None and cpu not in self._cpus:
                continue
            pipe = self._open(f"per_cpu/{cpu}/trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK, folder)
            self._pipes[pipe] = cpu

    def _read_pages(self, pipe: int, rows: list[Row]) -> int:
        """What one processor has recorded; returns the number of pages."""
        for number in range(_MOST_PAGES):
            try:
                page = os.read(pipe, self._page.size)
            except BlockingIOError:
                return number
            if not page:
                return number
            self._read_page(page, rows)
        return _MOST_PAGES

    def _read_page(self, page: bytes, rows: list[Row]) -> None:
        decoders = self._decoders
        for when, at in page_records(page, self._page.data):
            id, flags, task = _COMMON.unpack_from(page, at)
            if (decoder := decoders.get(id)) is not None:
                decode, code = decoder
                rows.append((when, 0 if flags & INTERRUPT else task, code, decode(page, at)))

    def _newly_lost(self, cpu: str) -> int:
        """How many records of a processor were thrown away since the last time."""
        text = read_at(self._folder, f"per_cpu/{cpu}/stats")
        counts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        lost = sum(int(counts.get(name, 0)) for name in _LOST)
        before, self._lost[cpu] = self._lost.get(cpu, 0), lost
        return lost - before


def _remove_leftovers(instances: int) -> None:
    """Remove the instances of copies of this program that were killed: nobody holds the lock any more."""
    for name in os.listdir(instances):
        if name.startswith(PREFIX) and _is_unlocked(name, instances):
            with suppress(OSError):
                os.rmdir(name, dir_fd=instances)


def _is_unlocked(name: str, instances: int) -> bool:
    try:
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=instances)
    except OSError:
        return False
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(folder)
    return True
