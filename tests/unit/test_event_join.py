"""Events and ticks tell of the same sockets: nothing twice, nothing that did not happen, and nothing missing unsaid."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from hypothesis import event as noted
from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch_tui.sockets.connection_events import (
    ConnectionEvent,
    EventKind,
)
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy
from tests.support.build import tcp
from tests.support.event_feeds import FakeEvents, told
from tests.support.fake import Watch

PORTS = (5001, 5002)
STEP = 0.125


def connection(port: int, inode: int = 0, state: State = State.ESTAB) -> Socket:
    return tcp(f"10.0.0.1:{port}", "10.0.0.2:80", inode=inode, state=state)


# --- the law ---


class Life(NamedTuple):
    """What really happened to one connection."""

    port: int
    began: float
    inode: int


class Machine:
    """Connections of a few ports that are used again and again, and a collector that looks at them."""

    def __init__(self) -> None:
        self.events = FakeEvents()
        self.watch = Watch(events=self.events)
        self.watch.source.held[1] = {inode: inode for inode in range(1, 200)}
        self.time = self.watch.now
        self.open: dict[int, Life] = {}
        self.remnants: dict[int, Life] = {}
        """By port."""
        self.lives: list[Life] = []
        self.true: list[tuple[str, float, int]] = []
        """What a perfect observer writes: what, when, at which port."""
        self.queue: list[ConnectionEvent] = []
        self.lost = self.told_lost = 0
        self.told: list[SocketEvent] = []
        self.rows: dict[int, set[int]] = {}
        """Ids of rows, by inode."""
        self.inode_of: dict[int, int] = {}
        """What a row really is, also where it has no inode any more."""
        self.listed: set[int] = set()
        self.passed: list[Socket] = []

    def act(self, what: str, port: int, *, is_lost: bool) -> None:
        """Let something happen, if it can."""
        self.time += STEP
        life = self.open.get(port)
        if what == "expire":
            self.remnants.pop(port, None)
        elif what == "refuse" and life is None:
            self.true.append(("refused", self.time, port))
            fields = {"error": 111, "state": State.SYN_SENT, "skaddr": 90 + port}
            self._tell(told(EventKind.REFUSED, self.time, connection(port), **fields), is_lost=is_lost)
        elif what in ("close", "linger") and life is not None:
            del self.open[port]
            if what == "linger":
                self.remnants[port] = life
            self.true.append(("closed", self.time, port))
            state = State.FIN_WAIT_2 if what == "linger" else State.LAST_ACK
            row = connection(port, life.inode)
            self._tell(told(EventKind.CLOSED, self.time, row, state=state, skaddr=port), is_lost=is_lost)
        elif what == "open" and life is None:
            self.remnants.pop(port, None)
            life = self.open[port] = Life(port, self.time, len(self.lives) + 1)
            self.lives.append(life)
            self.true.append(("opened", self.time, port))
            self._tell(told(EventKind.OPENED, self.time, connection(port), skaddr=port), is_lost=is_lost)

    def _tell(self, happened: ConnectionEvent, *, is_lost: bool) -> None:
        if is_lost:
            self.lost += 1
        else:
            self.queue.append(happened)

    def tick(self, late: float, meanwhile: list[tuple[str, int, bool]]) -> None:
        """Look; meanwhile more happens, and what happened in the last seconds is not told yet."""
        self.time += STEP
        rows = [connection(life.port, life.inode) for life in self.open.values()]
        rows += [connection(port, state=State.TIME_WAIT) for port in self.remnants]
        inodes = {life.port: life.inode for life in (*self.open.values(), *self.remnants.values())}
        self.events.clock = self.time
        self.events.meanwhile = lambda: self._go_on(late, meanwhile)
        snapshot = self.watch.tick(*rows, after=self.time - self.watch.now)
        self._take(snapshot, inodes)

    def _go_on(self, late: float, meanwhile: list[tuple[str, int, bool]]) -> None:
        for what, port, is_lost in meanwhile:
            self.act(what, port, is_lost=is_lost)
        self.events.clock = self.time
        until = self.time - late
        ready = [each for each in self.queue if each.at <= until]
        self.queue = self.queue[len(ready) :]
        self.events.tell(*ready, until=until, lost=self.lost - self.told_lost)
        self.told_lost = self.lost

    def _take(self, snapshot: Snapshot, inodes: dict[int, int]) -> None:
        assert snapshot.events is not None
        self.told += snapshot.events
        self.passed += snapshot.delta.passed
        for socket in snapshot.sockets:
            self.listed.add(socket.id)
            self.inode_of.setdefault(socket.id, inodes[socket.local_port])
            if socket.inode:
                self.rows.setdefault(socket.inode, set()).add(socket.id)


Act = tuple[str, int, bool]
acts = st.tuples(
    st.sampled_from(("open", "open", "close", "linger", "expire", "refuse")), st.sampled_from(PORTS), st.booleans()
)
ticks = st.tuples(st.sampled_from((0.0, 0.0, 0.25, 1.0)), st.lists(acts, max_size=3))
steps = st.lists(st.one_of(acts, acts, ticks), max_size=40)


def played(script: list[Act | tuple[float, list[Act]]], *, loses: bool) -> Machine:
    """What came of a script that begins and ends with a look at which everything is told."""
    machine = Machine()
    machine.tick(0.0, [])
    for step in script:
        if isinstance(step[0], str):
            what, port, is_lost = step
            machine.act(what, port, is_lost=loses and is_lost)
        else:
            late, meanwhile = step
            machine.tick(late, [(what, port, loses and is_lost) for what, port, is_lost in meanwhile])
    machine.tick(0.0, [])
    machine.tick(0.0, [])
    return machine


def summary(each: SocketEvent) -> tuple[str, float, int]:
    return (each.kind.value, each.at, each.socket.local_port)


def check_order(machine: Machine) -> None:
    """In the order of time, nothing of a row twice, and each opened before its closed."""
    times = [each.at for each in machine.told]
    assert times == sorted(times)
    for id in {each.socket.id for each in machine.told}:
        kinds = [each.kind for each in machine.told if each.socket.id == id and each.kind is not Happening.CHANGED]
        assert kinds in (
            [Happening.OPENED], [Happening.CLOSED], [Happening.REFUSED], [Happening.OPENED, Happening.CLOSED]
        )  # fmt: skip
    assert not machine.listed & {socket.id for socket in machine.passed}
    assert all(len(ids) == 1 for ids in machine.rows.values())


@settings(max_examples=300, deadline=None)
@given(steps)
def test_whatever_comes_first_the_history_is_that_of_a_perfect_observer(
    script: list[Act | tuple[float, list[Act]]],
) -> None:
    machine = played(script, loses=False)
    check_order(machine)
    found = [summary(each) for each in machine.told if each.kind is not Happening.CHANGED]
    assert found == machine.true
    assert all(each.source is ToldBy.EVENT for each in machine.told if each.kind is not Happening.CHANGED)
    for each in machine.told:
        lives = [life.inode for life in machine.lives if life.port == each.socket.local_port and life.began <= each.at]
        if each.kind in (Happening.OPENED, Happening.CLOSED):  # the row is that of the last life before
            assert machine.inode_of.get(each.socket.id, lives[-1]) == lives[-1]
    noted(f"passed: {bool(machine.passed)}")


@settings(max_examples=300, deadline=None)
@given(steps)
def test_what_is_lost_makes_nothing_up(script: list[Act | tuple[float, list[Act]]]) -> None:
    machine = played(script, loses=True)
    check_order(machine)
    told_by_event = [summary(each) for each in machine.told if each.source is ToldBy.EVENT]
    assert not Counter(told_by_event) - Counter(machine.true)
    ends = Counter[tuple[str, float]]()
    for each in machine.told:
        if each.kind in (Happening.OPENED, Happening.CLOSED):
            before = [life for life in machine.lives if life.port == each.socket.local_port and life.began <= each.at]
            inode = machine.inode_of.get(each.socket.id) or before[-1].inode
            ends[each.kind, inode] += 1
    assert max(ends.values(), default=1) == 1
    if not machine.lost:
        assert told_by_event == machine.true
