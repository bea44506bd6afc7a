from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.health_fields import finding_text
from netwatch_tui.sockets.delta import Change, Delta, diff, split_changes
from netwatch_tui.sockets.health import (
    ACCEPT_QUEUE_FILLING,
    ACCEPT_QUEUE_FULL,
    CLOSE_WAIT_LEAK,
    LEAKED_AFTER,
    RULES,
    SEND_Q_STALLED,
    STALLED_AFTER,
    SYN_UNANSWERED,
    UNANSWERED_AFTER,
    Findings,
    HealthWatch,
    Rule,
    broken_rules,
)
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.thresholds import DEFAULT_THRESHOLDS
from tests.support.build import tcp, udp, unix
from tests.support.strategies import histories

T = 1_000_000.0


def opened(*sockets: Socket) -> Delta:
    return Delta(opened=sockets)


def became(before: Socket, after: Socket) -> Delta:
    return Delta(**split_changes([Change(before, after)])._asdict())


def words(findings: Findings, id: int = 1) -> list[Rule]:
    return [finding.rule for finding in findings.get(id, ())]


def listener(waiting: int, backlog: int | None) -> Socket:
    return tcp(id=1, state=State.LISTEN, recv_q=waiting, send_q=backlog)


@pytest.mark.parametrize(
    ("waiting", "backlog", "rules"),
    [
        (0, 128, []),
        (89, 128, []),
        (90, 128, [ACCEPT_QUEUE_FILLING]),
        (128, 128, [ACCEPT_QUEUE_FILLING]),
        (129, 128, [ACCEPT_QUEUE_FULL]),
        (5, 4, [ACCEPT_QUEUE_FULL]),
        (1, 0, [ACCEPT_QUEUE_FULL]),
        (0, 0, []),
        (9, None, []),
    ],
)
def test_an_accept_queue_is_judged_by_its_backlog(waiting: int, backlog: int | None, rules: list[Rule]) -> None:
    assert words(HealthWatch().tick(opened(listener(waiting, backlog)), T)) == rules
    pending = unix("/run/x.sock", id=1, state=State.LISTEN, recv_q=waiting, send_q=backlog)
    assert words(HealthWatch().tick(opened(pending), T)) == rules


def test_an_accept_queue_that_is_emptied_is_well_again() -> None:
    watch = HealthWatch()
    watch.tick(opened(listener(5, 4)), T)
    assert watch.tick(became(listener(5, 4), listener(0, 4)), T + 1) == {}


@pytest.mark.parametrize(
    ("state", "rule", "seconds"),
    [
        (State.CLOSE_WAIT, CLOSE_WAIT_LEAK, LEAKED_AFTER),
        (State.SYN_SENT, SYN_UNANSWERED, UNANSWERED_AFTER),
    ],
)
def test_a_state_in_which_a_socket_stays_too_long(state: State, rule: Rule, seconds: float) -> None:
    watch, socket = HealthWatch(), tcp(peer="10.0.0.9:80", id=1, state=state)
    assert watch.tick(opened(socket), T) == {}
    assert watch.tick(Delta(), T + seconds - 0.1) == {}
    found = watch.tick(Delta(), T + seconds)
    assert words(found) == [rule]
    assert found[1][0].since == T
    assert watch.tick(Delta(), T + seconds + 1) is found, "nothing is made anew where nothing happened"
    queue = watch.tick(became(socket, socket._replace(recv_q=9)), T + seconds + 2)
    assert (words(queue), queue[1][0].since, queue[1][0].socket.recv_q) == ([rule], T, 9)
    assert watch.tick(Delta(closed=(socket,)), T + seconds + 3) == {}


def test_the_time_in_a_state_begins_with_the_state() -> None:
    watch, connected = HealthWatch(), tcp(peer="10.0.0.9:80", id=1)
    watch.tick(opened(connected), T)
    leaked = connected._replace(state=State.CLOSE_WAIT)
    watch.tick(became(connected, leaked), T + 500)
    assert watch.tick(Delta(), T + 500 + LEAKED_AFTER - 1) == {}
    assert words(watch.tick(Delta(), T + 500 + LEAKED_AFTER)) == [CLOSE_WAIT_LEAK]


def sending(amount: int) -> Socket:
    return tcp(peer="10.0.0.9:80", id=1, send_q=amount)


def test_a_send_queue_that_does_not_become_shorter_is_stalled() -> None:
    watch = HealthWatch()
    watch.tick(opened(sending(100)), T)
    assert watch.tick(became(sending(100), sending(900)), T + 5) == {}
    assert words(watch.tick(Delta(), T + STALLED_AFTER)) == [SEND_Q_STALLED]
    assert watch.tick(became(sending(900), sending(800)), T + STALLED_AFTER + 1) == {}, "it drains"
    assert words(watch.tick(Delta(), T + 2 * STALLED_AFTER + 1)) == [SEND_Q_STALLED]
    assert watch.tick(became(sending(800), sending(0)), T + 40) == {}


