"""Which row an event of the kernel is about: the ticks and the events tell of the same sockets, and are told as one.

| what is told | joined by |
|---|---|
| the beginning and the end of a TCP socket | skaddr, with the ends, because it is used again |
| either, and a row | the ends, and that the row can have been listed at that time; network namespaces as far as told |
| the end of a UDP socket, and a row | the ends, or those that it had before it connected, else the local port |

A tick is settled when nothing that happened before its end is still to come, mostly at once. What a tick shows and no
event explains is told as the tick tells it; an event that is about no row is about a socket that no tick saw.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple

from netwatch_tui.collect.ended_lives import ALL_WAYS, BY_PLACE, EndedLives, places_while_connecting
from netwatch_tui.collect.socket_lives import Beginning, Life, Place, SocketLives, is_remnant, place_of
from netwatch_tui.collect.socket_tracker import SocketTracker
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.sockets.connection_events import ATTEMPTS, CaptureBatch, ConnectionEvent, EventKind, EventProcess
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Family, Socket, State
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy, changed_sockets, tick_event

MOST_UNSETTLED = 16
"""Ticks that may wait to be settled; then the oldest is settled by what was told."""
_CLOCK_WAS_SET = 60.0
"""Seconds by which an event can't be later than the tick after it."""
_JOINED = frozenset({"tcp", "udp"})
_BEGINNINGS = (EventKind.OPENED, EventKind.LISTENING)
_AT = attrgetter("at")


class Look(NamedTuple):
    """What a tick found, and when it looked, by the clock of the events."""

    taken_at: float
    """What the snapshot says."""
    began: float
    """Before the first table was read."""
    ended: float
    """After the last one was."""
    delta: Delta
    netns: Collection[int]
    """The network namespaces that were read."""
    tables: Collection[tuple[str, Family]]
    """Of which netid and family they were."""
    only_netns: int = 0
    """The one that there is; 0 where there are others, or may be."""


class Joined(NamedTuple):
    """What is told by now."""

    events: tuple[SocketEvent, ...]
    """In the order of time."""
    passed: tuple[Socket, ...]
    """Those among them that no tick saw."""
    rows: Mapping[int, Socket] = {}
    """Rows of which events tell more than the tables, by id: since when they are there, and who held what is left."""


class _Later:
    """What ticks found that are not settled yet: the rows that there are by now are those after them."""

    def __init__(self, looks: Iterable[Look]) -> None:
        self.opened = {row.id for look in looks for row in look.delta.opened}
        self.gone = {row.id: row for look in looks for row in (*look.delta.closed, *look.delta.dropped)}
        self.closed_at: dict[Place, list[Socket]] = {}
        """By their ends."""
        for look in looks:
            for row in giving_way(look.delta.closed):
                self.closed_at.setdefault(place_of(row), []).append(row)


