"""From what a filter means to one function that tells whether a socket meets it."""

from __future__ import annotations

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query.language.keys import TIMELY_WORDS
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.query.language.syntax import (
    And,
    Autobound,
    Cgroup,
    Compare,
    Device,
    Expression,
    FirewallMark,
    HostTest,
    Is,
    Leaf,
    Not,
    Number,
    Or,
    PortTest,
    States,
    Term,
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
from netwatch_tui.query.match.field_terms import field_term
from netwatch_tui.query.match.numbers import number_test
from netwatch_tui.query.match.texts import (
    netns_term,
    owners_text_term,
    process_term,
    user_term,
    word,
)
from netwatch_tui.sockets.hosts import host_number, own_number
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.sockets.scope import is_exposed
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import PORT_NETIDS, Family, Socket


def compiled(expression: Expression, names: MachineNames, moment: Moment) -> Test:
    """The function of an expression. It remembers what it found out about texts, so it is of use for one tick.

    Args:
        expression: What is to be met.
        names: Who looks.
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
        case Autobound():
            return _is_autobound
        case FirewallMark(mark, mask):
            return lambda s: s.diag is not None and s.diag.fwmark is not None and s.diag.fwmark & mask == mark
        case Cgroup(path):
            return lambda s: s.diag is not None and s.diag.cgroup_path == path
        case _:
            raise TypeError(leaf)


def _number(number: int) -> Test:
    def test(socket: Socket) -> bool:
        for owner in socket.owners:
            if own_number(owner.pid) == number:
                return True
        return number in (socket.local_port, socket.peer_port) and socket.netid in PORT_NETIDS

    return test


def _is_autobound(socket: Socket) -> bool:
    """What the kernel says of a port; of the others as ss judges it: by a name or number that the kernel would give."""
    match socket.family:
        case Family.UNIX:
            name = socket.local.text
            return name in ("", "*") or (len(name) == 6 and name[0] == "@" and set(name[1:]) <= _LOWER_HEX)
        case Family.PACKET:
            return socket.local_port == 0 and socket.local.text == "*"
        case Family.NETLINK:
            return socket.local_port >= 1 << 31  # a negative number, as the kernel gives to who comes second
        case _:
            return socket.diag is not None and socket.diag.autobound is True


_LOWER_HEX = frozenset("0123456789abcdef")


def _is(name: str, names: MachineNames, moment: Moment) -> Test:
    match name:
        case "listening":
            return lambda socket: socket.state in LISTENING
        case "exposed":
            return is_exposed
        case "loopback":
            return is_loopback_socket
        case "public":
            return public_test()
        case "problem":
            findings = moment.findings
            return lambda socket: socket.id in findings
        case "mine":
            me = names.me
            # A user of another machine is another one, whatever the number.
            return lambda socket: me is not None and socket.uid == me and not host_number(socket.netns)
        case _:
            wanted, marked = Mark[name.upper()], moment.marked
            return lambda socket: socket.id in marked and marked[socket.id].mark is wanted


def _term(term: Term, moment: Moment) -> Test:
    """Keys that are asked for most, or mean more than their values, have tests of their own."""
    match term.key:
        case "port" | "local_port" | "peer_port":
            return port_term(term)
        case "addr" | "local" | "peer":
            return address_term(term)
        case "process":
            return process_term(term)
        case "cmdline" | "unit" | "container":
            return owners_text_term(term)
        case "user":
            return user_term(term)
        case "netns":
            return netns_term(term, moment)
        case "age":
            return _age(term, moment.now)
        case _:
            return field_term(term, moment)


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
        or (isinstance(leaf, Term) and leaf.key in FIELD_BY_ID and FIELD_BY_ID[leaf.key].is_timely)
        for leaf in leaves(expression)
    )
