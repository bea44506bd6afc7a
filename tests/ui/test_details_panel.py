"""The details beside or below the table: whom they follow, what they say, and that their values can be copied."""

from __future__ import annotations

import pytest

from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.socket import State
from netwatch_tui.ui.widgets.details_panel import DetailsPanel
from tests.support.build import UnixDetails, process, tcp, unix
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage

WEB = tcp("127.0.0.1:443", inode=11)
SERVED = tcp("127.0.0.1:443", "127.0.0.1:50001", inode=12)
CLIENT = tcp("127.0.0.1:50001", "127.0.0.1:443", inode=13)
AWAY = tcp("10.0.0.5:443", "10.0.0.10:50002", inode=14)

WIDE = (200, 50)


@pytest.fixture
def source() -> FakeSource:
    machine = FakeSource(WEB, SERVED, CLIENT, AWAY)
    machine.hold(7, WEB, SERVED, AWAY)
    machine.hold(9, CLIENT)
    machine.processes = {7: process(7, "nginx"), 9: process(9, "curl")}
    machine.details = {7: ProcessDetails("/usr/sbin/nginx", None, ((1, "systemd"),))}
    return machine


def page(stage: Stage) -> str:
    """The text of the panel."""
    panel = stage.app.screen_stack[0].query_one(DetailsPanel)
    assert panel.display
    return "\n".join(panel.render_line(y).text.rstrip() for y in range(panel.size.height))


async def go_to(stage: Stage, words: str) -> None:
    """Put the cursor on the row with these words."""
    at = next(y for y, row in enumerate(stage.rows) if words in row)
    stage.table.action_move(at - stage.cursor_line)
    await stage.pilot.pause()


async def test_all_about_a_socket_is_told_and_kept_true(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await go_to(stage, "10.0.0.10:50002")
        await stage.press("enter")
        for words in (
            "ESTAB: connected",
            "10.0.0.10:50002",
            "nginx, pid 7, descriptor",
            "/usr/sbin/nginx",
            "not readable",
            "systemd (1)",
            "at least 0s",
        ):
            assert words in page(stage)
        source.put(WEB, SERVED, CLIENT, AWAY._replace(state=State.CLOSE_WAIT))
        await stage.step()
        assert "CLOSE-WAIT: closed by the peer" in page(stage)
        assert len(stage.app.screen_stack) == 1, "the table stays in reach"
        await stage.press("escape")
        assert not stage.app.screen.query_one(DetailsPanel).display


async def test_a_loopback_connection_names_the_process_at_the_other_end(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await stage.press("enter")
        await go_to(stage, "127.0.0.1:443      127.0.0.1:50001")
        assert "Other end    curl, pid 9" in page(stage)


async def test_a_unix_socket_names_the_process_at_the_other_end() -> None:
    one, other = unix("/run/bus", inode=21), unix("*", inode=22)
    machine = FakeSource(one, other)
    machine.more_of_unix = {21: UnixDetails(22, 0, 0, 0), 22: UnixDetails(21, 0, 0, 0)}
    machine.hold(7, one)
    machine.hold(9, other)
    machine.processes = {7: process(7, "bus"), 9: process(9, "client")}
    async with on_stage(machine, size=WIDE) as stage:
        await stage.press("x")
        await go_to(stage, "/run/bus")
        await stage.press("enter")
        assert "Other end    client, pid 9" in page(stage)


async def test_a_listener_tells_its_open_connections(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await stage.press("enter")
        assert "Accepted     1" in page(stage)
        assert "127.0.0.1:50001 ESTAB" in page(stage)
        source.put(WEB, CLIENT, AWAY)
        await stage.step()
        assert "Accepted     none" in page(stage)


async def test_neighbours_are_walked_with_the_panel_open(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await stage.press("enter")
        seen = []
        for _ in range(4):
            assert stage.table.cursor_socket is not None
            assert f"Inode        {stage.table.cursor_socket.inode}\n" in page(stage) + "\n"
            seen.append(stage.cursor)
            await stage.press("j")
        assert len(set(seen)) == 4


async def test_a_socket_that_closes_stays_the_subject_until_the_person_moves(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await go_to(stage, "10.0.0.10:50002")
        await stage.press("enter")
        source.put(WEB, SERVED, CLIENT)
        await stage.step()
        assert "Closed       0s ago, " in page(stage)
        await stage.step(10)
        assert "Closed       10s ago, " in page(stage)
        assert "10.0.0.10:50002" in page(stage)
        assert "has closed; the cursor is on its neighbour" in stage.said
        await stage.press("k")
        assert "Closed" not in page(stage)


async def test_a_sort_or_filter_does_not_change_the_subject(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await go_to(stage, "10.0.0.10:50002")
        await stage.press("enter", "S", "greater_than_sign", *"/nomatch", "enter")
        assert stage.rows[0].strip().startswith("None of 4 sockets")
        assert "10.0.0.10:50002" in page(stage)


async def test_every_value_can_be_copied(source: FakeSource) -> None:
    async with on_stage(source, size=WIDE) as stage:
        await stage.press("enter", "tab", "y")
        lines = page(stage).splitlines()
        assert lines[1].startswith(" Processes ─"), "a heading is nothing to copy"
        owner = lines[2].split(maxsplit=1)[1]
        assert owner.startswith("nginx, pid 7, descriptor")
        assert stage.app.clipboard == owner
        assert f"Sent to the terminal's clipboard: Owner: {owner}" in stage.said
        await stage.press("tab", "j")
        assert stage.cursor_line == 1, "the table has the keyboard again"
        await stage.pilot.click("#details", offset=(20, 3))
        assert stage.app.clipboard == "nginx"
        await stage.pilot.click("#details", offset=(20, 1))
        assert stage.app.clipboard == "nginx"


async def test_at_80_columns_the_first_lines_say_what_the_row_does_not(source: FakeSource) -> None:
    source.put(WEB, SERVED, CLIENT, AWAY._replace(state=State.CLOSE_WAIT))
    async with on_stage(source, size=(80, 24)) as stage:
        await stage.step(61)
        await go_to(stage, "10.0.0.10:50002")
        await stage.press("enter")
        lines = page(stage).splitlines()
        assert lines[1].startswith(" Problem      CLOSE-WAIT for 1m: the peer has closed")
        first = [line.split()[0] for line in lines if line.strip()]
        assert first[first.index("Processes") :][:3] == ["Processes", "Owner", "command"]
        assert "10.0.0.10:50002" not in page(stage)


async def test_going_up_to_the_first_value_shows_its_heading_again(source: FakeSource) -> None:
    async with on_stage(source, size=(80, 24)) as stage:
        await stage.press("enter", "tab", *"jjjjjjjjjjjj")
        assert " Processes ─" not in page(stage)
        await stage.press(*"kkkkkkkkkkkk")
        assert page(stage).splitlines()[1].startswith(" Processes ─")


@pytest.mark.parametrize(("size", "beside"), [((200, 50), True), ((80, 24), False)])
async def test_it_stands_where_there_is_room(source: FakeSource, size: tuple[int, int], beside: bool) -> None:
    async with on_stage(source, size=size) as stage:
        await stage.press("enter")
        panel, table = stage.app.screen.query_one(DetailsPanel), stage.table
        assert (panel.region.x > table.region.x) is beside
        assert (panel.region.y > table.region.y) is not beside
        assert panel.region.height > 5
        assert table.region.height > 5
