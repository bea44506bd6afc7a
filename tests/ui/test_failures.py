"""What fails is a sentence, and the rest goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from netwatch_tui.query import QueryError
from netwatch_tui.ui.beside import run_beside
from netwatch_tui.ui.failures import LOG, Failures, reason
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.write_dialog import WriteScreen
from tests.support.build import tcp
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage


def fail(*_: object) -> None:
    raise RuntimeError("no such thing")


def seen(stage: Stage) -> list[str]:
    """The failures so far, which are expected."""
    errors = [str(error) for error in stage.app.failures.errors]
    stage.app.failures.errors.clear()
    return errors


async def test_an_action_that_fails_is_said_by_its_name(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MainScreen, "action_help", fail)
    async with on_stage(source) as stage:
        await stage.press("question_mark")
        assert stage.said == "Help failed: RuntimeError: no such thing (--debug logs where)"
        assert seen(stage) == ["no such thing"]
        await stage.press("j")
        assert stage.cursor_line == 1


async def test_a_widget_that_fails_still_hears(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(source) as stage:
        with monkeypatch.context() as broken:
            broken.setattr(MainScreen, "_show", fail)
            await stage.step()
        assert "This failed: RuntimeError: no such thing" in stage.said
        assert seen(stage) == ["no such thing"]
        source.put(tcp("10.0.0.5:444", inode=99))
        await stage.step()
        assert any(":444" in row for row in stage.rows)


async def test_timers_workers_callbacks_and_the_loop_are_caught_too(source: FakeSource) -> None:
    async def fail_later() -> None:
        fail()

    async with on_stage(source) as stage:
        stage.app.set_timer(0.001, fail)
        await stage.until(lambda: len(stage.app.failures.errors) == 1)
        run_beside(stage.app, fail_later)
        await stage.until(lambda: len(stage.app.failures.errors) == 2)
        stage.app.call_later(fail)
        await stage.until(lambda: len(stage.app.failures.errors) == 3)
        asyncio.get_running_loop().call_soon(fail)
        await stage.until(lambda: len(stage.app.failures.errors) == 4)
        assert seen(stage) == ["no such thing"] * 4
        await stage.press("j")
        assert stage.cursor_line == 1


async def test_a_flood_of_failures_ends_it_with_a_status(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        for _ in range(29):
            stage.app.call_later(fail)
        await stage.until(lambda: len(stage.app.failures.errors) == 29)
        assert not stage.app.last_words
        stage.app.call_later(fail)
        await stage.until(lambda: stage.app.last_words)
        assert stage.app.return_code == 1
        seen(stage)


@pytest.mark.parametrize(
    ("name", "words"),
    [("~nosuchuser/x.csv", "home directory"), ("x" * 300 + ".csv", "too long"), ("a/b\x00.csv", "no such directory")],
)
async def test_a_file_name_that_can_not_be_is_said_in_the_dialog(source: FakeSource, name: str, words: str) -> None:
    async with on_stage(source) as stage:
        await stage.press("w")
        stage.app.screen.query_one(Input).value = name
        await stage.press("enter")
        assert isinstance(stage.app.screen, WriteScreen)
        assert words in "\n".join(stage.screen).lower()


async def test_a_filter_that_grows_too_long_is_said(source: FakeSource) -> None:
    source.processes[7] = source.processes[7]._replace(name="n" * 4_500)
    async with on_stage(source) as stage:
        await stage.press("f")
        await stage.press("enter")
        assert "at most 4000 characters" in stage.said
        assert stage.app.screen is stage.app.screen_stack[0]
        assert all(isinstance(error, QueryError) for error in stage.app.failures.errors)
        seen(stage)


@pytest.mark.parametrize(
    ("keys", "sorted_by"), [("s\r", "state"), ("sage\r", "age"), ("s\x1b", "state"), ("c \x1b", "state")]
)
async def test_what_is_typed_ahead_goes_into_the_dialog(source: FakeSource, keys: str, sorted_by: str) -> None:
    names = {"\r": "enter", "\x1b": "escape", " ": "space"}
    async with on_stage(source) as stage:
        for key in keys:  # all at once, as the driver does
            stage.app.post_message(events.Key(names.get(key, key), key))
        await stage.pilot.pause()
        assert stage.app.screen is stage.app.screen_stack[0]
        assert stage.view.spec.sort == sorted_by


async def test_a_key_waits_for_a_dialog_that_is_not_there_yet(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        stage.app.push_screen(Picker("Title", [Choice("id", "label")]))
        assert not stage.app.screen.is_mounted
        await stage.app.on_event(events.Key("enter", "\r"))
        await stage.pilot.pause()
        assert stage.app.screen is stage.app.screen_stack[0]


def test_reasons_are_words() -> None:
    assert reason(MemoryError()) == "out of memory"
    assert reason(RecursionError("maximum depth")) == "it is nested too deeply"
    assert reason(OSError(28, "No space left on device")) == "No space left on device"
    assert reason(OSError(13, "Permission denied", "/x")) == "Permission denied: /x"
    assert reason(KeyError()) == "KeyError"


def test_the_traceback_is_logged_if_that_is_asked_for(tmp_path: Path) -> None:
    failures = Failures(tmp_path / "state")
    try:
        fail()
    except RuntimeError as error:
        sentence = failures.sentence("Help", error)
    log = tmp_path / "state" / LOG
    assert str(log) in sentence
    assert "no such thing" in log.read_text()
    assert "in fail" in log.read_text()
    log.unlink()
    log.mkdir()
    assert "can't write" in failures.sentence("Help", RuntimeError("x"))
