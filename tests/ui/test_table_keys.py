"""Columns, groups, toggles, copies, files, pace, mouse: what a key or a click does, and what it says if nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.query import parse
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.ui.keymap import APP_KEYS, MAIN_KEYS, TABLE_KEYS
from netwatch_tui.ui.widgets.key_line import KeyLine
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import process, tcp
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, Stage, on_stage

# Columns


async def test_columns_are_hidden_shown_and_moved_while_the_list_is_open(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        assert stage.heading.split()[:2] == ["▸", "Netid"]
        await stage.press("c", "space")
        assert "Netid" not in stage.heading
        await stage.press("j", "greater_than_sign")
        assert stage.heading.index("State") > stage.heading.index("Recv-Q")
        await stage.press("r", "escape")
        assert stage.heading.index("Netid") < stage.heading.index("State") < stage.heading.index("Recv-Q")


async def test_the_order_of_columns_holds_for_the_rows_too(source: FakeSource) -> None:
    columns = ("mark", "process", "peer", "state")
    async with on_stage(source, spec=ViewSpec(columns=columns)) as stage:
        assert stage.heading.split() == ["Process", "Peer", "Address:Port", "State▲"]
        assert stage.rows[1].split() == ["nginx", "10.0.0.9:50001", "ESTAB"]


async def test_scrolling_sideways_reaches_every_column(source: FakeSource) -> None:
    async with on_stage(source, size=(80, 24)) as stage:
        assert stage.heading.startswith("▸")
        seen = set()
        for _ in COLUMNS:
            seen |= {place.column.id for place in stage.table._layout_of_columns.placed}
            await stage.press("right")
        assert seen == {column.id for column in COLUMNS} - {"netns"}
        assert stage.heading.startswith("◂"), "what is scrolled off has a sign"
        assert "Local" in stage.heading, "the address stays, so that a row is known"
        assert stage.said == "This is the last column."
        await stage.press(*["left"] * len(COLUMNS))
        assert stage.said == "This is the first column."
        assert stage.heading.startswith("▸")


async def test_nothing_scrolls_where_everything_is_seen(source: FakeSource) -> None:
    async with on_stage(source, size=(250, 24)) as stage:
        await stage.press("right")
        assert stage.said == "All columns are visible."


# Toggles


async def test_toggles_are_lit_or_not_and_can_be_clicked(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        assert "tcp 3  udp 1  ○unix 0  ○other 0" in stage.screen[1]
        assert stage.screen[1].startswith("LISTEN 1  ESTAB 2  UNCONN 1 ")
        await stage.pilot.click("#status", offset=(stage.screen[1].index("udp"), 1))
        await stage.pilot.pause()
        assert "tcp 3  ○udp 1" in stage.screen[1]
        assert len(stage.rows) == 3
        await stage.pilot.click("#status", offset=(stage.screen[1].index("LISTEN"), 1))
        await stage.pilot.pause()
        assert stage.screen[1].startswith("LISTEN 1  ○ESTAB 2 ")
        assert len(stage.rows) == 1


# SocketTracker


async def test_a_row_that_a_filter_hides_has_the_cursor_again_when_it_comes_back(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("j", "j")
        chosen = stage.cursor
        await stage.press("slash", *"port:5")
        assert stage.table.cursor_socket is None
        await stage.press("3")
        assert stage.cursor != chosen, "it is not among the rows"
        await stage.press("escape")
        assert stage.cursor == chosen


async def test_a_row_that_the_person_went_to_keeps_the_cursor_when_others_come_back(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("j", "j", *"/50001", "enter", "up")
        chosen = stage.cursor
        await stage.press("escape")
        assert stage.cursor == chosen


async def test_the_screen_says_when_the_socket_under_the_cursor_has_closed(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("j")
        source.put(WEB, OTHER, DNS)
        await stage.step()
        assert "has closed" not in stage.said, "the row is still there"
        await stage.step(5)
        assert stage.said == "The socket under the cursor has closed; the cursor is on its neighbour now."


# Copying


async def test_everything_of_a_row_can_be_copied(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("j", "y", *"peer addr", "enter")
        assert stage.app.clipboard == "10.0.0.9:50001"
        await stage.press("y", *"command that", "enter")
        assert stage.app.clipboard == "ss -tanp 'src 10.0.0.5:443 and dst 10.0.0.9:50001'"
        await stage.press("y", "enter")
        assert "10.0.0.9:50001\t7\tnginx" in stage.app.clipboard
        await stage.press("y", "escape")
        assert len(stage.app.screen_stack) == 1


# Files


async def write_to(stage: Stage, path: Path) -> None:
    """Answer the question for a name."""
    await stage.press("w", "ctrl+u", *str(path), "enter")
    await stage.app.workers.wait_for_complete()
    await stage.pilot.pause()


async def test_what_is_shown_is_written_in_the_order_shown(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, spec=ViewSpec(query=parse("nginx"), sort="peer", descending=True)) as stage:
        await write_to(stage, tmp_path / "a.csv")
        assert (tmp_path / "a.csv").read_text().split("\n") == ["csv peer", "13", "12", "11", ""]
        assert stage.said == f"Wrote 3 sockets to {tmp_path}/a.csv"


async def test_a_file_is_not_replaced_without_asking(source: FakeSource, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("mine")
    async with on_stage(source) as stage:
        await write_to(stage, path)
        assert path.read_text() == "mine"
        assert any("That file exists. Enter again replaces it" in line for line in stage.screen)
        await stage.press("escape")
        assert path.read_text() == "mine"
        await write_to(stage, path)
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        assert path.read_text().startswith("table state\n")
        assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.exe", "must be one of .csv"),
        ("nowhere/a.csv", "no such directory"),
        ("folder.csv", "is a directory"),
        ("link.csv", "is a symbolic link"),
        (f"{'a' * 300}.csv", "File name too long"),
    ],
)
async def test_a_name_that_can_not_be_is_told(source: FakeSource, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to("elsewhere")
    async with on_stage(source) as stage:
        await write_to(stage, tmp_path / name)
        assert any(words in line for line in stage.screen)
        assert len(stage.app.screen_stack) == 2


async def test_the_home_of_nobody_is_told(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await write_to(stage, Path("~no-such-user/a.csv"))
        assert any("home directory" in line for line in stage.screen)


async def test_what_is_written_is_for_its_owner_alone(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source) as stage:
        await write_to(stage, tmp_path / "a.csv")
        await stage.app.workers.wait_for_complete()
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


async def test_a_write_that_fails_is_told_and_leaves_nothing(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await write_to(stage, Path("/proc/a.csv"))
        assert stage.said.startswith("Can't write /proc/a.csv: ")


# Time


async def test_an_interval_that_can_not_be_kept_is_shown_as_what_it_is(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(interval=0.1)) as stage:
        await stage.step(0.1)
        assert "● live 0.1s" in stage.screen[0]
        await stage.step(0.4)
        assert "● live 0.4s, not 0.1s" in stage.screen[0]


# Mouse


async def test_a_double_click_opens_the_details(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.pilot.click("#table", offset=(10, 2), times=2)
        await stage.pilot.pause()
        assert stage.cursor_line == 1
        assert any(line.startswith("Details") for line in stage.screen)
        assert any("10.0.0.9:50001" in line for line in stage.screen[14:])


# Palette


async def test_the_palette_has_every_action_column_and_theme(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        choices = [command.choice for command in stage.app.main.palette.commands()]
        titles = [choice.label for choice in choices]
        for key in (*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS):
            assert key.id == "app.palette" or any(key.meaning in choice.hint for choice in choices)
        for column in COLUMNS:
            assert f"Sort by {column.title.strip() or 'mark'}" in titles
        assert {"Theme netwatch", "Theme daylight", "Hide column PID"} <= set(titles)


async def test_a_command_of_the_palette_does_what_it_says(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("ctrl+p", *"sort by pid")
        await stage.until(lambda: any("Sort by PID" in line for line in stage.screen))
        await stage.press("enter")
        await stage.until(lambda: "▲PID" in stage.heading)


async def test_every_command_of_the_palette_can_be_run(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        for command in list(stage.app.main.palette.commands()):
            if command.choice.label.startswith("Quit"):
                continue
            command.run()
            await stage.pilot.pause()
            while len(stage.app.screen_stack) > 1:
                stage.app.pop_screen()
            stage.app.screen.set_focus(stage.table)
        assert stage.app.is_running
        assert isinstance(stage.table.cursor_socket, Socket | None)


# Nothing to see


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("slash", *"nomatch", "enter"), ["None of 4 sockets matches the filter.", "Searched as text: nomatch."]),
        (("t", "u"), ["There are no sockets of the selected kinds.", "Present: tcp 3, udp 1.", "a shows"]),
        (("t", "e"), ["Nothing is connected.", "e shows all states again."]),
    ],
)
async def test_an_empty_table_says_why_and_what_to_press(
    source: FakeSource, keys: tuple[str, ...], words: list[str]
) -> None:
    async with on_stage(source) as stage:
        await stage.press(*keys)
        assert [line.strip()[: len(word)] for line, word in zip(stage.rows, words, strict=False)] == words


async def test_who_asks_for_a_process_is_told_of_what_it_held_last(source: FakeSource) -> None:
    left = tcp("10.0.0.5:50000", "10.0.0.9:443", inode=900)
    source.put(left)
    source.processes[77] = process(77, "health-probe")
    source.hold(77, left)
    async with on_stage(source) as stage:
        source.put(left._replace(inode=0, state=State.TIME_WAIT))
        del source.held[77]
        await stage.step()
        await stage.press("slash", *"process:health", "enter")
        assert stage.rows[0].strip() == "The one socket does not match."
        said = "Process: asks who holds a socket now; health alone finds 1 held last (†)."
        assert " ".join(" ".join(stage.rows[1:3]).split()).startswith(said)
        await stage.press("slash", "ctrl+u", *"health", "enter")
        assert "health-probe†" in stage.rows[0]


async def test_an_empty_machine_says_so_and_has_nothing_to_open_copy_or_write() -> None:
    async with on_stage(FakeSource()) as stage:
        assert stage.rows[0].strip() == "There are no sockets of any kind here."
        for key, words in (
            ("enter", "No row to show details of."),
            ("y", "No row to copy."),
            ("w", "No rows to write."),
        ):
            await stage.press(key)
            assert stage.said == words


async def test_keys_that_can_do_nothing_say_why(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        for keys, words in (
            (("escape",), "Nothing to take back: no filter, and every kind and state of this view is shown."),
            (("9",), "There is no view 9."),
            (("tab",), "The details are not open; Enter opens them."),
            (("N",), "No other network namespace is visible."),
            (("R",), "That is for recordings; netwatch-tui --replay FILE plays one."),
            (("full_stop",), "The screen shows now; , goes back."),
            (("d",), "The screen shows now; , goes back."),
            (("a", "a"), "All kinds and states are already shown."),
        ):
            await stage.press(*keys)
            assert stage.said == words


# Cost


async def test_the_line_of_keys_is_painted_anew_only_for_other_keys(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        regions = stage.record_refreshes(KeyLine)
        await stage.press("s", "escape", "y", "escape")
        assert len(regions) == 0
        await stage.press("slash")
        assert "Enter Keep" in stage.screen[-1]
        await stage.press("escape")
        assert "/ Filter" in stage.screen[-1]
        assert len(regions) == 2


@pytest.mark.parametrize("width", [20, 33, 40, 57, 80, 120])
async def test_keys_are_cut_between_keys_and_never_in_a_word(source: FakeSource, width: int) -> None:
    async with on_stage(source, size=(width, 24)) as stage:
        shown = stage.screen[-1].split("  ")
        *labels, last = [key.label for key in MAIN_KEYS if key.in_footer]
        assert [label for key, label in map(str.split, shown)] == [*labels[: len(shown) - 1], last]


async def test_a_click_on_a_key_does_what_the_key_does(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.pilot.click(KeyLine, offset=(stage.screen[-1].index("s Sort"), 0))
        await stage.pilot.pause()
        assert len(stage.app.screen_stack) == 2


async def test_an_unchanged_tick_paints_nothing_but_the_cells_that_changed(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.step(70)  # ages are in minutes now
        regions = stage.record_refreshes()
        await stage.step()
        assert regions == []
        source.put(WEB, CLIENT._replace(recv_q=5), OTHER, DNS)
        await stage.step()
        assert [(region.y, region.height) for region in regions] == [(2, 1)]
        assert regions[0].width < 10, "one cell and not the line"
