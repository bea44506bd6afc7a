"""The history in the place of the sockets, and the way back."""

from __future__ import annotations

from tests.support.build import tcp
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, on_stage

LATE = tcp("10.0.0.5:443", "10.0.0.11:50003", inode=15)


async def test_it_shows_what_happened_and_the_sockets_again(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        source.put(WEB, CLIENT, DNS, LATE)
        await stage.step()
        await stage.press("j", "H")
        assert stage.heading.split()[:2] == ["When▼", "Event"]
        assert sorted(row.split()[1] for row in stage.rows) == ["closed", "opened"]
        await stage.press("H")
        assert "Recv-Q" in stage.heading
        assert stage.cursor_line == 1


async def test_one_goes_from_an_event_to_its_row(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        source.put(WEB, CLIENT, OTHER, DNS, LATE)
        await stage.step()
        await stage.press("H", "enter")
        row = stage.table.cursor_socket
        assert row is not None
        assert row.peer_port == LATE.peer_port
        source.put(WEB, DNS)
        await stage.step()
        for _ in range(5):
            await stage.step()
        await stage.press("H", "enter")
        assert "No row of it" in stage.said


async def test_from_a_row_to_the_history_of_its_peer_and_back_by_escape(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        source.put(WEB, CLIENT, OTHER, DNS, LATE)
        await stage.step()
        await stage.press("H", "h", *"peer", "enter")
        assert len(stage.rows) == 1
        assert "peer:10.0.0.11" in stage.said
        await stage.press("escape", "escape")
        assert "Recv-Q" in stage.heading


async def test_nothing_is_done_to_the_past_and_a_view_leaves_it(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        source.put(WEB, CLIENT, OTHER, DNS, LATE)
        await stage.step()
        await stage.press("H", "K")
        await stage.press("m")
        assert len(stage.app.screen_stack) == 1
        await stage.press("2")
        assert "Recv-Q" in stage.heading
        await stage.press("1")
        assert "Recv-Q" in stage.heading


async def test_a_cursor_on_the_newest_event_stays_on_the_newest(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        source.put(WEB, CLIENT, OTHER, DNS, LATE)
        await stage.step()
        await stage.press("H")
        source.put(WEB, CLIENT, OTHER, DNS)
        await stage.step()
        assert (stage.cursor_line, stage.rows[0].split()[1]) == (0, "closed")
        await stage.press("j")
        source.put(WEB, CLIENT, OTHER, DNS, LATE)
        await stage.step()
        assert (stage.cursor_line, stage.rows[2].split()[1]) == (2, "opened")
