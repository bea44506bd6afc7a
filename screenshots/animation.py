"""One SVG of many screens, shown one after the other by CSS alone: it moves where no script may run, as in an `<img>`.

A line that stays from one screen to the next is there once, for as long as it stays, and lines that are alike share
their drawing. Where nothing moves (a reader asked for less motion, a converter knows no animation), one screen stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import accumulate, groupby
from typing import NamedTuple, TypeAlias, TypeVar

from rich.cells import cell_len
from rich.color import blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

Line: TypeAlias = tuple[Segment, ...]
Shown = TypeVar("Shown")

CELL, LINE = 12, 24
"""Pixels of a cell: those of most monospaced fonts in the size below."""
_FONT = "font:20px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace"
_BASELINE = 18
_MARGIN, _BAR = 12, 44
"""Around the screen, and above it, where the caption is."""
_INK, _PAPER = ColorTriplet(208, 208, 208), ColorTriplet(22, 22, 22)
"""Where a style names no colour."""
_WORDS = re.compile(r"\S+(?: \S+)*")
"""Text without the blanks around it and without long ones in it, each of which is placed by itself."""


class Screen(NamedTuple):
    """What is shown for some time."""

    lines: tuple[Line, ...]
    caption: str
    seconds: float


class _Span(NamedTuple):
    """From which screen on something is shown, and before which no more."""

    first: int
    end: int


def animated(screens: Sequence[Screen], title: str, still: int) -> str:
    """The SVG.

    Args:
        screens: All of one size, in their order; after the last one it begins again.
        title: What a screen reader says.
        still: The number of the screen that stands where nothing moves.
    """
    drawn = _Drawn()
    shown: dict[_Span, list[str]] = {}
    for y in range(len(screens[0].lines)):
        for span, line in _spans([screen.lines[y] for screen in screens]):
            shown.setdefault(span, []).append(drawn.use(line, y))
    width = CELL * max(cell_len("".join(part.text for part in line)) for line in screens[0].lines) + 2 * _MARGIN
    height = LINE * len(screens[0].lines) + _BAR + _MARGIN
    for span, caption in _spans([screen.caption for screen in screens]):
        shown.setdefault(span, []).append(f'<text x="{width // 2 - _MARGIN}" y="-16">{escape(caption)}</text>')
    groups = "\n".join(f'<g class="{_name(span)}">{"".join(parts)}</g>' for span, parts in shown.items())
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"
 aria-label="{escape(title)}">
<style>
text{{{_FONT};fill:{_INK.hex};white-space:pre}}
svg>g>g>text{{text-anchor:middle;font-weight:bold}}
{drawn.css()}
{_motion(shown, [screen.seconds for screen in screens], still)}
</style>
<defs>
{drawn.defs()}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="{_PAPER.hex}"/>
<circle cx="24" cy="22" r="7" fill="#ff5f57"/><circle cx="46" cy="22" r="7" fill="#febc2e"/>\
<circle cx="68" cy="22" r="7" fill="#28c840"/>
<g transform="translate({_MARGIN} {_BAR})" xml:space="preserve">
{groups}
</g>
</svg>
"""


def _spans(values: Sequence[Shown]) -> Iterator[tuple[_Span, Shown]]:
    """Each value with the screens for which it stays."""
    at = 0
    for value, same in groupby(values):
        end = at + len(list(same))
        yield _Span(at, end), value
        at = end


def _name(span: _Span) -> str:
    return f"s{span.first}-{span.end}"


def _motion(spans: Iterable[_Span], seconds: Sequence[float], still: int) -> str:
    """When each span is visible; `step-end` holds what a keyframe says until the next one."""
    starts = [0.0, *accumulate(seconds)]
    rules = [
        f"svg>g>g{{visibility:hidden;animation:{starts[-1]:g}s step-end infinite}}",
        "@media(prefers-reduced-motion:reduce){svg>g>g{animation:none!important}}",
    ]
    for span in spans:
        first, end = (f"{starts[at] / starts[-1]:.3%}" for at in span)
        before = "0%{visibility:hidden}" if span.first else ""
        after = f"{end}{{visibility:hidden}}" if span.end < len(seconds) else ""
        here = ";visibility:visible" if span.first <= still < span.end else ""
        rules += [
            f"@keyframes {_name(span)}{{{before}{first}{{visibility:visible}}{after}}}",
            f"svg>g>.{_name(span)}{{animation-name:{_name(span)}{here}}}",
        ]
    return "\n".join(rules)


class _Drawn:
    """The lines that were drawn, each once, and the styles in which they are."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._classes: dict[str, str] = {}

    def use(self, line: Line, y: int) -> str:
        """A reference to a line, at its place."""
        markup = self._markup(line)
        return f'<use href="#{self._ids.setdefault(markup, f"l{len(self._ids)}")}" y="{y * LINE}"/>' if markup else ""

    def defs(self) -> str:
        """Every line."""
        return "\n".join(f'<g id="{id}">{markup}</g>' for markup, id in self._ids.items())

    def css(self) -> str:
        """Every style."""
        return "\n".join(f".{name}{{{rules}}}" for rules, name in self._classes.items())

    def _class(self, rules: str) -> str:
        return self._classes.setdefault(rules, f"c{len(self._classes)}")

    def _markup(self, line: Line) -> str:
        """Backgrounds first: a glyph may reach into the next cell."""
        rects, texts, x = [], [], 0
        for text, style, _ in line:
            ink, paper = _colours(style or Style())
            width = cell_len(text)
            if paper != _PAPER:
                rects.append(f'<path class="{self._class(f"fill:{paper.hex}")}" d="M{x * CELL} 0h{width * CELL}v{LINE}'
                             f'h-{width * CELL}z"/>')  # fmt: skip
            name = self._class(_css(ink, style or Style()))
            for found in _WORDS.finditer(text):
                at, cells = x + cell_len(text[: found.start()]), cell_len(found[0])
                texts.append(f'<text class="{name}" x="{at * CELL}" y="{_BASELINE}" textLength="{cells * CELL}">'
                             f"{escape(found[0], quote=False)}</text>")  # fmt: skip
            x += width
        return "".join((*rects, *texts))


def _colours(style: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """Of the text, and behind it."""
    ink = style.color.get_truecolor() if style.color and not style.color.is_default else _INK
    paper = style.bgcolor.get_truecolor() if style.bgcolor and not style.bgcolor.is_default else _PAPER
    if style.reverse:
        ink, paper = paper, ink
    return blend_rgb(ink, paper, 0.4) if style.dim else ink, paper


def _css(ink: ColorTriplet, style: Style) -> str:
    rules = [f"fill:{ink.hex}"]
    if style.bold:
        rules.append("font-weight:bold")
    if style.underline:
        rules.append("text-decoration:underline")
    return ";".join(rules)
