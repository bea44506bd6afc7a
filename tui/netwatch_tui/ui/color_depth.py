"""Themes for terminals with few colours: each colour becomes one that the terminal has, and stays readable.

Where a terminal has 256 or 16 colours, the nearest one is sent instead of a colour (Rich does that). Each by itself is
near enough; together they are not: a dim text and the surface below it fall on neighbouring greys. So whole themes are
fitted beforehand, to colours that are sent as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import NamedTuple

from rich.color import Color as SentColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

TEXT_CONTRAST = 4.5
DIM_CONTRAST = 3.0
"""By the Web Content Accessibility Guidelines, 1.4.3 and 1.4.11: ratios of relative luminances."""

_SYSTEMS = {"256": ColorSystem.EIGHT_BIT, "standard": ColorSystem.STANDARD}

BACKGROUNDS = ("background", "surface", "panel")
CURSOR = "netwatch-cursor"
TEXTS = ("primary", "secondary", "accent", "success", "warning", "error")
TEXT_VARIABLES = ("netwatch-new", "netwatch-changed", "netwatch-closed")
DIM_VARIABLES = ("text-muted", "text-disabled", "netwatch-dim")

_BLACK, _WHITE = Color(0, 0, 0), Color(255, 255, 255)
_VGA = tuple(
    Color.parse(f"#{each}")
    for line in (
        "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa",
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    )
    for each in line.split()
)
"""The 16 as the Linux console shows them (drivers/tty/vt/vt.c, default_red and its siblings), and as Rich sees them."""

_HUES = ((18, "red"), (61, "yellow"), (165, "green"), (200, "cyan"), (270, "blue"), (330, "magenta"))
"""Where on the circle of colours, in degrees, each ends; it is closed by red."""

_TINTED, _COLOURED = 0.25, 0.12
"""Below these differences between a colour's channels it is a grey, as a ground or as a signal."""

_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE = tuple(Color(red, green, blue) for red, green, blue in product(_LEVELS, repeat=3))
"""Of the 256, those that are no greys; as xterm has them."""


def fitted(theme: Theme, color_system: str | None) -> Theme:
    """The theme as a terminal can show it.

    Args:
        theme: One in full colours; one of the terminal's own is right everywhere.
        color_system: What Rich calls the terminal's: `256`, `standard` for 16; others show every colour, or none.
    """
    if theme.ansi or color_system not in _SYSTEMS:
        return theme
    shades = _shades(color_system)
    back, front = (_BLACK, _WHITE) if theme.dark else (_WHITE, _BLACK)
    is_poor = color_system == "standard"
    colors = {name: getattr(theme, name) for name in (*BACKGROUNDS, "foreground", *TEXTS)} | theme.variables
    colors = {name: Color.parse(value) for name, value in colors.items() if value is not None}
    chosen = {name: _nearest(colors[name], _only(shades, back) if is_poor else shades, _TINTED)
              for name in (*BACKGROUNDS, CURSOR) if name in colors}  # fmt: skip
    behind = {shade.luminance for shade in chosen.values()}
    text, dim = (
        [each for each in shades if all(_contrast(each.luminance, other) >= least for other in behind)]
        for least in (TEXT_CONTRAST, DIM_CONTRAST)
    )
    chosen["foreground"] = _nearest(colors["foreground"], _only(shades, front) if is_poor else text, _TINTED)
    chosen |= {name: _nearest(colors[name], text, _COLOURED) for name in (*TEXTS, *TEXT_VARIABLES) if name in colors}
    chosen |= {name: _nearest(colors[name], dim, _TINTED) for name in DIM_VARIABLES if name in colors}
    hexes = {name: shade.asked.hex for name, shade in chosen.items()}
    return replace(
        theme,
        variables={name: hexes.get(name, value) for name, value in theme.variables.items()},
        **{name: value for name, value in hexes.items() if name not in theme.variables},  # type: ignore[arg-type]  # names of its fields
    )


class Shade(NamedTuple):
    """A colour that a terminal has."""

    seen: Color
    """As terminals show it that nobody changed."""
    asked: Color
    """One for which it is sent."""
    luminance: float


@cache
def _shades(color_system: str) -> tuple[Shade, ...]:
    """Every colour of a terminal that Rich ever sends."""
    greys = (Color(value, value, value) for value in range(256))
    asked = {seen_as(color.hex, color_system): color for color in (*greys, *_VGA, *_CUBE)}
    asked |= {color: color for color in (*_VGA, *_CUBE) if seen_as(color.hex, color_system) == color}
    return tuple(Shade(seen, color, luminance(seen)) for seen, color in sorted(asked.items()))


def seen_as(color: str, color_system: str) -> Color:
    """What such a terminal shows where a colour is wanted."""
    sent = SentColor.parse(color).downgrade(_SYSTEMS[color_system])
    return _VGA[sent.number or 0] if color_system == "standard" else Color(*sent.get_truecolor())


def _only(shades: Sequence[Shade], color: Color) -> list[Shade]:
    return [shade for shade in shades if shade.seen == color]


def _nearest(color: Color, among: Sequence[Shade], grey_below: float) -> Shade:
    """That which differs least, of those of its own hue if there are any."""
    hue = _hue(color, grey_below)
    alike = [each for each in among if _hue(each.seen, grey_below) == hue]
    return min(
        alike or among, key=lambda each: sum((a - b) ** 2 for a, b in zip(color.rgb, each.seen.rgb, strict=True))
    )


@cache
def _hue(color: Color, grey_below: float) -> str:
    """What one would call it, with the words of the 16 colours."""
    if max(color.rgb) - min(color.rgb) < grey_below * 255:
        return "grey"
    degrees = color.hsv[0] * 360
    return next((name for end, name in _HUES if degrees < end), "red")


def _contrast(one: float, other: float) -> float:
    """Of two luminances; between 1 and 21."""
    darker, lighter = sorted((one, other))
    return (lighter + 0.05) / (darker + 0.05)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG, between 1 and 21."""
    return _contrast(luminance(one), luminance(other))


@cache
def luminance(color: Color) -> float:
    """Relative luminance as WCAG has it, between 0 and 1."""
    red, green, blue = (_linear(value / 255) for value in color.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
