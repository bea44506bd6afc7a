"""What could stand at the cursor of a filter that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.query.language.habits import named_key
from netwatch_tui.query.language.keys import IS_WORDS, KEYS, FilterKey, Holds
from netwatch_tui.query.language.lexer import KEY
from netwatch_tui.query.language.printer import term
from netwatch_tui.query.language.state_names import GROUPS, NAME_IN_SS
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.socket import State

MOST = 200
"""Candidates at most; who types on has fewer."""
_WORDS = (
    "and",
    "or",
    "not",
    "sport",
    "dport",
    "src",
    "dst",
    "dev",
    "state",
    "exclude",
    "autobound",
    "fwmark",
    "cgroup",
)
_SS_STATES = (*NAME_IN_SS.values(), *GROUPS)
_SHOWN_STATES = (*(state.value.lower() for state in State), *GROUPS)
_OPERATOR = re.compile(r"[!=<>]=?|eq|ne|neq|lt|gt|le|leq|ge|geq", re.IGNORECASE)


class Known(NamedTuple):
    """What there is now: names that could be asked for."""

    users: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    netids: tuple[str, ...] = tuple(KINDS)
    units: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class Completions(NamedTuple):
    """What could replace a part of the text."""

    start: int
    end: int
    candidates: tuple[str, ...]
    """Each as it would stand in the text, with its quotes; empty where nothing is known."""


def complete(text: str, position: int, known: Known) -> Completions:
    """What the word before the cursor could become.

    Args:
        text: What is typed.
        position: Where the cursor is in it.
        known: The names that there are.
    """
    start = _begin(text, position)
    written = text[start:position]
    if found := KEY.match(written):
        named = named_key(found[2])
        begin = start + found.end()
        return _values(named.key, text, begin, position, known) if named else Completions(start, position, ())
    return Completions(start, position, _starting(_words(text[:start], known), written))


def _begin(text: str, position: int) -> int:
    """Where the word before the cursor begins: after the last thing outside quotes that separates words."""
    at = last = 0
    is_quoted = False
    while at < position:
        char = text[at]
        if char == "\\" and is_quoted:
            at += 1
        elif char == '"':
            is_quoted = not is_quoted
        elif not is_quoted and (char in "()&|" or char.isspace()):
            last = at + 1
        at += 1
    return last


def _words(before: str, known: Known) -> Iterable[str]:
    """Whole words that could stand after what is already there."""
    last = before.split()[-2:]
    if last and _OPERATOR.fullmatch(last[-1]):
        last = last[:-1]
    match last[-1].lower() if last else "":
        case "state" | "exclude" | "excl":
            return _SS_STATES
        case "sport" | "dport":
            return [f":{service}" for service in known.services]
        case "dev":
            return known.devices
        case "src" | "dst":
            return known.addresses
        case _:
            return (*(f"{key.name}:" for key in KEYS), *(f"is:{word}" for word in IS_WORDS), *_WORDS)


def _values(key: FilterKey, text: str, start: int, position: int, known: Known) -> Completions:
    comma = text.rfind(",", start, position)
    begin = comma + 1 if comma >= 0 and '"' not in text[start:comma] else start
    written = text[begin:position].lstrip('"').lower()
    match key.holds:
        case Holds.WORD | Holds.IS:
            names: Iterable[str] = key.words
        case Holds.STATE:
            names = _SHOWN_STATES
        case Holds.KIND:
            names = known.netids
        case Holds.PORT:
            names = known.services
        case Holds.ADDRESS:
            names = known.addresses
        case _:
            names = _names(key.name, known) or key.words
    chosen = (name for name in dict.fromkeys(names) if name.lower().startswith(written))
    candidates = tuple(_as_value(key, name) for name in sorted(chosen)[:MOST])
    return Completions(begin, position, candidates)


def _names(key: str, known: Known) -> tuple[str, ...]:
    return {
        "host": known.hosts + known.addresses,
        "process": known.processes,
        "user": known.users,
        "unit": known.units + known.containers,
        "container": known.containers,
        "netns": known.namespaces,
        "interface": known.devices,
        "service": known.services,
    }.get(key, ())


def _as_value(key: FilterKey, name: str) -> str:
    return term(key.name, name, is_known=True).partition(":")[2]


def _starting(words: Iterable[str], written: str) -> tuple[str, ...]:
    low = written.lower()
    negated = written.startswith("-")
    if negated:
        return tuple(f"-{word}" for word in words if ":" in word and word.startswith(low[1:]))[:MOST]
    return tuple(word for word in words if word.lower().startswith(low))[:MOST]
