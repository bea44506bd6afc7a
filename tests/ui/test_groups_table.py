"""Groups as a table: its columns and their order, entering a group and coming back, where the cursor is meanwhile."""

from __future__ import annotations

from netwatch_tui.view.groups import Group
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, on_stage


async def test_groups_are_a_table_of_their_own_with_the_cursor_on_the_first(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("G", "b", *"name of", "enter")
        assert stage.heading.split() == [
            "Process", "PIDs", "▼Sockets", "LISTEN", "ESTAB", "CLOSE-WAIT", "Others", "Recv-Q", "Send-Q",
        ]  # fmt: skip
        assert [row.split() for row in stage.rows] == [
            ["nginx", "1", "3", "1", "2", "0", "0", "0", "0"],
            ["resolved", "1", "1", "0", "0", "0", "1", "0", "0"],
        ]
        assert stage.cursor_line == 0
        assert {row.rindex("0") for row in stage.rows} == {len(stage.heading) - 1}, "numbers stand below each other"


async def test_one_enters_a_group_and_comes_back_to_it(source: FakeSource) -> None:
    for back in ("escape", "backspace"):
        async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
            await stage.press("j", "enter")
            assert "Netid" in stage.heading
            assert len(stage.rows) == 1
            assert "resolved" in stage.rows[0]
            assert stage.said == "Process: resolved"
            await stage.press(back)
            assert "Sockets" in stage.heading
            assert stage.cursor_line == 1, "on the group that was left"
            await stage.press("k", "enter")
            assert len(stage.rows) == 3
            assert stage.cursor_line == 0


async def test_the_cursor_is_on_the_group_that_is_left_whatever_happened_meanwhile(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
        await stage.press("j", "enter")
        source.put(DNS, WEB, *(tcp("10.0.0.5:443", f"10.0.3.{i}:5000", inode=100 + i) for i in range(30)))
        await stage.step()
        await stage.press("escape")
        row = stage.table.cursor_row
        assert isinstance(row, Group)
        assert row.id == "resolved"


async def test_the_cursor_is_on_the_group_that_is_left_also_where_its_table_was_never_seen(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process", inside="resolved")) as stage:
        assert len(stage.rows) == 1
        await stage.press("escape")
        assert stage.cursor_line == 1


async def test_a_group_that_has_gone_says_so_and_lets_one_out(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
        await stage.press("j", "enter")
        source.put(WEB)
        await stage.step()
        await stage.step(5)
        assert any("No socket is left in resolved." in line for line in stage.screen)
        assert any("Esc goes back to the groups." in line for line in stage.screen)
        await stage.press("escape")
        assert [row.split()[0] for row in stage.rows] == ["nginx"]
        assert stage.cursor_line == 0


async def test_all_sockets_in_one_table_and_the_groups_again(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("j", "j")
        chosen = stage.cursor
        await stage.press("B")
        assert isinstance(stage.table.cursor_row, Group), "by process, unless another grouping was there before"
        await stage.press("j", "B")
        assert stage.cursor == chosen
        await stage.press("B")
        assert stage.cursor_line == 1
        await stage.press("b", *"state of", "enter")
        assert "State" in stage.heading
        await stage.press("b", *"none", "enter")
        assert stage.cursor == chosen
        await stage.press("B")
        assert "State" in stage.heading


async def test_groups_are_sorted_by_each_of_their_columns_with_keys_and_clicks(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
        seen = set()
        for _ in stage.table.columns:
            await stage.press("greater_than_sign")
            seen.add(stage.view.spec.group_sort)
            first, second = ("▼", "▲") if stage.view.spec.group_descending else ("▲", "▼")
            assert first in stage.heading
            await stage.press("S")
            assert second in stage.heading
            await stage.press("S")
        assert len(seen) == len(stage.table.columns)
        assert stage.view.spec.sort == ViewSpec().sort, "sockets keep their own order"
        await stage.press("s", *"processes that", "enter")
        assert "▼PIDs" in stage.heading
        await stage.pilot.click("#table", offset=(2, 0))
        await stage.pilot.pause()
        assert "Process▲" in stage.heading
        await stage.pilot.click("#table", offset=(2, 0))
        await stage.pilot.pause()
        assert "Process▼" in stage.heading
        assert [row.split()[0] for row in stage.rows] == ["resolved", "nginx"]


async def test_a_click_points_at_a_group_and_a_second_one_enters_it(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
        await stage.pilot.click("#table", offset=(5, 2))
        await stage.pilot.pause()
        assert stage.cursor_line == 1
        assert "Sockets" in stage.heading
        await stage.pilot.double_click("#table", offset=(5, 2))
        await stage.pilot.pause()
        assert stage.said == "Process: resolved"
        await stage.pilot.click("#info", offset=(3, 0))
        await stage.pilot.pause()
        assert "Sockets" in stage.heading


async def test_groups_keep_their_columns_where_those_of_sockets_are_chosen(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
        await stage.press("c")
        assert stage.said.startswith("Groups have columns of their own")


async def test_only_the_cells_of_a_group_that_changed_are_painted(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(grouping="process")) as stage:
        painted = stage.record_refreshes()
        await stage.step()
        assert painted == []
        source.put(WEB, CLIENT, OTHER._replace(recv_q=7), DNS)
        await stage.step()
        (cell,) = painted
        assert (cell.y, cell.height) == (1, 1)
        assert stage.heading[cell.x : cell.right].strip() == "Recv-Q"
