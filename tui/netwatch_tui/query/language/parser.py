"""From the words of a filter to what it means.

`and`, adjacency and `or` are read from left to right, none binds closer than the other; `not` is for what comes next.
So does ss (tried out with iproute2 6.1.0), although its manual says that `and` binds closer than `or`.
"""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.lexer import Kind, tokens
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.notes import Note
from netwatch_tui.query.language.own_conditions import OwnConditions
from netwatch_tui.query.language.ss_conditions import Words, ss_condition
from netwatch_tui.query.language.syntax import (
    ALL,
    Expression,
    States,
    conjunction,
    disjunction,
    levels,
    negation,
)

MAX_TEXT = 4_000
"""Characters of a filter."""
MAX_DEPTH = 40
"""Parentheses, and conditions, within one another: what works on them calls itself as often."""


class PlacedCondition(NamedTuple):
    """A condition that must hold, and where in the text it stands."""

    condition: Expression
    start: int
    end: int


class Meaning(NamedTuple):
    """What a text means."""

    expression: Expression
    places: tuple[PlacedCondition, ...] = ()
    """The conditions of which all must hold, with their places in the text."""
    notes: tuple[Note, ...] = ()


def read(text: str, names: MachineNames) -> Meaning:
    """What a text means.

    Raises:
        QueryError: It means nothing.
    """
    if len(text) > MAX_TEXT:
        raise QueryError(f"a filter of at most {MAX_TEXT} characters is expected", text, MAX_TEXT, len(text))
    reader = _ConditionReader(Words(text, tokens(text)), names)
    if not reader.words.has_more():
        return Meaning(ALL)
    places = reader.whole()
    if reader.words.has_more():
        raise reader.words.wrong("a ( before this ) is expected", reader.words.next)
    expression = conjunction([place.condition for place in places])
    if levels(expression) > MAX_DEPTH:
        wanted = f"at most {MAX_DEPTH} conditions within one another are expected: and, or and not change too often"
        raise QueryError(wanted, text, places[0].start, len(text))
    return Meaning(expression, tuple(places), reader.notes)


class _ConditionReader:
    """Reads conditions one after the other, as ss does."""

    def __init__(self, words: Words, names: MachineNames) -> None:
        self.words = words
        self._names = names
        self._own = OwnConditions(words, names)
        self._depth = 0

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is to be said of what was read."""
        return tuple(self._own.notes)

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
                return self._own.comparison() or ss_condition(self.words, self._names) or self._own.condition()
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
