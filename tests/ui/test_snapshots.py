"""Pictures of the main screens, on the data of the README's pictures. Few: they tell that the looks changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.themes import load_themes, themes_folder
from netwatch_tui.view.spec import ViewSpec
from screenshots.feed import on_recording
from tests.ui.stage import written

Compare = Callable[..., bool]


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        ((40, 10), ()),
        ((80, 24), ()),
        ((120, 36), ()),
        ((200, 50), ()),
        ((120, 36), ("B", "down", "p")),
        ((200, 50), (*"/127.0.0.1:5432", "enter", "end", "enter")),
    ],
    ids=["tiny", "narrow", "usual", "wide", "groups-and-filter", "details"],
)
def test_the_screen_looks_as_before(
    snap_compare: Compare, tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    spec = ViewSpec()
    feed = on_recording(spec)
    app = NetwatchApp(feed, spec, load_themes(themes_folder())[0], "netwatch", written, Remembered(tmp_path))

    async def second_tick(pilot: Pilot[None]) -> None:
        await pilot.pause()
        feed.step()
        await pilot.press(*keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=second_tick)
