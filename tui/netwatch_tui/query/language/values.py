"""The values behind a key, from text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from netwatch_tui.query.addresses import network
from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.keys import FilterKey, Holds
from netwatch_tui.query.language.lexer import Piece
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.state_names import STATES, states_named
from netwatch_tui.query.language.syntax import Blank, Compare, Host, Operator, Pattern, Range, Text, Value
from netwatch_tui.query.regex import RegexError, compile_pattern, glob_pattern
from netwatch_tui.sockets.kinds import ALL_NETIDS, KINDS, netids

_COMPARED = re.compile(r"(<=|>=|<|>|=)(.*)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,20}")
_MOST = 10**18
_SIZE = re.compile(r"([0-9]{1,19})([kmg]?)i?b?", re.IGNORECASE)
_AGE = re.compile(r"([0-9]{1,13}(?:\.[0-9]{1,3})?)(us|ms|s|m|h|d|w|y)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_GLOB = re.compile(r"[*?\[]")
_OPERATORS: dict[str, Operator] = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "=": "="}
MAX_PORT = 0xFFFF
_FIRST = 12
"""How many words an error lists."""


def values(key: FilterKey, pieces: list[Piece], text: str, names: MachineNames) -> tuple[Value, ...]:
    """What a list means behind a key; a service may stand for several ports, a group of states for several states.

    Raises:
        QueryError: One of the pieces is no value of this key.
    """
    return tuple(value for piece in pieces for value in _values(key, piece, text, names))


def _values(key: FilterKey, piece: Piece, text: str, names: MachineNames) -> Iterable[Value]:
    if not piece.text:
        raise _wrong(key, piece, text)
    if piece.text == "-" and not piece.is_quoted and key.holds not in (Holds.STATE, Holds.KIND, Holds.IS):
        return (Blank(),)
    match key.holds:
        case Holds.TEXT | Holds.HOST:
            return (_pattern(piece, text) if piece.is_pattern else Text(piece.text),)
        case Holds.ADDRESS:
            return (_pattern(piece, text),) if piece.is_pattern else _addresses(key, piece, text, names)
        case Holds.PORT:
            return _ports(key, piece, text, names)
        case Holds.NUMBER:
            return (_numeric(key, piece, text, _plain_number),)
        case Holds.SIZE:
            return (_numeric(key, piece, text, _size),)
        case Holds.AGE:
            return (_numeric(key, piece, text, _age),)
        case Holds.STATE:
            return tuple(Text(state) for state in sorted(_states(key, piece, text)))
        case Holds.KIND:
            return tuple(Text(netid) for netid in _netids(key, piece, text))
        case Holds.WORD | Holds.IS:
            return (Text(_word(key, piece, text)),)


def _wrong(key: FilterKey, piece: Piece, text: str, expected: tuple[str, ...] = ()) -> QueryError:
    listed = ", ".join(expected[:_FIRST]) + ("..." if len(expected) > _FIRST else "")
    needs = f"{key.name}: needs {key.needs}" + (f": {listed}" if listed else "")
    return QueryError(needs, text, piece.start, piece.end, expected)


def _pattern(piece: Piece, text: str) -> Pattern:
    try:
        compile_pattern(piece.text)
    except RegexError as error:
        raise QueryError(str(error), text, piece.start, piece.end) from error
    return Pattern(piece.text)


def _states(key: FilterKey, piece: Piece, text: str) -> Iterable[str]:
    found = states_named(piece.text)
    if found is None:
        raise _wrong(key, piece, text, tuple(STATES))
    return found


def _word(key: FilterKey, piece: Piece, text: str) -> str:
    word = piece.text.lower()
    if word not in key.words:
        raise _wrong(key, piece, text, key.words)
    return word


def _netids(key: FilterKey, piece: Piece, text: str) -> list[str]:
    try:
        return sorted(netids(piece.text.lower()))
    except ValueError as error:
        raise _wrong(key, piece, text, (*KINDS, *sorted(ALL_NETIDS - KINDS.keys()))) from error


def _ports(key: FilterKey, piece: Piece, text: str, names: MachineNames) -> tuple[Value, ...]:
    if ports := names.ports(piece.text):
        return tuple(Range(port, port) for port in ports)
    value = _numeric(key, piece, text, lambda word: _port(word, names))
    highest = value.high if isinstance(value, Range) else value.number
    if highest > MAX_PORT:
        raise _wrong(key, piece, text)
    return (value,)


def _port(word: str, names: MachineNames) -> float | None:
    ports = names.ports(word)
    return ports[0] if len(ports) == 1 else _plain_number(word)


def _numeric(key: FilterKey, piece: Piece, text: str, read: Callable[[str], float | None]) -> Range | Compare:
    if compared := _COMPARED.fullmatch(piece.text):
        number = read(compared[2])
        if number is not None:
            return Compare(_OPERATORS[compared[1]], number) if compared[1] != "=" else Range(number, number)
    number = read(piece.text)
    if number is not None:
        return Range(number, number)
    low, high = (read(part) for part in piece.text.partition("-")[::2])
    if low is None or high is None or low > high:
        raise _wrong(key, piece, text)
    return Range(low, high)


def _plain_number(word: str) -> float | None:
    return int(word) if _NUMBER.fullmatch(word) else None


def _size(word: str) -> float | None:
    found = _SIZE.fullmatch(word)
    size = int(found[1]) * _UNITS[found[2].lower()] if found else None
    return size if size is not None and size <= _MOST else None


def _age(word: str) -> float | None:
    found = _AGE.fullmatch(word)
    if not found:
        return None
    seconds = round(float(found[1]) * _SECONDS[(found[2] or "s").lower()], 6)
    return seconds if seconds < 10**12 else None


def _addresses(key: FilterKey, piece: Piece, text: str, names: MachineNames) -> tuple[Value, ...]:
    if piece.is_quoted:
        return (Text(piece.text),)
    if found := hosts(piece.text, names):
        return found
    if "/" in piece.text and piece.text[0].isalnum() and piece.text.replace("/", "").replace(".", "").isdigit():
        raise _wrong(key, piece, text)  # a network with too many bits
    if not _GLOB.search(piece.text) or piece.text.startswith("["):
        return (Text(piece.text),)
    return (Host(glob=checked_glob(piece.text, text, piece.start, piece.end)),)


def checked_glob(glob: str, text: str, start: int, end: int) -> str:
    """A shell pattern that can be matched.

    Raises:
        QueryError: It can't.
    """
    try:
        glob_pattern(glob)
    except RegexError as error:
        raise QueryError("a shorter pattern is expected", text, start, end) from error
    return glob


def hosts(word: str, names: MachineNames) -> tuple[Host, ...]:
    """`10.0.0.1`, `10/8:443`, `[::1]:22`, `2001:db8::/32`, `*:80` as an end of a socket; empty if it is none of these.

    A service may have several ports.
    """
    if whole := network(word):
        return (Host(address=whole[0], bits=whole[1]),)
    address, colon, port = word.rpartition(":")
    if not colon:
        return (Host(),) if word == "*" else ()
    base = Host()
    if address not in ("", "*"):
        found = network(address) if ":" not in address or "[" in address else None
        if not found:
            return ()
        base = Host(address=found[0], bits=found[1])
    return tuple(base._replace(port=number) for number in port_numbers(port, names))


def port_numbers(word: str, names: MachineNames) -> tuple[int | None, ...]:
    """The ports of a number or a service, empty if it is neither; None is any, which `*` stands for."""
    if word == "*":
        return (None,)
    return (int(word),) if _NUMBER.fullmatch(word) else names.ports(word)
