"""A feed of events in which a test says what the kernel tells, and when it is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.connection_events import (
    CaptureBatch,
    ConnectionEvent,
    EventKind,
    EventProcess,
    EventSource,
)
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import Family, Socket
from tests.support.build import NETNS, process

STATUS = CaptureStatus("perf", "Everything is seen.")


class FakeEvents:
    """What is put into `batch` is told at the next tick; `clock` is the time by which events are stamped."""

    def __init__(self) -> None:
        self.status = STATUS
        self.is_on = True
        self.clock = 0.0
        self.batch = CaptureBatch(())
        self.followed: list[int] = []
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while a tick looks."""
        self._is_looking = False

    def tell(self, *events: ConnectionEvent, until: float = math.inf, lost: int = 0) -> None:
        """Tell this at the next tick; what happened before a moment is complete."""
        self.batch = CaptureBatch((*self.batch.events, *events), lost, complete_until=until)

    def follow(self, namespaces: Sequence[Namespace]) -> None:
        self.followed = [namespace.inode for namespace in namespaces]

    def now(self) -> float:
        if self._is_looking:
            self.meanwhile()
        self._is_looking = not self._is_looking
        return self.clock

    def process(self, who: EventProcess) -> Process:
        return process(who.pid, who.name or "")

    def finish(self) -> None:
        """Everything is told anyway."""

    def take(self, _: float) -> CaptureBatch:
        batch, self.batch = self.batch, CaptureBatch((), complete_until=self.batch.complete_until)
        return batch


def told(kind: EventKind, at: float, socket: Socket, **fields: Any) -> ConnectionEvent:
    """An event of a socket that is built as a row is; of its end, the namespace is told as well."""
    own: dict[str, Any] = {
        "skaddr": 1, "local": socket.local, "local_port": socket.local_port,
        "peer": socket.peer, "peer_port": socket.peer_port,
    }  # fmt: skip
    if kind is EventKind.CLOSED:
        own |= {"netns": NETNS, "state": socket.state}
    family = Family.INET if socket.local.version == 4 else Family.INET6
    return ConnectionEvent(kind, at, EventSource.TRACEPOINT, netid=socket.netid, family=family, **{**own, **fields})
