"""Draws how costs grow: a column of two small charts for each thing that grows, both axes logarithmic, as an SVG.

On logarithmic axes what grows in proportion is a straight line of slope 1, as the dotted diagonal, and a step is a
kink. The picture has its own background, dark where the reader's system is, so that it can be read on any page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

_LEFT, _TOP, _WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 64, 64, 190, 150, 44, 34
_BOTTOM = 62
_LETTER = 7
"""Pixels of a letter, about."""

_STYLE = """
  svg { font: 12px system-ui, sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; } .end { text-anchor: end; }
  .middle { text-anchor: middle; } .title { font-weight: 600; font-size: 13px; }
  .grid { stroke: #d1d9e0; fill: none; } .one { stroke: #818b98; stroke-dasharray: 2 4; fill: none; }
  .line { fill: none; stroke-width: 2; } .dot { stroke: none; }
  .line.a { stroke: #0969da; } .line.b { stroke: #bc4c00; } .line.c { stroke: #1a7f37; }
  .dot.a { fill: #0969da; } .dot.b { fill: #bc4c00; } .dot.c { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #f0f6fc; } .quiet { fill: #9198a1; } .grid { stroke: #3d444d; }
    .line.a { stroke: #4493f8; } .line.b { stroke: #f0883e; } .line.c { stroke: #3fb950; }
    .dot.a { fill: #4493f8; } .dot.b { fill: #f0883e; } .dot.c { fill: #3fb950; }
  }
"""


class Line(NamedTuple):
    """One cost."""

    name: str
    points: Sequence[tuple[float, float]]
    """What grows, and the cost of it, which is above 0."""


class Panel(NamedTuple):
    """The two charts of one thing that grows."""

    title: str
    subtitle: str
    times: Sequence[Line]
    """In milliseconds."""
    memory: Sequence[Line]
    """In mebibytes."""


class _Axis(NamedTuple):
    """From numbers to places, by their logarithms."""

    first: int
    """The exponent of ten at which it begins."""
    last: int
    start: float
    length: float
    """Below 0 where larger numbers are further up."""

    def place(self, number: float) -> float:
        exponent = math.log10(number) if number > 0 else self.first
        return self.start + self.length * (exponent - self.first) / (self.last - self.first)

    def tens(self) -> Iterator[tuple[float, float]]:
        """The powers of ten on it, with their places."""
        for exponent in range(self.first, self.last + 1):
            yield 10.0**exponent, self.place(10.0**exponent)


def chart(panels: Sequence[Panel]) -> str:
    """The whole picture."""
    width = _LEFT + len(panels) * (_WIDTH + _GAP_X)
    height = _TOP + 2 * _HEIGHT + _GAP_Y + _BOTTOM
    rows = (
        ("ms of processor time", "ab", [panel.times for panel in panels]),
        ("MiB resident", "c", [panel.memory for panel in panels]),
    )
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="How the cost grows">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}" rx="6"/>',
    ]
    for row, (unit, colours, charts) in enumerate(rows):
        top = _TOP + row * (_HEIGHT + _GAP_Y)
        first, last = _exponents(cost for lines in charts for line in lines for _, cost in line.points)
        y = _Axis(first, last, top + _HEIGHT, -_HEIGHT)
        parts.append(_turned(unit, 16, top + _HEIGHT / 2))
        parts += [_text(_short(number), _LEFT - 8, place + 4, "quiet end") for number, place in y.tens()]
        for column, (panel, lines) in enumerate(zip(panels, charts, strict=True)):
            left = _LEFT + column * (_WIDTH + _GAP_X)
            parts += _one_chart(lines, colours, left, y, is_last=row == 1)
            if not row:
                parts.append(_text(panel.title, left, _TOP - 32, "title"))
                parts.append(_text(panel.subtitle, left, _TOP - 16, "quiet"))
    parts += _legend([line.name for lines in (panels[0].times, panels[0].memory) for line in lines], height - 16)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _exponents(numbers: Iterator[float] | Sequence[float]) -> tuple[int, int]:
    """The powers of ten between which all numbers above 0 are."""
    positive = [number for number in numbers if number > 0]
    first = math.floor(math.log10(min(positive)))
    return first, max(math.ceil(math.log10(max(positive))), first + 1)


def _legend(names: Sequence[str], y: float) -> Iterator[str]:
    """Which colour is which, and what the dotted line means."""
    x: float = _LEFT
    for colour, name in zip("abc", names, strict=True):
        yield f'<path class="line {colour}" d="M{x} {y - 4}h20"/>'
        yield f'<circle class="dot {colour}" cx="{x + 10}" cy="{y - 4}" r="3"/>'
        yield _text(name, x + 28, y, "")
        x += 28 + _LETTER * len(name) + 28
    yield f'<path class="one" d="M{x} {y - 4}h20"/>'
    yield _text("in proportion", x + 28, y, "")


def _one_chart(lines: Sequence[Line], colours: str, left: float, y: _Axis, *, is_last: bool) -> Iterator[str]:
    numbers = [number for line in lines for number, _ in line.points]
    first, last = _exponents(numbers)
    has_none = min(numbers) == 0
    x = _Axis(first - has_none, last, left, _WIDTH)
    top, bottom = y.start + y.length, y.start
    yield from (f'<path class="grid" d="M{left} {place:.1f}h{_WIDTH}"/>' for _, place in y.tens())
    for number, place in x.tens():
        yield f'<path class="grid" d="M{place:.1f} {top}V{bottom}"/>'
        if is_last:
            is_none = has_none and place == left  # 0 has no logarithm: it stands where the axis begins
            yield _text("0" if is_none else _short(number), place, bottom + 18, "quiet middle")
    yield from _diagonals(x, y)
    for colour, line in zip(colours, lines, strict=True):
        places = [(x.place(number), y.place(cost)) for number, cost in line.points]
        yield f'<polyline class="line {colour}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in places)}"/>'
        yield from (f'<circle class="dot {colour}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in places)


def _diagonals(x: _Axis, y: _Axis) -> Iterator[str]:
    """A line of what grows in proportion, from the lower left, as far as it is inside."""
    exponents = min(x.last - x.first, y.last - y.first)
    right, up = x.place(10.0 ** (x.first + exponents)), y.place(10.0 ** (y.first + exponents))
    yield f'<path class="one" d="M{x.start} {y.start}L{right:.1f} {up:.1f}"/>'


def _short(number: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def _text(text: str, x: float, y: float, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _turned(text: str, x: float, y: float) -> str:
    return f'<text class="quiet middle" transform="translate({x:.1f} {y:.1f}) rotate(-90)">{escape(text)}</text>'
