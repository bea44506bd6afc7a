"""Theme files: the shipped ones are good, and a bad one is told and left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from netwatch_tui.settings.options import SCREEN
from netwatch_tui.settings.settings import Located
from netwatch_tui.ui.color_depth import (
    BACKGROUNDS,
    CURSOR,
    DIM_CONTRAST,
    DIM_VARIABLES,
    TEXT_CONTRAST,
    TEXT_VARIABLES,
    TEXTS,
    contrast,
    fitted,
    seen_as,
)
from netwatch_tui.ui.themes import DEFAULT_THEME, ThemeError, load_themes, read_theme, themes_folder, with_signals

THEMES, _ = load_themes(themes_folder())
OWN_COLORS = {name: theme for name, theme in THEMES.items() if not theme.ansi}

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
    assert len(themes) >= 8
    for theme in themes.values():
        assert theme.variables.keys() >= {*TEXT_VARIABLES, *DIM_VARIABLES, CURSOR}
        assert all((theme.warning, theme.error, theme.accent, theme.secondary, theme.success))
        assert theme.variables["text-muted"] == theme.variables["netwatch-dim"]


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
        (GOOD.replace("dark = true", "ansi = 1"), "'ansi' is neither true nor false"),
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


def test_the_default_theme_is_the_one_that_the_configuration_tells_of() -> None:
    assert [option.default for option in SCREEN if option.name == "theme"] == [DEFAULT_THEME]


def test_a_theme_of_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "nord.toml").write_text(GOOD)
    (tmp_path / "mine.toml").write_text(GOOD)
    themes, problems = load_themes(themes_folder(), tmp_path, tmp_path / "not there")
    assert not problems
    assert themes.keys() == THEMES.keys() | {"mine"}
    assert (themes["nord"].background, THEMES["nord"].background) == ("#121212", "#2e3440")


def test_a_theme_that_leaves_them_out_gets_a_dim_text_and_a_cursor(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    theme = read_theme(tmp_path / "mine.toml")
    assert theme.background
    assert theme.foreground
    back, front = Color.parse(theme.background), Color.parse(theme.foreground)
    assert 1 < contrast(back, Color.parse(theme.variables[CURSOR])) < 3
    assert 3 < contrast(back, Color.parse(theme.variables["text-muted"])) < contrast(back, front)


def test_colours_of_signals_hold_in_every_theme_and_what_is_none_is_told() -> None:
    wanted = {
        "new": Located("#010203", "c.toml:1"),
        "warning": Located("orange", "c.toml:2"),
        "error": Located("rde", "c.toml:3"),
    }
    themes, problems = with_signals(THEMES, wanted)
    assert problems == ["c.toml:3: colors.error: 'rde' is no colour"]
    for name, theme in themes.items():
        before = THEMES[name]
        assert (theme.variables["netwatch-new"], theme.warning, theme.error) == ("#010203", "orange", before.error)
        assert theme.variables["netwatch-closed"] == before.variables["netwatch-closed"]


# Contrast


def in_colors(theme: Theme, color_system: str) -> dict[str, Color]:
    """What is seen of each colour of a theme."""
    return seen(fitted(theme, color_system), color_system)


def seen(shown: Theme, color_system: str) -> dict[str, Color]:
    texts = {name: getattr(shown, name) for name in (*BACKGROUNDS, "foreground", *TEXTS)} | shown.variables
    if color_system == "truecolor":
        return {name: Color.parse(text) for name, text in texts.items() if text}
    return {name: seen_as(text, color_system) for name, text in texts.items() if text}


def too_faint(colors: dict[str, Color]) -> dict[str, float]:
    """The contrast of each text with each ground that it stands on, where it is less than it must be."""
    needed = dict.fromkeys(("foreground", "secondary", "accent", "success", "warning", "error"), TEXT_CONTRAST)
    needed |= dict.fromkeys(TEXT_VARIABLES, TEXT_CONTRAST) | dict.fromkeys(DIM_VARIABLES, DIM_CONTRAST)
    return {
        f"{name} on {ground}": round(ratio, 2)
        for name, least in needed.items()
        for ground in (*BACKGROUNDS, CURSOR)
        if (ratio := contrast(colors[name], colors[ground])) < least
    }


@pytest.mark.parametrize("color_system", ["truecolor", "256", "standard"])
@pytest.mark.parametrize("name", OWN_COLORS)
def test_every_text_can_be_read_on_every_ground(name: str, color_system: str) -> None:
    assert too_faint(in_colors(OWN_COLORS[name], color_system)) == {}


@pytest.mark.parametrize("color_system", ["256", "standard"])
def test_without_fitting_most_themes_could_not_be_read(color_system: str) -> None:
    """That the test above can fail."""
    faint = [name for name, theme in OWN_COLORS.items() if too_faint(seen(theme, color_system))]
    assert len(faint) > len(OWN_COLORS) / 2


@pytest.mark.parametrize("color_system", ["truecolor", "256"])
@pytest.mark.parametrize("name", OWN_COLORS)
def test_the_row_of_the_cursor_is_seen(name: str, color_system: str) -> None:
    colors = in_colors(OWN_COLORS[name], color_system)
    assert contrast(colors["background"], colors[CURSOR]) > 1.1


@pytest.mark.parametrize("color_system", ["truecolor", "256", "standard"])
@pytest.mark.parametrize("name", OWN_COLORS)
def test_what_is_new_changed_and_wrong_can_be_told_apart(name: str, color_system: str) -> None:
    colors = in_colors(OWN_COLORS[name], color_system)
    signals = [colors[each] for each in ("netwatch-new", "netwatch-changed", "error", "foreground")]
    if color_system == "standard" and not OWN_COLORS[name].dark:
        signals = signals[1:3]  # there is no green among the 16 that can be read on white
    assert len(set(signals)) == len(signals)


def test_the_terminals_own_colours_are_no_others() -> None:
    (theme,) = (theme for theme in THEMES.values() if theme.ansi)
    values = [value for name in (*BACKGROUNDS, "foreground", *TEXTS) if (value := getattr(theme, name))]
    assert all(value.startswith("ansi_") for value in (*values, *(theme.variables[name] for name in DIM_VARIABLES)))
    assert {theme.background, theme.surface, theme.panel, theme.foreground} == {"ansi_default"}
    assert fitted(theme, "standard") is fitted(theme, "256") is theme


def test_a_terminal_of_all_colours_gets_those_of_the_file() -> None:
    for theme in OWN_COLORS.values():
        assert fitted(theme, "truecolor") is fitted(theme, None) is theme


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bad.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    themes, problems = load_themes(tmp_path)
    assert not themes
    assert problems == [
        "theme bad.toml: it is a pipe, not a regular file",
        "theme zero.toml: it is a device, not a regular file",
    ]
