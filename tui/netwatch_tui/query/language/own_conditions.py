"""The conditions that ss does not have: `key:value`, what lsof(8) takes, what is typed from habit, and plain words."""

from __future__ import annotations

import re
from typing import NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.habits import KEY_NAMES, NamedKey, named_key
from netwatch_tui.query.language.keys import KEY_OF, KEYS, RESERVED, FilterKey, Holds, names_end
from netwatch_tui.query.language.lexer import KEY, Kind, Token, pieces, unquoted
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.notes import Note
from netwatch_tui.query.language.ss_conditions import COMPARABLE, OPERATORS, Words
from netwatch_tui.query.language.state_names import BEGINNINGS, states_named_alone
from netwatch_tui.query.language.syntax import (
    Autobound,
    Expression,
    Is,
    Operator,
    Term,
    Text,
    Value,
    Word,
    disjunction,
    negation,
)
from netwatch_tui.query.language.values import hosts, port_numbers, values
from netwatch_tui.query.language.words_with_form import KINDS_WITH_PORTS, has_form, of_kind, port_list, read_form
from netwatch_tui.sockets.kinds import KINDS

_COMPARED = re.compile(r"(?P<minus>-?)(?P<name>[A-Za-z_][A-Za-z0-9_.-]*?)(?P<sign>==|!=|<=|>=|=|<|>)")
"""The beginning of `port=443` and `recv_q>0`."""
_LIKE_A_KEY = re.compile(r"(?P<name>[A-Za-z_][\w-]*):[^:]")
_HEX = re.compile(r"[0-9a-fA-F]+")
_NUMERIC = frozenset({Holds.PORT, Holds.NUMBER, Holds.SIZE, Holds.AGE})
"""What can be less or more than something."""


class _Read(NamedTuple):
    """What one word says."""

    condition: Expression
    key: FilterKey | None = None
    """The key before the value; what is glued to it with `|` may be another value of it."""
    is_negated: bool = False


