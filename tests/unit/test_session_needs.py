"""What a view needs to know reaches the collector with the wish for the view, and a tick is made for it."""

from __future__ import annotations

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.needs import Need
from netwatch_tui.view.port_verdict import Verdict
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp
from tests.support.fake import FakeSource


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("port:80,443", set()),
        ("dev:eth0", {Need.INTERFACE}),
        ("nginx", {Need.INTERFACE}),
        ("autobound or fwmark 1", {Need.AUTOBOUND, Need.FWMARK}),
        ("not cgroup /x", {Need.CGROUP}),
    ],
)
def test_a_filter_of_the_screen_has_what_it_needs_collected(text: str, needs: set[Need]) -> None:
    collector = Collector(FakeSource(tcp()))
    session = Session(collector, ViewSpec(), lambda _: None)
    session.tick(100.0)
    spec = ViewSpec(query=parse(text))
    assert session.needs_tick(spec) is bool(needs)
    session.show(spec, 100.5)
    assert collector.needs.of_all == needs


def test_the_socket_whose_details_are_open_is_needed_without_another_tick() -> None:
    collector = Collector(FakeSource(tcp()))
    session = Session(collector, ViewSpec(), lambda _: None)
    session.tick(100.0)
    spec = ViewSpec(subject=7)
    assert not session.needs_tick(spec)
    session.show(spec, 100.5)
    assert collector.needs.of_ids == {7}


def test_a_filter_that_is_a_port_has_its_verdict_after_the_next_tick() -> None:
    session = Session(Collector(FakeSource(tcp("127.0.0.1:8080"))), ViewSpec(), lambda _: None)
    first = session.tick(100.0)
    assert first is not None
    assert first.port_verdict is None
    spec = ViewSpec(query=parse("port:8080"))
    assert session.needs_tick(spec)
    shown = session.show(spec, 100.5)
    assert shown is not None
    assert shown.port_verdict is None, "no tick has looked yet"
    told = session.tick(101.0)
    assert told is not None
    assert told.port_verdict is not None
    assert told.port_verdict.verdict is Verdict.LISTENER
    again = session.show(spec._replace(descending=True), 101.2)
    assert again is not None
    assert again.port_verdict is told.port_verdict, "the same tick says the same"
    assert not session.needs_tick(spec)
    other = session.show(ViewSpec(query=parse("port:8081")), 101.5)
    assert other is not None
    assert other.port_verdict is None, "that is another port's"
