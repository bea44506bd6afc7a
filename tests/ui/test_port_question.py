"""A filter that is a port alone: whether it can be bound stands where it is seen first."""

from __future__ import annotations

import pytest

from netwatch_tui.sockets.port_facts import PortRules
from netwatch_tui.ui.widgets.filter_line import FilterLine
from tests.support.build import tcp
from tests.support.fake import FakeSource, Place
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, Stage, on_stage

BLUE = Place(77, "blue", 50)
SERVER = tcp("0.0.0.0:8080", netns=BLUE.inode, inode=21)


@pytest.fixture
def source(source: FakeSource) -> FakeSource:
    """The same machine with a server in another namespace."""
    source.put(WEB, CLIENT, OTHER, DNS, SERVER)
    source.others = (BLUE,)
    source.hold(7, WEB, CLIENT, OTHER, SERVER)
    source.rules = PortRules((32_768, 60_999), (), 1_024, may_bind_low=True, lists_bound=True)
    return source


def line(stage: Stage) -> FilterLine:
    return stage.app.screen_stack[0].query_one(FilterLine)


async def test_while_a_port_is_typed_its_verdict_stands_beside_it(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("p", *"443")
        await stage.step()
        assert line(stage).is_open
        assert "TCP held by nginx (7) on 10.0.0.5; UDP free to bind" in stage.screen[-2]
        await stage.press("9")
        assert "nginx" not in stage.screen[-2], "it was about another port"


async def test_what_is_wrong_with_a_filter_goes_before_a_verdict(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("p", *"443")
        await stage.press("x")
        await stage.step()
        assert "port: needs a number" in stage.screen[-2]


async def test_a_port_that_is_kept_has_its_verdict_in_the_line_above_the_keys(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("p", *"443", "enter")
        await stage.step()
        assert stage.said.startswith("Filter: port:443  TCP held by nginx (7) on 10.0.0.5; UDP free to bind")
        assert len(stage.rows) == 3
        await stage.press("escape")
        await stage.step()
        assert "held by" not in stage.said


async def test_where_there_is_no_row_all_of_the_verdict_stands_in_their_place(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("p", *"8080", "enter")
        await stage.step()
        assert [row.strip() for row in stage.rows] == [
            "TCP port 8080 is free to bind here, and held by nginx (7) in network namespace blue.",
            "UDP port 8080 is free to bind.",
            "A socket of another network namespace is in nobody's way here.",
            "Esc clears the filter, / changes it.",
        ]


async def test_what_holds_a_port_and_is_not_shown_can_be(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("t", "p", *"443", "enter")
        await stage.step()
        assert stage.rows[0].strip() == "TCP port 443 is held by nginx (7) on 10.0.0.5."
        assert stage.rows[-2].strip() == "Its sockets are of kinds or states that are off; a shows everything."


async def test_where_there_is_nothing_at_all_a_port_is_free_all_the_same(source: FakeSource) -> None:
    source.put()
    async with on_stage(source) as stage:
        await stage.press("p", *"443", "enter")
        await stage.step()
        assert stage.rows[0].strip() == "TCP and UDP port 443 are free to bind."


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_a_verdict_that_is_longer_than_the_screen_is_wide_is_not_cut(
    source: FakeSource, size: tuple[int, int]
) -> None:
    async with on_stage(source, size=size) as stage:
        await stage.press("p", *"8080", "enter")
        await stage.step()
        text = " ".join(row.strip() for row in stage.rows)
        there = "TCP port 8080 is free to bind here, and held by nginx (7) in network namespace blue."
        assert text.startswith(f"{there} UDP port 8080 is free to bind.")


async def test_other_filters_ask_nothing(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"process:nginx", "enter")
        await stage.step()
        assert stage.view.port_verdict is None
        assert source.ports_asked == 0
