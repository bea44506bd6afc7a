"""Which way of capturing this user has on this machine."""

from __future__ import annotations

import os
from typing import NamedTuple

from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.deaf_processors import deaf_processors
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_format import FormatError
from netwatch_tui.kernel.capture.event_trace import EventTrace
from netwatch_tui.kernel.capture.mended_trace import MendedTrace
from netwatch_tui.kernel.capture.perf_trace import PerfTrace, online
from netwatch_tui.kernel.capture.record_source import RecordSource
from netwatch_tui.kernel.capture.task_names import TaskNames
from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.trace_instance import TraceInstance
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.kernel.namespace import LinuxNamespace, namespace_inode
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen

_OWN = "/proc/self/ns/net"
_NOT_USED = "the kernel's events can't be used"


class _Tracing(NamedTuple):
    """Tracepoints that may be used."""

    way: CaptureWay
    source: RecordSource
    names: TaskNames
    sentence: str


def open_capture(when: CaptureWhen) -> Capture:
    """Begin to capture: in all network namespaces where the kernel's events may be used, else in the own one.

    Raises:
        CaptureError: Every connection was to be seen, and that can't be.
    """
    clock = EventClock()
    if when is CaptureWhen.NEVER:
        return Capture(
            CaptureWay.NONE,
            "Capture is off: connections that open and close between two ticks are not seen.",
            None,
            clock,
        )
    tracing = _tracing()
    if isinstance(tracing, _Tracing):
        trace = EventTrace(tracing.source, tracing.names, clock)
        capture = Capture(tracing.way, tracing.sentence, trace, clock)
        _listen_here(capture)
        return capture
    if when is CaptureWhen.ALWAYS:
        raise CaptureError(f"{_NOT_USED}: {tracing}")
    capture = Capture(
        CaptureWay.DESTROYED,
        f"Connections are seen only when they end, without their process: {_NOT_USED} ({tracing}).",
        None,
        clock,
    )
    if not _listen_here(capture):
        sentence = f"Connections that open and close between two ticks are not seen: {_NOT_USED} ({tracing})."
        capture = Capture(CaptureWay.NONE, sentence, None, clock)
    return capture


def _listen_here(capture: Capture) -> bool:
    """Listen in the own namespace, if that can be."""
    try:
        own = LinuxNamespace(namespace_inode(_OWN), "/proc", is_own=True)
    except (OSError, ValueError):
        return False
    capture.listen_in((own,))
    return capture.is_listening


def _tracing() -> _Tracing | str:
    """The tracepoints, or why they can't be used."""
    try:
        tracefs = Tracefs()
    except OSError as error:
        return _why(error)
    with tracefs:
        try:
            return _by_perf(tracefs)
        except (OSError, FormatError) as error:
            not_perf = _why(error)
    try:
        instance = TraceInstance(Tracefs())
    except (OSError, FormatError) as error:
        return not_perf if not_perf == _why(error) else f"{not_perf}; {_why(error)}"
    names = ThreadNames()
    sentence = f"{_sentence(instance, names)} It is traced with ftrace, because perf can't be used ({not_perf})."
    return _Tracing(CaptureWay.TRACEFS, instance, names, sentence)


def _by_perf(tracefs: Tracefs) -> _Tracing:
    """perf, mended where it has to be.

    Raises:
        FormatError, OSError: It can't be used.
    """
    names, deaf, missed = TaskNames(), deaf_processors(tracefs, online()), ""
    if deaf:
        perf = PerfTrace(tracefs, idle_elsewhere=deaf)
        try:
            mended = MendedTrace(perf, TraceInstance(Tracefs(), idle_on=deaf))
        except (OSError, FormatError) as error:
            perf.close()
            which = f"processor {deaf[0]} is" if len(deaf) == 1 else f"processors {', '.join(map(str, deaf))} are"
            missed = f" What happens while {which} idle is missed ({_why(error)})."
        else:
            return _Tracing(CaptureWay.PERF, mended, names, _sentence(mended, names))
    perf = PerfTrace(tracefs)
    return _Tracing(CaptureWay.PERF, perf, names, _sentence(perf, names) + missed)


def _sentence(source: RecordSource, names: TaskNames) -> str:
    if source.sees_udp:
        sentence = "Every TCP connection is seen, and every UDP socket that sends; others are seen when they end."
    else:
        sentence = "Every TCP connection is seen; UDP sockets are seen when they end."
    return sentence if names.can_name else f"{sentence} Processes can't be named in this pid namespace."


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError) and os.geteuid():
        return "only root may"
    return reason(error_number(error)) if isinstance(error, OSError) else str(error)
