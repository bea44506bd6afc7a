"""The conditions that ss does not have: `key:value`, what lsof(8) takes, what is typed from habit, and plain words."""

from __future__ import annotations

import re
from typing import NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.habits import KEY_NAMES, NamedKey
from netwatch_tui.query.language.keys import KEY_OF, KEYS, RESERVED, FilterKey, Holds
from netwatch_tui.query.language.lexer import KEY, Kind, Token, pieces, unquoted
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.notes import Note
from netwatch_tui.query.language.ss_conditions import COMPARABLE, OPERATORS, Words
from netwatch_tui.query.language.state_names import states_named_alone
from netwatch_tui.query.language.syntax import (
    Autobound,
    Blank,
    Expression,
    HostTest,
    Is,
    Number,
    Operator,
    Term,
    Text,
    Value,
    Word,
    conjunction,
    disjunction,
    negation,
)
from netwatch_tui.query.language.values import hosts, values
from netwatch_tui.sockets.kinds import KINDS, netids

_COMPARED = re.compile(r"(?P<minus>-?)(?P<name>[A-Za-z_][A-Za-z0-9_.]*)(?P<sign>==|!=|<=|>=|=|<|>)")
"""The beginning of `port=443` and `recv_q>0`."""
_LIKE_A_KEY = re.compile(r"(?P<name>[A-Za-z_][\w-]*):[^:]")
_BARE_NUMBER = re.compile(r"[0-9]{1,10}")
_BARE_RANGE = re.compile(r"[0-9]+-[0-9]+")
_HEX = re.compile(r"[0-9a-fA-F]+")
_AT = re.compile(r"(?:([A-Za-z_]+))?@([0-9\[*].*)", re.DOTALL)
_PORTS = re.compile(r"\*?:[A-Za-z0-9][^:]*")
_ANY_IN_NETSTAT = re.compile(r"::(:[0-9*]+)")
"""`:::443`, for which the table says `[::]:443`."""
_PORT_KEY = KEY_OF["port"]
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
        named = KEY_NAMES.get(token.raw.lower())
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
            or self._without_key(token)
            or _Read(self._text(token))
        )

    def _with_operator(self, token: Token) -> _Read | None:
        """`port=443`, `recv_q>0`, `tcp.port==443`."""
        found = _COMPARED.match(token.raw)
        named = KEY_NAMES.get(found["name"].lower()) if found else None
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
        if key := KEY_OF.get(name):
            return _Read(self._term(key, start, token.end), key, is_negated=bool(found[1]))
        if not found[1] and name in KINDS:
            return _Read(self._of_kind(NamedKey(_PORT_KEY, name), self._term(_PORT_KEY, start, token.end)))
        if name.isalpha() and len(name) > 1 and not _HEX.fullmatch(name):
            keys = tuple(f"{each.name}:" for each in KEYS)
            message = f"{_no_key(found[2])}; text with a colon belongs in quotes"
            raise QueryError(message, self._words.text, token.start, start, keys)
        return None

    def _with_blank(self, token: Token) -> _Read | None:
        """`port 443`, `host 10.0.0.1`, `tcp.port eq 443`; before what is no value a key is text, which is noted."""
        named, value = KEY_NAMES.get(token.raw.lower()), self._words.next
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

    def _without_key(self, token: Token) -> _Read | None:
        """What has a form of its own: states, ports, ends of sockets, numbers."""
        raw = token.raw
        if states := states_named_alone(raw):
            return _Read(Term("state", tuple(Text(state) for state in sorted(states))))
        if found := _AT.fullmatch(raw):
            return self._lsof_host(found)
        if _PORTS.fullmatch(raw):
            return _Read(self._term(_PORT_KEY, token.start + raw.index(":") + 1, token.end), _PORT_KEY)
        if raw == "*:*":
            return _Read(Term("peer", (Blank(),)))
        if _BARE_NUMBER.fullmatch(raw):
            return _Read(Number(int(raw)))
        if "," in raw or _BARE_RANGE.fullmatch(raw):
            return self._list_of_ports(token)
        return None

    def _list_of_ports(self, token: Token) -> _Read | None:
        """`443,80`, each a port or a pid; `8000-8999`, `ssh,443`: ports. None for any other text with a comma in it."""
        words = token.raw.split(",")
        if all(map(_BARE_NUMBER.fullmatch, words)):
            return _Read(disjunction([Number(int(word)) for word in words]))
        return _Read(self._term(_PORT_KEY, token.start, token.end)) if self._is_value(_PORT_KEY, token) else None

    def _lsof_host(self, found: re.Match[str]) -> _Read | None:
        """`@10.0.0.1:22` and `tcp@10.0.0.1:22`."""
        ends, kind = hosts(unquoted(found[2]), self._names), (found[1] or "").lower()
        if not ends or (kind and kind not in KINDS):
            return None
        host = disjunction([HostTest("any", end) for end in ends])
        return _Read(self._of_kind(NamedKey(_PORT_KEY, kind), host))

    def _text(self, token: Token) -> Expression:
        """A word that is looked for in all that is shown; what looks like a condition and is none is noted."""
        word = unquoted(token.raw)
        if not word:
            raise self._words.wrong("something between the quotes is expected", token)
        looks_like = _COMPARED.match(token.raw) or _LIKE_A_KEY.match(token.raw)
        if looks_like and not _HEX.fullmatch(looks_like["name"]):
            self.notes.append(Note(f"{_no_key(looks_like['name'])}; searched as text", token.start, token.end))
        found = _ANY_IN_NETSTAT.fullmatch(word)
        return Word(f"[::]{found[1]}" if found else word)

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
        found = values(key, written, text, self._names)
        if key.holds is Holds.IS:
            return Is(tuple(value.text for value in found if isinstance(value, Text)))
        return Term(key.name, found)

    def _of_kind(self, named: NamedKey, condition: Expression) -> Expression:
        if not named.kind:
            return condition
        kind = Term("netid", tuple(Text(netid) for netid in sorted(netids(named.kind))))
        return conjunction([kind, condition])

    def _is_value(self, key: FilterKey, token: Token) -> bool:
        """Whether a word can be nothing but a value of a key."""
        if key.holds is Holds.TEXT:
            return False
        if key.holds is Holds.ADDRESS:
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
    if key.holds in (Holds.TEXT, Holds.ADDRESS):
        return f"{word} and {value} are searched as text; the condition is {key.name}:{value}"
    return f"{word} is searched as text; {key.name}: needs {key.needs}"


def reads_as_text(word: str) -> bool:
    """Whether a word without quotes, blanks and signs that end it is looked for, wherever it stands."""
    low = word.lower()
    is_named = low in RESERVED or low in KEY_NAMES or states_named_alone(low) is not None
    is_number = _BARE_RANGE.fullmatch(word) or word.isdigit()
    return not (is_named or is_number or _COMPARED.match(word) or _ANY_IN_NETSTAT.fullmatch(word))


def _no_key(name: str) -> str:
    """That there is no such key, with the one that is most like it, if any is."""
    from difflib import get_close_matches  # only who mistypes waits for it to be loaded

    like = get_close_matches(name.lower(), KEY_OF, n=1)
    return f"no key of this name: {name}" + (f" ({like[0]}: is one)" if like else "")
