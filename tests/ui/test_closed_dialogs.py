"""A dialog that is closed leaves nothing behind, however many there were."""

from __future__ import annotations

import gc
from itertools import pairwise

import pytest
from textual._styles_cache import StylesCache
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from netwatch_tui.ui.textual_fixes import let_go_of_closed_widgets
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage

KINDS = (Widget, StylesCache, Strip, Timer)

DIALOGS = ("question_mark", "s", "F", "ctrl+p", "c", "w")
"""The keys that open them: help, sort, filters, palette, columns, file."""


async def open_and_close(stage: Stage, times: int) -> None:
    for turn in range(times):
        await stage.pilot.press(DIALOGS[turn % len(DIALOGS)])
        await stage.until(lambda: len(stage.app.screen_stack) == 2 and stage.app.screen.is_mounted)
        await stage.pilot.press("escape")
        await stage.until(lambda: len(stage.app.screen_stack) == 1)


def living() -> dict[str, int]:
    """How many objects of the screen there are."""
    gc.collect()
    objects = gc.get_objects()
    return {kind.__name__: sum(isinstance(each, kind) for each in objects) for kind in KINDS}


async def test_dialogs_leave_nothing_behind(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await open_and_close(stage, len(DIALOGS))
        counts = [living()]
        for _ in range(3):
            await open_and_close(stage, 4 * len(DIALOGS))
            counts.append(living())
    # What stays of each dialog is more every time; what the screen keeps of its lines comes and goes.
    grown = {name: min(later[name] - earlier[name] for earlier, later in pairwise(counts)) for name in counts[0]}
    assert {name: number for name, number in grown.items() if number > 10} == {}


@pytest.mark.parametrize("version", ["8.2.2", "8.2.9", "9.0"])
def test_a_version_that_it_was_not_tested_with_keeps_its_own_cache(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    own = StylesCache.get_inner_outer
    monkeypatch.setattr(StylesCache, "get_inner_outer", own)
    assert not let_go_of_closed_widgets(version)
    assert StylesCache.get_inner_outer is own
