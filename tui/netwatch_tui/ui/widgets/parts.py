"""Lines of words with looks and actions of their own."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content

UNLIT = "$text-muted"
"""The look of what is off, and of remarks."""


class Part(NamedTuple):
    """A text, its style, and the action behind it."""

    text: str
    style: str = ""
    action: str = ""

    @property
    def content(self) -> Content:
        """As Textual wants it."""
        return Content.styled(self.text, self.style) if self.style else Content(self.text)


Parts = list[Part]


def spaced(line: Parts) -> Parts:
    """With two blanks between two parts."""
    return [piece for part in line for piece in (Part("  "), part)][1:]


def fit(line: Parts, width: int) -> Content:
    """The parts in one line; what does not fit ends in an ellipsis."""
    content = Content("").join(part.content for part in spaced(line))
    return content if content.cell_length <= width else content.truncate(width, ellipsis=True)
