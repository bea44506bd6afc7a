"""A page in Markdown as text for man(7): headings, paragraphs, lists, code and emphasis, and no more than that."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = "```"
_BULLET = r"\(bu"
_ITEM = re.compile(r"(?P<sign>-|\d+\.) +(?P<text>.*)")
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_EMPHASIS = re.compile(r"\*([^*]+)\*")


def roff(text: str) -> str:
    """Text that man(7) prints as it is: hyphens stay hyphens, and nothing at its start is a request."""
    return _guarded(_escaped(text))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-")


def _guarded(line: str) -> str:
    """A line that is no request."""
    return rf"\&{line}" if line.startswith((".", "'")) else line


def man_of_markdown(text: str) -> Iterator[str]:
    """The lines of the page, without its first heading."""
    is_code, was_blank, after_heading = False, False, True
    for line in text.splitlines():
        if line.startswith(_FENCE):
            is_code = not is_code
            yield from (".PP", ".EX") if is_code else (".EE",)
        elif is_code:
            yield roff(line)
        elif line.startswith("## "):
            yield f".SH {roff(line.removeprefix('## ').upper())}"
            after_heading = True
        elif item := _ITEM.match(line):
            sign = item["sign"]
            yield f".IP {_BULLET if sign == '-' else sign} 4"
            yield _inline(item["text"])
        elif line:
            if was_blank and not after_heading:
                yield ".PP"
            yield _inline(line.strip())
            after_heading = False
        was_blank = not line


def _inline(text: str) -> str:
    """A line of prose. What is code stands bold, and is not searched for emphasis."""
    parts = _CODE.split(text)  # prose and code by turns
    told = (rf"\fB{_escaped(part)}\fR" if number % 2 else _emphasised(part) for number, part in enumerate(parts))
    return _guarded("".join(told))


def _emphasised(text: str) -> str:
    return _EMPHASIS.sub(r"\\fI\1\\fR", _STRONG.sub(r"\\fB\1\\fR", _escaped(text)))