class OwnConditions:
    """Reads them, one at a time."""

    def __init__(self, words: Words, names: MachineNames) -> None:
        self.notes: list[Note] = []
        """What is to be said of those that were read."""
        self._words = words
        self._names = names

    def comparison(self) -> Expression | None:
        """`state = established`, with blanks: the condition that begins here if it is one, with nothing taken if not.

        Raises:
            QueryError: There is no such key or value.
        """
        token = self._words.next
        if self._words.after.kind is not Kind.OPERATOR or token.raw.lower() in COMPARABLE:
            return None
        named = named_key(token.raw)
        if named is None:
            raise self._words.wrong(_no_key(printable(token.raw)), token, tuple(key.name for key in KEYS))
        self._words.take()
        return self._compared(named, self._words.take().raw)

    def condition(self) -> Expression:
        """The condition that begins with the next word, with its alternatives if `|` glues any to it.

        Raises:
            QueryError: It can't be understood.
        """
        first = self._one()
        alternatives = [first.condition]
        while self._has_glued_alternative():
            self._words.take()
            alternatives.append(self._alternative(first.key))
        either = _either(alternatives)
        return negation(either) if first.is_negated else either

    # --- alternatives ---

    def _has_glued_alternative(self) -> bool:
        sign, word = self._words.next, self._words.after
        is_glued = self._words.before.end == sign.start and sign.end == word.start
        is_own = word.kind is Kind.WORD and word.raw.lower() not in RESERVED
        return sign.kind is Kind.OR and is_glued and is_own and not sign.raw.isalpha()

    def _alternative(self, key: FilterKey | None) -> Expression:
        """Another value of the key, or a condition with a key of its own."""
        token = self._words.next
        if key is not None and not KEY.match(token.raw) and not _COMPARED.match(token.raw):
            self._words.take()
            return self._term(key, token.start, token.end)
        read = self._one()
        return negation(read.condition) if read.is_negated else read.condition

    # --- one word ---

    def _one(self) -> _Read:
        token = self._words.take()
        raw = token.raw
        return (
            (_Read(Autobound()) if raw.lower() == "autobound" else None)
            or self._with_operator(token)
            or self._with_colon(token)
            or self._with_blank(token)
            or self._spaced_state(token)
            or self._with_form(token)
            or _Read(self._text(token))
        )

    def _with_operator(self, token: Token) -> _Read | None:
        """`port=443`, `recv_q>0`, `tcp.port==443`."""
        found = _COMPARED.match(token.raw)
        named = named_key(found["name"]) if found else None
        if found is None or named is None:
            return None
        operator, has_minus = OPERATORS[found["sign"]], bool(found["minus"])
        term = self._value_term(named.key, operator or "=", token.start + found.end(), token.end)
        if named.kind:  # of another kind of sockets it is neither equal nor unequal
            return _Read(self._of_kind(named, term if operator else negation(term)), is_negated=has_minus)
        return _Read(term, named.key, is_negated=has_minus is not (operator is None))

    def _with_colon(self, token: Token) -> _Read | None:
        """`key:value`, and lsof's `tcp:22`."""
        found = KEY.match(token.raw)
        if not found:
            return None
        name, start = found[2].lower(), token.start + found.end()
        if named := named_key(name):
            return _Read(self._term(named.key, start, token.end), named.key, is_negated=bool(found[1]))
        if not found[1] and name in KINDS_WITH_PORTS:
            return _Read(of_kind(name, port_list(self._words.text, start, token.end, self._names)))
        if name.isalpha() and len(name) > 1 and not _HEX.fullmatch(name):
            keys = tuple(f"{each.name}:" for each in KEYS)
            raise QueryError(self._why_no_key(found[2], token, start), self._words.text, token.start, start, keys)
        return None

    def _why_no_key(self, name: str, token: Token, start: int) -> str:
        if name.lower() in KINDS:
            return f"{name} sockets have no ports; addr:{self._words.text[start : token.end]} asks for an address"
        if port_numbers(self._words.text[start : token.end], self._names):
            return f"{_no_key(name)}; host names are not looked up: write an address, or {token.raw[len(name) :]}"
        return f"{_no_key(name)}; text with a colon belongs in quotes"

    def _with_blank(self, token: Token) -> _Read | None:
        """`port 443`, `host 10.0.0.1`, `tcp.port eq 443`; before what is no value a key is text, which is noted."""
        named, value = named_key(token.raw), self._words.next
        if named is None or value.kind is not Kind.WORD:
            return None
        if value.raw.lower() in OPERATORS and self._words.after.kind is Kind.WORD:
            self._words.take()
            return _Read(self._compared(named, value.raw))
        if self._is_value(named.key, value):
            self._words.take()
            return _Read(self._of_kind(named, self._term(named.key, value.start, value.end)), named.key)
        if not (KEY.match(value.raw) or _COMPARED.match(value.raw) or value.raw.lower() in RESERVED):
            self.notes.append(Note(printable(_two_words(token.raw, named.key, value.raw)), token.start, value.end))
        return None

    def _spaced_state(self, token: Token) -> _Read | None:
        """`time wait`, `FIN WAIT 1`: the name of a state with blanks in it."""
        if token.raw.lower() not in BEGINNINGS:
            return None
        second, third = self._words.next, self._words.after
        for more in ((second, third), (second,)):
            if all(each.kind is Kind.WORD for each in more):
                states = states_named_alone("-".join((token.raw, *(each.raw for each in more))))
                if states:
                    for _ in more:
                        self._words.take()
                    return _Read(Term("state", tuple(Text(state) for state in sorted(states))))
        return None

    def _with_form(self, token: Token) -> _Read | None:
        found = read_form(token, self._words.text, self._names)
        return _Read(found.condition, found.key) if found else None

    def _text(self, token: Token) -> Expression:
        """A word that is looked for in all that is shown; what looks like a condition and is none is noted."""
        word = unquoted(token.raw)
        if not word:
            raise self._words.wrong("something between the quotes is expected", token)
        looks_like = _COMPARED.match(token.raw) or _LIKE_A_KEY.match(token.raw)
        if looks_like and not _HEX.fullmatch(looks_like["name"]):
            self.notes.append(Note(f"{_no_key(looks_like['name'])}; searched as text", token.start, token.end))
        return Word(word)

    # --- values ---

    def _compared(self, named: NamedKey, sign: str) -> Expression:
        """What comes after a key and an operator, of which the last was taken."""
        if self._words.next.kind is not Kind.WORD:
            raise self._words.wrong(f"{named.key.name}: needs {named.key.needs}", self._words.next)
        value, operator = self._words.take(), OPERATORS[sign.lower()]
        term = self._value_term(named.key, operator or "=", value.start, value.end)
        return self._of_kind(named, negation(term) if operator is None else term)

    def _value_term(self, key: FilterKey, operator: Operator, start: int, end: int) -> Expression:
        if operator == "=":
            return self._term(key, start, end)
        if key.holds not in _NUMERIC:
            raise QueryError(f"{key.name}: is compared with = and != only", self._words.text, start, end)
        return self._term(key, start, end, operator)

    def _term(self, key: FilterKey, start: int, end: int, operator: str = "") -> Expression:
        text = self._words.text
        written = [each._replace(text=operator + each.text) if operator else each for each in pieces(text, start, end)]
        if key.holds is Holds.HOST and (ends := [each for each in written if names_end(each.text)]):
            machines = [each for each in written if each not in ends]
            by_key = ((KEY_OF["addr"], ends), (key, machines))
            return disjunction([Term(of.name, values(of, each, text, self._names)) for of, each in by_key if each])
        found = values(key, written, text, self._names)
        if key.holds is Holds.IS:
            return Is(tuple(value.text for value in found if isinstance(value, Text)))
        return Term(key.name, found)

    def _of_kind(self, named: NamedKey, condition: Expression) -> Expression:
        return of_kind(named.kind, condition) if named.kind else condition

    def _is_value(self, key: FilterKey, token: Token) -> bool:
        """Whether a word can be nothing but a value of a key."""
        if key.holds is Holds.TEXT:
            return False
        if key.holds in (Holds.ADDRESS, Holds.HOST):
            return any(sign in token.raw for sign in ".:/") and bool(hosts(unquoted(token.raw), self._names))
        try:
            self._term(key, token.start, token.end)
        except QueryError:
            return False
        return True


