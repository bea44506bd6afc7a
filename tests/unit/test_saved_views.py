"""Views that a person saved: what goes in comes out, and what is not ours is never overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netwatch_tui.query import EVERYTHING, parse
from netwatch_tui.settings.saved_views import SavedView, SavedViews, with_saved
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.selection import LISTENING, Selection
from netwatch_tui.sockets.socket import Family
from netwatch_tui.view.named_views import VIEWS, NamedView
from netwatch_tui.view.spec import ViewSpec

MINE = NamedView(
    "mine",
    "port:443 or user:bob",
    Selection(frozenset(KINDS["unix"]), frozenset({Family.UNIX}), LISTENING),
    ("mark", "state", "pid"),
    "pid",
    descending=True,
    grouping="user",
    namespaces="*",
)
OTHER = MINE._replace(name="other")


def test_a_view_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert SavedViews(folder).read() == ()
    SavedViews(folder).save(7, MINE)
    assert SavedViews(folder).read() == (SavedView(7, MINE),)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_can_be_saved_as_it_is_shown(tmp_path: Path, view: NamedView) -> None:
    shown = NamedView.of(view.name, view.spec(ViewSpec(query=parse("x"), sort="pid")))
    assert shown == view
    SavedViews(tmp_path).save(1, shown)
    assert SavedViews(tmp_path).read() == (SavedView(1, view),)


def test_a_digit_and_a_name_have_one_view(tmp_path: Path) -> None:
    saved = SavedViews(tmp_path)
    saved.save(7, MINE)
    saved.save(7, OTHER)
    assert saved.read() == (SavedView(7, OTHER),)
    saved.save(8, MINE)
    saved.save(2, OTHER)
    assert saved.read() == (SavedView(8, MINE), SavedView(2, OTHER))
    saved.delete("mine")
    assert SavedViews(tmp_path).read() == (SavedView(2, OTHER),)


def test_a_saved_view_has_its_digit_or_stands_at_the_end() -> None:
    names = [view.name for view in with_saved(VIEWS[:3], (SavedView(9, MINE), SavedView(2, OTHER)))]
    assert names == [VIEWS[0].name, "other", VIEWS[2].name, "mine"]
    assert with_saved(VIEWS, ()) == VIEWS


def test_without_a_folder_views_last_as_long_as_the_program() -> None:
    saved = SavedViews(None)
    saved.save(7, MINE)
    assert saved.read() == (SavedView(7, MINE),)
    assert not saved.lasts


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[2J", "x" * 41])
def test_a_name_that_can_not_be_shown_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        SavedViews(tmp_path).save(7, MINE._replace(name=name))
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "digit": 0,
    "name": "a\nb",
    "filter": "port:(",
    "netids": ["tcp", "ipx"],
    "families": [1],
    "states": ["OPEN"],
    "columns": ["gone"],
    "sort": "pid:up",
    "group": "gone",
    "namespaces": 4,
}


@pytest.mark.parametrize("part", WRONG)
def test_what_is_wrong_in_the_file_is_told_and_never_overwritten(tmp_path: Path, part: str) -> None:
    saved = SavedViews(tmp_path)
    saved.save(7, MINE)
    path = tmp_path / "views.json"
    document = json.loads(path.read_text())
    document["views"][0][part] = WRONG[part]
    path.write_text(json.dumps(document))
    before = path.read_bytes()
    with pytest.raises(ValueError):
        saved.read()
    with pytest.raises(ValueError):
        saved.save(8, OTHER)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"views": 1}', '{"views": [1]}', "[" * 50_000])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "views.json").write_text(text)
    with pytest.raises(ValueError):
        SavedViews(tmp_path).read()


def test_an_empty_filter_is_everything() -> None:
    assert NamedView.of("x", ViewSpec(query=EVERYTHING)).filter == ""
