"""Tests of any field, by the kind of its values: what the table of fields says is all that they need to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.field import Holds
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query.language.syntax import Blank, Term, Text
from netwatch_tui.query.match.ends import Test
from netwatch_tui.query.match.numbers import number_test
from netwatch_tui.query.match.texts import text_test

_NUMBERS = frozenset({Holds.NUMBER, Holds.SIZE, Holds.AGE, Holds.PORT})
_WHOLE_WORDS = frozenset({Holds.WORD, Holds.STATE, Holds.KIND})
_UNKNOWN = (None,)


def field_term(term: Term, moment: Moment) -> Test:
    """`key:` of a field: that one of its values is asked for; `-` where it has none."""
    asked = FIELD_BY_ID[term.key].filter
    if asked is None:
        raise KeyError(term.key)
    read, one, test = asked.read, asked.one, _value_test(term, asked.holds)
    if one is not None:
        return lambda socket: test(one(socket))

    def matches(socket: Any) -> bool:
        for value in read(socket, moment) or _UNKNOWN:  # noqa: SIM110 -- `any` takes twice as long
            if test(value):
                return True
        return False

    return matches


def _value_test(term: Term, holds: Holds) -> Callable[[Any], bool]:
    """Whether a value is asked for; None is not known."""
    if holds in _NUMBERS:
        return number_test(term.values)
    blank = any(isinstance(value, Blank) for value in term.values)
    if holds in _WHOLE_WORDS:
        words = {value.text for value in term.values if isinstance(value, Text)}
        return (words | {None} if blank else words).__contains__
    found = text_test(term.values)
    return lambda text: blank if text is None else found(text)
