"""From the events of sockets to their lives: what began, and what ended, found again by skaddr and by the ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.sockets.connection_events import ATTEMPTS, ConnectionEvent, EventKind, EventProcess
from netwatch_tui.sockets.socket import LATE_STATES, Socket, State

MOST_LIVES = 131_072
"""Sockets that are followed at a time, some 80 MB; of more, all beginnings are forgotten."""
MOST_SENDERS = 65_536
"""Beginnings of UDP sockets that wait for a row at a time; of more, all are forgotten."""

Place = tuple[str, int, int, bytes, bytes]
"""Netid, local and peer port, local and peer address: ends, where the network namespace is not told."""


def place_of(about: ConnectionEvent | Socket) -> Place:
    """The ends of a socket, however they are told."""
    return (about.netid, about.local_port, about.peer_port, about.local.packed, about.peer.packed)


class Beginning(NamedTuple):
    """When a socket began, as far as an event tells, and who began it."""

    at: float
    owner: EventProcess | None


class Life:
    """One socket as far as events tell of it."""

    __slots__ = ("closed", "id", "is_announced", "is_told", "opened", "place")

    def __init__(self, place: Place, opened: ConnectionEvent | None = None) -> None:
        self.place = place
        self.opened = opened
        self.closed: ConnectionEvent | None = None
        """Its end, or how the attempt failed."""
        self.id: int | None = None
        """Of its row."""
        self.is_announced = False
        """Whether its beginning has been told."""
        self.is_told = False
        """Whether its end has been told."""

    @property
    def opened_at(self) -> float | None:
        """In seconds since the epoch; None where its beginning was not seen."""
        return self.opened.at if self.opened else self.closed and self.closed.began

    @property
    def beginning(self) -> Beginning | None:
        """None where it was not seen."""
        at = self.opened_at
        owner = (self.opened and self.opened.owner) or (self.closed and self.closed.owner) or None
        return None if at is None else Beginning(at, owner)

    def may_be_listed(self, row: Socket, since: float) -> bool:
        """Whether it, or what is left of it, can stand in tables that were read from a moment on."""
        end = self.closed
        if end is None:
            return True
        if end.netns not in (None, row.netns):
            return False
        if end.kind in ATTEMPTS and row.state is not State.SYN_SENT:
            return False
        return end.at > since or (end.may_linger and is_remnant(row))

    @property
    def may_be_of_a_row(self) -> bool:
        """Whether it has ended, and of its beginning nothing is known that no row can have been listed before.

        The beginning of a UDP socket is only that somebody sent from its port.
        """
        return self.id is None and (self.opened_at is None or (self.place[0] == "udp" and self.opened is None))


def is_remnant(row: Socket) -> bool:
    """Whether a row may be what the kernel keeps of a connection that has ended: see `ConnectionEvent.may_linger`."""
    return not row.inode and row.state in LATE_STATES


class SocketLives:
    """All that have not ended, and those that ended since the last tick."""

    def __init__(self) -> None:
        self._by_skaddr: dict[int, Life] = {}
        self._by_place: dict[Place, list[Life]] = {}
        self._senders: dict[int, list[ConnectionEvent]] = {}
        """First datagrams, by the local port."""
        self._earlier_senders: dict[int, list[ConnectionEvent]] = {}
        """Those that the last tick may have been too early for."""
        self._begun: list[Life] = []
        self._begun_earlier: list[Life] = []
        """In the same way, what began."""

    def take(self, event: ConnectionEvent) -> Life | None:
        """The life that begins or ends with an event; None if the event alone tells nothing."""
        if event.netid == "udp" and event.kind is EventKind.OPENED:
            if len(self._senders) >= MOST_SENDERS:
                self._senders.clear()
            self._senders.setdefault(event.local_port, []).append(event)
            return None
        place = place_of(event)
        if event.kind in (EventKind.OPENED, EventKind.LISTENING):
            return self._begin(event, place)
        life = None if event.skaddr is None else self._by_skaddr.pop(event.skaddr, None)
        if event.netid == "udp":
            for senders in (self._senders, self._earlier_senders):
                senders.pop(event.local_port, None)
        if event.kind is EventKind.END_UNSEEN:
            if life is not None:
                self.forget((life,))
            return None
        if life is None or life.place != place:
            life = Life(place)
            self._by_place.setdefault(place, []).append(life)
        life.closed = event
        return life

    def _begin(self, event: ConnectionEvent, place: Place) -> Life:
        if len(self._by_skaddr) >= MOST_LIVES:
            self._by_skaddr.clear()
            self._by_place.clear()
        life = Life(place, event)
        if event.skaddr is not None:
            if (before := self._by_skaddr.get(event.skaddr)) is not None:
                self.forget((before,))  # its end was lost
            self._by_skaddr[event.skaddr] = life
        self._by_place.setdefault(place, []).append(life)
        self._begun.append(life)
        return life

    def listed_as(self, row: Socket, since: float, before: float) -> Life | None:
        """Of the lives without a row, the one that a row shows that was not listed before.

        Args:
            row: The row.
            since: When the tables began to be read.
            before: What was open at this moment has ended, and its end was lost: else it would have been listed.
        """
        lives = self._by_place.get(place_of(row)) if self._by_place else None
        if not lives:
            return None
        fitting = [
            life
            for life in lives
            if life.id is None
            and life.may_be_listed(row, since)
            and (row.was_there or life.closed or life.opened is None or life.opened.at > before)
        ]
        if is_remnant(row):
            left = [life for life in fitting if life.closed and life.closed.may_linger]
            earlier = [life for life in left if life.closed and life.closed.at <= since]
            fitting = earlier[-1:] or left[:1] or fitting
        return fitting[0] if fitting else None

    def first_sent(self, row: Socket) -> Beginning | None:
        """When a new UDP socket sent for the first time, if that is certain; it is told once."""
        pids = {owner.pid for owner in row.owners}
        fitting = [
            (senders, event)
            for senders in (self._earlier_senders.get(row.local_port, []), self._senders.get(row.local_port, []))
            for event in senders
            if not pids or (event.owner and event.owner.pid in pids)
        ]
        if len(fitting) != 1:
            return None
        senders, event = fitting[0]
        senders.remove(event)
        return Beginning(event.at, event.owner)

    def end_tick(self) -> None:
        """Forget what the tick before the last told of, goes on, and no row is for by now.

        It is in a network namespace that nobody looks at: a whole machine's connections would be kept for nothing. Of a
        UDP socket it can also be that it was listed before. What is told of the end says when it began as well.
        """
        for life in self._begun_earlier:
            if life.id is None and life.closed is None:
                self.drop(life)
        self._begun_earlier, self._begun = self._begun, []
        self._earlier_senders, self._senders = self._senders, {}

    def drop(self, life: Life) -> None:
        """Follow one no more that has not ended as far as is told."""
        skaddr = life.opened.skaddr if life.opened else None
        if skaddr is not None and self._by_skaddr.get(skaddr) is life:
            del self._by_skaddr[skaddr]
        self.forget((life,))

    def forget(self, lives: Iterable[Life]) -> None:
        """Follow some that have ended no more."""
        for life in lives:
            others = self._by_place.get(life.place)
            if others and life in others:
                others.remove(life)
                if not others:
                    del self._by_place[life.place]
