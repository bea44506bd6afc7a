"""What the manual consists of, however it is written out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

PROGRAM = "netwatch-tui"


class Emphasis(Enum):
    """What a part of a text is."""

    PLAIN = auto()
    LITERAL = auto()
    """To be typed or read exactly so."""
    VALUE = auto()
    """Stands for something else."""
    STRONG = auto()


class Span(NamedTuple):
    """A part of a text, which looks one way."""

    text: str
    emphasis: Emphasis = Emphasis.PLAIN


Text: TypeAlias = tuple[Span, ...]


class Heading(NamedTuple):
    """Of a section, or of a part of one."""

    text: str
    is_part: bool = False


class Paragraph(NamedTuple):
    """Sentences."""

    text: Text


class Items(NamedTuple):
    """A list."""

    texts: Sequence[Text]


class Terms(NamedTuple):
    """Words and what they mean."""

    rows: Sequence[tuple[Text, Text]]


class Code(NamedTuple):
    """Lines as they are."""

    lines: Sequence[str]


class FigureTable(NamedTuple):
    """Figures: the heading and the rows, each with as many cells."""

    rows: Sequence[Sequence[Text]]


Block: TypeAlias = Heading | Paragraph | Items | Terms | Code | FigureTable


def plain(text: str) -> Text:
    """A text in which nothing stands out."""
    return (Span(text),)


def literal(text: str) -> Text:
    """A text that is to be typed or read exactly so."""
    return (Span(text, Emphasis.LITERAL),)


def unmarked(text: Text) -> str:
    """What it says."""
    return "".join(span.text for span in text)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def aligned(table: FigureTable) -> list[str]:
    """A table for where every character is as wide: numbers below numbers, the first column to the left."""
    rows = [[unmarked(cell) for cell in row] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            (row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)))
        ).rstrip()
        for row in rows
    ]
