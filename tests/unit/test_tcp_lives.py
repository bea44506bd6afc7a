"""What happened to TCP connections, by records that are all there, late, or partly lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel.capture.event_queue import EventQueue
from netwatch_tui.kernel.capture.tcp_lives import MOST_LIVES, TcpLives
from netwatch_tui.kernel.capture.tracepoints import DESTROY, ERROR, STATE
from netwatch_tui.sockets.connection_events import ATTEMPTS, ConnectionEvent, EventKind, EventProcess
from netwatch_tui.sockets.socket import State
from tests.support.tcp_history import (
    CLOSE,
    CLOSE_WAIT,
    ECONNREFUSED,
    ESTAB,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LISTEN,
    LIVES,
    LOCAL,
    PEER,
    STEP,
    SYN_RECV,
    SYN_SENT,
    TOLD,
    Record,
    history,
)

ETIMEDOUT, EHOSTUNREACH = 110, 113
LATER = 1_000_000_000


class Observer:
    """Feeds records and collects events."""

    def __init__(self, *, tells_errors: bool = True) -> None:
        self._queue = EventQueue()
        self.lives = TcpLives(
            self._queue, lambda pid: EventProcess(pid, f"p{pid}") if pid else None, float, tells_errors=tells_errors
        )
        self._handlers: dict[int, Callable[[int, int, Any], None]] = {
            STATE: self.lives.changed,
            DESTROY: self.lives.destroyed,
            ERROR: self.lives.failed,
        }
        self.events: list[ConnectionEvent] = []

    def feed(self, records: Iterable[Record]) -> None:
        """Take records, and what is known by then."""
        for record in records:
            if record.code == TOLD:
                self.lives.told(record.values)
            else:
                self._handlers[record.code](*record[:2], record.values)
            self.events += self._queue.release(record.at - STEP)

    def finish(self, at: int) -> list[ConnectionEvent]:
        """All events, once so much time has passed."""
        self.events += self._queue.release(at + LATER)
        assert self._queue.release(None) == []
        return self.events

    def state(self, at: int, pid: int, old: int, new: int, port: int = 5, *, skaddr: int = 0xAB) -> None:
        """Tell of a change of state."""
        self.lives.changed(at, pid, (skaddr, old, new, port, 0 if LISTEN in (old, new) else 80, 2, LOCAL, PEER))


def observed(records: list[Record], lost: Collection[int] = ()) -> list[ConnectionEvent]:
    """The events that these records lead to, without those of these numbers."""
    observer = Observer()
    for number, record in enumerate(records):
        if number in lost:
            observer.lives.lost(record.at)
        else:
            observer.feed((record,))
    return observer.finish(records[-1].at if records else 0)


def by_port(events: Iterable[ConnectionEvent]) -> dict[int, list[ConnectionEvent]]:
    """The events of each life."""
    found = defaultdict(list)
    for event in events:
        found[event.local_port].append(event)
    return found


kinds = st.lists(st.sampled_from(LIVES), max_size=14)
chances = st.randoms(use_true_random=False)


@given(kinds, chances)
def test_whatever_happens_at_the_same_time_each_life_is_told_as_it_was(kinds: list[str], chance: Random) -> None:
    truth = history(kinds, chance)
    events = observed(truth.records)
    assert [event.at for event in events] == sorted(event.at for event in events)
    found = by_port(events)
    for life in truth.lives.values():
        told = found.pop(life.port, [])
        assert tuple(event.kind for event in told) == life.kinds
        times = {record.at for record in truth.records if record.port == life.port}
        assert {event.at for event in told} <= times
        if told and told[-1].kind is EventKind.CLOSED and told[-1].state is not State.LISTEN:
            end = told[-1]
            assert (end.owner and end.owner.pid, end.closer and end.closer.pid) == (life.pid, life.pid)
            assert (end.cookie, end.totals) == (life.cookie, life.totals)
            assert end.began is not None
    assert not found


bursts = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=3).map(
    lambda bursts: {number for first, length in bursts for number in range(first, first + length)}
)
"""Numbers of records that are lost, mostly several after each other."""


@given(kinds, chances, bursts)
def test_what_is_lost_is_unknown_and_nothing_that_is_told_is_wrong(
    kinds: list[str], chance: Random, lost: Collection[int]
) -> None:
    truth = history(kinds, chance)
    missing = [record for number, record in enumerate(truth.records) if number in lost]
    lossy = {record.port for record in missing}
    hurt = {record.values[0] for record in missing if record.code in (STATE, DESTROY)}
    found = by_port(observed(truth.records, lost))
    times = defaultdict(set)
    skaddrs = defaultdict(set)
    for record in truth.records:
        times[record.port].add(record.at)
        if record.code in (STATE, DESTROY):
            skaddrs[record.port].add(record.values[0])
    for life in truth.lives.values():
        told = found.pop(life.port, [])
        assert told == sorted(told, key=lambda event: event.at)
        ends = [event for event in told if event.kind not in (EventKind.OPENED, EventKind.LISTENING)]
        assert len(ends) <= 1
        assert len(told) - len(ends) <= 1
        assert not ends or ends[0] is told[-1]
        for event in told:
            assert event.kind is EventKind.END_UNSEEN or event.kind in life.kinds or event.kind in ATTEMPTS
            assert event.kind is EventKind.END_UNSEEN or event.at in times[life.port]
            assert event.owner is None or event.owner.pid == life.pid
            assert event.closer is None or event.closer.pid == life.pid
            assert event.cookie in (None, life.cookie)
            assert event.totals in (None, life.totals, life.totals._replace(has_fin=None))
            assert event.began is None or event.began in times[life.port]
        if life.port not in lossy and not skaddrs[life.port] & hurt:
            assert tuple(event.kind for event in told) == life.kinds
    assert all(event.kind is EventKind.END_UNSEEN for events in found.values() for event in events)


def test_a_connection_that_was_there_before_is_told_without_a_beginning() -> None:
    observer = Observer()
    observer.state(1_000, 7, ESTAB, FIN_WAIT_1)
    observer.state(2_000, 0, FIN_WAIT_2, CLOSE)
    (event,) = observer.finish(2_000)
    assert (event.kind, event.began, event.duration, event.is_outgoing) == (EventKind.CLOSED, None, None, None)
    assert (event.owner, event.state, event.may_linger) == (EventProcess(7, "p7"), State.FIN_WAIT_2, True)


def test_a_connection_without_a_state_before_its_destruction_is_closed_then() -> None:
    observer = Observer()
    observer.state(1_000, 0, SYN_RECV, ESTAB)
    observer.lives.destroyed(3_000, 7, (0xAB, 5, 80, 99))
    opened, closed = observer.finish(3_000)
    assert (opened.kind, closed.kind, closed.at, closed.state) == (EventKind.OPENED, EventKind.CLOSED, 3_000.0, None)
    assert (closed.owner, closed.cookie) == (EventProcess(7, "p7"), 99)


def test_another_connection_at_the_same_place_is_not_taken_for_the_one_whose_end_was_lost() -> None:
    observer = Observer()
    observer.state(1_000, 0, SYN_RECV, ESTAB, port=5)
    observer.state(2_000, 7, ESTAB, FIN_WAIT_1, port=6)
    observer.state(3_000, 0, FIN_WAIT_2, CLOSE, port=6)
    opened, unseen, closed = observer.finish(3_000)
    assert (opened.local_port, unseen.local_port, closed.local_port) == (5, 5, 6)
    assert (unseen.kind, unseen.at, unseen.owner) == (EventKind.END_UNSEEN, 2_000.0, None)
    assert (closed.kind, closed.began, closed.owner) == (EventKind.CLOSED, None, EventProcess(7, "p7"))


def test_after_a_loss_nobody_is_said_to_have_connected_by_the_other_end_alone() -> None:
    for is_lost in (True, False):
        observer = Observer()
        observer.state(1_000, 7, CLOSE, SYN_SENT, port=0)
        if is_lost:
            observer.lives.lost(1_500)
        observer.state(2_000, 0, SYN_SENT, ESTAB, port=6)
        (event,) = observer.finish(3_000)
        assert (event.owner, event.began) == ((None, None) if is_lost else (EventProcess(7, "p7"), 1_000.0))


def test_an_error_tells_how_a_connection_failed_whether_it_comes_before_or_after() -> None:
    for number, kind in (
        (ECONNREFUSED, EventKind.REFUSED), (ETIMEDOUT, EventKind.TIMED_OUT), (EHOSTUNREACH, EventKind.FAILED),
    ):  # fmt: skip
        for is_first in (True, False):
            observer = Observer()
            observer.state(1_000, 7, CLOSE, SYN_SENT, port=0)
            if is_first:
                observer.lives.failed(1_900, 0, (number, 5, 80, LOCAL, PEER))
            observer.state(2_000, 7, SYN_SENT, CLOSE)
            if not is_first:
                observer.lives.failed(2_100, 0, (number, 5, 80, LOCAL, PEER))
            (event,) = observer.finish(3_000)
            assert (event.kind, event.error, event.owner, event.closer) == (kind, number, EventProcess(7, "p7"), None)
            assert (event.local_port, event.began, event.at) == (5, 1_000.0, 2_000.0)


def test_where_errors_are_not_told_nobody_is_said_to_have_given_up() -> None:
    observer = Observer(tells_errors=False)
    observer.state(1_000, 7, CLOSE, SYN_SENT, port=0)
    observer.state(2_000, 7, SYN_SENT, CLOSE)
    assert [event.kind for event in observer.finish(3_000)] == [EventKind.FAILED]


def test_an_error_of_long_ago_is_not_that_of_an_end() -> None:
    observer = Observer()
    observer.state(1_000, 0, SYN_RECV, ESTAB)
    observer.lives.failed(2_000, 0, (104, 5, 80, LOCAL, PEER))
    observer.state(900_000_000, 0, CLOSE_WAIT, CLOSE)
    assert observer.finish(LATER)[-1].error is None


def test_both_ends_that_call_connect_at_once_are_one_outgoing_connection_each() -> None:
    observer = Observer()
    observer.state(1_000, 7, CLOSE, SYN_SENT, port=0)
    observer.state(2_000, 0, SYN_RECV, ESTAB)
    (event,) = observer.finish(2_000)
    assert (event.kind, event.is_outgoing, event.began) == (EventKind.OPENED, True, 1_000.0)


def test_more_connections_than_can_be_followed_are_still_told_when_they_end() -> None:
    observer = Observer()
    for number in range(MOST_LIVES + 1):
        observer.state(number, 0, SYN_RECV, ESTAB, port=1, skaddr=number)
    assert len(observer.lives._live) == 1
    observer.state(LATER, 7, ESTAB, CLOSE, port=1, skaddr=0)
    end = observer.finish(LATER)[-1]
    assert (end.kind, end.began, end.owner) == (EventKind.CLOSED, None, EventProcess(7, "p7"))


def test_what_waits_for_something_that_never_comes_is_forgotten() -> None:
    observer = Observer()
    for number in range(100):
        observer.state(number, 0, SYN_RECV, ESTAB, port=1, skaddr=number)
        observer.state(number, 0, ESTAB, CLOSE, port=1, skaddr=number)
    for number in range(50):
        observer.lives.destroyed(200, 0, (number, 1, 80, number))
    observer.lives.forget(LATER)
    lives = observer.lives
    assert (len(lives._ended), len(lives._by_cookie), len(lives._early)) == (0, 0, 0)
