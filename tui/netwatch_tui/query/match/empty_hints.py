"""Why a filter may choose nothing: what it asks for in vain, and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from netwatch_tui.query.addresses import network
from netwatch_tui.query.language.habits import named_key
from netwatch_tui.query.language.keys import IS_WORDS, KEY_OF, Holds
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.syntax import And, Expression, HostTest, Number, Or, Range, States, Term, Text, Word
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.socket import Family, State

_KIND_OF_FAMILY = {"unix": "unix", "link": "packet", "netlink": "netlink"}
_V6_AND_PORT = re.compile(r"([0-9A-Fa-f:]*:[0-9A-Fa-f:]*):([0-9]{1,5})")
"""`::1:80`, as netstat prints an end."""
_IN_PATTERNS = frozenset("^$*?+[\\")
"""Characters that mean something in a pattern, and are seldom meant for themselves."""


class Asked(NamedTuple):
    """What a socket must be to be chosen, by what can be switched off; None where anything will do."""

    netids: frozenset[str] | None
    families: frozenset[Family] | None
    states: frozenset[State] | None


def asked_for(expression: Expression) -> Asked:
    """What a filter asks for."""
    families, states = _one_of_some(expression, _families), _one_of_some(expression, _states)
    return Asked(
        _one_of_some(expression, _netids),
        None if families is None else frozenset(map(Family, families)),
        None if states is None else frozenset(map(State, states)),
    )


def asks_for_namespaces(expression: Expression) -> bool:
    """Whether it asks for network namespaces."""
    match expression:
        case And(parts) | Or(parts):
            return any(map(asks_for_namespaces, parts))
        case Term("netns"):
            return True
        case _:
            return False


def empty_hints(expression: Expression, names: MachineNames) -> Iterator[str]:
    """What to say of a filter that chose nothing: phrases, none where it says what it means."""
    if words := list(searched_words(expression)):
        yield searched_as_text(words, names)
    yield from _patterns_as_text(expression)
    ports = list(dict.fromkeys(_ports_of_all(expression)))
    if len(ports) > 1:
        yield f"{' and '.join(ports)} must match at once; port:{','.join(ports)} asks for any of them"


def _one_of_some(
    expression: Expression, values: Callable[[Expression], frozenset[str] | None]
) -> frozenset[str] | None:
    """The values of which a socket must have one; None where any may do."""
    match expression:
        case And(parts):
            known = [found for part in parts if (found := _one_of_some(part, values)) is not None]
            return frozenset.intersection(*known) if known else None
        case Or(parts):
            each = [_one_of_some(part, values) for part in parts]
            known = [found for found in each if found is not None]
            return frozenset[str]().union(*known) if len(known) == len(each) else None
        case _:
            return values(expression)


def _netids(leaf: Expression) -> frozenset[str] | None:
    match leaf:
        case Term("netid"):
            return _texts(leaf)
        case HostTest(_, host) if host.family in _KIND_OF_FAMILY:
            return frozenset(KINDS[_KIND_OF_FAMILY[host.family]])
        case _:
            return None


def _families(leaf: Expression) -> frozenset[str] | None:
    return _texts(leaf) if isinstance(leaf, Term) and leaf.key == "family" else None


def _states(leaf: Expression) -> frozenset[str] | None:
    match leaf:
        case Term("state"):
            return _texts(leaf)
        case States(states):
            return frozenset(states)
        case _:
            return None


def _texts(term: Term) -> frozenset[str]:
    return frozenset(value.text for value in term.values if isinstance(value, Text))


def searched_words(expression: Expression) -> Iterator[str]:
    """The words that are looked for in what is shown of a socket."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from searched_words(part)
        case Word(word):
            yield word
        case _:
            pass


def asked_names(expression: Expression) -> Iterator[Text]:
    """The parts of process names that it asks for."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from asked_names(part)
        case Term("process", values):
            yield from (value for value in values if isinstance(value, Text))
        case _:
            pass


def _patterns_as_text(expression: Expression) -> Iterator[str]:
    """Shell patterns behind keys that take part of a text."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _patterns_as_text(part)
        case Term(key, values) if KEY_OF[key].holds is Holds.TEXT:
            stars = (value.text for value in values if isinstance(value, Text) and "*" in value.text)
            yield from (f"* is no wildcard in {key}:{text}; {key}:/REGEX/ takes patterns" for text in stars)
        case _:
            pass


def searched_as_text(words: Iterable[str], names: MachineNames) -> str:
    """That some words were looked for in what is shown, and as what they may have been meant."""
    return f"searched as text: {', '.join(_with_meant(word, names) for word in words)}"


def _with_meant(word: str, names: MachineNames) -> str:
    meant = _meant(word, names)
    return f"{word} (did you mean {meant}?)" if meant else word


def _meant(word: str, names: MachineNames) -> str:
    """The condition that a word may have been meant as; empty where it is any word."""
    low = word.lower()
    if names.ports(low):
        return f"port:{low}"
    if low in IS_WORDS:
        return f"is:{low}"
    if low == "localhost":
        return "is:loopback"
    if named := named_key(word):
        return f"{named.key.name}:VALUE"
    if (found := _V6_AND_PORT.fullmatch(word)) and network(found[1]):
        return f"[{found[1]}]:{found[2]}"
    if _IN_PATTERNS.isdisjoint(word) or " " in word:
        return ""
    return f"addr:{word}" if not word.strip("0123456789.*") else f"process:/{word.strip('/')}/"


def _ports_of_all(expression: Expression) -> Iterator[str]:
    """Single ports that must all be those of one socket."""
    match expression:
        case And(parts):
            for part in parts:
                yield from _ports_of_all(part)
        case Number(number):
            yield str(number)
        case Term("port", (Range(low, high),)) if low == high:
            yield f"{low:g}"
        case _:
            pass
