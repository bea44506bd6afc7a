"""Lines of words with looks and actions of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from netwatch_tui.fields.format import cell_width

UNLIT = "$text-muted"
"""The look of what is off, and of remarks."""

_BETWEEN = 2
"""Blank cells between two parts."""


class Part(NamedTuple):
    """A text, its style, and the action behind it."""

    text: str
    style: str = ""
    action: str = ""
    hot: int | None = None
    """Where in the text the key stands that does the same as a click: that letter is underlined."""

    @property
    def content(self) -> Content:
        """As Textual wants it."""
        content = Content.styled(self.text, self.style) if self.style else Content(self.text)
        return content if self.hot is None else content.stylize("underline", self.hot, self.hot + 1)


Parts = list[Part]


def spaced(line: Parts) -> Parts:
    """With two blanks between two parts."""
    return [piece for part in line for piece in (Part(" " * _BETWEEN), part)][1:]


def length(line: Sequence[Part]) -> int:
    """Cells that the parts take, with the blanks between them."""
    return sum(cell_width(part.text) for part in line) + _BETWEEN * max(len(line) - 1, 0)


def fit(line: Parts, width: int) -> Content:
    """The parts in one line; what does not fit ends in an ellipsis."""
    content = Content("").join(part.content for part in spaced(line))
    return content if content.cell_length <= width else content.truncate(width, ellipsis=True)


def whole_parts(line: Parts, width: int, sign: str = "…") -> Parts:
    """As many parts as find room, none of them cut, and a sign if any is missing."""
    kept = list(line)
    while kept and length([*kept, *([Part(sign, UNLIT)] if len(kept) < len(line) else [])]) > width:
        kept.pop()
    return [*kept, Part(sign, UNLIT)] if len(kept) < len(line) else kept


def apart(left: Parts, right: Parts, width: int) -> Parts:
    """Parts at the left edge and parts at the right edge of one line, which has room for all of them."""
    between = width - length(left) - length(right) - (_BETWEEN * 2 if left and right else _BETWEEN)
    return [*left, Part(" " * between), *right] if between >= 0 else [*left, *right]


def part_at(line: Parts, x: int) -> Part | None:
    """The part with an action at this cell."""
    for part in spaced(line):
        x -= cell_width(part.text)
        if x < 0:
            return part if part.action else None
    return None


def differences(before: Parts, after: Parts, width: int) -> list[tuple[int, int]]:
    """Place and width of what has to be painted again: single cells, or the rest of a line whose parts have moved."""
    if before == after:
        return []
    alike = [(cell_width(part.text), *part[1:]) for part in before] == [
        (cell_width(part.text), *part[1:]) for part in after
    ]
    was, is_now = ("".join(part.text for part in spaced(line)) for line in (before, after))
    if not alike or len(was) != cell_width(was) or len(is_now) != cell_width(is_now):
        x = _common_start(before, after)
        return [(x, max(width - x, 0))]
    pairs = zip(was[:width], is_now[:width], strict=True)
    return [(x, 1) for x, (one, other) in enumerate(pairs) if one != other]


def _common_start(before: Parts, after: Parts) -> int:
    """Cells of the parts at the beginning that are the same."""
    x = 0
    for was, is_now in zip(before, after, strict=False):
        if was != is_now:
            break
        x += cell_width(was.text) + _BETWEEN
    return x
