"""The conditions of ss: what stands behind `src`, `sport`, `dev` and `state`.

The grammar was tried out with ss of iproute2 6.1.0: `misc/ssfilter.y` there is its source.
"""

from __future__ import annotations

import re

from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.lexer import Kind, Token, unquoted
from netwatch_tui.query.language.names import NO_NAMES, MachineNames
from netwatch_tui.query.language.state_names import EVERY, NAME_IN_SS, states_named
from netwatch_tui.query.language.syntax import (
    Cgroup,
    Device,
    Expression,
    FirewallMark,
    Host,
    HostTest,
    Operator,
    PortTest,
    Side,
    States,
    conjunction,
    disjunction,
    negation,
)
from netwatch_tui.query.language.values import checked_glob, hosts, port_numbers
from netwatch_tui.sockets.socket import State

OPERATORS: dict[str, Operator | None] = {
    "=": "=", "==": "=", "eq": "=",
    "!=": None, "ne": None, "neq": None,
    "<": "<", "lt": "<", ">": ">", "gt": ">",
    "<=": "<=", "le": "<=", "leq": "<=", ">=": ">=", "ge": ">=", "geq": ">=",
}  # fmt: skip
"""None for `!=`, which is the opposite of `=`."""
COMPARABLE = frozenset({"sport", "dport", "src", "dst", "dev", "fwmark", "cgroup"})
"""Words of ss behind which an operator may stand."""
_SIDES: dict[str, Side] = {"src": "local", "dst": "peer", "sport": "local", "dport": "peer"}
_FAMILY = re.compile(r"(inet6?|unix|link|netlink):(.*)", re.DOTALL)
_C_NUMBER = "(0[xX][0-9a-fA-F]{1,8}|0[0-7]{0,11}|[1-9][0-9]{0,9})"
_MARK = re.compile(f"{_C_NUMBER}(?:/{_C_NUMBER})?")
_CGROUP_MOUNT = re.compile(r"^/sys/fs/cgroup(?:/unified)?(?=/|$)")
"""Where systemd mounts cgroup2, alone or beside the first version. ss takes only paths with it."""
_NAME = re.compile(r"[*?/@\[]")
"""What only the name of a unix socket has in it."""