def _either(alternatives: list[Expression]) -> Expression:
    """One of them; values of one key are one list."""
    keys = {each.key for each in alternatives if isinstance(each, Term)}
    if len(keys) == 1 and all(isinstance(each, Term) for each in alternatives):
        found: list[Value] = [value for each in alternatives if isinstance(each, Term) for value in each.values]
        return Term(keys.pop(), tuple(found))
    return disjunction(alternatives)


def _two_words(word: str, key: FilterKey, value: str) -> str:
    """What is said of a key that stands before a word without anything between them."""
    if key.holds in (Holds.TEXT, Holds.ADDRESS, Holds.HOST):
        return f"{word} and {value} are searched as text (did you mean {key.name}:{value}?)"
    return f"{word} is searched as text; {key.name}: needs {key.needs}"


def reads_as_text(word: str) -> bool:
    """Whether a word without quotes, blanks and signs that end it is looked for, wherever it stands."""
    low = word.lower()
    is_named = low in RESERVED or low in BEGINNINGS or named_key(word) is not None
    return not (is_named or has_form(word) or _COMPARED.match(word))


def _no_key(name: str) -> str:
    """That there is no such key, with the one that is most like it, if any is."""
    from difflib import get_close_matches  # only who mistypes waits for it to be loaded

    like = get_close_matches(name.lower().replace("-", "_"), KEY_NAMES, n=1, cutoff=0.7)
    return f"no key of this name: {name}" + (f" (did you mean {like[0]}?)" if like else "")
