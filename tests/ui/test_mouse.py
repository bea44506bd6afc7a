"""The mouse in the table: edges of headings, and what a right click on a cell offers."""

from __future__ import annotations

from textual.widgets import OptionList

from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage


def edge_of(stage: Stage, id: str) -> int:
    place = next(place for place in stage.table._layout_of_columns.placed if place.column.id == id)
    return place.x + place.width


def width_of(stage: Stage, id: str) -> int:
    return next(place.width for place in stage.table._layout_of_columns.placed if place.column.id == id)


async def drag(stage: Stage, start: int, end: int) -> None:
    await stage.pilot.mouse_down("#table", offset=(start, 0))
    await stage.pilot.hover("#table", offset=(end, 0))
    await stage.pilot.mouse_up("#table", offset=(end, 0))
    await stage.pilot.pause()


async def test_the_edge_of_a_heading_is_dragged_and_a_second_click_takes_it_back(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        before, edge, order = width_of(stage, "process"), edge_of(stage, "process"), stage.view.spec.sorting
        await drag(stage, edge, edge + 9)
        assert width_of(stage, "process") == before + 9
        await stage.step()
        assert width_of(stage, "process") == before + 9, "also after a tick"
        await drag(stage, edge_of(stage, "process"), 0)
        assert width_of(stage, "process") == 2
        await stage.pilot.double_click("#table", offset=(edge_of(stage, "process"), 0))
        await stage.until(lambda: width_of(stage, "process") == before)
        assert stage.view.spec.widths == {}
        assert stage.view.spec.sorting == order, "no edge sorts"


def offered(stage: Stage) -> dict[str, str]:
    options = stage.app.screen.query_one(OptionList)
    lines = (str(options.get_option_at_index(index).prompt) for index in range(options.option_count))
    return {line[:22].strip(): line[22:].strip() for line in lines}


async def test_a_right_click_on_a_cell_offers_rows_like_this_one_and_its_value(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        line = next(y for y, row in enumerate(stage.rows, 1) if "10.0.0.9:50001" in row)
        x = stage.heading.index("Process")
        await stage.pilot.click("#table", offset=(x, line), button=3)
        assert offered(stage) == {
            "Only like this": "process:nginx",
            "None like this": "-process:nginx",
            "Copy this value": "nginx",
            "Copy...": "the row, another value, or a command",
        }
        await stage.press("down", "enter")
        assert stage.view.spec.query.text == "-process:nginx"
        assert not any("nginx" in row for row in stage.rows)


async def test_a_right_click_on_an_address_asks_by_address_or_port(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        line = next(y for y, row in enumerate(stage.rows, 1) if "10.0.0.9:50001" in row)
        await stage.pilot.click("#table", offset=(stage.heading.index("Peer"), line), button=3)
        options = stage.app.screen.query_one(OptionList)
        ids = [options.get_option_at_index(index).id for index in range(options.option_count)]
        assert ids[:4] == [
            "keep peer:10.0.0.9",
            "exclude peer:10.0.0.9",
            "keep peer_port:50001",
            "exclude peer_port:50001",
        ]


async def test_a_right_click_on_a_group_copies_its_name(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("B")
        await stage.pilot.click("#table", offset=(5, 1), button=3)
        assert stage.said.startswith("Sent to the terminal's clipboard: group")
