"""Which end is tried for which listener, and how many at most; and what is made of the outcomes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.sockets.networks import AddressNetworks, Network
from netwatch_tui.sockets.probe_plan import MOST_ADDRESSES, MOST_ATTEMPTS, DirectAddresses, attempts, planned
from netwatch_tui.sockets.probe_results import (
    TIMED_OUT,
    Outcome,
    PlannedListener,
    PortState,
    ProbeEnd,
    ProbeRow,
    Reach,
    remarks,
    rows_of,
)
from netwatch_tui.sockets.socket import DiagFacts, Socket
from tests.support.build import NETNS, address, tcp, udp

ELSEWHERE = NETNS + 1
LO, LAN, WIFI = "lo", "eth0", "wlan0"


def networks(*pairs: tuple[str, str]) -> AddressNetworks:
    found: dict[bytes, tuple[Network, ...]] = {}
    for text, device in pairs:
        packed = address(text).packed
        found[packed] = (*found.get(packed, ()), Network("-", device))
    return found


HERE = networks(
    ("127.0.0.1", LO), ("::1", LO), ("10.0.0.5", LAN), ("192.168.1.7", WIFI), ("2001:db8::5", LAN), ("fe80::1", LAN),
    ("fe80::1", WIFI),
)  # fmt: skip
V4 = {"127.0.0.1", "10.0.0.5", "192.168.1.7"}
V6 = {"::1", "2001:db8::5", "fe80::1%eth0", "fe80::1%wlan0"}
ONLY_V6, BOTH = (DiagFacts(cookie=1, v6only=v6only) for v6only in (True, False))


def listener(local: str, **fields: Any) -> Socket:
    return tcp(local, **{"recv_q": 0, "send_q": 128, **fields})


def plans(
    *chosen: Socket, others: tuple[Socket, ...] = (), direct: DirectAddresses | None = None
) -> list[PlannedListener]:
    known = {NETNS: HERE, ELSEWHERE: networks(("127.0.0.1", LO), ("172.17.0.2", "eth0"), ("172.18.0.2", "eth1"))}
    return planned(chosen, (*chosen, *others), known, NETNS, direct or {})


def text(end: ProbeEnd) -> str:
    return f"{ip_address(end.address)}{'%' if end.device else ''}{end.device}"


def tried(*chosen: Socket, others: tuple[Socket, ...] = ()) -> set[str]:
    """The addresses at which the first is tried."""
    return {text(end) for end in plans(*chosen, others=others)[0].ends}


@pytest.mark.parametrize(
    ("socket", "addresses"),
    [
        (listener("0.0.0.0:80"), V4),
        (listener("[::]:80", diag=ONLY_V6), V6),
        (listener("[::]:80", diag=BOTH), V4 | V6),
        (listener("[::]:80"), V6),
        (listener("[::ffff:0.0.0.0]:80"), V4),
        (listener("127.0.0.1:80"), {"127.0.0.1"}),
        (listener("127.9.9.9:80"), {"127.9.9.9"}),
        (listener("[::1]:80"), {"::1"}),
        (listener("[::ffff:127.0.0.1]:80"), {"127.0.0.1"}),
        (listener("[::ffff:10.0.0.5]:80"), {"10.0.0.5"}),
        (listener("10.0.0.5:80"), {"10.0.0.5"}),
        (listener("0.0.0.0:80", interface=LAN, diag=BOTH), {"10.0.0.5"}),
        (listener("0.0.0.0:80", interface=LO, diag=BOTH), {"127.0.0.1"}),
        (listener("[::]:80", interface=WIFI, diag=BOTH), {"192.168.1.7", "fe80::1%wlan0"}),
        (listener("[fe80::1]:80", interface=LAN, diag=ONLY_V6), {"fe80::1%eth0"}),
    ],
)
def test_a_listener_is_tried_at_the_addresses_of_the_machine_that_lead_to_it(
    socket: Socket, addresses: set[str]
) -> None:
    assert tried(socket) == addresses


@pytest.mark.parametrize(
    ("socket", "reason"),
    [
        (udp("0.0.0.0:53"), "not TCP"),
        (listener("0.0.0.0:80", netid="sctp"), "not TCP"),
        (listener("10.0.0.99:80"), "no own address"),
        (listener("0.0.0.0:80", netns=ELSEWHERE + 1), "addresses unknown"),
        (listener("0.0.0.0:80", interface="gone0", diag=BOTH), "others answer"),
    ],
)
def test_what_is_not_tried_has_a_reason(socket: Socket, reason: str) -> None:
    (plan,) = plans(socket)
    assert (plan.ends, plan.why_not) == ((), reason)
    (row,) = rows_of([plan], {}, {})
    assert (row.state, row.reason, row.reach, row.seconds) == (PortState.UNTRIED, reason, None, None)


@pytest.mark.parametrize(
    ("socket", "other", "addresses"),
    [
        (listener("0.0.0.0:80"), listener("127.0.0.1:80"), V4 - {"127.0.0.1"}),
        (listener("0.0.0.0:80"), listener("127.0.0.1:81"), V4),
        (listener("0.0.0.0:80"), listener("127.0.0.1:80", netns=ELSEWHERE), V4),
        (listener("[::]:80", diag=BOTH), listener("0.0.0.0:80"), V6),
        (listener("[::]:80", diag=BOTH), listener("10.0.0.5:80"), (V4 | V6) - {"10.0.0.5"}),
        (listener("0.0.0.0:80"), listener("[::]:80", diag=BOTH), V4),
        (listener("0.0.0.0:80"), listener("[::ffff:10.0.0.5]:80"), V4 - {"10.0.0.5"}),
        (listener("0.0.0.0:80"), listener("0.0.0.0:80", interface=LAN, diag=BOTH), V4 - {"10.0.0.5"}),
    ],
)
def test_it_is_not_tried_where_a_more_specific_listener_answers(
    socket: Socket, other: Socket, addresses: set[str]
) -> None:
    assert tried(socket, others=(other._replace(inode=99),)) == addresses


def test_listeners_that_share_a_port_are_tried_together_once() -> None:
    both = plans(listener("0.0.0.0:80", inode=1), listener("0.0.0.0:80", inode=2))
    assert both[0].ends == both[1].ends
    assert len(attempts(both)) == len(V4)


def test_what_is_elsewhere_is_tried_from_inside_and_from_here_where_a_wire_leads() -> None:
    (plan,) = plans(
        listener("0.0.0.0:80", netns=ELSEWHERE), direct={ELSEWHERE: frozenset({address("172.17.0.2").packed})}
    )
    assert [(text(end), end.origin) for end in plan.ends] == [
        ("127.0.0.1", ELSEWHERE), ("172.17.0.2", NETNS), ("172.17.0.2", ELSEWHERE), ("172.18.0.2", ELSEWHERE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("recv_q", "send_q", "ends"), [(0, 128, 3), (0, 5, 3), (0, 4, 2), (0, 0, 1), (5, 4, 1), (None, None, 3)]
)
def test_no_more_than_half_of_the_free_places_of_an_accept_queue_is_taken(
    recv_q: int | None, send_q: int | None, ends: int
) -> None:
    (plan,) = plans(listener("0.0.0.0:80", recv_q=recv_q, send_q=send_q))
    assert (len(plan.ends), plan.left_out) == (ends, len(V4) - ends)
    assert text(plan.ends[0]) == "127.0.0.1"


def test_the_attempts_at_one_listener_are_bounded() -> None:
    many = networks(*((f"10.1.{n // 250}.{n % 250 + 1}", f"br{n}") for n in range(500)))
    socket = listener("0.0.0.0:80")
    (plan,) = planned([socket], [socket], {NETNS: many}, NETNS, {})
    assert (len(plan.ends), plan.left_out) == (MOST_ADDRESSES, 500 - MOST_ADDRESSES)


@given(st.lists(st.integers(1, 65_535), max_size=800), st.integers(0, 3))
def test_all_attempts_are_bounded_and_fair_and_at_ports_of_the_listeners(ports: list[int], kind: int) -> None:
    local = ("0.0.0.0", "[::]", "127.0.0.1", "10.0.0.5")[kind]
    chosen = [listener(f"{local}:{port}", inode=at) for at, port in enumerate(ports)]
    planned_ = plans(*chosen)
    ends = attempts(planned_)
    assert len(ends) == len(set(ends)) <= MOST_ATTEMPTS
    assert {end.port for end in ends} <= set(ports)
    assert {end.address for end in ends} <= HERE.keys()
    if len(set(ports)) <= MOST_ATTEMPTS:
        assert {end.port for end in ends} == set(ports), "each is tried once before any is tried twice"


# --- what is made of the outcomes ---

OPEN = Outcome(PortState.OPEN, "syn-ack", 0.001)
REFUSED = Outcome(PortState.REFUSED, "conn-refused", 0.001)
DROPPED = TIMED_OUT._replace(seconds=1.0)
NOT_SENT = Outcome(PortState.UNTRIED, "too many open files")


def end(text: str, *, outside: bool = False) -> ProbeEnd:
    return ProbeEnd(NETNS, ELSEWHERE if outside else NETNS, address(text).packed, 80)


def reach(*outcomes: tuple[ProbeEnd, Outcome], left_out: int = 0) -> Reach | None:
    plan = PlannedListener(listener("0.0.0.0:80"), tuple(end for end, _ in outcomes), left_out=left_out)
    rows = rows_of([plan], dict(outcomes), {})
    (told,) = {row.reach for row in rows}
    return told


LOOP, NEAR, FAR = end("127.0.0.1"), end("10.0.0.5"), end("172.17.0.2", outside=True)


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        (((LOOP, OPEN), (NEAR, OPEN)), Reach.EVERYWHERE),
        (((LOOP, OPEN), (NEAR, DROPPED)), Reach.LOOPBACK),
        (((LOOP, OPEN),), Reach.LOOPBACK),
        (((LOOP, DROPPED), (NEAR, OPEN)), Reach.SOMEWHERE),
        (((LOOP, OPEN), (NEAR, OPEN), (FAR, DROPPED)), Reach.INSIDE),
        (((LOOP, REFUSED), (NEAR, DROPPED)), Reach.NOWHERE),
        (((LOOP, OPEN), (NEAR, NOT_SENT)), Reach.SOMEWHERE),
        (((LOOP, NOT_SENT), (NEAR, NOT_SENT)), None),
    ],
)
def test_where_a_listener_answers(outcomes: tuple[tuple[ProbeEnd, Outcome], ...], told: Reach | None) -> None:
    assert reach(*outcomes) is told


def test_what_was_left_out_is_not_said_to_answer() -> None:
    assert reach((LOOP, OPEN), (NEAR, OPEN), left_out=1) is Reach.SOMEWHERE
    assert reach((LOOP, OPEN), left_out=1) is Reach.SOMEWHERE


def row(rows: list[ProbeRow]) -> tuple[str, str, int]:
    (found,) = rows
    return found.state, found.reason, len(found.attempts)


def test_outcomes_that_are_the_same_are_one_row() -> None:
    plan = PlannedListener(listener("0.0.0.0:80"), (LOOP, NEAR, FAR))
    rows = rows_of([plan], {LOOP: OPEN, NEAR: OPEN._replace(seconds=0.5), FAR: DROPPED}, {})
    assert [(row.state, row.seconds, len(row.attempts)) for row in rows] == [
        (PortState.OPEN, 0.5, 2),
        (PortState.FILTERED, 1.0, 1),
    ]


def test_no_answer_of_a_listener_with_a_full_queue_is_no_firewalls_doing() -> None:
    free, full = (listener("0.0.0.0:80", id=7, recv_q=recv_q, send_q=4) for recv_q in (4, 5))
    outcomes = {LOOP: DROPPED}
    assert row(rows_of([PlannedListener(full, (LOOP,))], outcomes, {})) == ("no answer", "queue full", 1)
    assert row(rows_of([PlannedListener(free, (LOOP,))], outcomes, {7: full})) == ("no answer", "queue full", 1)
    assert row(rows_of([PlannedListener(free, (LOOP,))], outcomes, {7: free})) == ("filtered", "timed out", 1)
    assert row(rows_of([PlannedListener(full, (LOOP,))], {LOOP: REFUSED}, {})) == ("refused", "conn-refused", 1)


def test_what_is_beyond_the_limit_is_said_not_to_be_tried() -> None:
    assert row(rows_of([PlannedListener(listener("0.0.0.0:80"), (LOOP,))], {}, {})) == ("not tried", "limit reached", 1)


def test_whoever_reads_it_is_told_what_it_can_not_tell() -> None:
    loopback = rows_of([PlannedListener(listener("127.0.0.1:80"), (LOOP,))], {LOOP: OPEN}, {})
    assert remarks(loopback) == []
    inside = rows_of([PlannedListener(listener("0.0.0.0:80"), (NEAR,), left_out=3)], {NEAR: OPEN}, {})
    assert [remark.partition(" ")[0] for remark in remarks(inside)] == ["what", "at"]
    outside = rows_of([PlannedListener(listener("0.0.0.0:80"), (FAR,))], {FAR: OPEN}, {})
    assert remarks(outside) == []
