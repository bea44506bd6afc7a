"""Reads the prose of the manual: a little Markdown, so that people write it as they are used to.

There are headings (`##`, `###`), paragraphs, lists (`-`), fenced code, tables, `literal` and **strong** text. A table
without a heading is one of terms. `<!-- NAME -->` on a line by itself stands for what is made from the program's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from netwatch_tui.manual.document import (
    Block,
    Code,
    Emphasis,
    FigureTable,
    Heading,
    Items,
    Paragraph,
    Span,
    Terms,
    Text,
    unmarked,
)

_SPANS = re.compile(r"`(?P<literal>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|(?P<plain>[^`*]+|[`*])")
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|(:?-+:?\|)+")
"""What stands below the heading of a table."""
_MADE = re.compile(r"<!-- (\w+) -->")


def read_prose(text: str, made: Mapping[str, Sequence[Block]]) -> Iterator[Block]:
    """The blocks of a text.

    Args:
        text: What was written.
        made: What stands for each name in it.

    Raises:
        KeyError: The text asks for something that is not made.
    """
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if lines[at].startswith("```"):
            end = lines.index("```", at + 1)
            yield Code(lines[at + 1 : end])
        else:
            end = next((each for each in range(at, len(lines)) if not lines[each]), len(lines))
            if end > at:
                yield from _blocks(lines[at:end], made)
        at = end + 1


def _blocks(lines: Sequence[str], made: Mapping[str, Sequence[Block]]) -> Iterator[Block]:
    """What lines without a blank one between them are."""
    first = lines[0]
    if found := _MADE.fullmatch(first):
        yield from made[found[1]]
    elif first.startswith("#"):
        yield Heading(first.lstrip("# "), is_part=first.startswith("###"))
    elif first.startswith("- "):
        starts = [at for at, line in enumerate(lines) if line.startswith("- ")]
        ends = [*starts[1:], len(lines)]
        items = (lines[at:end] for at, end in zip(starts, ends, strict=True))
        yield Items([_text(" ".join((item[0][2:], *(line.strip() for line in item[1:])))) for item in items])
    elif first.startswith("|"):
        yield _table([line for line in lines if not _RULE.fullmatch(line)])
    else:
        yield Paragraph(_text(" ".join(lines)))


def _table(lines: Sequence[str]) -> Block:
    rows = [[_text(cell.strip().replace(r"\|", "|")) for cell in _CELLS.split(line)[1:-1]] for line in lines]
    if any(unmarked(cell) for cell in rows[0]):
        return FigureTable(rows)
    return Terms([(row[0], row[1]) for row in rows[1:]])


def _text(marked: str) -> Text:
    """A text with what stands out in it."""
    spans = (_span(found) for found in _SPANS.finditer(marked))
    return tuple(
        Span("".join(span.text for span in alike), emphasis)
        for emphasis, alike in groupby(spans, lambda span: span.emphasis)
    )


def _span(found: re.Match[str]) -> Span:
    if found["literal"]:
        return Span(found["literal"], Emphasis.LITERAL)
    return Span(found["strong"], Emphasis.STRONG) if found["strong"] else Span(found["plain"])
