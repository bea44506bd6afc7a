"""What a view needs to know reaches the collector with the wish for the view, and a tick is made for it."""

from __future__ import annotations

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.needs import Need
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp
from tests.support.fake import FakeSource


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("port:80", set()),
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
