"""What the kernel tells of UDP: who looked up a route from which port, and which socket is gone.

UDP has no moments of its own that are told. A process sends, or connects, for the first time from a port: that opens.
The socket is destroyed: that closes. One that only receives is not seen before its end. No input, no output, no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket
from netwatch_tui.kernel.capture.event_queue import EventQueue
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.sockets.connection_events import ConnectionEvent, EventKind, EventProcess, EventSource
from netwatch_tui.sockets.socket import NOWHERE, Family

MOST_SENDERS = 65_536
"""Processes with a port that are remembered at a time; of more, all are forgotten, and told again when they send."""

_FAMILIES = {4: Family.INET, 16: Family.INET6}


class _Sender(NamedTuple):
    """Who sent first from a port."""

    began: float
    owner: EventProcess


class UdpLives:
    """Follows UDP ports by what is told of them in the order of time."""

    def __init__(
        self, queue: EventQueue, actor: Callable[[int], EventProcess | None], epoch: Callable[[int], float]
    ) -> None:
        """Know nothing yet.

        Args:
            queue: Where events are put.
            actor: Who has a number at that moment.
            epoch: Nanoseconds of CLOCK_MONOTONIC in seconds since the epoch.
        """
        self._add = queue.add
        self._actor = actor
        self._epoch = epoch
        self._senders: dict[int, dict[int, _Sender]] = {}
        """By port and process."""
        self._number = 0

    def routed(self, at: int, pid: int, values: tuple[bytes, int, int]) -> None:
        """The current task looked up a route for a datagram."""
        peer, port, peer_port = values
        if pid in self._senders.get(port, ()) or (owner := self._actor(pid)) is None:
            return
        if self._number >= MOST_SENDERS:
            self._senders.clear()
            self._number = 0
        sender = _Sender(self._epoch(at), owner)
        self._senders.setdefault(port, {})[pid] = sender
        self._number += 1
        self._add(
            ConnectionEvent(
                EventKind.OPENED, sender.began, EventSource.TRACEPOINT, None, "udp", _FAMILIES[len(peer)],
                NOWHERE, port, ip_address(peer), peer_port, began=sender.began, owner=owner,
            )
        )  # fmt: skip

    def destroyed(self, at: int, _: int, told: DestroyedSocket) -> None:
        """A socket is gone. Its owner is known if only one process was seen to send from its port.

        Of several nobody can say whose it was, so that each of them is taken for new when it sends again.
        """
        port = told.local[1]
        senders = self._senders.pop(port, {})
        self._number -= len(senders)
        only = next(iter(senders.values())) if len(senders) == 1 else None
        self._add(told.as_event(self._epoch(at), only and only.began, only and only.owner))