class EventJoin:
    """Remembers which events are about which rows. No input, no output, no clock."""

    def __init__(
        self, tracker: SocketTracker, process: Callable[[EventProcess], Process], user: Callable[[Process], str | None]
    ) -> None:
        """Know nothing yet.

        Args:
            tracker: Has the rows.
            process: What is known of who did something.
            user: Whom a process belongs to.
        """
        self._tracker = tracker
        self._process = process
        self._user = user
        self._lives = SocketLives()
        self._waiting: deque[ConnectionEvent] = deque()
        self._looks: deque[Look] = deque()
        self._bound: dict[int, Life] = {}
        """By the id of its row, what has not ended as far as is told."""
        self._lifeless: dict[Place, Socket] = {}
        """Rows that opened and of which no event has told so far, by their ends."""
        self._undecided: list[Life] = []
        """Those that ended while the last tick looked: the next one may show what is left of them."""
        self._held: list[SocketEvent] = []
        """What is told with them, for the sake of order."""
        self._later = _Later(())
        self._rows: dict[int, Socket] = {}
        """What is told of rows in this call."""
        self._is_last = False
        """Whether nothing more comes, so that nothing waits."""
        self._looked_at = self._lost_at = self._gap_at = -math.inf
        """When the last settled tick began to look, up to when events were lost, and up to when ends of UDP sockets."""
        self._told: set[int] = set()
        """Ids of rows that are still listed although their end is told: what is left of a connection (TIME-WAIT)."""

    def settle(self, batch: CaptureBatch, look: Look) -> Joined:
        """Put together what was told and what a tick found, as far as nothing is still to come; ever, at the end."""
        self._waiting += batch.events
        if not batch.is_complete:
            self._lost_at = look.ended
        if batch.gaps:
            self._gap_at = look.ended
        self._looks.append(look)
        events: list[SocketEvent] = []
        passed: list[Socket] = []
        self._rows = {}
        self._is_last = batch.complete_until == math.inf
        while self._looks:
            first = self._looks[0]
            if first.ended > batch.complete_until and len(self._looks) <= MOST_UNSETTLED:
                break
            self._looks.popleft()
            told, self._held = self._held, []
            open_since = self._settle(first, list(self._until(first.ended)), told, passed)
            told.sort(key=_AT)
            known = len(told) if self._is_last else bisect_left(told, open_since, key=_AT)
            events += told[:known]
            self._held = told[known:]
        return Joined(tuple(events), tuple(passed), self._rows)

    def _until(self, moment: float) -> Iterator[ConnectionEvent]:
        """What was told up to a moment; what is said to be of the future was told before someone set the clock back."""
        waiting = self._waiting
        while waiting and not moment < waiting[0].at <= moment + _CLOCK_WAS_SET:
            yield waiting.popleft()

    def _settle(
        self, look: Look, told: list[ConnectionEvent], events: list[SocketEvent], passed: list[Socket]
    ) -> float:
        """Tell what a tick and the events up to its end mean together.

        Returns:
            Since when more may have happened than is told: what the next tick will show.
        """
        self._later = _Later(self._looks)
        waited, self._undecided = self._undecided, []
        lives = [(event, self._life_of(event)) for event in giving_way(told)]
        ended = [life for event, life in lives if life is not None and life.closed is event]
        unclaimed = (*(life for life in waited if life.place[0] == "udp"), *ended)
        self._tell_closed_rows(look, unclaimed, events)
        self._tell_opened_rows(look, ended, events)
        for life in giving_way((*waited, *ended)):
            if not life.is_told:
                self._tell_end(life, look, events, passed)
        for change in giving_way(look.delta.changed if self._lifeless else ()):
            if (lifeless := self._lifeless.get(place_of(change.after))) is not None and lifeless.id == change.after.id:
                self._lifeless[place_of(change.after)] = change.after
        events += (
            tick_event(Happening.CHANGED, look.taken_at, change.after, change.before)
            for change in giving_way(changed_sockets(look.delta))
            if change.after.id not in self._told
        )
        undecided = set(map(id, self._undecided))
        self._lives.forget(life for life in (*waited, *ended) if id(life) not in undecided)
        self._lives.end_tick()
        looked_before, self._looked_at = self._looked_at, look.began
        unlisted = (
            event.at
            for event, life in lives
            if event.kind in _BEGINNINGS and event.at > look.began and (life is None or not (life.id or life.closed))
        )
        undecided_since = (_may_be_told_since(life, looked_before) for life in self._undecided)
        return min((*unlisted, *undecided_since), default=math.inf)

    def _life_of(self, event: ConnectionEvent) -> Life | None:
        """What begins or ends; of a row whose beginning a tick has told, it is that row."""
        life = self._lives.take(event) if event.netid in _JOINED else None
        if life is not None and life.closed is event and life.id is None and self._should_have_been_listed(life):
            life.opened = None  # of another socket, whose end was lost
        if life is None or life.id is not None or (row := self._lifeless.get(life.place)) is None:
            return life
        if event.kind not in ATTEMPTS or row.state is State.SYN_SENT:
            del self._lifeless[life.place]
            life.id = row.id
            self._bound[row.id] = life
        return life

    def _should_have_been_listed(self, life: Life) -> bool:
        """Whether it was open before the last tick looked, if that is its beginning.

        One read of a table may leave a socket out. Where events were lost it is another socket's end that is told; the
        ends of UDP sockets are told by themselves, and are lost only in a gap.
        """
        lost_at = self._gap_at if life.place[0] == "udp" else self._lost_at
        return life.opened_at is not None and life.opened_at <= min(self._looked_at, lost_at)

    def _tell_closed_rows(self, look: Look, ended: Iterable[Life], events: list[SocketEvent]) -> None:
        for row in giving_way((*look.delta.closed, *look.delta.dropped)):
            if (lifeless := self._lifeless.get(place := place_of(row))) is not None and lifeless.id == row.id:
                del self._lifeless[place]
        for row in look.delta.dropped:
            self._told.discard(row.id)
            if (life := self._bound.pop(row.id, None)) is not None:
                life.id = None
        left = []
        for row in giving_way(look.delta.closed):
            if row.id in self._told:
                self._told.remove(row.id)
            elif (life := self._bound.pop(row.id, None)) is not None:
                self._tell_closed_row(row, life, look, events)
            else:
                left.append(row)
        for row, life in EndedLives((life for life in ended if life.may_be_of_a_row), ALL_WAYS).of(left):
            if life is not None:
                life.id = row.id
            self._tell_closed_row(row, life, look, events)

    def _tell_closed_row(self, row: Socket, life: Life | None, look: Look, events: list[SocketEvent]) -> None:
        if life is not None and life.closed:
            events.append(self._end(life, life.closed, row))
            return
        if life is not None:  # its end was lost
            self._lives.drop(life)
        events.append(tick_event(Happening.CLOSED, look.taken_at, row))

    def _tell_opened_rows(self, look: Look, ended: list[Life], events: list[SocketEvent]) -> None:
        begun = self._begun_before_their_end(look, ended)
        for row in giving_way(look.delta.opened):
            life, opened = self._beginning_of(row, look, begun)
            if life is not None:
                life.id = row.id
                self._bound[row.id] = life
            if row.was_there:
                continue
            known = row if life is None else self._better_known(row, life)
            if opened is not None and not (life and life.is_announced):
                if life is not None:
                    life.is_announced = True
                held = self._with_owner(known, opened.owner)
                events.append(SocketEvent(Happening.OPENED, opened.at, ToldBy.EVENT, _as_opened(held)))
            elif not (life and life.closed and is_remnant(row)):
                events.append(tick_event(Happening.OPENED, look.taken_at, row))
                if life is None and row.netid == "tcp" and not is_remnant(row):
                    self._lifeless[place_of(row)] = row

    def _begun_before_their_end(self, look: Look, ended: list[Life]) -> dict[int, Beginning]:
        """When new UDP sockets began that ended while tables were read, by ids of rows; whose end it is shows later."""
        brief = (life for life in ended if life.place[0] == "udp" and life.closed and life.closed.at > look.began)
        rows = [row for row in look.delta.opened if row.netid == "udp" and not row.was_there]
        begun = {}
        for row, life in EndedLives((life for life in brief if life.id is None), BY_PLACE).of(rows) if rows else ():
            if life is not None and (first := life.beginning) is not None:
                pids = {owner.pid for owner in row.owners}
                if first.owner is None or not pids or first.owner.pid in pids:
                    begun[row.id] = first
        return begun

    def _beginning_of(
        self, row: Socket, look: Look, begun: Mapping[int, Beginning]
    ) -> tuple[Life | None, Beginning | None]:
        """What is told of a row that was not listed before."""
        if row.netid == "tcp":
            life = self._lives.listed_as(row, look.began, min(self._looked_at, self._lost_at))
            return life, life.beginning if life and life.opened else None
        if row.netid != "udp" or row.was_there:
            return None, None
        return None, begun.get(row.id) or self._lives.first_sent(row)

    def _tell_end(self, life: Life, look: Look, events: list[SocketEvent], passed: list[Socket]) -> None:
        """Tell of an end that no row has told by not being listed any more."""
        end = life.closed
        if end is None:
            return
        if life.id is None and self._is_open_whose(life, end, look):
            self._undecided.append(life)
            return
        if life.id is None:
            life.id = self._still_listed(life, end, look)
        if life.id is not None:
            row = self._tracker.sockets.get(life.id) or self._later.gone.get(life.id)
            if row is not None:
                events.append(self._end(life, end, row))
                self._told.add(life.id)
            self._bound.pop(life.id, None)
            return
        if end.may_linger and end.at > look.began and not self._is_last:
            self._undecided.append(life)
            return
        netns = self._netns(end, look)
        if netns is None or (end.netid, end.family) not in look.tables:
            return
        began = None if self._should_have_been_listed(life) else life.opened_at
        socket = self._passed(end, netns, began)
        passed.append(socket)
        if began is None:
            end = end._replace(began=None)
        elif end.kind not in ATTEMPTS:
            events.append(SocketEvent(Happening.OPENED, began, ToldBy.EVENT, _as_opened(socket)))
        events.append(self._end(life, end, socket))

    def _is_open_whose(self, life: Life, end: ConnectionEvent, look: Look) -> bool:
        """Whether the next tick shows whose end it is: a UDP socket's that ended while a row was read that may be its.

        Ports are shared in UDP, and a socket's ends change when it connects: the row can be one of a socket that lives.
        """
        if end.netid != "udp" or not end.at > look.began or self._is_last or end.netns is None:
            return False
        for place in (life.place, *places_while_connecting(life.place)):
            _, port, peer_port, local, peer = place
            ends = (end.netns, end.netid, ip_address(local), port, ip_address(peer), peer_port)
            if any(map(self._is_free, self._tracker.with_ends(ends))):
                return True
            if any(row.netns == end.netns for row in self._later.closed_at.get(place, ())):
                return True
        return False

    def _still_listed(self, life: Life, end: ConnectionEvent, look: Look) -> int | None:
        """The row of something that has ended: it ended while the tables were read, or something is left of it."""
        if end.netns is None:
            return None
        ends = (end.netns, end.netid, end.local, end.local_port, end.peer, end.peer_port)
        for id in self._tracker.with_ends(ends):
            row = self._tracker.sockets[id]
            if self._is_free(id) and life.may_be_listed(row, look.began):
                return id
        for row in self._later.closed_at.get(life.place, ()):
            if self._is_free(row.id) and row.netns == end.netns and life.may_be_listed(row, look.began):
                return row.id
        return None

    def _is_free(self, id: int) -> bool:
        """Whether a row that was listed in this tick has no life so far."""
        return not (id in self._told or id in self._bound or id in self._later.opened)

    def _netns(self, end: ConnectionEvent, look: Look) -> int | None:
        """Where something happened; 0 where that is not known, None where nobody looks."""
        if end.netns is not None:
            return end.netns if end.netns in look.netns else None
        return look.only_netns if end.kind in ATTEMPTS else None

    def _passed(self, end: ConnectionEvent, netns: int, began: float | None) -> Socket:
        """The row of a socket that no tick saw, as it was before it ended."""
        state = State.SYN_SENT if end.kind in ATTEMPTS else end.state or State.UNCONN  # in which it is destroyed
        owners = self._owners(end.owner)
        user = self._user(owners[0].process) if owners else None
        return Socket(
            self._tracker.next_id(), end.at if began is None else began, False,
            user, owners, None if owners else OwnerReason.GONE, (),
            netns, end.netid, end.family, state, None, None,
            end.local, end.local_port, end.peer, end.peer_port, 0, None,
        )  # fmt: skip

    def _end(self, life: Life, end: ConnectionEvent, row: Socket) -> SocketEvent:
        life.is_told = True
        duration = end.duration
        if duration is None and not row.was_there and row.seen_at < end.at:
            duration = end.at - row.seen_at
        kind = Happening.CLOSED if end.kind is EventKind.CLOSED else Happening(end.kind.value)
        held = self._with_owner(row, end.owner)
        return SocketEvent(kind, end.at, ToldBy.EVENT, held, None, duration, end.totals, end.closer, end.error)

    def _with_owner(self, row: Socket, owner: EventProcess | None) -> Socket:
        """A row with the owner that an event names, where nobody is known to hold it any more."""
        if owner is None or row.owners:
            return row
        held = tuple(each for each in row.evidence if each.pid == owner.pid) or self._owners(owner)
        return row._replace(owners=held, owner_reason=None, evidence=())

    def _better_known(self, row: Socket, life: Life) -> Socket:
        """A row with what events tell of it, which is kept."""
        known, opened_at, end = row, life.opened_at, life.closed
        if opened_at is not None and not row.was_there:
            known = known._replace(seen_at=min(opened_at, row.seen_at))
        if end is not None and end.owner is not None and row.owner_reason is OwnerReason.KERNEL and is_remnant(row):
            known = known._replace(owner_reason=OwnerReason.LAST_HELD, evidence=self._owners(end.owner))
        if known is not row and self._tracker.sockets.get(row.id) is row:
            self._rows[row.id] = known
        return known

    def _owners(self, owner: EventProcess | None) -> tuple[Owner, ...]:
        return () if owner is None else (Owner(owner.pid, None, self._process(owner)),)


def _may_be_told_since(life: Life, looked_at: float) -> float:
    """When the first that is to be told of a life happened; of one that has ended.

    Of a UDP socket, which began when somebody sent from its port the first time, nothing is told that is older than the
    last look: that would have been listed.
    """
    began = life.opened_at or (life.closed.at if life.closed else math.inf)
    return max(began, looked_at) if life.place[0] == "udp" else began


def _as_opened(socket: Socket) -> Socket:
    """A socket as it was when it opened."""
    if socket.state in (State.LISTEN, State.ESTAB, State.SYN_SENT, State.SYN_RECV) or socket.netid == "udp":
        return socket
    return socket._replace(state=State.ESTAB)
