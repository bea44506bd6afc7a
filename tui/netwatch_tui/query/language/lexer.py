"""From the text of a filter to its words, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from netwatch_tui.query.language.errors import QueryError


class Kind(Enum):
    """What a word is for."""

    WORD = "word"
    OPEN = "("
    CLOSE = ")"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPERATOR = "operator"
    END = "end"


class Token(NamedTuple):
    """A word with its place in the text."""

    kind: Kind
    raw: str
    """As it was typed, with its quotes."""
    start: int
    end: int


class Piece(NamedTuple):
    """One value of a list."""

    text: str
    """Without quotes; of a regular expression without its slashes."""
    start: int
    end: int
    is_quoted: bool
    """Some of it stood in quotes, so that none of it has a special meaning."""
    is_pattern: bool


_CONNECTIVES = {"and": Kind.AND, "or": Kind.OR, "not": Kind.NOT}
_SIGN = re.compile(r"&&?|\|\|?|[()]|[!=<>]=|[!=<>]")
_SIGNS = {"&": Kind.AND, "&&": Kind.AND, "|": Kind.OR, "||": Kind.OR, "(": Kind.OPEN, ")": Kind.CLOSE, "!": Kind.NOT}
_BLANKS = re.compile(r"\s+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PATTERN = re.compile(r"/((?:\\\S|[^\\\s])+?)/(?=[\s,)]|$)")
_PLAIN = re.compile(r'[^\s"()&|,:/]+')
KEY = re.compile(r"(-?)([A-Za-z_][A-Za-z0-9_-]*):")
"""The beginning of `key:value` and of `-key:value`."""
_KEYED = re.compile(r"-?[A-Za-z_][A-Za-z0-9_.-]*(?::|==?|!=)")
"""The same, or with the signs that stand for the colon elsewhere."""
_BEFORE_OPERATOR = re.compile(r"(?:sport|dport|src|dst|dev|fwmark|cgroup)(?=[=!<>])")
_ESCAPED = re.compile(r"\\([\"\\])")


def tokens(text: str) -> list[Token]:
    """All words of the text, and one for its end.

    Raises:
        QueryError: A quote is not closed.
    """
    return [*_tokens(text), Token(Kind.END, "", len(text), len(text))]


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        if blanks := _BLANKS.match(text, at):
            at = blanks.end()
        elif sign := _SIGN.match(text, at):
            yield Token(_SIGNS.get(sign.group(), Kind.OPERATOR), sign.group(), at, sign.end())
            at = sign.end()
        else:
            end = _end_of_word(text, at)
            raw = text[at:end]
            yield Token(_CONNECTIVES.get(raw.lower(), Kind.WORD), raw, at, end)
            at = end


def _end_of_word(text: str, start: int) -> int:
    if before := _BEFORE_OPERATOR.match(text, start):
        return before.end()
    key = _KEYED.match(text, start)
    at = key.end() if key else start
    while at < len(text):
        if text[at] == '"':
            quoted = _QUOTED.match(text, at)
            if not quoted:
                raise QueryError('a closing " is expected: the quote is not closed', text, at, len(text), ('"',))
            at = quoted.end()
        elif key and text[at] == "/" and text[at - 1] in ":=," and (pattern := _PATTERN.match(text, at)):
            at = pattern.end()
        elif text[at] in "()&|" or text[at].isspace():
            break
        else:
            plain = _PLAIN.match(text, at)
            at = plain.end() if plain else at + 1
    return at


def unquoted(raw: str) -> str:
    """A word without its quotes."""
    return _QUOTED.sub(lambda found: _ESCAPED.sub(r"\1", found.group(1)), raw)


def pieces(text: str, start: int, end: int) -> list[Piece]:
    """The values between two places of the text, which commas separate."""
    found, at, begin = [], start, start
    while at <= end:
        if at == end or text[at] == ",":
            found.append(_piece(text, begin, at))
            begin = at = at + 1
        elif text[at] == '"' and (quoted := _QUOTED.match(text, at, end)):
            at = quoted.end()
        elif at == begin and text[at] == "/" and (pattern := _PATTERN.match(text, at)) and pattern.end() <= end:
            at = pattern.end()
        else:
            at += 1
    return found


def _piece(text: str, start: int, end: int) -> Piece:
    raw = text[start:end]
    if (pattern := _PATTERN.match(text, start)) and pattern.end() == end:
        return Piece(pattern.group(1), start, end, is_quoted=False, is_pattern=True)
    return Piece(unquoted(raw), start, end, is_quoted='"' in raw, is_pattern=False)
