"""The tracepoints by perf, and by ftrace what perf does not hear; see `deaf_processors`."""

from __future__ import annotations

from netwatch_tui.kernel.capture.perf_trace import PerfTrace
from netwatch_tui.kernel.capture.record_source import Losses
from netwatch_tui.kernel.capture.trace_instance import TraceInstance
from netwatch_tui.kernel.capture.tracepoints import Row


class MendedTrace:
    """Both of them; no record comes by both ways."""

    def __init__(self, perf: PerfTrace, idle: TraceInstance) -> None:
        """Take both over.

        Args:
            perf: Does not record what happens while some processors are idle.
            idle: Records that, and nothing else.
        """
        self._perf = perf
        self._idle = idle

    @property
    def files(self) -> list[int]:
        """Descriptors that poll readable when something has been written."""
        return self._perf.files + self._idle.files

    @property
    def sees_udp(self) -> bool:
        """Whether look-ups of routes are told."""
        return self._perf.sees_udp

    @property
    def tells_errors(self) -> bool:
        """Whether the errors of connections are told."""
        return self._perf.tells_errors

    def read(self, rows: list[Row]) -> Losses:
        """Add what was recorded since the last time to some rows."""
        return self._perf.read(rows).with_more(self._idle.read(rows))

    def close(self) -> None:
        """End both."""
        self._perf.close()
        self._idle.close()
