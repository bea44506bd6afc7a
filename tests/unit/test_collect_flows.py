"""What is remembered of flows between two ticks, and which questions that takes."""

from __future__ import annotations

import errno
import os
import struct
from typing import Any

import pytest

from netwatch_tui.collect import flows as memory
from netwatch_tui.collect.flows import MOST_AGE
from netwatch_tui.kernel.sock_diag_messages import packed_ends
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import tcp, time_wait, udp
from tests.support.fake import Place, Watch, only
from tests.support.flows import counters

EVERY = Needs(flows_of_all=True)
ONE = tcp("10.0.0.1:50000", "10.0.0.2:443", inode=11)
TWO = tcp("10.0.0.1:50001", "10.0.0.2:443", inode=12)
SIX = tcp("[::1]:50001", "[::1]:443", inode=13)


class Flowing:
    """A watch whose time the test says, with the machine's counters."""

    def __init__(self, *sockets: Socket, needs: Needs = EVERY) -> None:
        self.now = 0.0
        self.watch = Watch(*sockets, stopwatch=lambda: self.now)
        self.source = self.watch.source
        self.sockets = sockets
        self.watch.collector.needs = needs

    def count(self, socket: Socket, **fields: Any) -> None:
        self.source.counters[socket.inode] = counters(**fields)

    def tick(self, *sockets: Socket, after: float = 1.0) -> Snapshot:
        self.now += after
        return self.watch.tick(*(sockets or self.sockets), after=after)

    def flow(self, socket: Socket, snapshot: Snapshot) -> Flow | None:
        ids = [each.id for each in snapshot.sockets if each.ends == socket.ends]
        return snapshot.flows.get(ids[0]) if ids else None

    def rates(self, socket: Socket, after: float = 1.0) -> tuple[float | None, float | None]:
        flow = self.flow(socket, self.tick(after=after))
        assert flow
        return flow.rate_in, flow.rate_out


def test_a_rate_is_the_difference_over_the_time_between_two_readings() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, received=1000, sent=500)
    assert flowing.rates(ONE) == (None, None)
    flowing.count(ONE, received=4000, sent=700, bytes_retrans=100)
    assert flowing.rates(ONE, after=2.0) == (1500, 50)
    assert flowing.rates(ONE, after=0.5) == (0, 0)
    flowing.count(ONE, received=4001, sent=700, bytes_retrans=100)
    assert flowing.rates(ONE, after=4.0) == (0.25, 0)


def test_where_nothing_moves_the_same_object_stays() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, received=10, sent=5, last_sent=100)
    flows = []
    for tick in range(5):
        flowing.count(ONE, received=10, sent=5, last_sent=100 + 1000 * tick)
        flows.append(flowing.flow(ONE, flowing.tick()))
    assert flows[0] is not flows[1] is not None
    assert flows[1] is flows[2] is flows[3] is flows[4]
    assert flows[4]
    assert flows[4].last_sent_at == pytest.approx(flowing.now + 100.0 - 4.1)


def test_a_counter_that_a_kernel_lacks_gives_no_rate() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, received=None, sent=None, bytes_retrans=None)
    flowing.tick()
    assert flowing.rates(ONE) == (None, None)


def test_another_socket_with_the_ends_of_a_row_starts_anew() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, received=10_000)
    flowing.tick()
    flowing.source.cookies[ONE.inode] = 99
    flowing.count(ONE, received=5)
    assert flowing.rates(ONE) == (None, None)
    flowing.count(ONE, received=9)
    assert flowing.rates(ONE) == (4, 0)


def test_sockets_without_a_file_and_those_that_share_one_are_found_by_their_ends() -> None:
    orphan = ONE._replace(inode=0, state=State.FIN_WAIT_1)
    flowing = Flowing(orphan, TWO, SIX)
    flowing.source.counters = {0: counters(state=State.FIN_WAIT_1, sent=7), TWO.inode: counters(sent=8)}
    flowing.source.sockets = (orphan, TWO)
    snapshot = flowing.tick(orphan, TWO)
    assert [flow.bytes_out for flow in snapshot.flows.values()] == [7, 8]


