"""The live table goes back in what was seen, and says that it shows another moment than now."""

from __future__ import annotations

import time
from typing import Any

import pytest

from netwatch_tui.sockets.socket import State
from netwatch_tui.view.spec import ViewSpec
from screenshots.actor import FakeActor
from tests.support.build import tcp
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, OTHER, WEB, Stage, on_stage

START = 1_000_000.0


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(WEB)


async def live_on(stage: Stage, source: FakeSource) -> None:
    """A visitor comes, another one, and the first one goes: four ticks in all."""
    for crowd in ((WEB, CLIENT), (WEB, CLIENT, OTHER), (WEB, OTHER)):
        source.put(*crowd)
        await stage.step()


def inodes(stage: Stage) -> list[int]:
    return sorted(row.inode for row in stage.view.order.rows(descending=False))


def clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


async def test_the_table_steps_back_and_forward_and_returns_to_now(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await live_on(stage, source)
        await stage.press("comma")
        assert inodes(stage) == [11, 12, 13]
        assert f"◂ 1s back, {clock(START + 2)}" in stage.screen[0]
        assert any(row.startswith("+") and ":50002" in row for row in stage.rows)
        await stage.press("comma", "comma")
        assert inodes(stage) == [11]
        assert "◂ 3s back" in stage.screen[0]
        await stage.press("comma")
        assert stage.said == "Nothing older was kept."
        await stage.press("full_stop")
        assert inodes(stage) == [11, 12]
        source.put(WEB)
        await stage.step()
        assert "◂ 3s back" in stage.screen[0], "time goes on"
        await stage.press("space")
        assert "● live" in stage.screen[0]
        assert inodes(stage) == [11, 12, 13], "what closed meanwhile is told"


async def test_filters_order_and_groups_are_those_of_the_person(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await live_on(stage, source)
        await stage.press("comma", "slash", *"50001", "enter")
        assert inodes(stage) == [12]
        assert "◂" in stage.screen[0]
        await stage.press("escape", "B")
        assert [row.split()[:3] for row in stage.rows] == [["(not", "found)", "0"]]
        await stage.press("comma")
        assert "◂ 2s back" in stage.screen[0]


@pytest.mark.parametrize("key", ["K", "T", "O"])
async def test_nothing_is_done_to_what_is_not_now(source: FakeSource, key: str) -> None:
    actor = FakeActor()

    def nothing(*_: object) -> Any:
        raise AssertionError("nobody may be hit")

    async with on_stage(source, actor=actor, plan_probe=nothing, open_trace=nothing) as stage:
        await live_on(stage, source)
        await stage.press("comma", key)
        assert actor.subjects == []
        assert stage.said == "What is shown is not now, so nothing is done to it; Space returns to now."
        assert len(stage.app.screen_stack) == 1


async def test_the_footer_has_the_keys_of_the_moment(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await live_on(stage, source)
        assert stage.screen[-1].startswith("? Help")
        await stage.press("comma")
        assert stage.screen[-1].startswith("Space Now  , Back  . Forward  d Next change  : Go to  ? Help")
        await stage.press("space")
        assert stage.screen[-1].startswith("? Help")


async def test_a_time_is_typed(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await live_on(stage, source)
        await stage.press("colon", *clock(START + 1), "enter")
        assert inodes(stage) == [11, 12]
        await stage.press("colon", *"+1s", "enter")
        assert inodes(stage) == [11, 12, 13]
        await stage.press("colon", *"-1h", "enter")
        assert stage.said == f"What was kept begins at {clock(START)}."
        await stage.press("colon", *"noon", "enter")
        assert stage.said == "'noon' is not a time such as 12:00:07, -5m or +30s."
        await stage.press("colon", "escape")
        assert "◂ 3s back" in stage.screen[0]


async def test_the_next_change_of_what_the_filter_shows_is_found(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await live_on(stage, source)
        await stage.press("slash", *"50002", "enter")
        await stage.press("comma", "comma", "comma", "d")
        assert "◂ 1s back" in stage.screen[0]
        await stage.press("d")
        assert stage.said.startswith("This is the newest tick. Nothing that is shown opened")


async def test_what_was_wrong_then_is_wrong_there_alone() -> None:
    lost = tcp("10.0.0.5:41000", "10.0.0.99:80", inode=21, state=State.SYN_SENT)
    async with on_stage(FakeSource(lost)) as stage:
        for _ in range(3):
            await stage.step()
        assert "1 problem:" in stage.said
        await stage.press("comma")
        assert "problem" not in stage.said
        await stage.press("full_stop")
        assert "1 problem:" in stage.said


async def test_the_details_of_a_socket_that_opened_later_say_so(source: FakeSource) -> None:
    async with on_stage(source, spec=ViewSpec(sort="peer")) as stage:
        await live_on(stage, source)
        await stage.press("slash", *"50002", "enter", "enter", "comma", "comma")
        assert any("Not there    opened later" in row and clock(START + 2) in row for row in stage.screen)
        await stage.press("full_stop")
        assert "Not there" not in "\n".join(stage.screen)
