"""perf_event_open(2): tracepoints of one processor, whose records the kernel writes into memory that is shared.

Everything is gone with its descriptors, however the process ends. It takes CAP_PERFMON (Linux 5.8), before that
CAP_SYS_ADMIN.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress

from netwatch_tui.kernel.capture.syscalls import system_call
from netwatch_tui.kernel.capture.tracepoints import KnownTracepoint

_NUMBERS = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "loongarch64": 241, "s390x": 331}
"""Of the system call, on machines of 64 bits with the usual numbers of ioctl(2)."""
_ENABLE, _SET_OUTPUT, _SET_FILTER = 0x2400, 0x2405, 0x4008_2406
"""PERF_EVENT_IOC_*."""
_CLOSE_ON_EXEC = 8
"""PERF_FLAG_FD_CLOEXEC."""
_SOFTWARE, _TRACEPOINT = 1, 2
_DUMMY = 9
"""PERF_COUNT_SW_DUMMY, which counts nothing but carries news about tasks."""

_ATTRIBUTES = struct.Struct("=IIQQQQQIIQQQQIiQIHH")
"""struct perf_event_attr of version 5: type, size, config, period, sample type, read format, flags, wakeup..."""
_SAMPLE_TYPE = 1 << 1 | 1 << 2 | 1 << 10
"""PERF_SAMPLE_TID, _TIME, _RAW: what `perf_records` takes apart."""
_FLAGS = 1 << 0 | 1 << 14 | 1 << 18 | 1 << 25
"""disabled, watermark, sample_id_all, use_clockid."""
_TASKS = 1 << 9 | 1 << 13
"""comm, task: names that change, processes that begin and end."""
_MONOTONIC = 1

_HEAD, _TAIL = 128, 129
"""data_head and data_tail of struct perf_event_mmap_page, counted in words of eight bytes."""
_LONGEST = 512
"""Bytes that no record of these tracepoints has."""
_WAKE_AT = 1
"""Bytes of a ring that are written when who waits for it is woken: any record."""


class PerfRing:
    """Some tracepoints of one processor and the ring that they share."""

    def __init__(self, cpu: int, points: Sequence[KnownTracepoint], size: int, *, tasks: bool = False) -> None:
        """Open and start it.

        Args:
            cpu: Number of the processor.
            points: What is recorded.
            size: Bytes, a power of two and of pages.
            tasks: Whether to be told of the names, beginnings and ends of tasks as well.

        Raises:
            OSError: The kernel refuses.
        """
        self.files: list[int] = []
        self._barrier = threading.Lock()
        self._barrier.acquire()
        self._size, self._mask = size, size - 1
        self.was_full = False
        """Whether what was taken last left no room for another record."""
        try:
            first = (_SOFTWARE, _DUMMY, _FLAGS | _TASKS) if tasks else (_TRACEPOINT, points[0].format.id, _FLAGS)
            self.files.append(_opened(*first, cpu))
            self._memory = mmap.mmap(self.files[0], size + mmap.PAGESIZE)
            self._words = memoryview(self._memory)[: mmap.PAGESIZE].cast("Q")
            for point in points:
                self._add(point, cpu, is_first=not tasks and point is points[0])
            for file in self.files:
                fcntl.ioctl(file, _ENABLE, 0)
        except OSError:
            self._close_files()
            raise

    @property
    def file(self) -> int:
        """A descriptor that polls readable when something has been written since it was polled."""
        return self.files[0]

    def take(self) -> bytes:
        """What has been written since the last time; its room is free again."""
        head, tail = self._words[_HEAD], self._words[_TAIL]
        self.was_full = head - tail > self._size - _LONGEST
        if head == tail:
            return b""
        # The records must be read after the head: a release and an acquire keep that order on every processor.
        self._barrier.release()
        self._barrier.acquire()
        start, end = mmap.PAGESIZE + (tail & self._mask), mmap.PAGESIZE + (head & self._mask)
        memory = self._memory
        data = memory[start:end] if start < end else memory[start:] + memory[mmap.PAGESIZE : end]
        self._barrier.release()
        self._barrier.acquire()
        self._words[_TAIL] = head
        return data

    def close(self) -> None:
        """Let go of it; what was not taken is lost."""
        self._words.release()
        self._memory.close()
        self._close_files()

    def _add(self, point: KnownTracepoint, cpu: int, *, is_first: bool) -> None:
        file = self.files[0]
        if not is_first:
            file = _opened(_TRACEPOINT, point.format.id, _FLAGS, cpu)
            self.files.append(file)
            fcntl.ioctl(file, _SET_OUTPUT, self.files[0])
        if point.point.filter:
            fcntl.ioctl(file, _SET_FILTER, point.point.filter.encode() + b"\0")

    def _close_files(self) -> None:
        while self.files:
            with suppress(OSError):
                os.close(self.files.pop())


def _opened(type: int, config: int, flags: int, cpu: int) -> int:
    number = _NUMBERS.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    attributes = _ATTRIBUTES.pack(
        type, _ATTRIBUTES.size, config, 1, _SAMPLE_TYPE, 0, flags, _WAKE_AT,
        0, 0, 0, 0, 0, 0, _MONOTONIC, 0, 0, 0, 0,
    )  # fmt: skip
    return system_call(number, attributes, -1, cpu, -1, _CLOSE_ON_EXEC)