def test_what_a_socket_came_to_is_told_for_a_while() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, sent=10)
    id = only(flowing.tick()).id
    flowing.count(ONE, sent=30)
    flowing.tick()
    flowing.watch.source.put()
    flow = flowing.tick(udp()).flows[id]
    assert (flow.bytes_out, flow.rate_in, flow.rate_out) == (30, None, None)
    assert id not in flowing.tick(udp(), after=memory.KEPT_AFTER_END + 1).flows


@pytest.mark.parametrize("needs", [EVERY, Needs(flows_of_ids=frozenset({1}))])
def test_of_what_is_left_in_time_wait_nothing_flows(needs: Needs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a tick in which not all connections are read."""
    flowing = Flowing(ONE, needs=needs)
    flowing.count(ONE, sent=10)
    flowing.tick()
    flowing.tick()
    monkeypatch.setattr(memory._Pace, "is_due", lambda *_: False)
    del flowing.source.counters[ONE.inode]
    snapshot = flowing.tick(time_wait(ONE))
    assert only(snapshot).state is State.TIME_WAIT
    assert snapshot.flows == {}


# --- nothing is asked that nothing needs ---


def test_where_nothing_is_needed_nothing_is_asked() -> None:
    flowing = Flowing(ONE, TWO, needs=NOTHING_MORE)
    assert flowing.tick().flows == {}
    flowing.tick()
    assert (flowing.source.counter_lists, flowing.source.counters_asked) == (0, [])


def test_what_is_looked_at_is_asked_about_alone_each_tick() -> None:
    flowing = Flowing(ONE, TWO, tcp("0.0.0.0:443", inode=14), udp(), needs=NOTHING_MORE)
    flowing.count(ONE, sent=1)
    ids = {each.inode: each.id for each in flowing.tick().sockets}
    flowing.watch.collector.needs = Needs(
        flows_of_ids=frozenset({*list(ids.values())[:1], *list(ids.values())[2:], 77})
    )
    assert flowing.tick().flows.keys() == {ids[ONE.inode]}
    flowing.tick()
    assert (flowing.source.counter_lists, flowing.source.counters_asked) == (0, [ONE.inode, ONE.inode])


def test_what_nobody_looks_at_any_more_is_forgotten() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, sent=1)
    flowing.tick()
    flowing.watch.collector.needs = NOTHING_MORE
    assert flowing.tick().flows == {}
    flowing.watch.collector.needs = EVERY
    assert flowing.rates(ONE) == (None, None)


@pytest.mark.parametrize(
    ("costs", "lists"),
    [
        ([0.1] * 12, [1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5]),
        ([0.1] * 5 + [1.0] + [0.1] * 4, [1, 2, 2, 2, 3, 3, 4, 4, 4, 5]),
    ],
    ids=["steady", "a-long-tick-is-not-made-longer"],
)
def test_all_are_listed_no_more_often_than_the_ticks_cost_otherwise(
    monkeypatch: pytest.MonkeyPatch, costs: list[float], lists: list[int]
) -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, sent=1)
    source, coming = flowing.source, iter(costs)

    def namespaces(in_use: object = ()) -> Any:
        flowing.now += next(coming)  # what a tick costs
        return found(())

    def clock() -> float:
        flowing.now += 0.25  # what a list costs
        return flowing.now

    found = source.namespaces
    monkeypatch.setattr(source, "namespaces", namespaces)
    monkeypatch.setattr(memory, "MOST_AGE", 1e9)
    monkeypatch.setattr("netwatch_tui.collect.collector.LOOK_ROUND_EVERY", 0.0)
    source.clock = clock
    asked = []
    for _ in costs:
        flowing.tick(after=0.0)
        asked.append(source.counter_lists)
    assert asked == lists


def test_a_list_is_never_older_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    flowing = Flowing(ONE)
    source = flowing.source

    def clock() -> float:
        flowing.now += 1000.0
        return flowing.now

    source.clock = clock
    for _ in range(11):
        flowing.tick()
    assert source.counter_lists == 3, "the third after eight seconds"


@pytest.mark.parametrize("needs", [EVERY, Needs(flows_of_ids=frozenset({1}))])
def test_where_the_kernel_cannot_be_asked_it_is_said_why(needs: Needs) -> None:
    flowing = Flowing(ONE, needs=needs)
    flowing.count(ONE, sent=1)
    flowing.tick()
    flowing.source.refuses = OSError(errno.EPERM, os.strerror(errno.EPERM))
    snapshot = flowing.tick()
    (problem,) = snapshot.problems
    assert problem.text.startswith("rates, totals and round-trip times in ")
    assert problem.text.endswith(" are not known: Operation not permitted")
    assert (snapshot.flows, len(snapshot.sockets)) == ({}, 1)
    flowing.source.refuses = None
    assert flowing.tick().problems == ()


def test_each_namespace_has_its_own_answers() -> None:
    """Also where each counts its own cookies."""
    blue = ONE._replace(netns=77, inode=99)
    flowing = Flowing(ONE, blue)
    flowing.source.cookies = {ONE.inode: 5, blue.inode: 5}
    flowing.count(blue, sent=2)
    flowing.watch.collector.namespaces = "*"
    flowing.source.others = (Place(77, "blue", 5),)
    flowing.count(ONE, sent=1)
    flowing.tick()
    told = flowing.tick().flows.values()
    assert [(flow.bytes_out, flow.rate_out) for flow in told] == [(1, 0), (2, 0)]
    assert flowing.source.counter_lists == 4


# --- history ---


def test_rates_and_round_trips_of_the_last_minutes_are_kept_in_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_HISTORIES", 2)
    monkeypatch.setattr(memory, "HISTORY", 3.0)
    flowing = Flowing(ONE, TWO, SIX)
    for each in (ONE, TWO, SIX):
        flowing.count(each, sent=1, rtt=5000)
    ids = {each.inode: each.id for each in flowing.tick().sockets}
    watch = flowing.watch.collector._flow_watch
    assert watch
    kept = watch._flows.histories
    assert kept(ids.values()) == {}, "nothing flows, and nobody looks"
    looked_at = frozenset({ids[SIX.inode]})
    flowing.watch.collector.needs = Needs(of_ids=looked_at, flows_of_all=True, flows_of_ids=looked_at)
    for tick in range(6):
        flowing.count(ONE, sent=1000 * tick)
        flowing.count(TWO, sent=1000 * tick)
        snapshot = flowing.tick()
    assert len(kept(ids.values())) == 2
    assert ids[SIX.inode] in kept(ids.values()), "what is looked at comes before what is busy"
    (samples,) = snapshot.histories.values()
    assert [sample.rtt for sample in samples] == [0.005] * 4
    assert samples[-1].at - samples[0].at == 3.0
    flowing.tick(ONE)
    assert kept([ids[SIX.inode]]) == {}


def test_mptcp_is_asked_about_only_where_it_is_and_its_rates_are_its_own() -> None:
    flowing = Flowing(ONE)
    flowing.count(ONE, received=10)
    flowing.tick()
    assert flowing.source.mptcp_lists == 0
    head = struct.pack("=BBBB36sIIIIIIII", 2, 1, 0, 0, packed_ends(ONE), 0, 7, 0, 0, 0, 0, 1000, 14)
    flowing.source.listed["mptcp"] = [head]
    own = ONE._replace(inode=14)
    for read, after in ((100, MOST_AGE), (116, MOST_AGE)):
        flowing.count(own, received=read, sent=50, mss=None, cwnd=None, retrans_total=None)
        snapshot = flowing.tick(after=after)
    row = next(each for each in snapshot.sockets if each.netid == "mptcp")
    assert (snapshot.flows[row.id].rate_in, snapshot.flows[row.id].rate_out) == (2, 0)
    assert flowing.source.mptcp_lists == 2
    flowing.watch.collector.needs = Needs(flows_of_ids=frozenset({row.id}))
    assert flowing.tick().flows.keys() == {row.id}
    assert flowing.source.counters_asked == []
    flowing.source.refuses = OSError(errno.EPERM, os.strerror(errno.EPERM))
    refused = flowing.tick()
    assert refused.flows == {}
    assert len(refused.problems) == 1
