"""From what a filter means back to a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netwatch_tui.fields.format import printable
from netwatch_tui.query.addresses import written
from netwatch_tui.query.language.keys import KEY_OF, Holds, names_end
from netwatch_tui.query.language.own_conditions import reads_as_text
from netwatch_tui.query.language.state_names import EVERY, NAME_IN_SS
from netwatch_tui.query.language.syntax import (
    And,
    Autobound,
    Blank,
    Cgroup,
    Compare,
    Device,
    Expression,
    FirewallMark,
    Host,
    HostTest,
    Is,
    Not,
    Number,
    Or,
    Pattern,
    PortTest,
    Range,
    States,
    Term,
    Text,
    Value,
    Word,
    takes_states,
)
from netwatch_tui.sockets.socket import State

_NEEDS_QUOTES = re.compile(r'[\s"()&|,:]|^[-!=<>/@]|[*?\[]')
_NEEDS_QUOTES_IN_VALUE = re.compile(r'[\s"()&|,]|^(?:[<>=/]|-$)')
_SPLITS = re.compile(r'[\s"()&|]|^[!=<>]')
_SPECIAL = re.compile(r'["\\]')


def in_quotes(text: str) -> str:
    """A text between quotes, whatever it holds."""
    return '"' + _SPECIAL.sub(r"\\\g<0>", text) + '"'


def quote(text: str) -> str:
    """Text from outside as one word that matches it; the empty text stays empty."""
    shown = printable(text)
    is_plain = not _NEEDS_QUOTES.search(shown) and reads_as_text(shown)
    return shown if is_plain or not shown else in_quotes(shown)


def quote_value(text: str, holds: Holds) -> str:
    """The same behind a key."""
    return in_quotes(text) if _NEEDS_QUOTES_IN_VALUE.search(text) or holds is Holds.ADDRESS else text


def term(key: str, value: str, *, is_known: bool = False) -> str:
    """The condition that what a key names is what a row shows: `process:"Web Content"`, `port:443`, `user:-`.

    Args:
        key: A key of the language, or the id of a column.
        value: What the row shows of it; `-` where it shows that nothing is known.
        is_known: The value is one also if it is `-`, which a process can call itself.

    Raises:
        KeyError: There is no such key.
    """
    known = KEY_OF[key.lower()]
    shown = printable(value)
    if known.holds is Holds.HOST:
        return f"{_host_key([Text(shown)])}:{quote_value(shown, known.holds)}"
    if shown == "-" and is_known and known.holds is Holds.TEXT:
        return f"{known.name}:{in_quotes(shown)}"
    if shown == "-" or known.holds not in (Holds.TEXT, Holds.ADDRESS):
        return f"{known.name}:{shown}"
    if known.holds is Holds.ADDRESS and re.fullmatch(
        r"[0-9]+(?:\.[0-9]+){3}(?::[0-9*]+)?|\[[0-9a-f:.]+\](?::[0-9*]+)?", shown
    ):
        return f"{known.name}:{shown}"
    return f"{known.name}:{quote_value(shown, known.holds)}"


def format_query(expression: Expression) -> str:
    """A text that means this: parsed, it gives an equal expression."""
    match expression:
        case And(parts):
            return _all_of(parts)
        case Or(parts):
            return " or ".join(_inside(part, And, Or) for part in parts)
        case Not(Term() | Is() as term):
            return f"-{format_query(term)}"
        case Not(part):
            return f"not {_inside(part, And, Or)}"
        case Term("host", values):
            return f"{_host_key(values)}:{','.join(_value(value, Holds.HOST) for value in values)}"
        case Term(key, values):
            return f"{key}:{','.join(_value(value, KEY_OF[key].holds) for value in values)}"
        case Is(words):
            return f"is:{','.join(words)}"
        case Word(word):
            return quote(word) if printable(word) == word else in_quotes(word)
        case Number(number):
            return str(number)
        case _:
            return _ss(expression)


def _host_key(values: Iterable[Value]) -> str:
    """How to ask for machines: `host:` would take some of their names for addresses."""
    texts = (value.text if isinstance(value, Text) else getattr(value, "pattern", "") for value in values)
    return "machine" if any(map(names_end, texts)) else "host"


def _inside(part: Expression, *looser: type[And | Or]) -> str:
    text = format_query(part)
    return f"( {text} )" if isinstance(part, looser) else text


def _all_of(parts: tuple[Expression, ...]) -> str:
    texts: list[str] = []
    for before, part in zip((None, *parts), parts, strict=False):
        if isinstance(part, States) and takes_states(before):
            texts.append("and")  # side by side they would be read as one set
        texts.append(_inside(part, And, Or))
    return " ".join(texts)


def _ss(leaf: Expression) -> str:
    match leaf:
        case PortTest(side, operator, port):
            return f"{'sport' if side == 'local' else 'dport'} {operator} :{port}"
        case HostTest(side, host):
            word = host_text(host)
            return f"@{word}" if side == "any" else f"{'src' if side == 'local' else 'dst'} {word}"
        case Device(name):
            return f"dev {in_quotes(name) if name else 0}"
        case Autobound():
            return "autobound"
        case FirewallMark(mark, mask):
            return f"fwmark {mark:#x}/{mask:#x}"
        case Cgroup(path):
            return f"cgroup {in_quotes(path)}"
        case States(states):
            return _states(states)
        case _:
            raise TypeError(leaf)


def _states(states: frozenset[State]) -> str:
    if states == EVERY:
        return "state all"
    return " ".join(f"state {NAME_IN_SS[state]}" for state in State if state in states) or "exclude all"


def host_text(host: Host) -> str:
    """An end of a socket as ss takes it."""
    port = "" if host.port is None else f":{host.port}"
    if host.address is not None:
        bits = "" if host.bits == len(host.address) * 8 else f"/{host.bits}"
        word = f"{written(host.address)}{bits}{port}"
    else:
        word = f"{'*' if host.glob is None else host.glob}{f':{host.device}' if host.device else port}"
    word = f"{host.family}:{word}" if host.family else word
    return in_quotes(word) if _SPLITS.search(word) else word


def _value(value: Value, holds: Holds) -> str:
    match value:
        case Blank():
            return "-"
        case Text(text):
            return quote_value(text, holds)
        case Pattern(pattern):
            return f"/{pattern}/"
        case Range(low, high):
            return _number(low) if low == high else f"{_number(low)}-{_number(high)}"
        case Compare(operator, number):
            return f"{operator}{_number(number)}"
        case Host():
            return host_text(value)


def _number(number: float) -> str:
    if number == int(number):
        return str(int(number))
    return f"{number:.3f}" if number == round(number, 3) else f"{number * 1e3:.3f}ms"
