"""The manual as text that any terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from netwatch_tui.manual.document import (
    Block,
    Code,
    FigureTable,
    Heading,
    Items,
    Paragraph,
    Terms,
    aligned,
    unmarked,
)

_WIDTH = 80
_INDENT = " " * 4
_DEEPER = _INDENT * 2


def plain_lines(blocks: Iterable[Block]) -> Iterator[str]:
    """All lines, each paragraph after an empty one."""
    for block in blocks:
        yield from _lines(block)
        yield ""


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, is_part):
            yield f"  {text}" if is_part else text.upper()
        case Paragraph(text):
            yield from _filled(unmarked(text), _INDENT)
        case Items(texts):
            for text in texts:
                yield from _filled(unmarked(text), f"{_INDENT}  ", f"{_INDENT}- ")
        case Terms(rows):
            for term, meaning in rows:
                yield f"{_INDENT}{unmarked(term)}"
                yield from _filled(unmarked(meaning), _DEEPER)
        case Code(lines):
            yield from (f"{_INDENT}{line}".rstrip() for line in lines)
        case FigureTable():
            yield from (f"{_INDENT}{line}" for line in aligned(block))


def _filled(text: str, indent: str, first: str | None = None) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent,
                break_on_hyphens=False, break_long_words=False)  # fmt: skip
