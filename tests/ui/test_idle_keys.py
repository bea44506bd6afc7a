"""A key that does nothing says so, wherever it is pressed, and says where the keys are listed."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events

from netwatch_tui.ui.keymap import Keymap
from netwatch_tui.ui.messages import AltKey
from tests.support.fake import FakeSource
from tests.ui.stage import on_stage


@pytest.mark.parametrize(("key", "sign"), [("f8", "F8"), ("Z", "Z"), ("z", "z"), ("ctrl+y", "Ctrl+Y"), ("é", "é")])
async def test_a_key_that_does_nothing_in_the_table_says_so(source: FakeSource, key: str, sign: str) -> None:
    async with on_stage(source) as stage:
        before = stage.app.main.spec
        await stage.press(key)
        assert stage.said == f"{sign} does nothing here; ? lists the keys."
        assert stage.app.main.spec == before


async def test_a_key_that_does_nothing_while_typing_or_in_the_details_says_so(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"Kz", "f8")
        assert any("F8 does nothing here; F1 lists the keys." in line for line in stage.screen)
        await stage.press("escape", "enter", "tab", "Z")
        assert stage.said == "Z does nothing here; ? lists the keys."


@pytest.mark.parametrize(
    ("opens", "idle", "works"), [("question_mark", "z", "down"), ("c", "z", "end"), ("s", "f8", "left")]
)
async def test_a_key_that_does_nothing_in_a_dialog_says_so_and_one_that_works_does_not(
    source: FakeSource, opens: str, idle: str, works: str
) -> None:
    async with on_stage(source) as stage:
        await stage.press(opens, works)
        assert not list(stage.app._notifications)
        await stage.press(idle)
        (told,) = stage.app._notifications
        assert told.message.endswith(" does nothing here; the last line has the keys.")


async def test_hundreds_of_keys_that_do_nothing_in_a_dialog_are_answered_with_few_notices(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    async with on_stage(source) as stage:
        notify = stage.app.notify

        def counted(message: str, **how: Any) -> None:
            told.append(message)
            notify(message, **how)

        monkeypatch.setattr(stage.app, "notify", counted)
        await stage.press("question_mark", *"zyZ" * 100, "f8")
        await stage.until(lambda: told[-1].startswith("F8 "))
        assert len(told) < 100
        assert len(stage.app._notifications) == 1


async def test_escape_and_a_key_right_after_it_are_both_pressed_unless_alt_is_bound(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"port")
        stage.app.post_message(AltKey(events.Key("c", "c")))
        await stage.until(lambda: any("Columns" in line for line in stage.screen[2:-1]))
        stage.app.post_message(AltKey(events.Key("z", "z")))
        await stage.until(lambda: stage.said.startswith("z does nothing"))
    async with on_stage(source, keymap=Keymap({"sort.pick": ("alt+z",)})) as stage:
        stage.app.post_message(AltKey(events.Key("z", "z")))
        await stage.until(lambda: any("Sort" in line for line in stage.screen[2:-1]))


async def test_every_key_that_does_something_stays_silent_about_it(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        for key in ("j", "left", "right", "t", "t", "1", "space", "space", "plus", "minus", "N"):
            await stage.press(key)
            assert "does nothing" not in stage.said
