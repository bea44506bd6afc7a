"""Events and ticks tell of the same UDP sockets, whose ends change as they connect: no end twice, and none missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import event as noted
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netwatch_tui.collect.ended_lives import ALL_WAYS, EndedLives, places_while_connecting
from netwatch_tui.collect.socket_lives import Life as FollowedLife
from netwatch_tui.collect.socket_lives import place_of
from netwatch_tui.sockets.connection_events import ConnectionEvent, EventKind, EventProcess
from netwatch_tui.sockets.socket import NOWHERE, Socket
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy
from tests.support.build import tcp, udp
from tests.support.event_feeds import FakeEvents, told
from tests.support.fake import Watch
from tests.support.work import work_of

STEP = 0.125
PORTS = (1, 2)
BY_PORT = "10.0.0.1:{}", "10.0.0.2:53"
HALVES = (
    ("10.0.0.1:{}", "0.0.0.0:0"),
    ("10.0.0.1:{}", "10.0.0.2:0"),
    ("0.0.0.0:{}", "10.0.0.2:53"),
    ("0.0.0.0:{}", "10.0.0.2:0"),
)
"""What a table can show while connect(2) goes on."""


@dataclass
class Life:
    """What really happened to one socket."""

    inode: int
    port: int
    ends: tuple[str, str] = ("0.0.0.0:{}", "0.0.0.0:0")
    sent_at: float | None = None
    was_listed: bool = False

    def row(self) -> Socket:
        local, peer = (each.format(self.port) for each in self.ends)
        return udp(local, peer, inode=self.inode)


class Machine:
    """UDP sockets, and a collector that looks at them."""

    def __init__(self) -> None:
        self.events = FakeEvents()
        self.watch = Watch(events=self.events)
        for inode in range(1, 100):  # each is held by a process of its own
            self.watch.source.held[inode] = {3: inode}
        self.time = self.watch.now
        self.open: list[Life] = []
        self.ended: list[tuple[Life, float]] = []
        self.queue: list[ConnectionEvent] = []
        self.told: list[SocketEvent] = []
        self.passed: list[Socket] = []
        self._made = 0

    def act(self, what: str, port: int, which: int) -> None:
        """Let something happen, if it can; `which` names one of several sockets of the port."""
        self.time += STEP
        here = [life for life in self.open if life.port == port]
        if what == "bind":
            self._made += 1
            self.open.append(Life(self._made, port))
        elif here:
            self._act_on(here[which % len(here)], what, which)

    def _act_on(self, life: Life, what: str, which: int) -> None:
        if what == "close":
            self.open.remove(life)
            self.ended.append((life, self.time))
            if life.ends in HALVES:  # close(2) waits until connect(2) is over
                life.ends = BY_PORT
            row, began = life.row(), life.sent_at
            owner = None if began is None else EventProcess(life.inode, "dig")
            self.queue.append(told(EventKind.CLOSED, self.time, row, skaddr=None, state=None, began=began, owner=owner))
            return
        if what == "begin to connect":
            life.ends = HALVES[which % len(HALVES)]
        elif what == "connect":
            life.ends = BY_PORT
        elif what == "connect elsewhere":
            life.ends = (BY_PORT[0], "10.0.0.3:53")
        if life.sent_at is None:
            life.sent_at = self.time
            owner = EventProcess(life.inode, "dig")
            self.queue.append(
                told(EventKind.OPENED, self.time, life.row(), skaddr=None, local=NOWHERE, owner=owner, began=self.time)
            )

    def tick(self, late: float, meanwhile: list[tuple[str, int, int]]) -> None:
        """Look; meanwhile more happens, and what happened in the last seconds is not told yet."""
        self.time += STEP
        for life in self.open:
            life.was_listed = True
        rows = [life.row() for life in self.open]
        self.events.clock = self.time

        def go_on() -> None:
            for what, port, which in meanwhile:
                if what != "connect elsewhere":  # and ends before the next tick: told as a tick and as an event tell it
                    self.act(what, port, which)
            self.events.clock = self.time
            until = self.time - late
            ready = [each for each in self.queue if each.at <= until]
            self.queue = self.queue[len(ready) :]
            self.events.tell(*ready, until=until)

        self.events.meanwhile = go_on
        snapshot = self.watch.tick(*rows, after=self.time - self.watch.now)
        assert snapshot.events is not None
        self.told += snapshot.events
        self.passed += snapshot.delta.passed


Act = tuple[str, int, int]
acts = st.tuples(
    st.sampled_from(("bind", "bind", "begin to connect", "connect", "connect elsewhere", "send", "close", "close")),
    st.sampled_from(PORTS),
    st.integers(0, 3),
)
ticks = st.tuples(st.sampled_from((0.0, 0.0, 0.25, 1.0)), st.lists(acts, max_size=4))
steps = st.lists(st.one_of(acts, acts, ticks), max_size=40)


def played(script: list[Act | tuple[float, list[Act]]]) -> Machine:
    """What came of a script that begins with a look at an empty machine and ends when everything is told."""
    machine = Machine()
    machine.tick(0.0, [])
    for step in script:
        if isinstance(step[0], str):
            machine.act(*step)
        else:
            machine.tick(*step)
    for _ in range(3):
        machine.tick(0.0, [])
    return machine


@given(steps)
@settings(deadline=None)
@example([("bind", 1, 2), (1.0, [("connect", 1, 1), ("close", 1, 0)]), ("bind", 1, 1), (0.0, [("close", 1, 3)])])
@example([("bind", 1, 0), ("bind", 1, 3), (0.0, [("close", 1, 0)])])
@example([("bind", 1, 3), ("bind", 1, 3), (0.0, [("close", 1, 0), ("send", 1, 2), ("close", 1, 3)])])
@example([("bind", 1, 3), (0.0, [("bind", 1, 2), ("close", 1, 1)])])
@example([(0.25, [("bind", 1, 1), ("bind", 1, 0)]), (1.0, [("close", 1, 3), ("connect", 1, 1)]), ("close", 1, 3)])
def test_every_udp_socket_is_told_once(script: list[Act | tuple[float, list[Act]]]) -> None:
    machine = played(script)

    ended = Counter(life.port for life, _ in machine.ended)
    closed = [each for each in machine.told if each.kind is Happening.CLOSED]
    opened = [each for each in machine.told if each.kind is Happening.OPENED]
    assert Counter(each.socket.local_port for each in closed) == ended
    assert max(Counter(each.socket.id for each in closed).values(), default=1) == 1
    assert max(Counter(each.socket.id for each in opened).values(), default=1) == 1
    assert len(machine.passed) == sum(not life.was_listed for life, _ in machine.ended)
    assert [each.at for each in closed if each.source is ToldBy.EVENT] == [at for _, at in machine.ended]
    assert [each.at for each in machine.told] == sorted(each.at for each in machine.told)
    first_told: dict[int, Happening] = {}
    for each in machine.told:
        first_told.setdefault(each.socket.id, each.kind)
    # Of a socket that only received, and that no tick saw, nothing but its end is told.
    unseen = {row.id for row in machine.passed}
    assert all(kind is Happening.OPENED or id in unseen for id, kind in first_told.items())
    noted(f"{min(len(closed), 3)} ended, {min(len(machine.passed), 2)} of them unseen")


@pytest.mark.parametrize("ends", HALVES)
def test_a_row_that_was_read_while_its_socket_connected_is_that_sockets(ends: tuple[str, str]) -> None:
    half = udp(*(each.format(5001) for each in ends))
    connected = udp(*(each.format(5001) for each in BY_PORT))

    assert place_of(half) in set(places_while_connecting(place_of(connected)))
    assert place_of(connected) not in set(places_while_connecting(place_of(connected)))


def test_what_is_not_connected_was_nowhere_else() -> None:
    assert list(places_while_connecting(place_of(udp("0.0.0.0:5353")))) == []
    assert list(places_while_connecting(place_of(tcp("10.0.0.1:5001", "10.0.0.2:80")))) == []


def test_a_new_row_began_when_its_socket_sent_although_it_ended_while_it_was_read() -> None:
    machine = played([("bind", 1, 0), ("send", 1, 0), (0.0, [("close", 1, 0)])])

    ((life, closed_at),) = machine.ended
    assert [(each.kind, each.at) for each in machine.told] == [
        (Happening.OPENED, life.sent_at),
        (Happening.CLOSED, closed_at),
    ]
    assert machine.passed == []


def test_who_held_what_connected_elsewhere_need_not_be_told() -> None:
    machine = Machine()
    machine.tick(0.0, [])
    machine.act("bind", 1, 0)
    machine.act("connect", 1, 0)
    machine.tick(0.0, [])
    machine.act("connect elsewhere", 1, 0)
    machine.act("close", 1, 0)
    machine.queue = [each._replace(owner=None, began=None) for each in machine.queue if each.kind is EventKind.CLOSED]
    machine.tick(0.0, [])

    assert [each.kind for each in machine.told].count(Happening.CLOSED) == 1
    assert machine.passed == []


def test_connections_that_lost_their_peers_before_they_ended_are_told_once() -> None:
    events = FakeEvents()
    rows = [tcp("10.0.0.1:80", f"10.0.0.{number}:5001", inode=number) for number in range(1, 100)]
    watch = Watch(*rows, events=events)
    watch.again()
    events.tell(*(told(EventKind.CLOSED, watch.now, tcp("10.0.0.1:80", "0.0.0.0:0"), skaddr=None) for _ in rows))
    events.clock = watch.now
    snapshot = watch.tick()

    assert [each.kind for each in snapshot.events or ()] == [Happening.CLOSED] * len(rows)
    assert {each.source for each in snapshot.events or ()} == {ToldBy.EVENT}
    assert snapshot.delta.passed == ()


@pytest.mark.parametrize("build", [udp, tcp])
def test_the_work_grows_with_the_ends_however_many_share_a_port(build: Callable[..., Socket]) -> None:
    def find(count: int) -> int:
        lives = []
        rows = [build("10.0.0.1:80", f"10.0.{each >> 8}.{each & 255}:5001", inode=each + 1) for each in range(count)]
        for _ in rows:
            end = told(EventKind.CLOSED, 1.0, build("10.0.0.1:80", "0.0.0.0:0"), skaddr=None)
            lives.append(FollowedLife(place_of(end)))
            lives[-1].closed = end
        found, work = work_of(lambda: list(EndedLives(lives, ALL_WAYS).of(rows)))
        assert {id(life) for _, life in found} == set(map(id, lives))
        return work.lines

    assert find(400) < 4.5 * find(100)


def test_ends_that_wait_for_the_next_tick_hold_up_nothing_that_is_older_than_the_last_one() -> None:
    machine = Machine()
    for port in (1, 2, 3):
        machine.act("bind", port, 0)
        machine.act("send", port, 0)
    machine.tick(0.0, [])
    machine.act("close", 2, 0)
    machine.tick(0.0, [("close", 1, 0)])
    machine.tick(0.0, [("close", 3, 0)])

    assert 2 in {each.socket.local_port for each in machine.told if each.kind is Happening.CLOSED}
