"""Themes: TOML files that name the colours. A bad file is reported and left out, never fatal."""

from __future__ import annotations

import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from netwatch_tui.fields.format import clip, printable
from netwatch_tui.files.bounded_reader import read_bounded
from netwatch_tui.settings.settings import Located

DEFAULT_THEME = "netwatch"

_COLORS = {
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error",
}  # fmt: skip
"""What Textual's themes have."""
_OURS = {
    "dim": ("text-muted", "text-disabled", "netwatch-dim"),
    "cursor": ("netwatch-cursor",),
}
"""What ours have besides, with the variables of the stylesheet that it gives."""
_ANSI_VARIABLES = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "border": "ansi_default",
    "border-blurred": "ansi_default",
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_blue",
    "input-selection-foreground": "ansi_bright_white",
}
"""What Textual's stylesheets need of a theme of the terminal's own colours, which can't be blended."""
SIGNALS = ("new", "changed", "closed")
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


def load_themes(*folders: Path) -> tuple[dict[str, Theme], list[str]]:
    """All usable themes of some folders by name, and a line for each file that is not. The last of a name counts."""
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        try:
            themes[path.stem] = read_theme(path)
        except ThemeError as error:
            problems.append(f"theme {printable(path.name)}: {error}")
    return themes, problems


def signal_colors(theme: Theme) -> dict[str, str | None]:
    """What the configuration can change of a theme."""
    signals = {name: theme.variables[f"netwatch-{name}"] for name in SIGNALS}
    return {**signals, "warning": theme.warning, "error": theme.error}


def with_signals(themes: Mapping[str, Theme], wanted: Mapping[str, Located[str]]) -> tuple[dict[str, Theme], list[str]]:
    """The themes with these colours of signals, and a line for each that is none."""
    colors: dict[str, str] = {}
    problems: list[str] = []
    for name, (text, place) in wanted.items():
        if _is_color(text):
            colors[name] = text
        else:
            problems.append(f"{place}: colors.{name}: {printable(text)!r} is no colour")
    variables = {f"netwatch-{name}": color for name, color in colors.items() if name in SIGNALS}
    fields = {name: color for name, color in colors.items() if name not in SIGNALS}
    changed = {
        name: replace(theme, variables={**theme.variables, **variables}, **fields)  # type: ignore[arg-type]  # colours
        for name, theme in themes.items()
    }
    return changed if colors else dict(themes), problems


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
    unknown = data.keys() - {"dark", "ansi", "colors", "signals"}
    if unknown:
        raise ThemeError(f"unknown part {_shown(min(unknown))}")
    for switch in ("dark", "ansi"):
        if not isinstance(data.get(switch, True), bool):
            raise ThemeError(f"{switch!r} is neither true nor false")
    colors = _colors(data, "colors", allowed=_COLORS | _OURS.keys(), needed={"primary", "foreground", "background"})
    signals = _colors(data, "signals", allowed=set(SIGNALS), needed=set(SIGNALS))
    ours = _blended(colors) | {name: colors.pop(name) for name in _OURS if name in colors}
    variables = {f"netwatch-{name}": color for name, color in signals.items()}
    variables |= {variable: ours[name] for name, names in _OURS.items() for variable in names}
    ansi = data.get("ansi", False)
    return Theme(
        name=path.stem,
        dark=data.get("dark", True),
        ansi=ansi,
        variables={**variables, **(_ANSI_VARIABLES if ansi else {})},
        **colors,  # type: ignore[arg-type]  # keys were checked against the fields, all of them colours
    )


def _blended(colors: Mapping[str, str]) -> dict[str, str]:
    """Our colours for a theme that leaves them out."""
    primary, front, back = (Color.parse(colors[name]) for name in ("primary", "foreground", "background"))
    return {"dim": back.blend(front, 0.6).hex, "cursor": back.blend(primary, 0.3).hex}


def _colors(data: dict[str, Any], part: str, allowed: set[str], needed: set[str]) -> dict[str, str]:
    table = data.get(part, {})
    if not isinstance(table, dict):
        raise ThemeError(f"{part!r} is not a table")
    for name in needed - table.keys():
        raise ThemeError(f"{part}.{name} is missing")
    for name, value in table.items():
        if name not in allowed:
            raise ThemeError(f"unknown colour {part}.{clip(printable(name), _MOST_SHOWN)}")
        if not _is_color(value):
            raise ThemeError(f"{part}.{name}: {_shown(value)} is no colour")
    return dict(table)


def _is_color(value: object) -> bool:
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
