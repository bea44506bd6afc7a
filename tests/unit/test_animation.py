"""The moving picture of the README: what is visible when, as a browser reads it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from rich.segment import Segment
from rich.style import Style

from screenshots.animation import LINE, Screen, animated

SVG = "{http://www.w3.org/2000/svg}"
SCREENS = [
    Screen(((Segment("head"),), (Segment("a  <b>"),)), "first", 1.0),
    Screen(((Segment("head"),), (Segment("other ", Style.parse("bold red on blue")),)), "first", 0.5),
    Screen(((Segment("tail"),), (Segment("a  <b>"),)), "last", 2.5),
]
SHOWN = [
    {(0, "head"), (1, "a <b>"), (None, "first")},
    {(0, "head"), (1, "other"), (None, "first")},
    {(0, "tail"), (1, "a <b>"), (None, "last")},
]
"""The lines and captions that should be seen."""


def texts(svg: str, visible: set[str]) -> set[tuple[int | None, str]]:
    """The text in the groups with these names, with the lines where it is; None for the caption."""
    root = ET.fromstring(svg)
    drawn = {group.get("id"): " ".join(text.text or "" for text in group) for group in root.iterfind(f"{SVG}defs/*")}
    found: set[tuple[int | None, str]] = set()
    for group in root.iterfind(f"{SVG}g/{SVG}g"):
        if group.get("class") in visible:
            found |= {(int(each.get("y", "")) // LINE, drawn[each.get("href", "")[1:]].strip())
                      for each in group.iterfind(f"{SVG}use")}  # fmt: skip
            found |= {(None, each.text or "") for each in group.iterfind(f"{SVG}text")}
    return found


def visible_at(svg: str, percent: float) -> set[str]:
    """The groups that are seen at a moment of the animation: the last keyframe says so, or else the rule."""
    seen = still_visible(svg)
    for name, frames in re.findall(r"@keyframes (\S+?)\{(.*)\}", svg):
        said = [word for at, word in re.findall(r"([\d.]+)%\{visibility:(\w+)\}", frames) if float(at) <= percent]
        if said:
            (seen.add if said[-1] == "visible" else seen.discard)(name)
    return seen


def still_visible(svg: str) -> set[str]:
    """The groups that are seen where nothing moves."""
    return set(re.findall(r"\.(\S+?)\{animation-name:\S+?;visibility:visible\}", svg))


@pytest.mark.parametrize(("percent", "screen"), [(0, 0), (24.9, 0), (25, 1), (37, 1), (37.5, 2), (99.9, 2)])
def test_at_every_moment_one_screen_is_seen_and_nothing_else(percent: float, screen: int) -> None:
    svg = animated(SCREENS, "a tour", 1)
    assert "4s step-end infinite" in svg
    assert texts(svg, visible_at(svg, percent)) == SHOWN[screen]


@pytest.mark.parametrize("still", [0, 1, 2])
def test_where_nothing_moves_one_screen_stands(still: int) -> None:
    svg = animated(SCREENS, "a tour", still)
    assert "@media(prefers-reduced-motion:reduce){svg>g>g{animation:none!important}}" in svg
    assert texts(svg, still_visible(svg)) == SHOWN[still]


def test_a_line_that_comes_again_is_drawn_once_and_its_text_is_escaped() -> None:
    svg = animated(SCREENS, "a <tour>", 0)
    assert svg.count("&lt;b&gt;") == 1
    assert 'aria-label="a &lt;tour&gt;"' in svg
    assert "<script" not in svg
