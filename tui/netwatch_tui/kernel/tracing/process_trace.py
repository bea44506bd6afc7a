"""The calls of processes about their sockets, as they happen, by an own instance of ftrace.

The kernel records what the threads do that are named in `set_event_pid`, and follows what they create (`event-fork`);
see its Documentation/trace/events.rst. The processes run on, may be debugged meanwhile, and know nothing of it.
"""

from __future__ import annotations

import os
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_format import FormatError
from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.trace_instance import TraceInstance
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.capture.tracepoints import Row
from netwatch_tui.kernel.descriptors import RING, go_on, read_descriptors
from netwatch_tui.kernel.faults import FAULTS, GONE, error_number, reason
from netwatch_tui.kernel.limits import PROC_FILE, read_file
from netwatch_tui.kernel.tracing.call_points import CALLS, ENTERED, EXECUTED, LOST, POINTS, RESUMED, RETURNED, TOLD
from netwatch_tui.kernel.tracing.call_stream import MOST_LOOKS, CallStream
from netwatch_tui.kernel.tracing.descriptor_tables import SocketLook
from netwatch_tui.kernel.tracing.socket_look import look_at_descriptors
from netwatch_tui.sockets.traced_call import TraceBatch

MOST_PROCESSES = 64
"""Processes that are traced at a time, besides those that they create."""
MOST_THREADS = 65_536
"""Their threads at the beginning."""
_BUFFER_KIB = 4_096
"""Of each processor: some 40,000 calls."""
_HOLD_BACK = 2_000_000
"""Nanoseconds before a reading up to which all is there: the processors are read one after the other."""
_WAITING = 9
"""Words of `/proc/PID/task/TID/syscall` of a thread in a call: its number, six arguments, and two more registers."""
_ELF_32 = b"\x7fELF\x01"
"""How a program begins whose calls have the numbers of 32-bit machines, see elf(5): tracepoints leave them out."""
_SLICE = 2_048
"""Rows that are handled at a time, some 10 ms."""
_TIME: itemgetter[Any] = itemgetter(0)


class TraceError(RuntimeError):
    """Nothing can be traced here; the text says why."""


class ProcessTrace:
    """Traces some processes, and whatever they create, from its making until it is closed.

    It has no thread and no timer: who holds it reads it every 50 ms or so.
    """

    def __init__(self, pids: Sequence[int], inode: int | None = None, *, buffer_kib: int = _BUFFER_KIB) -> None:
        """Begin.

        Args:
            pids: The processes, at most `MOST_PROCESSES`; those that have ended are left out.
            inode: Of the one socket of which the calls are wanted; None for all sockets of these processes.
            buffer_kib: Kilobytes for the records of each processor.

        Raises:
            ProcessLookupError: All of them have ended.
            TraceError: The kernel's events can't be used.
        """
        names = ThreadNames()
        if not names.can_name:
            raise TraceError("the kernel goes by process numbers of the first pid namespace, and this is another one")
        self.remarks: list[str] = []
        """What is not told, in sentences without their ends."""
        threads = {pid: found for pid in pids if (found := _threads(pid))}
        if not threads:
            raise ProcessLookupError
        self._clock = EventClock()
        self._stream = CallStream(names, self._clock.epoch, inode)
        self._later: list[Row] = []
        self._instance = _instance(buffer_kib, [tid for each in threads.values() for tid in each])
        told = ((at, kind.name) for at, kind in enumerate(CALLS) if kind.role in TOLD)
        if unseen := [name for at, name in told if not {ENTERED + at, RETURNED + at} <= self._instance.codes]:
            self.remarks.append(f"this kernel does not tell of {', '.join(unseen)}")
        for pid, before in threads.items():
            found = before | _threads(pid)
            self._follow(found - before)
            self._stream.tables.found(found, look_at_descriptors(pid, None, MOST_LOOKS))
            for tid in found:
                names.actor(tid)  # now, as it may have ended when its first call is read
                # An end without a beginning is that of the call in which it waits only if every beginning is told.
                if not unseen and (registers := _arguments(pid, tid)) is not None:
                    self._stream.caught(time.monotonic_ns(), tid, registers)
            self.remarks += _blind_spots(pid)

    @property
    def has_ended(self) -> bool:
        """Whether there is nobody left who could call anything; what was recorded can still be read."""
        return not any(map(_runs, self._instance.followed()))

    def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
        """The calls that returned since the last time, without waiting.

        Args:
            is_last: Whether to give everything, also calls that have not returned: else the last milliseconds are kept
                for the next time, and what waits for an address.
            check: Called between slices, since full buffers take a second; what it raises ends the trace.

        Raises:
            OSError: The kernel fails.
        """
        self._clock.check()
        start = time.monotonic_ns()
        rows = self._later
        losses = self._instance.read(rows)
        if losses.since is not None:
            rows += ((losses.since, 0, LOST, ()), (time.monotonic_ns(), 0, RESUMED, ()))
        rows.sort(key=_TIME)
        known = start - _HOLD_BACK
        split = len(rows) if is_last else bisect_right(rows, known, key=_TIME)
        self._later = rows[split:]
        take = self._stream.take
        for number, (at, tid, code, values) in enumerate(rows[:split]):
            if not number % _SLICE:
                check()
            take(at, tid, code, values)
            if code == EXECUTED and tid != values[0]:
                self._follow((tid,))  # a thread that ran another program has the number of the process now
        if is_last:
            self._stream.end(time.monotonic_ns())
        calls = tuple(self._stream.release(None if is_last else known))
        self._look()
        unknown, self._stream.unknown = self._stream.unknown, 0
        return TraceBatch(calls, losses.tcp, unknown)

    def close(self) -> None:
        """End it; nothing of it is left on the machine."""
        self._instance.close()

    def _look(self) -> None:
        """Look at the descriptors that calls wait for."""
        wanted: dict[int, list[Any]] = {}
        for each in self._stream.wanted():
            wanted.setdefault(each.pid, []).append(each)
        for pid, some in wanted.items():
            looks = look_at_descriptors(pid, [each.fd for each in some], MOST_LOOKS)
            now = time.monotonic_ns()
            for each in some:
                each.descriptor.look = looks.get(each.fd, SocketLook(now, now, None))

    def _follow(self, threads: Iterable[int]) -> None:
        with suppress(OSError):
            self._instance.follow(threads)


