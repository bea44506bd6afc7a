"""Views with a name, what is wrong, and the lines around the table."""

from __future__ import annotations

import pytest

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.query import parse
from netwatch_tui.sockets.socket import State
from netwatch_tui.view.named_views import VIEWS
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp, unix
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, on_stage

LEAKED = CLIENT._replace(state=State.CLOSE_WAIT)


async def test_a_digit_opens_a_view_and_it_is_as_it_was_left_when_one_comes_back(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        assert stage.screen[0].startswith(" 1 All   2 Listening  3 Connections  4 Problems  5 Containers  6 Unix ")
        await stage.press("2")
        assert "1 All   2 Listening   3 Connections" in stage.screen[0]
        assert [row.split()[1] for row in stage.rows] == ["UNCONN", "LISTEN"]
        await stage.press("slash", *"443", "enter", "s", *"user", "enter")
        assert [row.split()[1] for row in stage.rows] == ["LISTEN"]
        await stage.press("1")
        assert len(stage.rows) == 4
        assert "Filter" not in stage.said
        await stage.press("2")
        assert [row.split()[1] for row in stage.rows] == ["LISTEN"]
        assert stage.said.startswith("Filter: 443")
        assert "User▲" in stage.heading
        await stage.press("2")
        assert len(stage.rows) == 2, "once more, and it is as it came"
        assert "Filter" not in stage.said


async def test_what_a_filter_was_in_another_view_is_no_step_back_in_this_one(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"nginx", "enter", "3", "backspace")
        assert stage.said == "No filter step to undo."
        await stage.press("1")
        assert len(stage.rows) == 3


async def test_escape_takes_back_the_filter_and_then_kinds_and_states(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(query=parse("nginx"))) as stage:
        await stage.press("l")
        assert len(stage.rows) == 1
        await stage.press("escape")
        assert len(stage.rows) == 2
        await stage.press("escape")
        assert len(stage.rows) == 4


@pytest.mark.parametrize("at", range(len(VIEWS)))
async def test_every_view_that_is_shipped_opens(source: FakeSource, at: int) -> None:
    async with on_stage(source) as stage:
        await stage.press(str(at + 1))
        view = VIEWS[at]
        assert (stage.view.spec.columns, stage.view.spec.sort) == (view.columns, view.sort)
        assert f"{at + 1} {view.name}" in stage.screen[0]


async def test_a_click_on_a_view_opens_it(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.pilot.click("#status", offset=(stage.screen[0].index("Unix"), 0))
        await stage.pilot.pause()
        assert stage.view.spec.selection == VIEWS[-1].selection


async def test_a_view_that_sorts_by_problems_shows_what_is_wrong_first() -> None:
    source = FakeSource(WEB, LEAKED, OTHER, DNS, unix("/run/x.sock", inode=77))
    source.hold(7, WEB, LEAKED)
    async with on_stage(source, size=(140, 24)) as stage:
        await stage.step(61)
        assert "4 Problems 1" in stage.screen[0]
        assert stage.said.startswith("1 problem:  1 CLOSE-WAIT in p7 for 1m")
        await stage.press("4")
        assert [row.split()[1] for row in stage.rows] == ["CLOSE-WAIT!"], "with a sign, for who sees no colours"
        assert "Problem▼" in stage.heading
        await stage.press("enter")
        assert any("Problem" in line and "CLOSE-WAIT for 1m: the peer has closed" in line for line in stage.screen)
        source.put(WEB, OTHER, DNS)
        await stage.step(4)
        assert "4 Problems  " in stage.screen[0]


async def test_the_line_above_the_keys_shows_the_whole_row_when_there_is_nothing_else_to_say() -> None:
    long = tcp("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535", "[2001:db8::2]:65534", inode=5)
    source = FakeSource(long, WEB)
    source.hold(7, long, WEB)
    async with on_stage(source, size=(120, 24)) as stage:
        await stage.press("G")
        assert stage.said.startswith("tcp [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535  → [2001:db8::2]:65534  p7")
        await stage.press("g")
        assert stage.said.startswith("tcp 10.0.0.5:443  p7")


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (40, 10), (12, 5)])
async def test_the_lines_around_the_table_have_their_place_at_any_size(
    source: FakeSource, size: tuple[int, int]
) -> None:
    async with on_stage(source, size=size) as stage:
        lines = stage.screen
        assert len(lines) == size[1]
        assert all(len(line) <= size[0] for line in lines)
        assert "1 All" in lines[0]
        await stage.press("slash")
        assert stage.screen[-2].startswith("Filter:")
        await stage.press("escape", "R")
        assert len(stage.screen) == size[1]
        assert stage.table.size.height == size[1] - 4, "nothing that is said moves the table"


async def test_every_name_of_a_view_is_shown_where_there_is_room_and_the_counts_always(source: FakeSource) -> None:
    async with on_stage(source, size=(80, 24)) as stage:
        assert "4 sockets  ● live 1s" in stage.screen[0]
        assert stage.screen[0].startswith(" 1 All   2 Listening  3 Connections ")
    async with on_stage(source, size=(40, 10)) as stage:
        assert "4 sockets" in stage.screen[0]


def test_the_views_that_are_shipped_show_columns_that_exist() -> None:
    known = FIELD_BY_ID.keys()
    assert all(set(view.columns) <= known for view in VIEWS)