class Words:
    """The words of a filter, one after the other."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self._tokens = tokens
        self.place = 0
        """Which word comes now; set, it goes back to one."""

    @property
    def next(self) -> Token:
        """The word that comes now."""
        return self._tokens[self.place]

    @property
    def after(self) -> Token:
        """The word after that."""
        return self._tokens[min(self.place + 1, len(self._tokens) - 1)]

    def has_more(self) -> bool:
        """Whether any word is left."""
        return self.next.kind is not Kind.END

    @property
    def before(self) -> Token:
        """The word that was taken last."""
        return self._tokens[self.place - 1]

    def take(self) -> Token:
        """Go on to the word after."""
        token = self.next
        self.place += token.kind is not Kind.END
        return token

    def wrong(self, message: str, token: Token, expected: tuple[str, ...] = ()) -> QueryError:
        """What is wrong with a word."""
        return QueryError(message, self.text, token.start, token.end, expected)


def ss_condition(words: Words, names: MachineNames) -> Expression | None:
    """The condition that begins with the next word, if that is a word of ss; None, and nothing taken, if not.

    Raises:
        QueryError: What follows is not what ss would take.
    """
    match words.next.raw.lower():
        case "sport" | "dport" as word:
            words.take()
            return _port_test(words, _SIDES[word], names)
        case "src" | "dst" as word:
            words.take()
            return _end_tests(words, _SIDES[word], names)
        case "dev":
            words.take()
            return _device(words, names)
        case "state" | "exclude" | "excl":
            return _states(words)
        case "fwmark":
            words.take()
            return _firewall_mark(words)
        case "cgroup":
            words.take()
            return _cgroup(words)
        case _:
            return None


def _operator(words: Words, allowed: tuple[str, ...]) -> Operator | None:
    token = words.next
    written = token.raw.lower()
    if token.kind is Kind.OPERATOR or (token.kind is Kind.WORD and written in OPERATORS):
        if OPERATORS[written] not in (None, "=") and "<" not in allowed:
            raise words.wrong(f"one of {' '.join(allowed)} is expected here", token, allowed)
        words.take()
        return OPERATORS[written]
    return "="


def _value(words: Words, what: str) -> Token:
    if words.next.kind is not Kind.WORD:
        raise words.wrong(f"{what} is expected", words.next)
    return words.take()


def _port_test(words: Words, side: Side, names: MachineNames) -> Expression:
    operator = _operator(words, ("=", "!=", "<", "<=", ">", ">="))
    token = _value(words, "a port or a service")
    ports = port_numbers(unquoted(token.raw).removeprefix(":"), names)
    if not ports:
        key = "local_port" if side == "local" else "peer_port"
        expected = f"a port or a service of /etc/services is expected; {key}: takes lists and ranges (22,8000-8999)"
        raise words.wrong(expected, token)
    if len(ports) > 1 and operator not in ("=", None):
        listed = ", ".join(map(str, ports))
        raise words.wrong(f"one port is expected, and this service has {listed}", token)
    test = disjunction(
        [HostTest(side, Host()) if port is None else PortTest(side, operator or "=", port) for port in ports]
    )
    return negation(test) if operator is None else test


def _end_tests(words: Words, side: Side, names: MachineNames) -> Expression:
    """What stands behind `src` and `dst`, and as in tcpdump behind `src or dst` and `src and dst`."""
    joint, other = words.next.kind, _SIDES.get(words.after.raw.lower())
    if joint not in (Kind.OR, Kind.AND) or words.after.raw.lower() not in ("src", "dst") or other is None:
        return _end_test(words, side, names)
    words.take()
    words.take()
    place = words.place
    first = _end_test(words, side, names)
    words.place = place
    both = [first, _end_test(words, other, names)]
    return disjunction(both) if joint is Kind.OR else conjunction(both)


def _end_test(words: Words, side: Side, names: MachineNames) -> Expression:
    """What stands behind one of them; as in tcpdump, `port`, `host` and `net` may say what it is."""
    qualifier = words.next.raw.lower()
    if qualifier in ("port", "portrange", "host", "net") and words.after.kind is Kind.WORD:
        words.take()
    return (_port_test if qualifier.startswith("port") else _host_test)(words, side, names)


def _host_test(words: Words, side: Side, names: MachineNames) -> Expression:
    operator = _operator(words, ("=", "!="))
    token = _value(words, "an address, a network, *:port or a path")
    test = disjunction([HostTest(side, host) for host in _hosts(words, token, names)])
    return negation(test) if operator is None else test


def _hosts(words: Words, token: Token, names: MachineNames) -> tuple[Host, ...]:
    """A host as ss takes it, `[FAMILY:]ADDRESS[:PORT]`; several where a service has several ports."""
    word = unquoted(token.raw)
    family = _FAMILY.fullmatch(word)
    kind, rest = (family[1], family[2]) if family else ("", word)
    match kind:
        case "unix":
            return (Host(kind, glob=checked_glob(rest, words.text, token.start, token.end)),)
        case "link" | "netlink":
            return (_named(words, token, kind, rest),)
        case _:
            found = hosts(rest, names)
            if found and _fits(found[0], kind):
                return tuple(host._replace(family=kind) for host in found)
            if kind or not _NAME.search(word) or word[:1].isdigit() or word.startswith("["):
                raise words.wrong(
                    "an address, a network, address:port or a path is expected; host names are not looked up", token
                )
            return (Host("unix", glob=checked_glob(word, words.text, token.start, token.end)),)


def _fits(found: Host, family: str) -> bool:
    return found.address is None or not family or (len(found.address) == 4) == (family == "inet")


def _named(words: Words, token: Token, family: str, name: str) -> Host:
    glob, colon, port = name.partition(":")
    name_or_any = None if glob in ("", "*") else glob
    if name_or_any:
        checked_glob(name_or_any, words.text, token.start, token.end)
    if not colon or port == "*":
        return Host(family, glob=name_or_any)
    if family == "link" and not port.isdigit():
        return Host(family, glob=name_or_any, device=port)
    ports = (0,) if port == "kernel" else port_numbers(port, NO_NAMES)
    if not ports:
        raise words.wrong("a port id is expected behind the colon", token)
    return Host(family, glob=name_or_any, port=ports[0])


def _device(words: Words, names: MachineNames) -> Expression:
    operator = _operator(words, ("=", "!="))
    token = _value(words, "the name of a network device")
    name = unquoted(token.raw)
    if name.isascii() and name.isdigit() and len(name) <= 10:
        name = names.devices.get(int(name), "") if int(name) else ""
        if not name and int(unquoted(token.raw)):
            raise words.wrong("no network device has this number", token)
    test = Device(name)
    return negation(test) if operator is None else test


def _firewall_mark(words: Words) -> Expression:
    operator = _operator(words, ("=", "!="))
    token = _value(words, "a firewall mark")
    found = _MARK.fullmatch(unquoted(token.raw))
    numbers = [_c_number(number) for number in found.groups("0xffffffff")] if found else []
    if not numbers or max(numbers) > 0xFFFFFFFF:
        raise words.wrong(
            "a firewall mark is expected: a number of 32 bits, or such a number and a mask, 0x1/0xff", token
        )
    test = FirewallMark(*numbers)
    return negation(test) if operator is None else test


def _c_number(text: str) -> int:
    """A number as strtoul(3) reads it: hexadecimal behind `0x`, octal behind `0`."""
    return int(text, 8) if text.startswith("0") and text.isdigit() else int(text, 0)


def _cgroup(words: Words) -> Expression:
    operator = _operator(words, ("=", "!="))
    token = _value(words, "the path of a cgroup")
    test = Cgroup("/" + _CGROUP_MOUNT.sub("", unquoted(token.raw)).strip("/"))
    return negation(test) if operator is None else test


def _states(words: Words) -> States:
    """As in ss, `state A state B exclude C` is read from left to right; what begins with `exclude` begins with all."""
    chosen: frozenset[State] = EVERY if words.next.raw.lower() != "state" else frozenset()
    while words.next.kind is Kind.WORD and (verb := words.next.raw.lower()) in ("state", "exclude", "excl"):
        words.take()
        token = _value(words, "a state or one of all, connected, synchronized, bucket, big")
        states = states_named(unquoted(token.raw))
        if states is None:
            expected = (*NAME_IN_SS.values(), "all", "connected", "synchronized", "bucket", "big")
            listed = ", ".join(expected)
            raise words.wrong(f"one state is expected (state: takes a list): {listed}", token, expected)
        chosen = chosen | states if verb == "state" else chosen - states
    return States(chosen)
