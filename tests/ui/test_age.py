"""The screen says how old it is, and what could not be searched."""

from __future__ import annotations

from netwatch_tui.play.news import CollectFailed, DataAged, News
from netwatch_tui.ui.messages import FromFeed
from netwatch_tui.ui.widgets.status_line import StatusLine
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage


async def hear(stage: Stage, news: News) -> None:
    stage.app.screen.post_message(FromFeed(news))
    await stage.pilot.pause()


async def test_the_age_stands_where_live_stood_and_counts_until_there_is_newer_data(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        assert "● live 1s" in stage.screen[0]
        for age in (12.3, 13.3):
            await hear(stage, DataAged(age))
            assert f"{int(age)}s old, the next tick is late" in stage.screen[0]
            assert "live" not in stage.screen[0]
        await stage.press(*"/10.0.0.9", "enter")
        assert "1 of 4 sockets" in stage.screen[0], "what is there can still be filtered"
        assert "13s old" in stage.screen[0], "a filter makes it no younger"
        await stage.step()
        assert "● live 1s" in stage.screen[0]


async def test_the_age_is_in_warning_colour(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await hear(stage, DataAged(12.0))
        (style,) = [part.style for part in stage.app.screen.query_one(StatusLine)._lines[0] if "old" in part.text]
        assert "$warning" in style


async def test_why_a_tick_failed_is_told_beside_the_age_also_after_another_filter(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await hear(stage, CollectFailed("OSError: no room"))
        await hear(stage, DataAged(3.0))
        await stage.press(*"/10.0.0.9", "enter")
        assert "tick failed, retrying: OSError: no room" in stage.said
        await stage.step()
        assert "tick failed" not in "".join(stage.screen)


async def test_a_pause_says_when_it_began_and_not_how_old_it_is(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("space")
        await hear(stage, DataAged(12.0))
        assert "PAUSED since" in stage.screen[0]
