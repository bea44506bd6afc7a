"""What is remembered of the screen: what goes in comes out, until the configuration says something new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netwatch_tui.settings.arrangement import Arranged, Arrangement
from netwatch_tui.settings.settings import Located, Settings
from netwatch_tui.view.column_names import Sort

CHANGES = {"columns": ["mark", "pid", "peer"], "sort": "pid:desc", "group": "user", "theme": "nord",
           "widths": {"process": 30}, "service_names": True}  # fmt: skip
VALUES = {"columns": ("mark", "pid", "peer"), "sort": Sort("pid", descending=True), "group": "user",
          "theme": "nord", "widths": {"process": 30}, "service_names": True}  # fmt: skip


def test_what_was_arranged_is_arranged_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert Arrangement(folder, Settings()).read() == Arranged()
    Arrangement(folder, Settings()).change(CHANGES)
    assert Arrangement(folder, Settings()).read() == Arranged(VALUES)
    assert [path.name for path in folder.iterdir()] == ["arrangement.json"]


def test_two_programs_keep_what_the_other_remembers(tmp_path: Path) -> None:
    one, other = Arrangement(tmp_path, Settings()), Arrangement(tmp_path, Settings())
    one.change({"sort": "pid:desc"})
    other.change({"group": "user"})
    one.change({"sort": "state:asc", "group": ""})
    assert other.read().values == {"sort": Sort("state", descending=False), "group": ""}


def test_who_changes_the_configuration_afterwards_spoke_last(tmp_path: Path) -> None:
    before = Settings(columns=("mark", "user"), theme=Located("gruvbox", "c.toml:1"))
    Arrangement(tmp_path, before).change(CHANGES)
    moved = before._replace(theme=Located("gruvbox", "c.toml:9"))
    assert Arrangement(tmp_path, moved).read().values == VALUES
    other_columns = before._replace(columns=("mark", "state"))
    assert Arrangement(tmp_path, other_columns).read().values == {k: v for k, v in VALUES.items() if k != "columns"}
    no_theme = before._replace(theme=None)
    assert "theme" not in Arrangement(tmp_path, no_theme).read().values


def test_what_holds_no_longer_is_told_and_the_rest_holds(tmp_path: Path) -> None:
    Arrangement(tmp_path, Settings()).change({**CHANGES, "columns": ["gone"], "of a later version": 1})
    values, problems = Arrangement(tmp_path, Settings()).read()
    assert values == {k: v for k, v in VALUES.items() if k != "columns"}
    assert len(problems) == 1
    assert problems[0].startswith("remembered columns: 'gone' is not a column: ")
    Arrangement(tmp_path, Settings()).change({"group": ""})
    assert "of a later version" in json.loads((tmp_path / "arrangement.json").read_text())["arranged"]


@pytest.mark.parametrize(
    ("widths", "problem"),
    [
        ([8], "[8] is no table of widths"),
        ({"pid": 0}, "0 is not a width of pid: a number from 1 to 1000"),
        ({"pid": True}, "true is not a width of pid: a number from 1 to 1000"),
    ],
)
def test_widths_that_no_column_can_have_are_told(tmp_path: Path, widths: object, problem: str) -> None:
    Arrangement(tmp_path, Settings()).change({"widths": widths})
    assert Arrangement(tmp_path, Settings()).read() == Arranged({}, (f"remembered widths: {problem}",))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"arranged": 1}', '{"arranged": {"sort": 1}}', "\udcff", "[" * 50_000],
    ids=["empty", "list", "broken", "number", "half", "no text", "deep"],
)
def test_a_file_that_is_not_ours_is_told_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "arrangement.json"
    path.write_text(text, errors="surrogateescape")
    values, problems = Arrangement(tmp_path, Settings()).read()
    assert not values
    assert len(problems) == 1
    assert problems[0].startswith("how the screen was arranged can't be read: ")
    with pytest.raises(ValueError):
        Arrangement(tmp_path, Settings()).change(CHANGES)
    assert path.read_text(errors="surrogateescape") == text
