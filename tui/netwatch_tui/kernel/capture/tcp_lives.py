"""What the kernel tells of single moments, put together to what happened to TCP connections: from opened to closed.

| what is told | what it means |
|---|---|
| CLOSE -> SYN-SENT, -> ESTABLISHED | connect(2) by the current task, and that it succeeded |
| SYN-RECV -> ESTABLISHED | the other end connected; always in an interrupt, so that the owner is not known yet |
| -> LISTEN | listen(2) by the current task |
| -> FIN-WAIT-1, LAST-ACK | shutdown(2) or close(2) by the current task |
| SYN-SENT -> CLOSE, with an error or without | how connect(2) failed, or that it was given up |
| -> CLOSE, then destroyed | the end, and the cookie that finds the totals |

Records can be lost. Then skaddr, which is used again, may be another socket's: a change with other ends than the ones
that are known says so. What was not seen is left unknown, and a connection whose end was not seen is told as such.
No input, no output, no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, takewhile
from typing import TypeVar

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket
from netwatch_tui.kernel.capture.event_queue import EventQueue
from netwatch_tui.kernel.capture.tcp_life import LOCAL, LOCAL_PORT, NEW, OLD, PEER, PEER_PORT, SKADDR, Change, TcpLife
from netwatch_tui.sockets.connection_events import EventKind, EventProcess

MOST_LIVES = 100_000
"""Connections that are followed at a time, at most 90 MB; of more, all beginnings are forgotten."""
MOST_EARLY = 65_536
"""Totals that may wait for the end that they belong to; of more, all are forgotten."""
TOTALS_WITHIN = 250_000_000
"""Nanoseconds for which an end waits for its totals. The kernel sends them by a work queue: mostly at once, on a busy
machine 50 ms later and more."""
OUTCOME_WITHIN = 50_000_000
"""Nanoseconds between the end of a connection and the report of its error. The kernel makes it right away, unless its
processor is taken away meanwhile, as those of virtual machines are."""
MOST_ERRORS = 4_096
"""Errors that may wait for the end that they belong to; of more, all are forgotten."""

_RECENT = 64
"""Ends, the latest first, among which is looked for the one of which an error is reported: it is mostly the last."""

_ESTAB, _SYN_SENT, _CLOSE, _LISTEN = 1, 2, 7, 10
_LETTING_GO = (4, 9)
"""FIN-WAIT-1 and LAST-ACK."""

_Error = tuple[int, int, int, bytes, bytes]
"""The values of `tracepoints.ERROR`."""
_Ends = tuple[int, int, bytes, bytes]
"""Ports and addresses of it."""
_Waiting = TypeVar("_Waiting")


class TcpLives:
    """Follows TCP sockets by what is told of them in the order of time."""

    def __init__(
        self,
        queue: EventQueue,
        actor: Callable[[int], EventProcess | None],
        epoch: Callable[[int], float],
        *,
        tells_errors: bool = True,
    ) -> None:
        """Know nothing yet.

        Args:
            queue: Where events are put.
            actor: Who has a number at that moment.
            epoch: Nanoseconds of CLOCK_MONOTONIC in seconds since the epoch.
            tells_errors: Whether this kernel tells the errors of connections: without, who gave one up is not certain.
        """
        self.has_totals = True
        """Whether totals are told, so that ends wait for them."""
        self._add = queue.add
        self._actor = actor
        self._epoch = epoch
        self._tells_errors = tells_errors
        self._lost_at = 0.0
        """When records were lost last, in seconds since the epoch."""
        self._live: dict[int, TcpLife] = {}
        """By skaddr."""
        self._ended: dict[int, TcpLife] = {}
        """Those of which the destruction, or an error, may be told, by skaddr, the latest last."""
        self._by_cookie: dict[int, TcpLife] = {}
        """Those that were destroyed and wait for totals."""
        self._early: dict[int, DestroyedSocket] = {}
        """Totals whose end has not been told yet, by cookie."""
        self._errors: dict[_Ends, tuple[int, int]] = {}
        """Time and number of errors that were reported before the end, by ends."""

    def changed(self, at: int, pid: int, change: Change) -> None:
        """A socket changed its state."""
        new = change[NEW]
        if new in _LETTING_GO:
            life = self._live.get(change[SKADDR])
            if life is None or life.ends != change[LOCAL_PORT:]:
                life = self._life_of(at, change)
            if life.closer is None:
                life.closer = self._actor(pid)
        elif new == _ESTAB:
            self._established(at, change)
        elif new == _CLOSE:
            self._closed(at, pid, change)
        elif new == _SYN_SENT:
            self._begin(at, change, self._epoch(at), is_outgoing=True, owner=self._actor(pid))
        elif new == _LISTEN:
            life = self._begin(at, change, self._epoch(at), is_outgoing=None, owner=self._actor(pid))
            self._add(life.event(EventKind.LISTENING, self._epoch(at)))

    def destroyed(self, at: int, pid: int, values: tuple[int, int, int, int]) -> None:
        """A socket is gone."""
        skaddr, local_port, peer_port, cookie = values
        early = self._early.pop(cookie, None)
        life = self._ended.get(skaddr)
        if life is None:
            life = self._live.pop(skaddr, None)
            if life is None:
                return  # it was never connected, or its end has been told
            if not life.has_ports(local_port, peer_port):
                self._add(life.event(EventKind.END_UNSEEN, self._epoch(at)))
                return
            self._end(life, at, 0, EventKind.CLOSED)
            self._ended[skaddr] = life
        elif not life.has_ports(local_port, peer_port):
            return  # another one, which got the same place and was never connected
        life.cookie = cookie
        if life.kind is not EventKind.CLOSED:
            return  # who called connect(2) may have been quicker than the report of the error
        del self._ended[skaddr]
        if life.closer is None:
            life.closer = self._actor(pid)
        if early is None and self.has_totals:
            self._by_cookie[cookie] = life
        else:
            life.told = early
            life.is_complete = True

    def failed(self, at: int, _: int, values: _Error) -> None:
        """The kernel reported an error of a connection: right after its end, or right before."""
        for life in islice(reversed(self._ended.values()), _RECENT):
            if _is_about(values, life.change):
                life.error = values[0]
                life.is_complete = life.is_complete or self._needs_no_totals(life.kind)
                return
        if len(self._errors) >= MOST_ERRORS:
            self._errors.clear()
        self._errors[values[1:]] = (at, values[0])

    def _needs_no_totals(self, kind: EventKind | None) -> bool:
        """Whether nothing more is waited for: of an attempt, the message of its end tells the namespace alone."""
        return kind is not EventKind.CLOSED and not self.has_totals

    def told(self, destroyed: DestroyedSocket) -> None:
        """Totals of a socket that is gone."""
        life = self._by_cookie.pop(destroyed.cookie, None)
        if life is not None:
            life.told = destroyed
            life.is_complete = True
            return
        if len(self._early) >= MOST_EARLY:
            self._early.clear()
        self._early[destroyed.cookie] = destroyed

    def lost(self, until: int) -> None:
        """Records were lost, none of them later than this, in nanoseconds of CLOCK_MONOTONIC."""
        self._lost_at = self._epoch(until)

    def forget(self, before: int) -> None:
        """What waits for something that did not come up to a time, in nanoseconds of CLOCK_MONOTONIC."""
        _forget_first(self._early, lambda told: told.read_at < before)
        _forget_first(self._by_cookie, lambda life: life.deadline < before)
        _forget_first(self._ended, lambda life: life.deadline < before)

    def _established(self, at: int, change: Change) -> None:
        life, now = self._live.get(change[SKADDR]), self._epoch(at)
        if life is not None and life.change[NEW] == _SYN_SENT and life.is_told_by(change):
            self._complete(life, change)
        elif change[OLD] == _SYN_SENT:
            life = self._begin(at, change, None, is_outgoing=True, owner=None)
        else:
            life = self._begin(at, change, now, is_outgoing=False, owner=None)
        self._add(life.event(EventKind.OPENED, now))

    def _closed(self, at: int, pid: int, change: Change) -> None:
        skaddr, old, kind = change[SKADDR], change[OLD], EventKind.CLOSED
        life = self._live.get(skaddr)
        if life is None or life.ends != change[LOCAL_PORT:]:
            life = self._life_of(at, change)
        del self._live[skaddr]
        closer = self._actor(pid) if pid else None
        if old == _SYN_SENT:
            life.is_outgoing = True
            kind = EventKind.ABANDONED if closer and self._tells_errors else EventKind.FAILED
        if life.closer is None:
            life.closer = closer
        self._end(life, at, old, kind)
        self._ended[skaddr] = life
        if old == _LISTEN:
            life.is_complete = True

    def _life_of(self, at: int, change: Change) -> TcpLife:
        """The life that a change is of: the one that is known, or else one whose beginning was not seen."""
        life = self._live.get(change[SKADDR])
        if life is not None and life.is_told_by(change):
            if not life.change[LOCAL_PORT]:
                self._complete(life, change)
            return life
        return self._begin(at, change, None, is_outgoing=None, owner=None)

    def _complete(self, life: TcpLife, change: Change) -> None:
        """Take a change that tells the local port of a connection that was to be made.

        By the peer alone it may be another attempt of another process, if records were lost since.
        """
        life.tell(change)
        if life.began is not None and life.began <= self._lost_at:
            life.began = life.owner = None

    def _begin(
        self, at: int, change: Change, began: float | None, *, is_outgoing: bool | None, owner: EventProcess | None
    ) -> TcpLife:
        """A new life; one that has the same skaddr must have ended."""
        skaddr, live = change[SKADDR], self._live
        before = live.get(skaddr)
        if before is not None:
            self._add(before.event(EventKind.END_UNSEEN, self._epoch(at)))
        ended = self._ended.pop(skaddr, None)
        if ended is not None:
            ended.is_complete = True  # its destruction was lost
        if len(live) >= MOST_LIVES:
            live.clear()
        life = live[skaddr] = TcpLife(change, began, is_outgoing=is_outgoing, owner=owner)
        return life

    def _end(self, life: TcpLife, at: int, state: int, kind: EventKind) -> None:
        life.end(self._epoch(at), state, kind, at + (TOTALS_WITHIN if kind is EventKind.CLOSED else OUTCOME_WITHIN))
        self._add(life)
        if not self._errors:
            return
        change = life.change
        reported = self._errors.pop((change[LOCAL_PORT], change[PEER_PORT], change[LOCAL], change[PEER]), None)
        if reported is not None and at - reported[0] <= OUTCOME_WITHIN:
            life.error = reported[1]
            life.is_complete = self._needs_no_totals(kind)


def _forget_first(waiting: dict[int, _Waiting], is_over: Callable[[_Waiting], bool]) -> None:
    """Take out what is over, from the one that came first to the first that is not: later ones are over later.

    So no reading passes over all that waits; who was put out of order goes a little later.
    """
    over = [key for key, _ in takewhile(lambda item: is_over(item[1]), waiting.items())]
    for key in over:
        del waiting[key]


def _is_about(error: _Error, change: Change) -> bool:
    """Whether the ends are the same."""
    _, local_port, peer_port, local, peer = error
    return (
        change[LOCAL_PORT] == local_port
        and change[PEER_PORT] == peer_port
        and change[LOCAL] == local
        and change[PEER] == peer
    )
