"""From the words of a filter to what it means.

`and`, adjacency and `or` are read from left to right, none binds closer than the other; `not` is for what comes next.
So does ss (tried out with iproute2 6.1.0), although its manual says that `and` binds closer than `or`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.keys import KEY_OF, KEYS, FilterKey, Holds
from netwatch_tui.query.language.lexer import KEY, Kind, pieces, tokens, unquoted
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.ss_conditions import Words, ss_condition
from netwatch_tui.query.language.syntax import (
    ALL,
    Autobound,
    Expression,
    HostTest,
    Is,
    Number,
    States,
    Term,
    Text,
    Word,
    conjunction,
    disjunction,
    negation,
)
from netwatch_tui.query.language.values import hosts, values
from netwatch_tui.sockets.kinds import KINDS, netids

MAX_TEXT = 4_000
"""Characters of a filter."""
MAX_DEPTH = 60
"""Parentheses within one another."""
_BARE_NUMBER = re.compile(r"[0-9]{1,10}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_AT = re.compile(r"(?:([A-Za-z_]+))?@([0-9\[*].*)", re.DOTALL)
_PORTS = re.compile(r":[A-Za-z0-9][^:]*")
_PORT_KEY = KEY_OF["port"]


class PlacedCondition(NamedTuple):
    """A condition that must hold, and where in the text it stands."""

    condition: Expression
    start: int
    end: int


def read(text: str, names: MachineNames) -> tuple[Expression, tuple[PlacedCondition, ...]]:
    """What a text means, and the conditions of which all must hold, with their places.

    Raises:
        QueryError: It means nothing.
    """
    if len(text) > MAX_TEXT:
        raise QueryError(f"a filter of at most {MAX_TEXT} characters is expected", text, MAX_TEXT, len(text))
    reader = _ConditionReader(Words(text, tokens(text)), names)
    if not reader.words.has_more():
        return ALL, ()
    places = reader.whole()
    if reader.words.has_more():
        raise reader.words.wrong("a ( before this ) is expected", reader.words.next)
    return conjunction([place.condition for place in places]), tuple(places)


class _ConditionReader:
    """Reads conditions one after the other, as ss does."""

    def __init__(self, words: Words, names: MachineNames) -> None:
        self.words = words
        self._names = names
        self._depth = 0

    def whole(self) -> list[PlacedCondition]:
        """The whole text. The states with which it begins are those of all that follows, whatever `or` is in it."""
        begins_with_states = self.words.next.kind is Kind.WORD
        first = self._opposite()
        if (
            begins_with_states
            and isinstance(first.condition, States)
            and self.words.next.kind not in (Kind.AND, Kind.OR, Kind.END)
        ):
            return [first, *self._row(self._opposite())]
        return self._row(first)

    def _row(self, first: PlacedCondition) -> list[PlacedCondition]:
        """Conditions of which all must hold; those before an `or` and the one after it are one condition."""
        found = [first]
        while self.words.next.kind not in (Kind.CLOSE, Kind.END):
            is_or = self.words.next.kind is Kind.OR
            if is_or or self.words.next.kind is Kind.AND:
                self.words.take()
            place = self._opposite()
            if is_or:
                before = conjunction([each.condition for each in found])
                found = [PlacedCondition(disjunction([before, place.condition]), found[0].start, place.end)]
            else:
                found.append(place)
        return found

    def _opposite(self) -> PlacedCondition:
        start, is_negated = self.words.next.start, False
        while self.words.next.kind is Kind.NOT:
            self.words.take()
            is_negated = not is_negated
        condition = self._condition()
        return PlacedCondition(negation(condition) if is_negated else condition, start, self.words.before.end)

    def _condition(self) -> Expression:
        token = self.words.next
        match token.kind:
            case Kind.OPEN:
                return self._in_parentheses()
            case Kind.WORD:
                return ss_condition(self.words, self._names) or self._word()
            case _:
                what = f"before {token.raw}" if token.raw else "here"
                raise self.words.wrong(f"a condition is expected {what}", token)

    def _in_parentheses(self) -> Expression:
        opening = self.words.take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.words.wrong(f"at most {MAX_DEPTH} parentheses within one another are expected", opening)
        inner = conjunction([place.condition for place in self._row(self._opposite())])
        if self.words.next.kind is not Kind.CLOSE:
            raise self.words.wrong("a closing ) is expected", self.words.next, (")",))
        self.words.take()
        self._depth -= 1
        return inner

    def _word(self) -> Expression:
        token = self.words.take()
        raw = token.raw
        if raw.lower() == "autobound":
            return Autobound()
        if found := KEY.match(raw):
            key = KEY_OF.get(found[2].lower())
            if key:
                term = self._term(key, token.start + found.end(), token.end)
                return negation(term) if found[1] else term
            if not found[1] and found[2].lower() in KINDS:
                return self._lsof_kind(found[2].lower(), token.start + found.end(), token.end)
            if found[2].isalpha() and len(found[2]) > 1 and not _HEX.fullmatch(found[2]):
                keys = tuple(f"{each.name}:" for each in KEYS)
                raise QueryError(
                    f"a key is expected ({' '.join(keys)}); text with a colon belongs in quotes",
                    self.words.text, token.start, token.start + found.end(), keys,
                )  # fmt: skip
        if found := _AT.fullmatch(raw):
            return self._lsof_host(found, raw)
        if _PORTS.fullmatch(raw):
            return self._term(_PORT_KEY, token.start + 1, token.end)
        if _BARE_NUMBER.fullmatch(raw):
            return Number(int(raw))
        if word := unquoted(raw):
            return Word(word)
        raise self.words.wrong("something between the quotes is expected", token)

    def _term(self, key: FilterKey, start: int, end: int) -> Expression:
        text = self.words.text
        found = values(key, pieces(text, start, end), text, self._names)
        if key.holds is Holds.IS:
            return Is(tuple(value.text for value in found if isinstance(value, Text)))
        return Term(key.name, found)

    def _lsof_kind(self, kind: str, start: int, end: int) -> Expression:
        """`tcp:22`."""
        return conjunction([_of_kind(kind), self._term(_PORT_KEY, start, end)])

    def _lsof_host(self, found: re.Match[str], raw: str) -> Expression:
        """`@10.0.0.1:22` and `tcp@10.0.0.1:22`."""
        ends = hosts(unquoted(found[2]), self._names)
        if not ends or (found[1] and found[1].lower() not in KINDS):
            return Word(unquoted(raw))
        host = disjunction([HostTest("any", end) for end in ends])
        return conjunction([_of_kind(found[1].lower()), host]) if found[1] else host


def _of_kind(kind: str) -> Expression:
    return Term("netid", tuple(Text(netid) for netid in sorted(netids(kind))))
