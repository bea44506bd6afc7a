"""What must be done though the screen ends at once is done, in order, and what is in vain is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path

import pytest

from netwatch_tui.files.private_writer import write_file
from netwatch_tui.ui.errands import Errands
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens import write_dialog
from netwatch_tui.ui.screens.write_dialog import WriteScreen
from netwatch_tui.ui.widgets.eager_input import EagerInput
from tests.support.fake import FakeSource
from tests.support.program import PATIENCE
from tests.ui.stage import on_stage


def sentence(what: str, error: BaseException) -> str:
    return f"{what} failed: {error}"


def run_and_end(work: Coroutine[None, None, None]) -> None:
    """As the program does: the loop has no turn any more."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(work)
    loop.close()


async def until(condition: Callable[[], object]) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.001)


async def test_errands_of_one_lane_follow_one_another_and_other_lanes_do_not_wait() -> None:
    errands = Errands(sentence)
    gate = threading.Event()
    done: list[str] = []

    def slow() -> str:
        gate.wait(PATIENCE)
        done.append("slow")
        return ""

    def quick(name: str) -> Callable[[], str]:
        def do() -> str:
            done.append(name)
            return ""

        return do

    errands.run("a", "Slow", slow)
    errands.run("a", "After it", quick("after it"))
    errands.run("b", "Beside it", quick("beside it"))
    await until(lambda: done == ["beside it"])
    gate.set()
    await until(lambda: not errands.is_busy)
    assert done == ["beside it", "slow", "after it"]


async def test_what_an_errand_came_to_is_told_where_it_was_asked_for() -> None:
    errands = Errands(sentence)
    told: list[tuple[str, int]] = []
    errands.run("a", "A", lambda: "no room", lambda failure: told.append((failure, threading.get_ident())))
    await until(lambda: told)
    assert told == [("no room", threading.get_ident())]
    assert errands.end() == []


async def test_an_errand_that_raises_is_a_failure_with_its_name_and_holds_up_no_other() -> None:
    errands = Errands(sentence)

    def fail() -> str:
        raise RuntimeError("no such thing")

    done: list[str] = []
    errands.run("a", "Writing it", fail, done.append)
    errands.run("a", "B", lambda: "", done.append)
    await until(lambda: len(done) == 2)
    assert done == ["Writing it failed: no such thing", ""]


def test_the_end_waits_for_what_is_under_way_and_tells_what_nobody_has_heard() -> None:
    errands = Errands(sentence)
    gate = threading.Event()

    def fail() -> str:
        gate.wait(PATIENCE)
        raise RuntimeError("no such thing")

    async def quit_at_once() -> None:
        errands.run("a", "A", lambda: "" if gate.wait(PATIENCE) else "too late")
        errands.run("a", "B", lambda: "Can't write b: no room")
        errands.run("c", "Writing c", fail)

    run_and_end(quit_at_once())
    threading.Timer(0.1, gate.set).start()
    assert errands.end() == ["Can't write b: no room", "Writing c failed: no such thing"]
    assert errands.end() == []


def test_the_end_does_not_wait_for_ever() -> None:
    errands = Errands(sentence)
    gate = threading.Event()

    async def quit_at_once() -> None:
        errands.run("a", "Writing a.csv", lambda: str(gate.wait(PATIENCE)))
        errands.run("a", "Writing b.csv", lambda: "")

    run_and_end(quit_at_once())
    assert errands.end(0.05) == [
        f"Writing {name}.csv took more than 0.05 seconds, and was given up." for name in ("a", "b")
    ]
    gate.set()


async def test_a_file_that_is_written_as_one_quits_is_written_whole(
    source: FakeSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def slow(path: Path, chunks: Iterable[bytes], *, replace: bool) -> None:
        gate.wait(PATIENCE)
        write_file(path, chunks, replace=replace)

    monkeypatch.setattr(write_dialog, "write_file", slow)
    async with on_stage(source) as stage:
        await stage.pilot.press("w")
        await stage.until(lambda: isinstance(stage.app.screen, WriteScreen))
        stage.app.screen.query_one(EagerInput).value = str(tmp_path / "a.csv")
        await stage.pilot.press("enter", "q")
        errands = stage.app.errands
        assert errands.is_busy
        threading.Timer(0.2, gate.set).start()
    assert (tmp_path / "a.csv").read_text().startswith("csv ")


async def test_a_filter_that_is_typed_as_one_quits_is_remembered(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press("slash", "4", "4", "3")
        await stage.pilot.press("enter", "q")
    assert Remembered(tmp_path).read().typed == ("443",)
