"""The tour: the real program, driven by keys through a recording, as one moving picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

from textual._compositor import LayoutUpdate
from textual.pilot import Pilot

from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.setup import Setup
from netwatch_tui.ui.themes import load_themes, themes_folder
from netwatch_tui.view.spec import ViewSpec
from screenshots.actor import FakeActor
from screenshots.animation import Line, Screen, animated
from screenshots.feed import on_recording

SIZE = (106, 28)
"""Columns and lines: about what a page that shows it can show sharply."""

_TYPING = 0.14
"""Seconds for each letter."""


class _Step(NamedTuple):
    """What happens, and for how long its screen is shown."""

    seconds: float
    keys: tuple[str, ...] = ()
    caption: str = ""
    """What is said from here on, if anything new."""
    is_tick: bool = False
    is_still: bool = False
    """Whether this is the screen that stands where nothing moves."""


def _typed(text: str) -> list[_Step]:
    return [_Step(_TYPING, (letter,)) for letter in text]


STEPS: Sequence[_Step] = (
    _Step(2.5, (), "Every socket, and the process that owns it", is_tick=True, is_still=True),
    _Step(2.5, (), "Green has just opened, yellow changed its state", is_tick=True),
    _Step(1.5, is_tick=True),
    _Step(0.8, ("slash",), "/   filter while you type"),
    *_typed("estab"),
    _Step(1.0, ("space",)),
    *_typed("process:nginx"),
    _Step(1.5),
    _Step(2.0, ("enter",), is_tick=True),
    _Step(2.5, ("4",), "4   what is wrong on this machine"),
    *[_Step(0.25, ("down",))] * 2,
    _Step(3.0, ("enter",), "Enter   all about one socket"),
    _Step(2.0, ("K",), "K   end a process, close a connection"),
    *[_Step(0.25, ("up",))] * 2,
    _Step(1.5),
    _Step(2.0, ("enter",), "Enter chooses, y confirms"),
    _Step(1.5, ("y",), "It says what came of it, and the problem is gone"),
    _Step(2.5, is_tick=True),
)


async def tour(folder: Path) -> str:
    """The moving picture; what is remembered meanwhile goes to this folder."""
    still = next(at for at, step in enumerate(STEPS) if step.is_still)
    title = "The tour: new connections light up, a filter is typed, problems are listed, a connection is closed."
    return animated(await screens(folder), title, still)


async def screens(folder: Path) -> list[Screen]:
    """The screen after each step."""
    spec = ViewSpec()
    feed = on_recording(spec)
    themes, _ = load_themes(themes_folder())
    app = NetwatchApp(feed, spec, themes, "netwatch", lambda *_: (), Remembered(folder), setup=Setup(actor=FakeActor()))
    shown: list[Screen] = []
    caption = ""
    async with app.run_test(size=SIZE) as pilot:
        for step in STEPS:
            await _settle(pilot)
            if step.is_tick:
                feed.step()
            await pilot.press(*step.keys)
            await _settle(pilot)
            caption = step.caption or caption
            shown.append(Screen(_lines(app), caption, step.seconds))
    return shown


async def _settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def _lines(app: NetwatchApp) -> tuple[Line, ...]:
    """What is painted, with what lies behind a dialog: made as Textual makes its own screenshots."""
    behind = app._background_screens  # noqa: SLF001 -- there is no public name
    update = app.screen._compositor.render_update(full=True, screen_stack=behind, simplify=True)  # noqa: SLF001
    return tuple(tuple(strip) for line in cast("LayoutUpdate", update).strips for strip in line)
