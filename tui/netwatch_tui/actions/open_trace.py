"""Traces of processes, as who shows them knows them; the kernel's part is loaded when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.traced_call import TraceBatch
from netwatch_tui.view.shell_commands import strace_command


class Trace(Protocol):
    """Calls of processes about their sockets, as they happen; see `kernel.tracing.process_trace.ProcessTrace`."""

    @property
    def remarks(self) -> list[str]:
        """What is not told, in sentences without their ends."""

    @property
    def has_ended(self) -> bool:
        """Whether there is nobody left who could call anything."""

    def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
        """The calls that returned since the last time, without waiting; what `check` raises ends the trace."""

    def close(self) -> None:
        """End it; nothing of it is left on the machine."""


class TraceRefusedError(RuntimeError):
    """Nothing is traced; the text says why, and what can be done instead."""


OpenTrace = Callable[[Sequence[int], int | None], Trace]
"""Begins to trace some processes, or only what they do with the socket of an inode; see `open_trace`."""


def open_trace(pids: Sequence[int], inode: int | None = None) -> Trace:
    """Begin to trace processes of this machine.

    Raises:
        TraceRefusedError: That can't be.
    """
    from netwatch_tui.kernel.tracing.process_trace import MOST_PROCESSES, ProcessTrace, TraceError

    if any(map(host_number, pids)):
        raise TraceRefusedError("processes of another machine can't be traced from here")
    if len(pids) > MOST_PROCESSES:
        raise TraceRefusedError(f"at most {MOST_PROCESSES} processes are traced at a time, and these are {len(pids):,}")
    try:
        return ProcessTrace(pids, inode)
    except ProcessLookupError as error:
        raise TraceRefusedError(f"there is no process {' or '.join(map(str, pids))}") from error
    except TraceError as error:
        sentence = f"calls can't be traced: {error}; with strace: {strace_command(pids)}"
        raise TraceRefusedError(sentence) from error
