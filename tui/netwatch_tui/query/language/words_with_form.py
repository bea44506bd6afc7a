"""Words that need no key, because their form says what they are: states, kinds, ports, ends of sockets, networks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from netwatch_tui.query.addresses import network
from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.keys import KEY_OF, FilterKey
from netwatch_tui.query.language.lexer import Token, pieces, unquoted
from netwatch_tui.query.language.names import NO_NAMES, MachineNames
from netwatch_tui.query.language.state_names import states_named_alone
from netwatch_tui.query.language.syntax import (
    Blank,
    Expression,
    HostTest,
    Number,
    Range,
    Term,
    Text,
    conjunction,
    disjunction,
)
from netwatch_tui.query.language.values import MAX_PORT, hosts, values
from netwatch_tui.sockets.kinds import KIND_OF, KINDS
from netwatch_tui.sockets.socket import Family

KINDS_WITH_PORTS = frozenset({"tcp", "udp", "udplite", "sctp"})

_BARE_NUMBER = re.compile(r"[0-9]{1,10}")
_BARE_RANGE = re.compile(r"[0-9]+-[0-9]+")
_AT = re.compile(r"(?:([A-Za-z]+))?@([0-9\[*].*)", re.DOTALL)
_ANY_AT_PORT = re.compile(r"\*?:[A-Za-z0-9][^:]*")
_ANY_IN_NETSTAT = re.compile(r"::(:[0-9*]+)")
"""`:::443`, which is `[::]:443` elsewhere."""
_WITH_PORT = re.compile(r"((?:[0-9]{1,3}\.){3}[0-9]{1,3}|\[[0-9A-Fa-f:.]+\]):([0-9*]+|[A-Za-z][\w-]*)")
_DOT_BEFORE_PORT = re.compile(r"((?:[0-9]{1,3}\.){3}[0-9]{1,3})\.([0-9]{1,5})")
"""`10.0.0.1.443`, as tcpdump and the BSDs print an end."""
_PORT_AND_KIND = re.compile(r"(?P<port>[0-9]{1,5})/(?P<kind>[A-Za-z]+)|(?P<first>[A-Za-z]+)/(?P<then>[0-9]{1,5})")
"""`443/tcp`, as services(5) and nmap have it, and `tcp/443`."""
_PID_AND_NAME = re.compile(r"([0-9]{1,10})/([A-Za-z_][\w.:@+-]*)")
"""`812/nginx`, as `netstat -p` prints an owner."""

_FAMILIES: dict[str, tuple[Family, ...]] = {
    "ip": (Family.INET, Family.INET6),
    **dict.fromkeys(("ipv4", "inet"), (Family.INET,)),
    **dict.fromkeys(("ip6", "ipv6", "inet6"), (Family.INET6,)),
}
"""As tcpdump and ss call the families."""


class Form(NamedTuple):
    """What a word says."""

    condition: Expression
    key: FilterKey | None = None
    """The key whose value it is; what is glued to it with `|` may be another value of it."""


def read_form(token: Token, text: str, names: MachineNames) -> Form | None:
    """What a word says by its form alone; None where it is any text.

    Args:
        token: The word.
        text: The filter in which it stands.
        names: Names of services.

    Raises:
        QueryError: It is nearly a list of ports.
    """
    raw = token.raw
    for read in _READERS:
        if (condition := read(raw, names)) is not None:
            return Form(condition)
    if _ANY_AT_PORT.fullmatch(raw):
        start = token.start + raw.index(":") + 1
        return Form(port_list(text, start, token.end, names), KEY_OF["port"])
    if "," in raw or _BARE_RANGE.fullmatch(raw):
        return _list_of_ports(token, text, names)
    return None


def has_form(word: str) -> bool:
    """Whether a word says by itself what it is, so that it must stand in quotes to be looked for."""
    return any(read(word, NO_NAMES) for read in _READERS) or _BARE_RANGE.fullmatch(word) is not None


def of_kind(kind: str, condition: Expression) -> Expression:
    """The same of this kind of sockets only."""
    return conjunction([_netids(KINDS[kind]), condition])


def port_list(text: str, start: int, end: int, names: MachineNames) -> Expression:
    """The ports between two places of a text.

    Raises:
        QueryError: There is something else.
    """
    return Term("port", values(KEY_OF["port"], pieces(text, start, end), text, names))


def _state(word: str, _: MachineNames) -> Expression | None:
    states = states_named_alone(word)
    return Term("state", tuple(Text(state) for state in sorted(states))) if states else None


def _kind(word: str, _: MachineNames) -> Expression | None:
    """`tcp`, `u_str`, `ip6`; `udp6` as netstat has it."""
    low = word.lower()
    if low in _FAMILIES:
        return _families(_FAMILIES[low])
    if low in KINDS or low in KIND_OF:
        return _netids(KINDS.get(low, (low,)))
    if low[:-1] in KINDS_WITH_PORTS and low[-1] in "46":
        return conjunction([_netids(KINDS[low[:-1]]), _families(_FAMILIES[f"ipv{low[-1]}"])])
    return None


def _netids(netids: tuple[str, ...]) -> Expression:
    return Term("netid", tuple(map(Text, sorted(netids))))


def _families(families: tuple[Family, ...]) -> Expression:
    return Term("family", tuple(Text(family.value) for family in families))


def _end(word: str, names: MachineNames) -> Expression | None:
    """`10.0.0.1:443`, `[::1]:22`, `:::80`, `10.0.0.1.443`: this end and no other that merely begins like it."""
    if word == "*:*":
        return Term("peer", (Blank(),))
    if found := _ANY_IN_NETSTAT.fullmatch(word):
        word = f"[::]{found[1]}"
    elif found := _DOT_BEFORE_PORT.fullmatch(word):
        word = f"{found[1]}:{found[2]}"
    if not _WITH_PORT.fullmatch(word):
        return None
    ends = hosts(word, names)
    return Term("addr", ends) if ends and all((end.port or 0) <= MAX_PORT for end in ends) else None


def _network(word: str, names: MachineNames) -> Expression | None:
    """`10.0.0.0/8`, `10/8`, `2001:db8::/32`."""
    return Term("addr", hosts(word, names)) if "/" in word and network(word) else None


def _lsof_host(word: str, names: MachineNames) -> Expression | None:
    """`@10.0.0.1:22` and `tcp@10.0.0.1:22`."""
    found = _AT.fullmatch(word)
    if not found:
        return None
    ends, kind = hosts(unquoted(found[2]), names), (found[1] or "").lower()
    if not ends or (kind and kind not in KINDS):
        return None
    host = disjunction([HostTest("any", end) for end in ends])
    return of_kind(kind, host) if kind else host


def _port_and_kind(word: str, _: MachineNames) -> Expression | None:
    found = _PORT_AND_KIND.fullmatch(word)
    if not found:
        return None
    port, kind = int(found["port"] or found["then"]), (found["kind"] or found["first"]).lower()
    if kind not in KINDS_WITH_PORTS or port > MAX_PORT:
        return None
    return of_kind(kind, Term("port", (Range(port, port),)))


def _pid_and_name(word: str, _: MachineNames) -> Expression | None:
    found = _PID_AND_NAME.fullmatch(word)
    if not found:
        return None
    pid = int(found[1])
    return conjunction([Term("pid", (Range(pid, pid),)), Term("process", (Text(found[2]),))])


def _number(word: str, _: MachineNames) -> Expression | None:
    return Number(int(word)) if _BARE_NUMBER.fullmatch(word) else None


_READERS: tuple[Callable[[str, MachineNames], Expression | None], ...] = (
    _state, _kind, _number, _end, _network, _lsof_host, _port_and_kind, _pid_and_name,
)  # fmt: skip


def _list_of_ports(token: Token, text: str, names: MachineNames) -> Form | None:
    """`443,80`, each a port or a pid; `8000-8999`, `ssh,443`: ports. None for any other text with a comma in it."""
    words = token.raw.split(",")
    if all(map(_BARE_NUMBER.fullmatch, words)):
        return Form(disjunction([Number(int(word)) for word in words]))
    try:
        return Form(port_list(text, token.start, token.end, names))
    except QueryError:
        return None
