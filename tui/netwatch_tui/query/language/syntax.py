"""What a filter means: the conditions that it is made of. Two texts that mean the same are one value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from netwatch_tui.sockets.socket import State

Side: TypeAlias = Literal["local", "peer", "any"]
"""Which end of a socket is looked at; `any` is satisfied by one of the two."""

Operator: TypeAlias = Literal["=", "<", "<=", ">", ">="]


class Blank(NamedTuple):
    """Nothing is known: what the table shows as `-`."""

    kind: str = "blank"


class Text(NamedTuple):
    """Part of a text, upper and lower case alike."""

    text: str


class Pattern(NamedTuple):
    """A regular expression that is found somewhere in a text, upper and lower case alike."""

    pattern: str


class Range(NamedTuple):
    """Numbers from one to another, both included; of a single number both are the same. Ages are in seconds."""

    low: float
    high: float


class Compare(NamedTuple):
    """Numbers on one side of another. Ages are in seconds."""

    operator: Operator
    number: float


class Host(NamedTuple):
    """An end of a socket in the way of ss: `10.0.0.0/8:443`, `[::1]:22`, `*:80`, `unix:*.sock`, `link:ip:eth0`."""

    family: str = ""
    """inet, inet6, unix, link or netlink; empty for any that fits."""
    address: bytes | None = None
    """4 or 16 bytes; None for any."""
    bits: int = 0
    """How many of the address's leading bits count."""
    glob: str | None = None
    """What the name of an end without IP address has to look like; None for any."""
    port: int | None = None
    """None for any."""
    device: str | None = None
    """Of a `link` end, instead of a port."""


Value: TypeAlias = Blank | Text | Pattern | Range | Compare | Host


class And(NamedTuple):
    """All of them; without any, everything. Made by `conjunction`."""

    all_of: tuple[Expression, ...]


class Or(NamedTuple):
    """One of them. Made by `disjunction`."""

    any_of: tuple[Expression, ...]


class Not(NamedTuple):
    """The opposite. Made by `negation`."""

    negated: Expression


class Term(NamedTuple):
    """`key:value,value`: what the key names is one of the values."""

    key: str
    values: tuple[Value, ...]


class Is(NamedTuple):
    """`is:new,changed`: one of the words holds."""

    words: tuple[str, ...]


class Word(NamedTuple):
    """Part of any text that is shown of a socket."""

    word: str


class Number(NamedTuple):
    """A bare number: exactly a port or a pid."""

    number: int


class PortTest(NamedTuple):
    """`sport` and `dport`."""

    port_of: Side
    operator: Operator
    port: int


class HostTest(NamedTuple):
    """`src` and `dst`; with `any`, lsof's `@host:port`."""

    host_of: Side
    host: Host


class Device(NamedTuple):
    """`dev`: bound to this network device; the empty name for none."""

    device: str


class Autobound(NamedTuple):
    """`autobound`: the kernel chose the port or the name, as far as it tells."""

    autobound: bool = True


class FirewallMark(NamedTuple):
    """`fwmark`: the bits of SO_MARK under a mask."""

    mark: int
    mask: int = 0xFFFFFFFF


class Cgroup(NamedTuple):
    """`cgroup`: in the cgroup of this path, which begins with a slash."""

    cgroup: str


class States(NamedTuple):
    """`state` and `exclude`: one of these states."""

    states: frozenset[State]


Leaf: TypeAlias = Term | Is | Word | Number | PortTest | HostTest | Device | Autobound | FirewallMark | Cgroup | States
Expression: TypeAlias = And | Or | Not | Leaf

ALL = And(())
"""No condition at all."""


def conjunction(parts: list[Expression]) -> Expression:
    """All of these; what is one of a kind already is not packed twice."""
    flat = [each for part in parts for each in (part.all_of if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(parts: list[Expression]) -> Expression:
    """One of these."""
    flat = [each for part in parts for each in (part.any_of if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negation(part: Expression) -> Expression:
    """The opposite; of an opposite what it was."""
    return part.negated if isinstance(part, Not) else Not(part)


def takes_states(part: Expression | None) -> bool:
    """Whether a `state` right behind it would be read as one more of its states."""
    return isinstance(part.negated if isinstance(part, Not) else part, States)


def leaves(expression: Expression) -> Iterator[Leaf]:
    """All single conditions."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield expression


def levels(expression: Expression) -> int:
    """How many conditions are within one another at most: 1 for a single one. Calls itself not even once."""
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        match part:
            case And(parts) | Or(parts):
                waiting += ((each, depth + 1) for each in parts)
            case Not(inner):
                waiting.append((inner, depth + 1))
            case _:
                pass
    return deepest
