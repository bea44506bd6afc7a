"""Spoiled recordings on the screen, with keys that show all that there is."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from random import Random
from unittest.mock import patch

from netwatch_tui.play.moves import Step
from netwatch_tui.play.player import Player
from netwatch_tui.recording.reader import RecordingError, count_frames, open_recording
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.setup import Setup
from netwatch_tui.ui.themes import DEFAULT_THEME, load_themes, themes_folder
from netwatch_tui.view.spec import ViewSpec
from screenshots.actor import FakeActor
from tests.fuzz import recordings
from tests.fuzz.consumers import file_of
from tests.fuzz.runner import Counts, Wrong, check_said, run_inputs
from tests.ui.idle import until_idle

_KEYS = (
    "a",
    "enter",
    "j",
    "j",
    "b",
    "enter",
    "s",
    "f",
    "escape",
    "y",
    "escape",
    "c",
    "escape",
    "comma",
    "full_stop",
    "comma",
    "d",
    "colon",
    "escape",
    "D",
    "enter",
    "i",
    "5",
    "R",
    "G",
    "m",
    "K",
    "enter",
    "M",
)
_PATIENCE = 20.0


def attempt(made: tuple[int, bytes]) -> bool:
    """Show it to the end, and press some keys meanwhile."""
    number, data = made
    with file_of(data) as path:
        try:
            open_recording(path)
        except RecordingError as error:
            check_said(str(error))
            return True
        return asyncio.run(_shown(path, Random(number)))


async def _shown(path: str, random: Random) -> bool:
    feed = Player(partial(open_recording, path), ViewSpec(), count=partial(count_frames, path))
    themes, _ = load_themes(themes_folder())
    setup = Setup(actor=FakeActor())
    app = NetwatchApp(feed, ViewSpec(), themes, DEFAULT_THEME, lambda *_: (), Remembered(None), setup=setup)
    size = (random.choice((40, 80, 200)), random.choice((10, 24, 60)))
    with patch("textual.pilot.wait_for_idle", until_idle), patch("textual.app.wait_for_idle", until_idle):
        await _press(app, feed, random, size)
    return "left out" in str(feed.position.ended) or "breaks off" in str(feed.position.ended)


async def _press(app: NetwatchApp, feed: Player, random: Random, size: tuple[int, int]) -> None:
    end = time.monotonic() + _PATIENCE
    async with app.run_test(size=size) as pilot:
        await pilot.press("plus", "plus", "plus", "plus")
        for key in random.sample(_KEYS, 8):
            await pilot.press(key)
        while feed.position.ended is None:
            if time.monotonic() > end:
                raise Wrong("it does not end")
            feed.move(Step(1))
            await pilot.pause(0.01)
        await pilot.pause()


def run(seed: int, seconds: float) -> Counts:
    """Spoil recordings and show them."""
    return run_inputs(seed, seconds, recordings.make, attempt)
