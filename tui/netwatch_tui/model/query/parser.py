"""From the text of a filter to its terms."""

from __future__ import annotations

import re
from typing import NamedTuple

from netwatch_tui.model.format import cell_width, printable
from netwatch_tui.model.query.terms import Number, Port, ProcessName, Term, Word
from netwatch_tui.model.socket import Socket

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_KEYS = ("port", "process")


class QueryError(ValueError):
    """A filter that can't be understood: what was expected, and where in the text."""

    def __init__(self, message: str, text: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = start
        self.end = end

    def pointed(self) -> str:
        """The text with carets under the wrong part, for a terminal without a cursor."""
        before, wrong = printable(self.text[: self.start]), printable(self.text[self.start : self.end])
        return f"{printable(self.text)}\n{' ' * cell_width(before)}{'^' * max(cell_width(wrong), 1)}"


class Query(NamedTuple):
    """A filter that is ready to use."""

    text: str
    terms: tuple[Term, ...]

    def matches(self, socket: Socket) -> bool:
        """Whether the socket meets every term."""
        return all(term.matches(socket) for term in self.terms)

    def without(self, key: str) -> str:
        """The text without the terms of this key."""
        words = (token.group() for token in _TOKEN.finditer(self.text))
        return " ".join(word for word in words if word.partition(":")[0].lower() != key)


EVERYTHING = Query("", ())


def parse(text: str) -> Query:
    """Read a filter: `port:N`, `process:TEXT` and plain words, all of which must match.

    Raises:
        QueryError: Some part of the text is not a term.
    """
    return Query(text, tuple(_term(token, text) for token in _TOKEN.finditer(text)))


def quote(text: str) -> str:
    """Text from outside as one word of the language that matches it; of a name with quotes the longest part."""
    kept = max(printable(text).split('"'), key=len)
    return f'"{kept}"' if re.search(r"\s", kept) else kept


def _term(token: re.Match[str], text: str) -> Term:
    written = token.group()
    if written.count('"') % 2:
        raise QueryError("a quote is not closed", text, token.start() + written.rindex('"'), token.end())
    key, colon, value = written.partition(":")
    if colon and key.lower() in _KEYS:
        start = token.start() + len(key) + 1
        return _keyed(key.lower(), value.replace('"', ""), QueryError("", text, start, token.end()))
    word = written.replace('"', "")
    if _is_number(written):
        return Number(int(word))
    return Word(word.casefold())


def _keyed(key: str, value: str, place: QueryError) -> Term:
    if key == "process":
        if not value:
            raise QueryError("process: needs part of a name", place.text, place.start, place.end)
        return ProcessName(value.casefold())
    if not _is_number(value) or int(value) > 0xFFFF:
        raise QueryError("port: needs a number from 0 to 65535", place.text, place.start, place.end)
    return Port(int(value))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10
