"""Ports of another machine are tried there, and told of by its own numbers; nothing is tried before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.actions.probes import ProbeRefusedError
from netwatch_tui.fields.format import printable
from netwatch_tui.hosts.fleet_actor import FleetActor
from netwatch_tui.hosts.probe_answers import MOST_PLANS, ProbeAnswers
from netwatch_tui.hosts.probe_format import (
    AttemptThere,
    ListenerThere,
    PlannedThere,
    TriedThere,
    decode_planned,
    decode_tried,
    encode_planned,
    encode_tried,
)
from netwatch_tui.hosts.remote_probe import RemoteProbe
from netwatch_tui.hosts.wire_format import About, Ask
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.sockets.hosts import on_host
from netwatch_tui.sockets.networks import Network
from netwatch_tui.sockets.probe_results import Outcome, PlannedListener, PortState, ProbeEnd
from netwatch_tui.sockets.socket import Socket
from tests.support.build import NETNS, address, owner, tcp, udp
from tests.support.far_end import NO_ANSWER, as_said, far_end
from tests.support.hosts import FakeHost
from tests.support.program import wait_until

WEB = tcp("0.0.0.0:443", inode=11, owners=(owner(7, name="nginx"),), owner_reason=None)
DNS = udp("127.0.0.53:53", inode=14)
EVERY = (WEB, DNS)
ENDS = tuple(ProbeEnd(NETNS, NETNS, address(text).packed, 443) for text in ("127.0.0.1", "10.0.0.5"))
OPEN, CLOSED = Outcome(PortState.OPEN, "syn-ack", 0.0001), Outcome(PortState.REFUSED, "reset", 0.0002)
NETWORKS = {NETNS: {address("10.0.0.5").packed: (Network("10.0.0.0/8", "eth0"),)}}


class FakeProbe:
    """Has one listener to try, at two addresses, and one of which nothing is tried."""

    def __init__(self, listeners: Sequence[Socket], every: Iterable[Socket]) -> None:
        web, dns = listeners
        self.every = tuple(every)
        self.planned: Sequence[PlannedListener] = (
            PlannedListener(web, ENDS, "", 3),
            PlannedListener(dns, (), "it is UDP"),
        )
        self.ends = ENDS
        self.networks = NETWORKS
        self.tried = 0
        self.is_closed = False

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        for end, outcome in zip(ENDS, (OPEN, CLOSED), strict=True):
            check()
            self.tried += 1
            yield end, outcome

    def close(self) -> None:
        self.is_closed = True


class Planner:
    """Plans probes, and remembers them."""

    def __init__(self) -> None:
        self.probes: list[FakeProbe] = []
        self.why_not = ""

    def __call__(self, listeners: Sequence[Socket], every: Iterable[Socket]) -> FakeProbe:
        if self.why_not:
            raise ProbeRefusedError(self.why_not)
        self.probes.append(FakeProbe(listeners, every))
        return self.probes[-1]

    def answers(self) -> Callable[[Ask], Any]:
        return ProbeAnswers(self, lambda: EVERY).answer


def test_what_is_tried_there_is_planned_told_and_let_go_of() -> None:
    planner = Planner()
    with far_end(planner.answers) as far:
        probe = RemoteProbe(far.orders, [WEB, DNS])
        (real,) = planner.probes
        assert (probe.planned, list(probe.ends), probe.networks) == (real.planned, list(ENDS), NETWORKS)
        assert real.every == EVERY
        assert real.tried == 0, "nothing before it is asked for"
        assert list(probe.run(go_on)) == [(ENDS[0], OPEN), (ENDS[1], CLOSED)]
        probe.close()
        wait_until(lambda: real.is_closed)
        with pytest.raises(ProbeRefusedError, match="not planned any more"):
            list(probe.run(go_on))


def test_listeners_are_found_there_as_they_are_by_now_and_those_that_closed_are_told_of() -> None:
    class Seen:
        """Plans nothing, and remembers for what."""

        def __init__(self) -> None:
            self.listeners: list[Socket] = []

        def __call__(self, listeners: Sequence[Socket], every: Iterable[Socket]) -> FakeProbe:
            self.listeners = list(listeners)
            probe = FakeProbe((WEB, DNS), every)
            probe.planned = [PlannedListener(each, (), "others answer") for each in listeners]
            return probe

    seen = Seen()
    here = (WEB._replace(id=77, seen_at=5.0, recv_q=3), DNS._replace(inode=99))
    with far_end(lambda: ProbeAnswers(seen, lambda: here).answer) as far:
        probe = RemoteProbe(far.orders, [DNS, WEB])
    assert seen.listeners == [here[0]]
    assert [(each.listener, each.why_not) for each in probe.planned] == [(DNS, "it has closed"), (WEB, "others answer")]


def test_why_nothing_is_tried_is_passed_on() -> None:
    planner = Planner()
    planner.why_not = "the own network namespace can't be told from others"
    with far_end(planner.answers) as far:
        with pytest.raises(ProbeRefusedError, match="can't be told from others"):
            RemoteProbe(far.orders, [WEB, DNS])
        far.end()
        with pytest.raises(ProbeRefusedError, match="there is no connection now"):
            RemoteProbe(far.orders, [WEB, DNS])
        far.begin()


def test_a_plan_ends_with_its_connection() -> None:
    planner = Planner()
    with far_end(planner.answers) as far:
        probe = RemoteProbe(far.orders, [WEB, DNS])
        far.end()
        far.begin()
        with pytest.raises(ProbeRefusedError, match="not planned any more"):
            list(probe.run(go_on))
        assert planner.probes[0].tried == 0


def test_who_waits_may_be_stopped() -> None:
    class StoppedError(Exception):
        """Nobody wants it."""

    def stop() -> None:
        raise StoppedError

    with far_end(Planner().answers) as far:
        probe = RemoteProbe(far.orders, [WEB, DNS])
        far.spoil = lambda _, __: NO_ANSWER
        with pytest.raises(StoppedError):
            list(probe.run(stop))


def test_few_plans_are_kept_whatever_is_forgotten_here() -> None:
    planner = Planner()
    with far_end(planner.answers) as far:
        for _ in range(MOST_PLANS + 1):
            RemoteProbe(far.orders, [WEB, DNS])
        assert [probe.is_closed for probe in planner.probes] == [True, *[False] * MOST_PLANS]
        assert far.told() == [About.PROBE] * (MOST_PLANS + 1)


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"probe": {"planned": []}},
        {"probe": {"planned": [[2, [], "", 0]], "networks": {}}},
        {"probe": {"planned": [[0, [[1, 1, "7f", 80, ""]], "", 0]], "networks": {}}},
        {"probe": {"planned": [[0, [[1, 1, "nowhere", 80, ""]], "", 0]], "networks": {}}},
    ],
)
def test_a_plan_that_is_none_is_refused(told: object) -> None:
    with far_end(Planner().answers) as far:
        far.spoil = lambda _, __: told
        with pytest.raises(ProbeRefusedError):
            RemoteProbe(far.orders, [WEB, DNS])


@pytest.mark.parametrize(
    "told",
    [
        None,
        {"tried": {"attempts": []}},
        {"tried": {"attempts": [7], "is_over": True}},
        encode_tried(TriedThere((), is_over=False)),
        encode_tried(TriedThere((AttemptThere(ENDS[0], OPEN),), is_over=False)),
        encode_tried(TriedThere((AttemptThere(ENDS[0]._replace(port=22), OPEN),), is_over=True)),
    ],
    ids=["nothing", "half", "number", "never over", "again and again", "not asked for"],
)
def test_attempts_that_are_none_end_it(told: object) -> None:
    with far_end(Planner().answers) as far:
        probe = RemoteProbe(far.orders, [WEB, DNS])
        far.spoil = lambda _, __: told
        with pytest.raises(ProbeRefusedError):
            list(probe.run(go_on))


numbers = st.integers(0, 2**64 - 1)
texts = st.text(max_size=8).map(printable)
ends = st.builds(ProbeEnd, numbers, numbers, st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16),
                 st.integers(0, 65535), texts)  # fmt: skip
outcomes = st.builds(Outcome, st.sampled_from(PortState), texts, st.none() | st.floats(0, 100))
listeners = st.builds(ListenerThere, st.integers(0, 9), st.lists(ends, max_size=3).map(tuple), texts, numbers)


@given(st.lists(listeners, max_size=3).map(tuple))
def test_a_plan_is_read_as_it_was_written(planned: tuple[ListenerThere, ...]) -> None:
    there = PlannedThere(planned, NETWORKS)
    assert decode_planned(as_said(encode_planned(there))) == there


@given(st.lists(st.builds(AttemptThere, ends, outcomes), max_size=3).map(tuple), st.booleans())
def test_attempts_are_read_as_they_were_written(attempts: tuple[AttemptThere, ...], is_over: bool) -> None:
    there = TriedThere(attempts, is_over)
    assert decode_tried(as_said(encode_tried(there))) == there


class Feeds:
    """Two machines, of which the second can be tried."""

    def __init__(self) -> None:
        self.hosts = {number: FakeHost(f"web0{number}") for number in (1, 2)}
        self.planner = Planner()
        self.hosts[2].plan = self.planner

    def feed_of(self, host: int) -> FakeHost | None:
        return self.hosts.get(host)


def at(host: int, socket: Socket) -> Socket:
    return socket._replace(netns=on_host(socket.netns, host), owners=())


def test_listeners_of_one_machine_are_tried_there_and_told_of_by_the_numbers_of_the_table() -> None:
    feeds = Feeds()
    rows = [at(2, WEB), at(2, DNS)]
    probe = FleetActor(feeds).plan_probe(rows, ())
    assert [each.listener for each in probe.planned] == rows
    there = on_host(NETNS, 2)
    assert {(end.origin, end.netns) for end in probe.ends} == {(there, there)}
    assert list(probe.networks) == [there]
    assert [(end.netns, outcome) for end, outcome in probe.run(go_on)] == [(there, OPEN), (there, CLOSED)]
    probe.close()
    assert feeds.planner.probes[0].is_closed
    for wrong, why in (([at(1, WEB), at(2, DNS)], "on 2 machines"), ([at(1, WEB)], "on web01: there is no connection")):
        with pytest.raises(ProbeRefusedError, match=why):
            FleetActor(feeds).plan_probe(wrong, ())
