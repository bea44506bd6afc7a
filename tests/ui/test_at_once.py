"""What is asked for is told at once, however long the rows take to follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netwatch_tui.view.spec import ViewSpec
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage


def held_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have every other view wait until what is returned is called."""
    show, wanted = stage.feed.show, list[ViewSpec]()
    monkeypatch.setattr(stage.feed, "show", wanted.append)

    def deliver() -> None:
        monkeypatch.setattr(stage.feed, "show", show)
        show(wanted[-1])

    return deliver


async def test_the_heading_tells_at_once_by_what_is_sorted(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(source) as stage:
        rows = stage.rows
        deliver = held_back(stage, monkeypatch)
        assert "State▲" in stage.heading
        await stage.press("S")
        assert "State▼" in stage.heading
        await stage.press(">")
        assert "State" in stage.heading
        assert "▼" in stage.heading or "▲" in stage.heading
        assert "State▼" not in stage.heading
        assert stage.rows == rows, "nothing is sorted yet"
        wanted = stage.heading
        await stage.step(1)
        assert stage.heading == wanted, "a tick of what is shown still changes nothing of it"
        deliver()
        await stage.press()
        assert stage.heading == wanted
        await stage.press("<")
        assert "State" in stage.heading
        assert stage.heading != wanted


async def test_kinds_and_states_tell_at_once_whether_they_are_on(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_stage(source) as stage:
        rows = stage.rows
        deliver = held_back(stage, monkeypatch)
        assert "○udp" not in stage.screen[1]
        await stage.press("u")
        assert "○udp" in stage.screen[1]
        assert stage.rows == rows
        deliver()
        await stage.press()
        assert "○udp" in stage.screen[1]
        assert stage.rows != rows


async def test_the_filter_that_holds_is_told_at_once(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(source) as stage:
        await stage.press("/", *"port:53", "enter")
        assert any("Filter: port:53" in line for line in stage.screen)
        rows = stage.rows
        deliver = held_back(stage, monkeypatch)
        await stage.press("backspace")
        assert not any("Filter:" in line for line in stage.screen)
        await stage.press("/", *"port:443", "enter")
        assert any("Filter: port:443" in line for line in stage.screen)
        assert stage.rows == rows
        await stage.press("backspace")
        deliver()
        await stage.press()
        assert not any("Filter:" in line for line in stage.screen)
        assert len(stage.rows) > len(rows)