def test_a_busy_sender_is_no_problem() -> None:
    watch, before = HealthWatch(), sending(70_000)
    watch.tick(opened(before), T)
    for second in range(1, 100):
        after = sending(70_000 - 1_000 * (second % 8))
        assert watch.tick(became(before, after), T + second) == {}
        before = after


def test_one_socket_can_break_two_rules() -> None:
    watch = HealthWatch()
    watch.tick(opened(sending(7)._replace(state=State.CLOSE_WAIT)), T)
    assert words(watch.tick(Delta(), T + 100)) == [SEND_Q_STALLED, CLOSE_WAIT_LEAK]


@pytest.mark.parametrize(
    "socket",
    [
        tcp(peer="10.0.0.9:80", id=1),
        tcp(peer="10.0.0.9:80", id=1, recv_q=1_000_000),
        tcp(peer="10.0.0.9:80", id=1, state=State.TIME_WAIT),
        tcp(peer="10.0.0.9:80", id=1, state=State.FIN_WAIT_2),
        udp(id=1, send_q=5_000),
        unix("/run/x.sock", id=1, state=State.ESTAB, send_q=5_000),
    ],
)
def test_what_is_well_stays_well(socket: Socket) -> None:
    watch = HealthWatch()
    watch.tick(opened(socket), T)
    assert watch.tick(Delta(), T + 100_000) == {}


@given(histories(), st.lists(st.floats(0.1, 50), min_size=12, max_size=12))
def test_what_is_found_is_what_one_who_remembers_everything_would_find(
    history: list[dict[int, Socket]], pauses: list[float]
) -> None:
    """Each rule that has no memory of amounts is exactly the sockets that broke it in each tick since it was due."""
    watch, now = HealthWatch(), T
    before: dict[int, Socket] = {}
    since: dict[tuple[int, Rule], float] = {}
    for sockets, pause in zip(history, pauses, strict=False):
        now += pause
        found = watch.tick(diff(before, sockets), now)
        broken = {(id, rule) for id, socket in sockets.items() for rule in broken_rules(socket)}
        since = {key: since.get(key, now) for key in broken}
        for rule in set(RULES) - {SEND_Q_STALLED}:
            expected = {id for (id, each), start in since.items() if each is rule and now - start >= rule.after}
            assert {id for id, each in found.items() if rule in [finding.rule for finding in each]} == expected
        assert all(finding.socket is sockets[id] for id, each in found.items() for finding in each)
        before = sockets


def test_a_finding_says_what_is_wrong_in_numbers() -> None:
    watch = HealthWatch()
    (full,) = watch.tick(opened(listener(5, 4)), T)[1]
    assert finding_text(full, T) == "accept queue full: 5 waiting, backlog 4; new connections are dropped"
    watch.tick(opened(sending(3_700_000)._replace(id=2)), T)
    (stalled,) = watch.tick(Delta(), T + 125)[2]
    assert finding_text(stalled, T + 125) == "Send-Q has not drained for 2m: 3,700,000 bytes are not acknowledged"


def test_thresholds_of_ones_own_hold_for_their_rules_alone() -> None:
    thresholds = {**DEFAULT_THRESHOLDS, "close_wait": 5.0, "accept_queue_filling": 10.0}
    watch = HealthWatch(thresholds)
    leaked = tcp(peer="10.0.0.9:80", id=1, state=State.CLOSE_WAIT)
    unanswered = tcp(peer="10.0.0.9:81", id=2, state=State.SYN_SENT)
    assert watch.tick(opened(leaked, unanswered), T) == {}
    assert words(watch.tick(Delta(), T + UNANSWERED_AFTER), 2) == [SYN_UNANSWERED]
    assert words(watch.tick(Delta(), T + 5)) == [CLOSE_WAIT_LEAK]
    assert words(HealthWatch(thresholds).tick(opened(listener(2, 20)), T)) == [ACCEPT_QUEUE_FILLING]
    assert words(HealthWatch().tick(opened(listener(2, 20)), T)) == []


def test_each_threshold_is_that_of_a_rule() -> None:
    assert DEFAULT_THRESHOLDS.keys() <= {rule.word.replace("-", "_") for rule in RULES}
    timed = {rule.word.replace("-", "_"): rule.after for rule in RULES if rule.after}
    assert timed == {id: DEFAULT_THRESHOLDS[id] for id in timed}
