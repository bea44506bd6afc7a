"""Where records of tracepoints come from, by whatever way."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from netwatch_tui.kernel.capture.tracepoints import Row


class Losses(NamedTuple):
    """What a reading of records could not get."""

    tcp: int = 0
    """Records that were thrown away."""
    udp: int = 0
    gaps: tuple[str, ...] = ()
    """Sentences about times in which nobody can say how many."""
    is_suspect: bool = False
    """Whether some may have been thrown away that will only be counted next time."""
    since: int | None = None
    """Nanoseconds of CLOCK_MONOTONIC from which on until now records may be missing; None where that is not known."""

    def with_more(self, more: Losses) -> Losses:
        """Together with another reading's."""
        return Losses(
            self.tcp + more.tcp, self.udp + more.udp, self.gaps + more.gaps, self.is_suspect or more.is_suspect
        )


class RecordSource(Protocol):
    """Records of all processors."""

    @property
    def files(self) -> list[int]:
        """Descriptors that poll readable when something has been written."""

    @property
    def sees_udp(self) -> bool:
        """Whether look-ups of routes are told."""

    @property
    def tells_errors(self) -> bool:
        """Whether the errors of connections are told."""

    def read(self, rows: list[Row]) -> Losses:
        """Add what was recorded since the last time to some rows, processor by processor."""

    def close(self) -> None:
        """End it; nothing of it is left."""
