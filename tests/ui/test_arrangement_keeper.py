"""How the screen is arranged is remembered a moment after a change, and what waits at the end is not lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netwatch_tui.ui.screens.arrangement_keeper import ArrangementKeeper
from netwatch_tui.view.spec import ViewSpec
from tests.support.fake import FakeSource
from tests.ui.stage import AtOnce, on_stage

USUAL = ViewSpec()


class Desk:
    """All that a keeper is given: time goes by when a test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.kept: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.timers: list[Callable[[], object]] = []
        self.error = error
        self.keeper = ArrangementKeeper(self, lambda _, call: self.timers.append(call), AtOnce(), self.said.append)

    def change(self, changes: dict[str, Any]) -> None:
        if self.error is not None:
            raise self.error
        self.kept.append(changes)

    def settle(self) -> None:
        while self.timers:
            self.timers.pop()()


def test_what_changes_in_one_go_is_remembered_once() -> None:
    desk = Desk()
    wide = USUAL._replace(columns=("mark", "pid"))
    desk.keeper.see(USUAL, wide)
    desk.keeper.see(wide, wide._replace(columns=("mark", "pid", "user"), sort="pid", descending=True))
    desk.keeper.see_theme("nord")
    assert not desk.kept
    assert len(desk.timers) == 1
    desk.settle()
    assert desk.kept == [{"columns": ["mark", "pid", "user"], "sort": "pid:desc", "theme": "nord"}]
    desk.keeper.see(USUAL, USUAL._replace(grouping="user"))
    desk.settle()
    assert desk.kept[1:] == [{"group": "user"}]
    desk.keeper.end()
    assert len(desk.kept) == 2


def test_what_a_person_did_not_arrange_is_not_remembered() -> None:
    """Neither what the command line asked for, nor a filter, nor a pause."""
    desk = Desk()
    asked = USUAL._replace(sort="pid", columns=("mark", "pid"))
    desk.keeper.see(asked, asked._replace(paused=True, interval=5.0, subject=3))
    assert not desk.timers


def test_what_still_waits_is_remembered_at_the_end() -> None:
    desk = Desk()
    desk.keeper.see(USUAL, USUAL._replace(descending=True))
    desk.keeper.end()
    assert desk.kept == [{"sort": "state:desc"}]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("not ours")])
def test_what_cant_be_remembered_is_said(error: Exception) -> None:
    desk = Desk(error)
    desk.keeper.see(USUAL, USUAL._replace(descending=True))
    desk.settle()
    assert len(desk.said) == 1
    assert desk.said[0].startswith("How the screen is arranged can't be remembered: ")


async def test_leaving_at_once_loses_nothing(source: FakeSource) -> None:
    kept: list[dict[str, Any]] = []

    class Kept:
        def change(self, changes: dict[str, Any]) -> None:
            kept.append(changes)

    async with on_stage(source, arrangement=Kept()) as stage:
        await stage.press("S", "q")
    assert kept == [{"sort": "state:desc"}]
