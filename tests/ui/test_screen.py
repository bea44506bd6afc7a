"""The main screen: rows, marks, cursor, sort, filter and words, on a fake machine without a thread."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.widgets import Static

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.format import cell_width
from netwatch_tui.play.news import CollectFailed
from netwatch_tui.query import parse
from netwatch_tui.sockets.selection import LISTENING, Selection
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.ui.keymap import APP_KEYS, JOBS, MAIN_KEYS, TABLE_KEYS
from netwatch_tui.ui.messages import FromFeed
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.widgets.filter_line import FilterLine
from netwatch_tui.ui.widgets.status_line import StatusLine
from netwatch_tui.view.groups import RowId
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import process, tcp
from tests.support.fake import FakeSource, Place
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, on_stage


def many(count: int) -> list[Socket]:
    return [tcp("10.0.0.5:443", f"10.0.{i // 250}.{i % 250 + 1}:5000", inode=1000 + i) for i in range(count)]


async def test_every_socket_is_a_row_with_its_owner(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        assert [row.split()[:2] for row in stage.rows] == [
            ["tcp", "LISTEN"],
            ["tcp", "ESTAB"],
            ["tcp", "ESTAB"],
            ["udp", "UNCONN"],
        ]
        assert "10.0.0.9:50001" in stage.rows[1], "addresses sort as numbers: .9 before .10"
        assert "7 nginx" in stage.rows[0]
        assert "8 resolved" in stage.rows[3]
        assert "4 sockets" in stage.screen[0]
        assert "LISTEN 1  ESTAB 2  UNCONN 1" in stage.screen[1]


async def test_opened_and_closed_have_a_graph_that_repaints_no_more_than_its_cells(source: FakeSource) -> None:
    async with on_stage(source, size=(200, 24)) as stage:
        for _ in range(3):
            await stage.step()
        assert stage.screen[0].endswith("▁▁▁")
        painted = stage.record_refreshes(StatusLine)
        await stage.step()
        assert sum(region.width for region in painted) <= 1, "one more bar, and nothing else is new"
        source.put(WEB, CLIENT, OTHER)
        await stage.step(2.0)
        assert "+0 -0.5/s" in stage.screen[0]
        assert stage.screen[0].endswith("▁▁▁▁█")


async def test_new_changed_and_closed_rows_carry_their_mark_for_three_seconds(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        assert all(row.startswith(" ") for row in stage.rows), "the first snapshot marks nothing"
        fresh = tcp("10.0.0.5:443", "10.0.0.77:50003", inode=15)
        source.put(WEB, CLIENT._replace(state=State.CLOSE_WAIT), DNS, fresh)
        await stage.step()
        marks = {row[0]: row for row in stage.rows}
        assert "10.0.0.77:50003" in marks["+"]
        assert "10.0.0.9:50001" in marks["~"]
        assert "CLOSE-WAIT" in marks["~"]
        assert "10.0.0.10:50002" in marks["-"]
        assert "+1 -1" in stage.screen[0]
        assert "4 sockets" in stage.screen[0], "a lingering row is not counted"
        await stage.step(2.9)
        assert sorted(row[0] for row in stage.rows) == [" ", " ", "+", "-", "~"]
        await stage.step(0.2)
        assert [row[0] for row in stage.rows] == [" "] * 4


async def test_rows_stay_lit_for_as_long_as_is_configured(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(linger=0.5)) as stage:
        source.put(WEB, CLIENT, DNS)
        await stage.step()
        assert sorted(row[0] for row in stage.rows) == [" ", " ", " ", "-"]
        await stage.step(0.6)
        assert [row[0] for row in stage.rows] == [" "] * 3


async def test_the_cursor_stays_on_its_socket_through_ticks_sorts_and_filters(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("down", "down")
        chosen = stage.cursor
        source.put(tcp("1.1.1.1:1", inode=90), WEB, CLIENT, OTHER, DNS)
        await stage.step()
        assert stage.cursor == chosen
        await stage.press("greater_than_sign", "S")
        assert stage.cursor == chosen
        await stage.press(*"/10.0.0.10", "enter")
        assert stage.cursor == chosen
        await stage.press("escape")
        assert stage.cursor == chosen
        assert "10.0.0.10:50002" in stage.rows[stage.cursor_line]


async def test_the_row_keeps_its_height_on_the_screen_while_rows_come_above_it() -> None:
    sockets = many(200)
    source = FakeSource(*sockets)
    async with on_stage(source) as stage:
        await stage.press("pagedown", "pagedown", "up", "up", "up")
        chosen, height = stage.cursor, stage.cursor_line
        source.put(*[tcp("10.0.0.5:443", f"9.0.0.{i + 1}:1", inode=9000 + i) for i in range(30)], *sockets)
        await stage.step()
        assert (stage.cursor, stage.cursor_line) == (chosen, height)
        source.put(*sockets)
        await stage.step(10)
        assert (stage.cursor, stage.cursor_line) == (chosen, height)


async def test_what_was_scrolled_to_stays_in_place_when_the_cursor_is_elsewhere() -> None:
    sockets = many(200)
    source = FakeSource(*sockets)
    source.hold(7, *sockets)
    async with on_stage(source) as stage:
        stage.table.scroll_to(y=100, animate=False)
        await stage.pilot.pause()
        await stage.step(0)
        before = stage.rows
        source.put(tcp("10.0.0.5:443", "9.0.0.1:1", inode=9000), *sockets)
        await stage.step(0)
        assert stage.rows == before


async def test_a_row_that_appears_above_the_first_one_is_seen() -> None:
    sockets = many(100)
    source = FakeSource(*sockets)
    async with on_stage(source) as stage:
        chosen = stage.cursor
        source.put(tcp("10.0.0.5:443", "9.0.0.1:1", inode=9000), *sockets)
        await stage.step()
        assert stage.rows[0].startswith("+")
        assert (stage.cursor, stage.cursor_line) == (chosen, 1)


async def test_the_cursor_of_a_closed_socket_lingers_and_then_takes_the_neighbour(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("down")
        chosen = stage.cursor
        source.put(WEB, OTHER, DNS)
        await stage.step()
        assert stage.cursor == chosen
        assert stage.rows[stage.cursor_line].startswith("-")
        await stage.step(3.5)
        assert "10.0.0.10:50002" in stage.rows[stage.cursor_line]


ACTIONS = {
    "sort": "step_sort(1)",
    "reverse": "reverse_sort",
    "pause": "pause",
    "groups": "toggle_groups",
    "listening": "only_listening",
    "everything": "show_all",
    "tcp": "toggle_kind('tcp')",
    "faster": "faster",
    "details": "open",
}
STEPS = st.one_of(
    st.sampled_from(
        [*ACTIONS, "filter", "filter out", "no filter", "group", "leave", "ungroup", "wheel", "move", "wait"]
    ),
    st.frozensets(st.integers(0, 59), max_size=60),
)


@settings(max_examples=15)
@given(st.lists(STEPS, min_size=4, max_size=20), st.integers(0, 59))
async def test_nothing_but_a_movement_puts_the_cursor_on_another_socket(
    steps: list[str | frozenset[int]], start: int
) -> None:
    sockets = many(60)
    source = FakeSource(*sockets)
    async with on_stage(source) as stage:
        main = stage.app.screen
        assert isinstance(main, MainScreen)
        stage.table.action_move(start)
        chosen = stage.table.cursor_socket
        assert chosen is not None
        home: RowId = chosen.id
        table: tuple[str, str | None] = ("", None)
        homes: dict[tuple[str, str | None], RowId] = {}
        for step in steps:
            match step:
                case "details":
                    await main.run_action("open")  # or enters the group under the cursor
                case "filter":
                    main.filter_editing.use(parse(f"{chosen.peer.text}:"))
                case "filter out":
                    main.filter_editing.use(parse("10.0.0.2"))
                case "no filter":
                    main.filter_editing.use(parse(""))
                case "group":
                    main.view_choices.group_by("peer")
                case "leave":
                    main.view_choices.leave_group()
                case "ungroup":
                    main.view_choices.group_by("none")
                case "wheel":
                    stage.table.scroll_to(y=20, animate=False)
                case "move":
                    stage.table.action_move(-7)
                    chosen = stage.table.cursor_socket or chosen
                    home = stage.table.cursor_row.id if stage.table.cursor_row else home
                case "wait":
                    stage.feed.step(5)
                case frozenset():
                    source.put(*[each for i, each in enumerate(sockets) if i in step or each.inode == chosen.inode])
                    stage.feed.step(0)
                case _:
                    await main.run_action(ACTIONS[step])
            await stage.pilot.pause()
            shown = {row.id for row in stage.view.rows}
            if table != (table := (stage.view.spec.grouping, stage.view.spec.inside)) and stage.table.cursor_row:
                home = stage.table.cursor_row.id  # each table has a cursor of its own
                left = homes.get(table)
                assert left not in shown or left == home, "and it is where it was left"
            homes[table] = home
            if home in shown:
                assert stage.table.cursor_row is not None
                assert stage.table.cursor_row.id == home


async def test_every_column_sorts_both_ways_from_the_keyboard(source: FakeSource) -> None:
    async with on_stage(source, size=(250, 24)) as stage:
        seen = set()
        for _ in stage.table.columns:
            await stage.press("greater_than_sign")
            sort = FIELD_BY_ID[stage.view.spec.sort]
            first, second = ("▼", "▲") if sort.descends else ("▲", "▼")  # amounts begin with the greatest
            assert first in stage.heading
            seen.add(sort.id)
            await stage.press("S")
            assert second in stage.heading
        assert len(seen) == len(stage.table.columns)
        assert {"recv_q", "drops"} <= seen
        assert "State▼" in stage.heading, "the steps lead round"


async def test_the_column_that_sorts_is_on_the_screen_whatever_else_has_no_room(source: FakeSource) -> None:
    async with on_stage(source, size=(40, 10)) as stage:
        assert "Drops" not in stage.heading
        await stage.press("s", *"drops", "enter")
        assert "▼Drops" in stage.heading or "Drops▼" in stage.heading


async def test_a_column_that_nobody_asked_for_is_there_while_it_sorts(source: FakeSource) -> None:
    columns = ("mark", "local", "state")
    async with on_stage(source, spec=ViewSpec(columns=columns, sort="inode")) as stage:
        assert stage.heading.split() == ["Local", "Address:Port", "State", "▲Inode"]


async def test_kinds_and_states_are_switched_with_a_key(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("u")
        assert [row.split()[0] for row in stage.rows] == ["tcp"] * 3
        assert "tcp 3  ○udp 1" in stage.screen[1]
        await stage.press("u", "t")
        assert [row.split()[0] for row in stage.rows] == ["udp"]
        await stage.press("a", "l")
        assert [row.split()[1] for row in stage.rows] == ["LISTEN", "UNCONN"]
        await stage.press("e")
        assert [row.split()[1] for row in stage.rows] == ["ESTAB", "ESTAB"]
        await stage.press("e")
        assert len(stage.rows) == 4


async def test_a_column_to_sort_by_is_found_by_typing(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("s", *"pid", "enter")
        assert "▲PID" in stage.heading
        assert ["nginx" in row for row in stage.rows] == [True, True, True, False], "pid 7 and pid 8"
        await stage.press("s", "down", "escape")
        assert "▲PID" in stage.heading
        await stage.press("s", *"no such column", "enter", "escape")
        assert "▲PID" in stage.heading


async def test_a_click_on_a_heading_sorts_and_a_second_one_reverses(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        x = stage.heading.index("Peer")
        await stage.pilot.click("#table", offset=(x, 0))
        await stage.pilot.pause()
        assert "Peer Address:Port▲" in stage.heading
        await stage.pilot.click("#table", offset=(x, 0))
        await stage.pilot.pause()
        assert "Peer Address:Port▼" in stage.heading
        assert "10.0.0.10:50002" in stage.rows[0]
        assert stage.rows[-1].split()[1] in ("LISTEN", "UNCONN"), "blanks are last in both directions"


async def test_a_click_on_a_row_moves_the_cursor_there(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.pilot.click("#table", offset=(10, 3))
        assert stage.cursor_line == 2


async def test_the_filter_is_live_while_it_is_typed(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press(*"/50001")
        assert len(stage.rows) == 1
        assert "1 of 4 sockets" in stage.screen[0]
        await stage.press(*["backspace"] * 5)
        assert len(stage.rows) == 4
        await stage.press(*"process:RESOLV", "enter")
        assert len(stage.rows) == 1
        assert "Filter: process:RESOLV" in stage.screen[-2]
        await stage.press("escape")
        assert len(stage.rows) == 4
        assert "Filter:" not in stage.screen[-2]


async def test_escape_leaves_the_line_with_the_filter_as_it_was(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(query=parse("nginx"))) as stage:
        assert len(stage.rows) == 3
        await stage.press(*"/ 50001")
        assert len(stage.rows) == 1
        await stage.press("escape")
        assert len(stage.rows) == 3
        assert stage.screen[-2] == "Filter: nginx"


async def test_the_port_and_process_keys_begin_with_the_values_of_the_row(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("down", "p")
        assert "Filter: port:443" in stage.screen[-2]
        assert len(stage.rows) == 3
        await stage.press(*"53", "enter")
        assert stage.screen[-2] == "Filter: port:53", "what is typed takes the place of the value"
        assert len(stage.rows) == 1
        await stage.press("P", "enter")
        assert stage.screen[-2] == "Filter: port:53 process:resolved"
        await stage.press("p", *"443", "enter")
        assert stage.screen[-2] == "Filter: process:resolved port:443", "a second port takes the place of the first"


async def test_the_process_key_asks_for_a_process_that_calls_itself_as_blanks_are_shown(source: FakeSource) -> None:
    source.processes[8] = process(8, "-")
    async with on_stage(source) as stage:
        await stage.press("end", "P", "enter")
        assert stage.screen[-2] == 'Filter: process:"-"'
        assert len(stage.rows) == 1


async def test_letters_are_letters_while_a_filter_is_typed_and_the_table_can_be_moved_in(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"sqpS")
        assert stage.app.screen_stack[0].query_one(FilterLine).text == "sqpS"
        assert stage.app.is_running
        await stage.press(*["backspace"] * 5, "ctrl+down", "shift+down")
        assert stage.cursor_line == 2
        await stage.press("pageup")
        assert stage.cursor_line == 0


async def test_the_filter_of_the_command_line_is_there_from_the_start(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(query=parse("port:53"))) as stage:
        assert len(stage.rows) == 1
        assert stage.screen[-2] == "Filter: port:53"


async def test_what_the_command_line_left_out_is_counted(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(selection=Selection(states=LISTENING))) as stage:
        assert len(stage.rows) == 2
        assert "2 of 4 sockets" in stage.screen[0]


async def test_pause_holds_the_screen_and_going_on_marks_what_happened_meanwhile(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("space")
        assert "PAUSED since" in stage.screen[0]
        held = stage.rows
        fresh = tcp("10.0.0.5:443", "10.0.0.77:50003", inode=15)
        source.put(WEB, CLIENT, DNS, fresh)
        await stage.step(60)
        await stage.step(60)
        assert stage.rows == held
        await stage.press(*"/443", "enter")
        assert len(stage.rows) == 3, "what is held can still be filtered"
        await stage.press("escape", "space")
        marks = {row[0]: row for row in stage.rows if row[0] != " "}
        assert marks.keys() == {"+", "-"}
        assert "10.0.0.77:50003" in marks["+"]
        assert "10.0.0.10:50002" in marks["-"]
        await stage.step(3.5)
        assert all(row[0] == " " for row in stage.rows)


async def test_sockets_without_a_visible_owner_are_counted_with_what_to_do(source: FakeSource) -> None:
    source.held = {7: PermissionError(), 8: PermissionError()}
    async with on_stage(source) as stage:
        assert all("(hidden)" in row for row in stage.rows)
        assert "owners of 4 sockets hidden: root needed for 2 processes of other users" in stage.said


async def test_what_may_hide_in_other_namespaces_is_counted_when_all_are_asked_for(source: FakeSource) -> None:
    source.others, source.unseen, source.unreadable = (Place(7, "blue", 7),), 2, 1
    async with on_stage(source) as stage:
        assert "hidden" not in stage.said
        await stage.press("N")
        assert "2 processes may be in hidden namespaces" in stage.said
        assert "1 namespace may not be entered" in stage.said


async def test_a_failed_tick_is_told_until_one_succeeds(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        stage.app.screen.post_message(FromFeed(CollectFailed("OSError: too many open files")))
        await stage.pilot.pause()
        assert "tick failed, retrying: OSError: too many open files" in stage.said
        assert len(stage.rows) == 4
        await stage.step()
        assert not any("failed" in line for line in stage.screen)


async def test_help_lists_every_key_and_column(source: FakeSource) -> None:
    async with on_stage(source, size=(100, 400)) as stage:
        await stage.press("question_mark")
        assert len(stage.app.screen_stack) == 2
        text = "\n".join(stage.screen)
        for word in ("PgDn", "Space", "Ctrl+C", "Recv-Q", "state of the connection", "(hidden)", "port:443"):
            assert word in text
        source.put(WEB)
        await stage.step()
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1
        assert "1 socket " in stage.screen[0], "the table went on behind the help"


async def test_help_is_told_by_job_and_every_key_has_one(source: FakeSource) -> None:
    keys = (*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS)
    families = {family for job in JOBS for family in job.families}
    assert [key.id for key in keys if not families & {key.id, key.id.partition(".")[0]}] == []
    async with on_stage(source, size=(100, 400)) as stage:
        await stage.press("question_mark")
        lines = [line.strip() for line in stage.screen]
        places = [lines.index(job.title) for job in JOBS]
        assert places == sorted(places)
        assert any(line.startswith("1 2 3 4 5 6 7 8 9  ") for line in lines), "what means the same is told once"


@pytest.mark.parametrize(("columns", "beside"), [(80, False), (140, False), (200, True)])
async def test_help_has_two_columns_where_there_is_room(source: FakeSource, columns: int, beside: bool) -> None:
    async with on_stage(source, size=(columns, 200)) as stage:
        await stage.press("question_mark")
        at = {
            title: y for y, row in enumerate(stage.screen) for title in ("Find", "Keys of the filter") if title in row
        }
        assert stage.app.screen.query_one("#help-right").display is beside
        assert ("Keys of the filter" in at and at["Keys of the filter"] < 60) is beside
        assert "sort by the column to the left\n" in "\n".join(row.rstrip("│ ") for row in stage.screen) or beside


@pytest.mark.parametrize("columns", [2, 10, 24, 40])
async def test_help_is_broken_into_lines_once_and_read_in_a_narrow_window(source: FakeSource, columns: int) -> None:
    async with on_stage(source, size=(columns, 24)) as stage:
        await stage.press("question_mark")
        text = stage.app.screen.query_one("#help-left", Static)
        lines = str(text.visual).splitlines()
        assert text.size.height == len(lines), "in few columns to break them anew took seconds"
        room = text.size.width
        assert room < 15 or all(cell_width(line.rstrip()) <= room for line in lines), "nothing is cut"


async def test_names_from_outside_are_shown_harmless() -> None:
    source = FakeSource(WEB)
    source.hold(7, WEB)
    source.processes = {7: process(7, "[b]\x1b[m\u202e名")}
    async with on_stage(source, size=(160, 24)) as stage:
        assert "[b]\\x1b[m\\u202e名 " in stage.rows[0]


async def test_a_long_ipv6_address_gets_room_and_its_port_is_never_cut() -> None:
    long = tcp(
        "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535", "[2001:db8:1111:2222:3333:4444:5555:6666]:65534", inode=5
    )
    async with on_stage(FakeSource(WEB, long), size=(160, 24)) as stage:
        assert "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535" in stage.rows[1]
        assert "[2001:db8:1111:2222:3333:4444:5555:6666]:65534" in stage.rows[1]
    async with on_stage(FakeSource(WEB, long), size=(60, 24)) as stage:
        assert re.search(r"\[2001.*….*ffff\]:65535 +\[2001.*….*6666\]:65534 ", stage.rows[1])


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5)])
async def test_a_narrow_screen_hides_columns_and_says_so(source: FakeSource, size: tuple[int, int]) -> None:
    async with on_stage(source, size=size) as stage:
        assert all(len(line) <= size[0] for line in stage.screen)
        assert "Timer" not in stage.heading
        assert "State" in stage.heading or size[0] < 40
        assert stage.heading.startswith("▸")
