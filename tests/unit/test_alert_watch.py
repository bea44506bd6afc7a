"""Watched filters: what rings, and when."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect import alert_watch
from netwatch_tui.collect.alert_watch import AlertWatch
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.query.regex import Effort
from netwatch_tui.sockets.delta import Change, Delta, diff
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import RULES, Finding
from netwatch_tui.sockets.ownership import OwnerReason, ProcessDetails
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.alert_rule import AlertRule, watched_filter
from netwatch_tui.view.row_choice import RowChoice, moment_of
from tests.support.build import NETNS, owner, snapshot, tcp
from tests.support.fake import Place, Watch
from tests.support.flows import flow
from tests.support.strategies import histories

FILTERS = [
    "",
    "port:3",
    "-port:3 udp",
    "recv_q:>0",
    "process:p1",
    "-process:/^p2$/",
    "state:time-wait or process:p2",
    "is:new",
    "is:closed",
    "is:changed port:1-4",
    "age:>2s",
    "age:>1s state:estab",
    "-is:closed age:<3s",
]


def rule(text: str, name: str = "") -> AlertRule:
    return watched_filter(name or text, parse(text))


def rung(watch: AlertWatch, shown: Snapshot) -> list[int]:
    """Ids of what begins to match by the only rule."""
    return [socket.id for ringing in watch.look(shown) for socket in ringing.sockets]


def told(*sockets: Socket, at: float = 0.0, **parts: tuple[object, ...]) -> Snapshot:
    """A snapshot with this delta."""
    return snapshot(*sockets, delta=Delta(**parts), taken_at=at)  # type: ignore[arg-type]  # parts by their names


def snapshots(sets: list[dict[int, Socket]]) -> list[Snapshot]:
    """One a second, of sockets that follow one another, of which everything is known at once."""
    for known in sets:
        for id, socket in known.items():
            if socket.owner_reason is OwnerReason.NOT_YET:
                known[id] = socket._replace(owner_reason=OwnerReason.NOT_FOUND)
    first = snapshot(*sets[0].values(), taken_at=0.0)
    later = [
        snapshot(*after.values(), delta=diff(before, after), taken_at=float(at))
        for at, (before, after) in enumerate(pairwise(sets), 1)
    ]
    return [first, *later]


@given(histories(), st.sampled_from(FILTERS), st.data())
def test_by_deltas_the_same_rings_as_by_judging_everything(
    sets: list[dict[int, Socket]], text: str, data: st.DataObject
) -> None:
    watch, choice, matching = AlertWatch([rule(text)]), rule(text).choice, set[int]()
    for shown in snapshots(sets):
        if data.draw(st.booleans(), "a tick failed before"):
            watch.miss()
        rows = (*shown.sockets, *shown.delta.closed)
        now = {socket.id for socket in choice.of(rows, moment_of(shown))}
        found = rung(watch, shown)
        assert sorted(found) == sorted(now - matching if shown.taken_at else ())
        matching = now - {socket.id for socket in shown.delta.closed}


@given(histories(), st.sampled_from(FILTERS))
def test_a_socket_rings_once_as_long_as_it_matches(sets: list[dict[int, Socket]], text: str) -> None:
    watch, ringing = AlertWatch([rule(text)]), set[int]()
    for shown in snapshots(sets):
        found = rung(watch, shown)
        assert len(found) == len(set(found))
        assert ringing.isdisjoint(found)
        rows = rule(text).choice.of(shown.sockets, moment_of(shown))
        ringing = (ringing | set(found)) & {socket.id for socket in rows}


A, B = tcp("10.0.0.5:22", "10.0.0.9:50001", id=1, inode=11), tcp("10.0.0.5:22", "10.0.0.9:50002", id=2, inode=12)


def test_what_was_there_is_quiet_until_it_stops_to_match_and_begins_again() -> None:
    watch = AlertWatch([rule("state:estab")])
    closing = A._replace(state=State.CLOSE_WAIT)
    assert rung(watch, snapshot(A)) == []
    assert rung(watch, told(closing, changed=(Change(A, closing),))) == []
    assert rung(watch, told(A, B, changed=(Change(closing, A),), opened=(B,))) == [1, 2]
    assert rung(watch, told(A, B)) == []


def test_owners_that_are_found_later_are_no_news_of_what_was_there() -> None:
    watch = AlertWatch([rule("process:sshd"), rule("port:22 state:close-wait")])
    waiting = A._replace(was_there=True, owner_reason=OwnerReason.NOT_YET)
    held = waiting._replace(owners=(owner(7, 3, "sshd"),), owner_reason=None)
    closing = held._replace(state=State.CLOSE_WAIT)
    assert rung(watch, snapshot(waiting)) == []
    assert rung(watch, snapshot(waiting)) == []
    assert rung(watch, told(held, updated=(Change(waiting, held),))) == []
    assert rung(watch, told(closing, changed=(Change(held, closing),))) == [1], "that is news"


def test_owners_of_a_new_socket_may_come_later_and_ring_then() -> None:
    watch = AlertWatch([rule("process:sshd")])
    waiting = A._replace(owner_reason=OwnerReason.NOT_YET)
    held = A._replace(owners=(owner(7, 3, "sshd"),))
    assert rung(watch, snapshot()) == []
    assert rung(watch, told(waiting, opened=(waiting,))) == []
    assert rung(watch, told(held, updated=(Change(waiting, held),))) == [1]


def test_what_comes_into_sight_with_another_namespace_was_there() -> None:
    blue = Place(NETNS + 1, "blue", 30)
    there, new = (tcp(f"10.0.0.1:{port}", inode=port)._replace(netns=blue.inode) for port in (22, 23))
    machine, watch = Watch(tcp(inode=1), there), AlertWatch([rule("state:listen")])
    machine.source.others = (blue,)
    assert rung(watch, machine.again()) == []
    machine.collector.namespaces = "*"
    assert rung(watch, machine.again()) == []
    assert len(rung(watch, machine.tick(tcp(inode=1), there, new))) == 1
    machine.collector.namespaces = ""
    assert rung(watch, machine.tick(tcp(inode=1), there, new)) == []
    machine.collector.namespaces = "*"
    assert rung(watch, machine.tick(tcp(inode=1), there, new)) == []


def test_a_socket_that_lived_between_two_ticks_rings() -> None:
    watch = AlertWatch([rule("port:22")])
    assert rung(watch, snapshot()) == []
    assert rung(watch, told(closed=(A,))) == [1]


def test_an_age_is_reached_without_a_word_in_the_delta() -> None:
    watch = AlertWatch([rule("age:>5s port:22")])
    new = A._replace(seen_at=1.0)
    other = tcp("10.0.0.5:80", "10.0.0.9:50003", id=3, seen_at=1.0)
    assert rung(watch, snapshot(taken_at=0.0)) == []
    assert rung(watch, told(new, other, at=1.0, opened=(new, other))) == []
    assert [rung(watch, told(new, other, at=at)) for at in (5.0, 7.0, 9.0)] == [[], [1], []]


def test_only_what_meets_the_other_conditions_is_judged_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    of = RowChoice.of

    def counted(choice: RowChoice, sockets: Iterable[Socket], moment: Moment, effort: Effort) -> list[Socket]:
        many = list(sockets)
        judged.append(len(many))
        return of(choice, many, moment, effort)

    monkeypatch.setattr(RowChoice, "of", counted)
    many = [tcp("10.0.0.5:80", f"10.0.0.9:{port}", id=port) for port in range(10_000, 11_000)]
    watch = AlertWatch([rule("age:>1h port:22"), rule("port:80", "steady")])
    watch.look(snapshot(A, *many))
    judged.clear()
    watch.look(snapshot(A, *many, taken_at=1.0))
    assert judged == [0, 1, 0], "the one row of the first rule, and nothing by the second"


def test_a_problem_rings_when_it_is_found() -> None:
    watch = AlertWatch([rule("is:problem")])
    shown = snapshot(A)._replace(findings={1: (Finding(RULES[0], 0.0, A),)})
    assert [rung(watch, snapshot(A)) for _ in range(4)] == [[]] * 4, "what flows has a say, too, and takes two readings"
    assert rung(watch, shown) == [1]
    assert rung(watch, shown) == []


def test_rates_of_what_was_there_take_two_readings_and_ring_only_afterwards() -> None:
    watch = AlertWatch([rule("rate_in:>1k")])
    there = A._replace(was_there=True)

    def shown(rate: float | None, at: float) -> Snapshot:
        flows: dict[int, Flow] = {1: flow()._replace(rate_in=rate)}
        return snapshot(there, taken_at=at)._replace(flows=flows)

    assert [rung(watch, shown(rate, at)) for at, rate in enumerate((None, None, 9e3, 9e3, 9e3))] == [[]] * 5
    assert rung(watch, shown(0.0, 5.0)) == []
    assert rung(watch, shown(9e3, 6.0)) == [1]


def test_details_of_processes_come_later_and_without_a_delta() -> None:
    watch = AlertWatch([rule("exe:/usr/sbin/sshd")])
    there = A._replace(was_there=True, owners=(owner(7),))
    new = B._replace(owners=(owner(8),), seen_at=1.0)
    details = ProcessDetails("/usr/sbin/sshd", "/", ())
    assert rung(watch, snapshot(there)) == []
    assert rung(watch, told(there, new, at=1.0, opened=(new,))) == []
    known = {7: details, 8: details}
    assert rung(watch, snapshot(there, new, taken_at=2.0)._replace(process_details=known)) == [2]
    assert rung(watch, snapshot(there, new, taken_at=3.0)._replace(process_details=known)) == []


def test_what_is_not_searched_in_one_tick_is_searched_in_the_next_and_rings_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = AlertWatch([rule("process:/^(a|a)*b$/")])
    slow = [tcp("10.0.0.5:22", f"10.0.0.9:{id}", id=id, owners=(owner(id, 3, "a" * id + "b"),)) for id in range(1, 60)]
    assert rung(watch, snapshot()) == []
    monkeypatch.setattr(alert_watch, "Effort", lambda: Effort(150))
    first = watch.look(told(*slow, opened=tuple(slow)))[0]
    assert "not searched" in first.unsearched
    assert len(first.sockets) < len(slow)
    found = [socket.id for socket in first.sockets]
    for _ in slow:
        found += rung(watch, told(*slow))
    assert sorted(found) == [socket.id for socket in slow]


def test_what_was_there_is_quiet_also_if_it_takes_several_ticks_to_search_it(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = AlertWatch([rule("process:/^(x|x)*y$/")])
    slow = [tcp("10.0.0.5:22", f"10.0.0.9:{id}", id=id, owners=(owner(id, 3, "x" * id + "y"),)) for id in range(1, 60)]
    monkeypatch.setattr(alert_watch, "Effort", lambda: Effort(150))
    assert [rung(watch, snapshot(*slow)) for _ in slow] == [[]] * len(slow)


def test_a_rule_that_is_switched_on_later_begins_with_what_is_there_then() -> None:
    first, second = rule("port:22"), rule("state:estab")
    watch = AlertWatch([first])
    watch.look(snapshot())
    watch.have([first, second])
    assert [(each.rule, each.sockets) for each in watch.look(told(A, opened=(A,)))] == [(first, (A,))]
    assert [each.rule for each in watch.look(told(A, B, opened=(B,)))] == [first, second]
    watch.have([second])
    assert watch.look(told(A, B)) == []
    watch.have([])
    assert (watch.look(told(A, opened=(A,))), watch.needs) == ([], AlertWatch().needs)


def test_kinds_that_are_off_in_a_view_ring_all_the_same_and_those_of_a_selection_alone_where_it_is_given() -> None:
    raw = tcp("10.0.0.5:22", id=3)._replace(netid="mptcp")
    chosen = AlertRule("chosen", RowChoice(Selection(frozenset({"tcp"})), (parse("port:22"),)))
    watch = AlertWatch([rule("port:22"), chosen])
    watch.look(snapshot())
    rings = watch.look(told(A, raw, opened=(A, raw)))
    assert [[socket.id for socket in each.sockets] for each in rings] == [[1, 3], [1]]


def test_what_is_written_is_known() -> None:
    plain = rule("port:22")
    assert not plain.needs.of_networks
    assert plain._replace(file="/x").needs == plain._replace(command=("x",)).needs
    assert plain._replace(file="/x").needs.of_networks
    assert rule("rate_in:>1k").needs.flows_of_all


def test_what_no_tick_saw_rings_once_as_well() -> None:
    watch = AlertWatch([rule("port:22")])
    assert rung(watch, told()) == []
    brief, other = tcp("10.0.0.1:22", "10.0.0.2:5")._replace(id=1), tcp("10.0.0.1:23", "10.0.0.2:6")._replace(id=2)
    assert rung(watch, told(at=1.0, passed=(brief, other))) == [1]
    assert rung(watch, told(at=2.0)) == []
