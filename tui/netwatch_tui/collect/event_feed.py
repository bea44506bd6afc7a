"""What the collector asks of whoever reads a capture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.connection_events import CaptureBatch, EventProcess
from netwatch_tui.sockets.ownership import Process


class EventFeed(Protocol):
    """Has the events that the kernel told since they were taken last."""

    @property
    def status(self) -> CaptureStatus:
        """How it is done."""

    @property
    def is_on(self) -> bool:
        """Whether it ever has any events."""

    def follow(self, namespaces: Sequence[Namespace]) -> None:
        """Learn as much as can be of what happens in these network namespaces."""

    def now(self) -> float:
        """Seconds since the epoch, by the clock of the events."""

    def process(self, who: EventProcess) -> Process:
        """What is known of who did something: at least the number."""

    def finish(self) -> None:
        """The next time is the last one: nothing is kept for another."""

    def take(self, until: float) -> CaptureBatch:
        """What was told since the last time.

        Args:
            until: What happened before this moment should be among it: a little may be waited for that.
        """
