"""Theme files: the shipped ones are good, and a bad one is told and left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwatch_tui.ui.themes import DEFAULT_THEME, ThemeError, load_themes, read_theme, themes_folder

GOOD = """
dark = true
[colors]
primary = "#5fafd7"
foreground = "#d0d0d0"
background = "#121212"
[signals]
new = "green"
changed = "yellow"
closed = "red"
"""


def test_the_shipped_themes_are_found_and_good() -> None:
    themes, problems = load_themes(themes_folder())
    assert not problems
    assert DEFAULT_THEME in themes
    assert {path.suffix for path in themes_folder().iterdir()} == {".toml"}
    for theme in themes.values():
        assert theme.variables.keys() == {"netwatch-new", "netwatch-changed", "netwatch-closed"}


def test_the_name_of_a_theme_is_that_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "dusk.toml").write_text(GOOD)
    assert read_theme(tmp_path / "dusk.toml").name == "dusk"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("dark = ", "Invalid value"),
        (GOOD.replace('new = "green"', ""), "signals.new is missing"),
        (GOOD.replace('"green"', '"no-such-colour"'), "signals.new: 'no-such-colour' is no colour"),
        (GOOD.replace('"green"', "7"), "signals.new: 7 is no colour"),
        (GOOD.replace("primary", "primray"), "colors.primary is missing"),
        (GOOD + 'blink = "red"', "unknown colour signals.blink"),
        (GOOD + "[more]", "unknown part 'more'"),
        ("colors = 1\n", "'colors' is not a table"),
        (GOOD.replace("true", '"yes"'), "'dark' is neither true nor false"),
        ("dark = " + "1" * 5000, "4300 digits"),
        ("dark = " + "[" * 5000, "nested too deeply"),
        ("#" * 100_000, "larger than 65,536 bytes"),
        (GOOD.replace("green", "rgb(" + "9" * 400 + ",0,0)"), "is no colour"),
    ],
)
def test_a_bad_theme_is_told_and_the_good_ones_are_kept(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    (tmp_path / "good.toml").write_text(GOOD)
    themes, problems = load_themes(tmp_path)
    assert list(themes) == ["good"]
    assert len(problems) == 1
    assert problems[0].startswith("theme bad.toml: ")
    assert reason in problems[0]


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ThemeError, match="utf-8"):
        read_theme(tmp_path / "bad.toml")


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bad.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    themes, problems = load_themes(tmp_path)
    assert not themes
    assert problems == [
        "theme bad.toml: it is a pipe, not a regular file",
        "theme zero.toml: it is a device, not a regular file",
    ]
