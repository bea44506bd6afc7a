"""The file of filters between two runs: what goes in comes out, and what is not ours stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch_tui.ui.remembered import MOST_TYPED, Filters, Remembered, state_folder


def test_what_was_typed_last_is_last_and_nothing_is_there_twice(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "new" / "folder")
    assert remembered.read() == Filters()
    for text in ("a", "b", "a", "ü \x1b"):
        remembered.add_typed(text)
    assert Remembered(tmp_path / "new" / "folder").read().typed == ("b", "a", "ü \x1b")


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path)
    for number in range(MOST_TYPED + 5):
        remembered.add_typed(str(number))
    typed = remembered.read().typed
    assert (len(typed), typed[0]) == (MOST_TYPED, "5")


def test_a_name_stands_for_the_filter_that_got_it_last(tmp_path: Path) -> None:
    one, other = Remembered(tmp_path), Remembered(tmp_path)
    one.save("web", "port:80")
    other.save("dns", "port:53")
    one.save("web", "port:443")
    assert other.read().saved == {"web": "port:443", "dns": "port:53"}
    one.delete("web")
    one.delete("never there")
    assert other.read().saved == {"dns": "port:53"}
    assert [each.name for each in tmp_path.iterdir()] == ["filters.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"typed": 1, "saved": {}}',
        '{"typed": [1], "saved": {}}',
        '{"typed": [], "saved": {"a": 1}}',
        "\udcff",
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "filters.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ValueError):
        Remembered(tmp_path).add_typed("a")
    assert path.read_text(errors="surrogateescape") == text


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert state_folder() == Path("/somewhere/netwatch-tui")
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", "/home/ada")
    assert state_folder() == Path("/home/ada/.local/state/netwatch-tui")
