"""From what a filter means to one function that tells whether a socket meets it."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.fields.columns import Moment
from netwatch_tui.query.language.keys import TIMELY_WORDS
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.syntax import (
    And,
    Autobound,
    Blank,
    Cgroup,
    Compare,
    Device,
    Expression,
    Fwmark,
    HostTest,
    Is,
    Leaf,
    Not,
    Number,
    Or,
    PortTest,
    States,
    Term,
    Text,
    Word,
    leaves,
)
from netwatch_tui.query.match.ends import (
    MAX_NESTED,
    Test,
    address_term,
    host_test,
    is_loopback_socket,
    one_of,
    port_term,
    port_test,
    public_test,
)
from netwatch_tui.query.match.numbers import number_test
from netwatch_tui.query.match.texts import (
    netns_term,
    optional_text_term,
    owners_text_term,
    process_term,
    user_term,
    word,
)
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import PORT_NETIDS, Family, Socket


def compiled(expression: Expression, names: MachineNames, moment: Moment) -> Test:
    """The function of an expression. It remembers what it found out about texts, so it is of use for one look.

    Args:
        expression: What is to be met.
        names: Who looks, and which ports the kernel chooses.
        moment: When; the function of an expression that does not depend on it may be used again.
    """
    match expression:
        case And(parts):
            return _every([compiled(part, names, moment) for part in parts])
        case Or(parts):
            return one_of([compiled(part, names, moment) for part in parts])
        case Not(part):
            test = compiled(part, names, moment)
            return lambda socket: not test(socket)
        case Is(words):
            return one_of([_is(each, names, moment) for each in words])
        case Autobound():
            return _autobound(*names.ephemeral)
        case Term():
            return _term(expression, moment)
        case _:
            return _leaf(expression)


def _every(tests: list[Test]) -> Test:
    match tests:
        case []:
            return lambda _: True
        case [test]:
            return test
        case [first, *rest] if len(rest) < MAX_NESTED:
            others = _every(rest)
            return lambda socket: first(socket) and others(socket)
        case _:
            return lambda socket: all(test(socket) for test in tests)


def _leaf(leaf: Leaf) -> Test:
    match leaf:
        case Word(text):
            return word(text)
        case Number(number):
            return _number(number)
        case PortTest():
            return port_test(leaf)
        case HostTest():
            return host_test(leaf)
        case States(states):
            return lambda socket: socket.state in states
        case Device(name):
            device = name or None
            return lambda socket: socket.interface == device
        case Fwmark(mark, mask):
            return lambda socket: (found := _fwmark(socket)) is not None and found & mask == mark
        case Cgroup(path):
            return lambda socket: socket.diag is not None and socket.diag.cgroup_path == path
        case _:
            raise TypeError(leaf)


def _number(number: int) -> Test:
    def test(socket: Socket) -> bool:
        for owner in socket.owners:
            if owner.pid == number:
                return True
        return number in (socket.local_port, socket.peer_port) and socket.netid in PORT_NETIDS

    return test


def _fwmark(socket: Socket) -> int | None:
    return None if socket.diag is None else socket.diag.fwmark


def _autobound(first: int, last: int) -> Test:
    """As ss judges it: of internet sockets by the kernel's word, and of the others by a name that it would give.

    The kernel says of accepted connections, too, that nobody asked for their port. So it must be one that it gives.
    """

    def test(socket: Socket) -> bool:
        match socket.family:
            case Family.UNIX:
                name = socket.local.text
                return name in ("", "*") or (len(name) == 6 and name[0] == "@" and set(name[1:]) <= _LOWER_HEX)
            case Family.PACKET:
                return socket.local_port == 0 and socket.local.text == "*"
            case Family.NETLINK:
                return socket.local_port >= 1 << 31  # a negative number, as the kernel gives to who comes second
            case _:
                was_chosen = socket.diag is not None and socket.diag.autobound is True
                return was_chosen and first <= socket.local_port <= last

    return test


_LOWER_HEX = frozenset("0123456789abcdef")


def _is(name: str, names: MachineNames, moment: Moment) -> Test:
    match name:
        case "listening":
            return lambda socket: socket.state in LISTENING
        case "loopback":
            return is_loopback_socket
        case "public":
            return public_test()
        case "mine":
            me = names.me
            return lambda socket: me is not None and socket.uid == me
        case _:
            wanted, marked = Mark[name.upper()], moment.marked
            return lambda socket: socket.id in marked and marked[socket.id].mark is wanted


_SIZES: dict[str, Callable[[Socket], int | None]] = {
    "uid": lambda socket: socket.uid,
    "inode": lambda socket: socket.inode or None,
    "recvq": lambda socket: socket.recv_q,
    "sendq": lambda socket: socket.send_q,
    "drops": lambda socket: socket.drops,
}


def _term(term: Term, moment: Moment) -> Test:
    match term.key:
        case "port" | "lport" | "pport":
            return port_term(term)
        case "addr" | "local" | "peer":
            return address_term(term)
        case "process":
            return process_term(term)
        case "cmd" | "unit" | "container":
            return owners_text_term(term)
        case "user":
            return user_term(term)
        case "netns":
            return netns_term(term, moment)
        case "timer":
            return optional_text_term(term, lambda socket: socket.timer.name if socket.timer else None)
        case "dev":
            return optional_text_term(term, lambda socket: socket.interface)
        case "state" | "proto":
            words = frozenset(value.text for value in term.values if isinstance(value, Text))
            return (lambda s: s.state in words) if term.key == "state" else (lambda s: s.netid in words)
        case "pid" | "fd":
            return _owner_number(term)
        case "age":
            return _age(term, moment.now)
        case _:
            number, value = number_test(term.values), _SIZES[term.key]
            return lambda socket: number(value(socket))


def _owner_number(term: Term) -> Test:
    number, blank = number_test(term.values), any(isinstance(value, Blank) for value in term.values)
    if term.key == "pid":
        return lambda s: any(number(owner.pid) for owner in s.owners) or (blank and not s.owners)
    return lambda s: any(number(owner.fd) for owner in s.owners) or (blank and not s.owners)


def _age(term: Term, now: float) -> Test:
    """Of a socket that was there before anybody looked, only the least age is known: it may be too old for a limit."""
    whole = number_test(term.values)
    at_least = number_test([value for value in term.values if isinstance(value, Compare) and value.operator[0] == ">"])

    def test(socket: Socket) -> bool:
        age = max(now - socket.seen_at, 0.0)
        return at_least(age) if socket.was_there else whole(age)

    return test


def is_timely(expression: Expression) -> bool:
    """Whether another moment may give another answer about the same socket."""
    return any(
        (isinstance(leaf, Is) and not TIMELY_WORDS.isdisjoint(leaf.words))
        or (isinstance(leaf, Term) and leaf.key == "age")
        for leaf in leaves(expression)
    )
