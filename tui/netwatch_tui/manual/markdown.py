"""The manual in Markdown, to be read where the source is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netwatch_tui.manual.document import (
    PROGRAM,
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
)

_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in r"\`*_<>[]#"})


def markdown(blocks: Iterable[Block]) -> str:
    """The page."""
    return "\n\n".join((f"# {PROGRAM}(1)", *(_part(block) for block in blocks))) + "\n"


def _part(block: Block) -> str:
    match block:
        case Heading(text, is_part):
            return f"{'###' if is_part else '##'} {text}"
        case Paragraph(text):
            return _line(text)
        case Items(texts):
            return "\n".join(f"- {_line(text)}" for text in texts)
        case Code(lines):
            return "\n".join(("```", *lines, "```"))
        case Terms(rows):
            return "\n".join(("| | |", "|---|---|", *_rows(rows)))
        case FigureTable(table):
            heading, *figures = _rows(table)
            return "\n".join((heading, "|---" + "|---:" * (len(table[0]) - 1) + "|", *figures))


def _rows(rows: Iterable[Sequence[Text]]) -> Iterator[str]:
    for row in rows:
        yield f"| {' | '.join(_line(cell).replace('|', chr(92) + '|') for cell in row)} |"


def _line(text: Text) -> str:
    return "".join(map(_span, text))


def _span(span: Span) -> str:
    match span.emphasis:
        case Emphasis.LITERAL:
            fence = "``" if "`" in span.text else "`"
            return f"{fence}{span.text}{fence}"
        case Emphasis.STRONG:
            return f"**{span.text.translate(_SIGNS)}**"
        case Emphasis.VALUE:
            return f"*{span.text.translate(_SIGNS)}*"
        case Emphasis.PLAIN:
            return span.text.translate(_SIGNS)
