"""The manual in the macros of man(7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from netwatch_tui.manual.document import (
    PROGRAM,
    Block,
    Code,
    Emphasis,
    FigureTable,
    Heading,
    Items,
    Paragraph,
    Terms,
    Text,
    aligned,
)

_FONTS = {Emphasis.LITERAL: "B", Emphasis.VALUE: "I", Emphasis.STRONG: "B"}
_SOURCE_WIDTH = 76
_SECTIONS = {1: "User Commands", 7: "Recipes"}
_GLYPHS = {"\u2020": r"\(dg", "\u2265": r"\(>=", "\u00bc": r"\(14", "\u2026": "..."}
"""How groff names what is no ASCII, so that it can print something where the terminal can't."""


def man_page(blocks: Iterable[Block], name: str = PROGRAM, section: int = 1) -> str:
    """The page of this name in a section of the manual."""
    lines = [f'.TH {name.upper()} {section} "" {PROGRAM} "{_SECTIONS[section]}"']
    for block in blocks:
        made = list(_lines(block))
        lines += made[1:] if made[0] == ".PP" and lines[-1].startswith((".SH", ".SS")) else made
    return "\n".join(lines) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, is_part):
            yield f".SS {_escaped(text)}" if is_part else f".SH {_escaped(text.upper())}"
        case Paragraph(text):
            yield from (".PP", *_filled(text))
        case Items(texts):
            for text in texts:
                yield from (r".IP \(bu 2", *_filled(text))
        case Terms(rows):
            for term, meaning in rows:
                yield from (".TP", _guarded(_set(term)), *_filled(meaning))
        case Code(lines):
            yield from _as_it_is(lines)
        case FigureTable():
            yield from _as_it_is(aligned(block))


def _as_it_is(lines: Iterable[str]) -> Iterator[str]:
    yield from (".PP", ".nf", ".RS 2", *(_guarded(_escaped(line)) for line in lines), ".RE", ".fi")


def _filled(text: Text) -> Iterator[str]:
    """A text in source lines of a length that tools like."""
    yield from map(_guarded, wrap(_set(text), _SOURCE_WIDTH, break_long_words=False, break_on_hyphens=False))


def _set(text: Text) -> str:
    return "".join(
        rf"\f{_FONTS[span.emphasis]}{_escaped(span.text)}\fR" if span.emphasis in _FONTS else _escaped(span.text)
        for span in text
    )


def _escaped(text: str) -> str:
    """Text that is printed as it is: hyphens stay hyphens, backslashes backslashes."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return "".join(char if char.isascii() else _GLYPHS.get(char) or rf"\[u{ord(char):04X}]" for char in escaped)


def _guarded(line: str) -> str:
    """Nothing at the beginning of a line is a request."""
    return rf"\&{line}" if line.startswith((".", "'")) else line