def _instance(buffer_kib: int, threads: list[int]) -> TraceInstance:
    try:
        return TraceInstance(Tracefs(), buffer_kib, POINTS, threads=threads)
    except PermissionError as error:
        raise TraceError("that takes root" if os.geteuid() else reason(error_number(error))) from error
    except FileNotFoundError as error:
        raise TraceError("this kernel has no tracepoints of system calls (CONFIG_FTRACE_SYSCALLS)") from error
    except OSError as error:
        raise TraceError(reason(error_number(error))) from error
    except FormatError as error:
        raise TraceError(str(error)) from error


def _blind_spots(pid: int) -> Iterator[str]:
    """What the kernel does not tell of a process, as far as that can be seen."""
    with suppress(*FAULTS):
        if read_file(f"/proc/{pid}/exe", len(_ELF_32)) == _ELF_32 and sys.maxsize > 1 << 32:
            yield f"{pid} is a 32-bit program, of which this kernel tells no calls"
    with suppress(*FAULTS):
        if RING in read_descriptors("/proc", pid).values():
            yield f"{pid} uses io_uring, of which no calls are told"


def _arguments(pid: int, tid: int) -> tuple[int, ...] | None:
    """The arguments of the call in which a thread waits, see proc_pid_syscall(5); None where it is in none."""
    try:
        words = read_file(f"/proc/{pid}/task/{tid}/syscall", PROC_FILE).split()
        return tuple(int(word, 16) for word in words[1:7]) if len(words) == _WAITING else None
    except FAULTS:
        return None


def _threads(pid: int) -> set[int]:
    """The threads of a process; none if it has ended."""
    try:
        return {int(name) for _, name in zip(range(MOST_THREADS), _names(pid), strict=False)}
    except GONE:
        return set()


def _runs(tid: int) -> bool:
    """Whether a thread has not ended; the kernel follows one that has until somebody has waited for it."""
    try:
        state = read_file(f"/proc/{tid}/stat", PROC_FILE).rpartition(b")")[2].split()[:1]
    except GONE:
        return False
    return state not in ([b"Z"], [b"X"])


def _names(pid: int) -> Iterator[str]:
    with os.scandir(f"/proc/{pid}/task") as entries:
        for entry in entries:
            yield entry.name
