"""Views under F: saved under a name and a digit, renamed, deleted, restored, and there again in the next run."""

from __future__ import annotations

from pathlib import Path

from netwatch_tui.settings.saved_views import SavedViews
from netwatch_tui.view.named_views import VIEWS, NamedView
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage

OWN = NamedView("database", "port:5432")


async def manage(stage: Stage, *words: str) -> None:
    """Open the list, and give each dialog these words."""
    await stage.press("F")
    for word in words:
        await stage.press(*word, "enter")


async def save(stage: Stage, name: str, digit: str) -> None:
    await manage(stage, "save view")
    await stage.press("ctrl+u", *name, "enter", *digit, "enter")


async def test_a_view_is_saved_as_it_is_shown_and_there_in_the_next_run(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press("slash", *"port:53", "enter", "s", *"user", "enter")
        await save(stage, "names", "7")
        assert stage.said == "Saved as 7 names."
        assert " 7 names " in stage.screen[0]
        await stage.press("1")
        assert len(stage.rows) == 4, "the view in which it was made is as it came"
        await stage.press("7")
        assert len(stage.rows) == 1
        assert "User▲" in stage.heading
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press("7")
        assert stage.said.startswith("Filter: port:53")


async def test_a_saved_view_takes_the_place_of_a_shipped_one_until_that_is_restored(
    source: FakeSource, tmp_path: Path
) -> None:
    async with on_stage(source, folder=tmp_path) as stage:
        await save(stage, "mine", "4")
        assert " 4 mine " in stage.screen[0]
        await stage.press("1", "exclamation_mark")
        assert stage.said == "Another view has the place of Problems; F restores it."
        await stage.press("4", "F", *"restore", "enter")
        assert stage.said == "Deleted the saved view mine."
        assert " 4 Problems " in stage.screen[0]
        assert stage.view.spec.query.text == "is:problem", "the open view went, and what has its place is open"
    assert SavedViews(tmp_path).read() == ()


async def test_a_view_is_renamed_and_deleted_and_the_open_one_stays_open(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, folder=tmp_path, views=(*VIEWS, OWN)) as stage:
        assert "8 database" in stage.screen[0]
        await save(stage, "web", "9")
        await stage.press("2")
        await manage(stage, "rename web")
        await stage.press(*"sites", "enter")
        assert stage.said == "Renamed web to 9 sites."
        assert " 2 Listening " in stage.screen[0]
        assert stage.view.spec.selection == VIEWS[1].selection
        await manage(stage, "delete view")
        assert "sites" not in stage.screen[0]
        await stage.press("F")
        assert any("8 database" in row and "configured" in row for row in stage.screen)
        assert any("2 Listening" in row and "shipped, open now" in row for row in stage.screen)
        await stage.press("escape")
        assert stage.view.spec.selection == VIEWS[1].selection


async def test_two_views_never_have_one_name(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, folder=tmp_path) as stage:
        await save(stage, "listening", "7")
        assert stage.said == "Listening is the view on 2 already; choose another name or that digit."
    assert SavedViews(tmp_path).read() == ()


async def test_what_can_not_be_kept_is_said_and_costs_nothing(source: FakeSource, tmp_path: Path) -> None:
    (tmp_path / "views.json").write_text("[]")
    async with on_stage(source, folder=tmp_path) as stage:
        await save(stage, "mine", "7")
        assert stage.said.startswith("This can't be remembered: ")
        assert "mine" not in stage.screen[0]
    assert (tmp_path / "views.json").read_text() == "[]"
