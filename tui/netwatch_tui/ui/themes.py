"""Themes: TOML files that name the colours. A bad file is reported and left out, never fatal."""

from __future__ import annotations

import reprlib
import tomllib
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from netwatch_tui.fields.format import clip, printable
from netwatch_tui.files.bounded_reader import read_bounded

DEFAULT_THEME = "netwatch"

_COLORS = {
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error",
}  # fmt: skip
_SIGNALS = ("new", "changed", "closed")
_MOST_BYTES = 1 << 16
"""Of a theme's file."""
_MOST_SHOWN = 60
"""Letters of what is wrong in a file that are repeated."""


class ThemeError(ValueError):
    """A theme that can't be used, with the reason."""


def themes_folder() -> Path:
    """Where the shipped themes are: in the package when installed, at the top of the repository in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "themes"
    return installed if installed.is_dir() else package.parents[1] / "themes"


def load_themes(folder: Path) -> tuple[dict[str, Theme], list[str]]:
    """All usable themes of a folder by name, and a line for each file that is not."""
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            themes[path.stem] = read_theme(path)
        except ThemeError as error:
            problems.append(f"theme {path.name}: {error}")
    return themes, problems


def read_theme(path: Path) -> Theme:
    """One theme; its name is the file's.

    Raises:
        ThemeError: The file can't be read, or a part of it is missing, unknown or no colour.
    """
    try:
        data = tomllib.loads(read_bounded(str(path), _MOST_BYTES).decode())
    except OSError as error:
        raise ThemeError(str(error.strerror)) from error
    except ValueError as error:  # no UTF-8, no TOML, a number of thousands of digits
        raise ThemeError(_shown(error)) from error
    except RecursionError as error:
        raise ThemeError("it is nested too deeply") from error
    unknown = data.keys() - {"dark", "colors", "signals"}
    if unknown:
        raise ThemeError(f"unknown part {_shown(min(unknown))}")
    if not isinstance(data.get("dark", True), bool):
        raise ThemeError("'dark' is neither true nor false")
    colors = _colors(data, "colors", allowed=_COLORS, needed={"primary", "foreground", "background"})
    signals = _colors(data, "signals", allowed=set(_SIGNALS), needed=set(_SIGNALS))
    return Theme(
        name=path.stem,
        dark=data.get("dark", True),
        variables={f"netwatch-{name}": color for name, color in signals.items()},
        **colors,  # type: ignore[arg-type]  # keys were checked against the fields, all of them colours
    )


def _colors(data: dict[str, Any], part: str, allowed: set[str], needed: set[str]) -> dict[str, str]:
    table = data.get(part, {})
    if not isinstance(table, dict):
        raise ThemeError(f"{part!r} is not a table")
    for name in needed - table.keys():
        raise ThemeError(f"{part}.{name} is missing")
    for name, value in table.items():
        if name not in allowed:
            raise ThemeError(f"unknown colour {part}.{clip(printable(name), _MOST_SHOWN)}")
        if not _is_colour(value):
            raise ThemeError(f"{part}.{name}: {_shown(value)} is no colour")
    return table


def _is_colour(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        Color.parse(value)
    except (ColorParseError, ValueError, OverflowError):  # a number in it that no colour has
        return False
    return True


def _shown(value: object) -> str:
    """What is wrong, in one line that is harmless to show."""
    text = str(value) if isinstance(value, Exception) else reprlib.repr(value)
    return clip(printable(text), _MOST_SHOWN)
