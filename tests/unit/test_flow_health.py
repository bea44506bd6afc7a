"""What is wrong with what flows: each rule at its threshold, and the memory that some of them need."""

from __future__ import annotations

from typing import Any

import pytest

from netwatch_tui.collect.flow_health import LATELY, SMALLEST_RANGE
from netwatch_tui.fields.health_fields import finding_text
from netwatch_tui.kernel.namespace_counters import parse_counters
from netwatch_tui.kernel.port_rules import parse_port_range
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.sockets.flow_rules import (
    DROPPING,
    GIVING_UP,
    LATE,
    LATE_BY,
    LATE_TIMES,
    LOSING,
    LOST_SEGMENTS,
    LOST_SHARE,
    OVERFLOWING,
    PORTS_EXHAUSTED,
    PORTS_USED,
    RECENTLY,
    UNANSWERED_KEEPALIVES,
    giving_up,
    is_full,
    late,
    losing,
    may_be_wrong,
    ports_exhausted,
)
from netwatch_tui.sockets.health import NO_ANSWER, TRIES_WITHOUT_ANSWER, WINDOW_SHUT_AFTER, ZERO_WINDOW, Rule
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State, Timer
from tests.support.build import tcp, time_wait, udp
from tests.support.fake import Watch
from tests.support.flows import counters, flow

ONE = tcp("10.0.0.1:50000", "10.0.0.2:443", inode=11)
KEEPALIVE = ONE._replace(timer=Timer("keepalive", 9.0))


@pytest.mark.parametrize(
    ("sent", "again", "segments", "is_wrong"),
    [
        (1000, 1000 * LOST_SHARE, LOST_SEGMENTS, True),
        (1000, 1000 * LOST_SHARE - 1, LOST_SEGMENTS, False),
        (1000, 1000 * LOST_SHARE, LOST_SEGMENTS - 1, False),
        (0, 0, LOST_SEGMENTS, False),
    ],
)
def test_losses(sent: int, again: int, segments: int, is_wrong: bool) -> None:
    assert bool(losing(sent, again, segments)) is is_wrong


@pytest.mark.parametrize(
    ("least", "rtt", "sent", "ago", "is_wrong"),
    [
        (0.1, 0.1 + LATE_BY, 1, 0, True),
        (0.1, 0.099 + LATE_BY, 1, 0, False),
        (0.2, 0.2 * LATE_TIMES, 1, 0, True),
        (0.2, 0.2 * LATE_TIMES - 0.01, 1, 0, False),
        (0.00001, 0.04, 1, 0, False),
        (0.1, 1.0, 1, RECENTLY + 1, False),
        (0.1, 1.0, 0, 0, False),
        (None, 1.0, 1, 0, False),
    ],
)
def test_round_trips(least: float | None, rtt: float, sent: int, ago: float, is_wrong: bool) -> None:
    minimum = 0xFFFF_FFFF if least is None else round(least * 1e6)
    found = flow(rtt=round(rtt * 1e6), rtt_min=minimum, sent=sent)
    assert bool(late(found, 100.0 + ago)) is is_wrong
    assert may_be_wrong(found) or not is_wrong


@pytest.mark.parametrize(
    ("socket", "probes", "is_wrong"),
    [
        (KEEPALIVE, UNANSWERED_KEEPALIVES, True),
        (KEEPALIVE, UNANSWERED_KEEPALIVES - 1, False),
        (ONE._replace(timer=Timer("persist", 1.0)), 5, False),
        (ONE, 5, False),
    ],
)
def test_keepalives(socket: Socket, probes: int, is_wrong: bool) -> None:
    assert bool(giving_up(socket, flow(probes=probes))) is is_wrong


@pytest.mark.parametrize(
    ("waiting", "backlog", "full"), [(5, 4, True), (4, 4, False), (None, 4, False), (1, None, False), (0, 0, False)]
)
def test_queues(waiting: int | None, backlog: int | None, full: bool) -> None:
    assert is_full(tcp(recv_q=waiting, send_q=backlog)) is full
    assert not is_full(ONE._replace(recv_q=waiting, send_q=backlog))


@pytest.mark.parametrize(("used", "ports", "is_wrong"), [(8000, 10_000, True), (7999, 10_000, False), (9, 0, False)])
def test_ports(used: int, ports: int, is_wrong: bool) -> None:
    assert PORTS_USED == 0.8
    assert bool(ports_exhausted(used, ports)) is is_wrong


class Sick:
    """A watch of which the test says what is wrong."""

    def __init__(self, *sockets: Socket) -> None:
        self.watch = Watch(*sockets, stopwatch=lambda: 0.0)  # every reading is due
        self.watch.collector.needs = Needs(flows_of_all=True)
        self.source = self.watch.source
        self.sockets = sockets

    def count(self, **fields: Any) -> None:
        self.source.counters = {ONE.inode: counters(**fields)}

    def tick(self, *sockets: Socket, after: float = 1.0) -> list[Rule]:
        return words(self.watch.tick(*(sockets or self.sockets), after=after))


def words(snapshot: Snapshot) -> list[Rule]:
    return [finding.rule for found in snapshot.findings.values() for finding in found]


def test_of_a_connection_seen_first_all_losses_count_and_later_those_of_late() -> None:
    sick = Sick(ONE)
    sick.count(sent=10_000, bytes_retrans=1_000, retrans_total=50)
    assert sick.tick() == [LOSING]
    assert sick.tick(after=LATELY - 1) == [LOSING]
    assert sick.tick() == [], "nothing was lost since"
    sick.count(sent=11_000, bytes_retrans=1_010, retrans_total=51)
    assert sick.tick() == []
    sick.count(sent=20_000, bytes_retrans=3_000, retrans_total=90)
    assert sick.tick() == [LOSING]


