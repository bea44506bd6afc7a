"""The table is compared with now, with a moment gone back to, and with a file, until the same key ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.build import snapshot
from tests.support.fake import FakeSource
from tests.support.recordings import save
from tests.ui.stage import CLIENT, OTHER, WEB, Stage, on_stage


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(WEB, CLIENT)


def signs(stage: Stage) -> list[str]:
    """The signs of the rows from top to bottom."""
    return [row[0] for row in stage.rows]


async def test_with_now_what_differs_stays_lit(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("D")
        assert any("Compare with" in line for line in stage.screen)
        assert not any("moment that is shown" in line for line in stage.screen)
        await stage.press("enter")
        assert "+0 -0 ~0" in stage.said
        source.put(WEB, OTHER)
        for _ in range(6):
            await stage.step()
        assert sorted(signs(stage)) == [" ", "+", "-"]
        assert "+1 -1 ~0" in stage.said
        assert stage.screen[-1].startswith("D End compare  ? Help")
        await stage.press("D")
        assert stage.said == "Compared no more."
        assert signs(stage) == [" ", " "]


async def test_with_a_moment_of_the_past_now_is_shown(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        source.put(WEB, CLIENT, OTHER)
        for _ in range(5):
            await stage.step()
        assert signs(stage) == [" ", " ", " "]
        await stage.press("comma", "comma", "comma", "comma", "comma", "D", "enter")
        assert "● live" in stage.screen[0]
        assert sorted(signs(stage)) == [" ", " ", "+"]
        await stage.press("D")
        assert signs(stage) == [" ", " ", " "]


async def test_with_the_last_state_of_a_recording(source: FakeSource, tmp_path: Path) -> None:
    path = save(tmp_path / "before.gz", [snapshot(WEB._replace(id=1), OTHER._replace(id=2))])
    async with on_stage(source) as stage:
        await stage.press("D", *"file", "enter", *str(path), "enter")
        await stage.until(lambda: "Compared with before.gz: +1 -1 ~0" in stage.said)
        assert sorted(signs(stage)) == [" ", "+", "-"]
        await stage.press("slash", *"is:closed", "enter")
        assert [row[0] for row in stage.rows] == ["-"]
        assert ":50002" in stage.rows[0]
        await stage.press("K")
        assert "Nothing to act on" in stage.said or "can't be acted on" in stage.said


async def test_a_file_that_is_none_is_refused_in_a_line(source: FakeSource, tmp_path: Path) -> None:
    (tmp_path / "it").write_text("hello")
    async with on_stage(source) as stage:
        await stage.press("D", *"file", "enter", *str(tmp_path / "it"), "enter")
        await stage.until(lambda: "neither a recording nor a whole snapshot in JSON" in stage.said)
        await stage.press("D", *"file", "enter", *str(tmp_path / "none"), "enter")
        await stage.until(lambda: "No such file or directory" in stage.said)