def test_a_late_round_trip_is_told_only_while_it_says_something() -> None:
    sick = Sick(ONE)
    sick.count(sent=10, rtt=900_000, rtt_min=1000)
    assert sick.tick() == [LATE]
    sick.count(sent=10, rtt=900_000, rtt_min=1000, last_sent=90_000)
    assert sick.tick(after=90.0) == []


def test_probes_without_an_answer() -> None:
    sick = Sick(KEEPALIVE)
    sick.count(probes=3)
    assert sick.tick() == [GIVING_UP]
    sick.count(probes=0)
    assert sick.tick() == []


def test_datagrams_that_are_dropped_are_told_for_a_while() -> None:
    before = udp(drops=100, inode=5)
    sick = Sick(before)
    assert sick.tick() == [], "they may be of last year"
    assert sick.tick(before._replace(drops=103)) == [DROPPING]
    snapshot = sick.watch.tick(before._replace(drops=110))
    ((finding,),) = snapshot.findings.values()
    assert finding_text(finding, snapshot.taken_at).startswith("10 datagrams were dropped")
    sick.sockets = (before._replace(drops=110),)
    assert sick.tick(after=LATELY) == [DROPPING]
    assert sick.tick(after=1.0) == []


def test_an_overflowing_queue_is_named_and_nothing_is_asked_while_none_is_full() -> None:
    full, free = tcp("0.0.0.0:80", inode=1, recv_q=5), tcp("0.0.0.0:81", inode=2, recv_q=0)
    sick = Sick(full, free)
    sick.source.more_of_bound = {1: Bound(5, 4, None), 2: Bound(0, 4, None)}
    sick.source.overflows = 1000
    assert OVERFLOWING not in sick.tick()
    sick.source.overflows = 1007
    snapshot = sick.watch.tick(full, free)
    ((id, found),) = ((id, found) for id, found in snapshot.findings.items() if OVERFLOWING in [f.rule for f in found])
    assert next(each.local_port for each in snapshot.sockets if each.id == id) == 80
    assert "dropped 7 connections" in next(finding_text(each, 0.0) for each in found if each.rule is OVERFLOWING)
    asked = sick.source.counted
    assert asked == 2
    sick.source.overflows = 2000
    assert sick.tick(full._replace(recv_q=0), free) == []
    assert sick.source.counted == asked


def test_ports_that_run_short_are_told_once_and_counted_only_where_there_are_many() -> None:
    sockets = [time_wait(tcp(f"10.0.0.1:{10_000 + at}", "10.0.0.2:443", inode=at + 1)) for at in range(SMALLEST_RANGE)]
    sick = Sick()
    sick.source.local_ports = SMALLEST_RANGE
    snapshot = sick.watch.tick(*sockets)
    ((found,),) = snapshot.findings.values()
    assert found.rule is PORTS_EXHAUSTED
    assert found.socket.local_port == 10_000
    assert sick.tick(*sockets[:-1]) == []
    assert sick.source.counted == 1


def test_nothing_is_asked_beside_a_healthy_machine() -> None:
    sick = Sick(ONE, tcp("0.0.0.0:80", inode=1, recv_q=1), udp(inode=2), time_wait(tcp("1.1.1.1:1", "1.1.1.2:2")))
    sick.source.more_of_bound = {1: Bound(1, 128, None)}
    sick.count(sent=10**9, rtt=40_000, rtt_min=5, retrans_total=3, bytes_retrans=4000)
    for _ in range(3):
        assert sick.tick() == []
    assert sick.source.counted == 0


@pytest.mark.parametrize(
    ("timer", "tries", "rule"),
    [("on", TRIES_WITHOUT_ANSWER, NO_ANSWER), ("on", TRIES_WITHOUT_ANSWER - 1, None), ("keepalive", 5, None)],
)
def test_segments_without_an_answer(timer: str, tries: int, rule: Rule | None) -> None:
    sick = Sick(ONE._replace(timer=Timer(timer, 1.0), retransmits=tries, send_q=9))
    assert sick.tick() == ([rule] if rule else [])


def test_a_window_that_stays_shut() -> None:
    shut = ONE._replace(timer=Timer("persist", 1.0), send_q=9)
    sick = Sick(shut)
    assert sick.tick() == []
    assert ZERO_WINDOW not in sick.tick(shut._replace(send_q=10), after=WINDOW_SHUT_AFTER - 1), "something moved"
    sick.sockets = (shut._replace(send_q=10),)
    assert ZERO_WINDOW not in sick.tick(after=WINDOW_SHUT_AFTER - 1)
    assert ZERO_WINDOW in sick.tick()
    assert ZERO_WINDOW not in sick.tick(shut._replace(state=State.CLOSE_WAIT, timer=None))


def test_counters_of_a_namespace_are_read_by_name() -> None:
    text = "TcpExt: ListenOverflows ListenDrops\nTcpExt: 12 13\nIpExt: InNoRoutes\nIpExt: x\nbroken\n"
    assert parse_counters(text) == {"ListenOverflows": 12, "ListenDrops": 13}
    assert parse_counters("") == {}
    found = (parse_port_range("32768\t60999\n"), parse_port_range("5 4"), parse_port_range("x"))
    assert found == ((32_768, 60_999), None, None)
