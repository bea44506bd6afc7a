"""What hypothesis draws from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from netwatch_tui.query.language.keys import IS_WORDS
from netwatch_tui.query.language.syntax import (
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
    Number,
    Pattern,
    PortTest,
    Range,
    States,
    Term,
    Text,
    Value,
    Word,
    conjunction,
    disjunction,
    negation,
)
from netwatch_tui.sockets.delta import Change
from netwatch_tui.sockets.kinds import ALL_NETIDS
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import LATE_STATES, Address, Socket, State, Timer
from tests.support.build import TIMER_NUMBERS, address, datagram, owner, tcp

ports = st.integers(0, 0xFFFF)
queues = st.one_of(st.just(0), st.integers(0, 0xFFFFFFFF))
inodes = st.integers(0, 2**64 - 1)
uids = st.integers(0, 2**32 - 1)
counts = st.integers(0, 2**31 - 1)
ticks = st.integers(0, 2**31 - 1).map(lambda ticks: ticks / 100)


def _address(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Address:
    return address(str(ip))


ipv4 = st.ip_addresses(v=4).map(_address)
ipv6 = st.one_of(
    st.ip_addresses(v=6).map(_address),
    st.ip_addresses(v=4).map(lambda ip: address(f"::ffff:{ip}")),
)


@st.composite
def parsed_sockets(draw: st.DrawFn) -> Socket:
    """Any socket that one line of an IP protocol can show."""
    netid, family = draw(st.sampled_from(["tcp", "udp", "udpl", "raw", "icmp"])), draw(st.sampled_from(["", "6"]))
    addresses = ipv6 if family else ipv4
    state = draw(st.sampled_from(State))
    timer = draw(st.none() | st.builds(Timer, st.sampled_from(sorted(TIMER_NUMBERS)), ticks))
    if state is State.TIME_WAIT:
        timer = Timer("timewait", draw(ticks))
    fields: dict[str, Any] = {
        "state": state,
        "recv_q": draw(queues),
        "send_q": None if state is State.LISTEN else draw(queues),
        "local": draw(addresses),
        "local_port": draw(ports),
        "peer": draw(addresses),
        "peer_port": draw(ports),
        "inode": draw(inodes),
        "uid": None if timer and timer.name == "timewait" else draw(uids),
        "refs": draw(counts),
        "timer": timer,
        "retransmits": draw(st.integers(0, 255)),
    }
    anywhere = "[::]:0" if family else "0.0.0.0:0"
    if netid == "tcp":
        return tcp(anywhere)._replace(**fields)
    return datagram(netid, anywhere)._replace(drops=draw(counts), **fields)


#: The shapes of a followed socket: few, so that two draws are often alike, and one draw each, which is quick.
SHAPES: list[dict[str, Any]] = [
    {"state": state, "owners": owners, "owner_reason": reason, "recv_q": recv_q}
    for state in (State.ESTAB, *sorted(LATE_STATES))
    for owners, reason in (
        ((owner(1, 3),), None),
        ((owner(1, 3), owner(2, 9)), None),
        *(((), reason) for reason in OwnerReason),
    )
    for recv_q in (0, 1)
]


def followed_socket(id: int, shape: int, *, has_inode: bool) -> Socket:
    """The socket with this id, in some shape."""
    netid = ["tcp", "udp"][id % 2]
    ends: dict[str, Any] = {
        "local": address("127.0.0.1"),
        "local_port": id,
        "peer": address("127.0.0.1"),
        "peer_port": 80,
    }
    return tcp(id=id, inode=id * has_inode)._replace(netid=netid, **ends, **SHAPES[shape])


def socket_sets() -> st.SearchStrategy[dict[int, Socket]]:
    """Followed sockets by id, of which two draws share many ids."""
    chosen = st.dictionaries(st.integers(1, 8), st.integers(0, 2 * len(SHAPES) - 1))
    return chosen.map(
        lambda sockets: {
            id: followed_socket(id, shape % len(SHAPES), has_inode=shape < len(SHAPES)) for id, shape in sockets.items()
        }
    )


@st.composite
def histories(draw: st.DrawFn) -> list[dict[int, Socket]]:
    """Sets of sockets that follow one another, some of them with the very same objects."""
    sets = draw(st.lists(socket_sets(), min_size=2, max_size=5))
    for before, after in pairwise(sets):
        for id in draw(st.sets(st.sampled_from(sorted(before)))) if before else ():
            after[id] = before[id]
    return sets


def change_ids(changes: tuple[Change, ...]) -> list[int]:
    """The ids of changed sockets."""
    return [change.after.id for change in changes]


#: Regular expressions that are always understood.
PATTERNS = ["a", "^(a|b)+$", r"\d{2,3}", "[^x-z]", "a.*b", r"--port=\d+", r"\bssh\b", "(?:in)?it/x"]

spans = st.integers(0, 10**6).map(float)


def _numbers(most: int) -> st.SearchStrategy[Value]:
    numbers = st.integers(0, most)
    return st.one_of(
        st.builds(lambda low: Range(low, low), numbers),
        st.builds(lambda one, other: Range(*sorted((one, other))), numbers, numbers),
        st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), numbers),
        st.just(Blank()),
    )


_texts = st.one_of(
    st.builds(Text, st.text(min_size=1, max_size=8)),
    st.builds(Text, st.text('"\\/()|,:-=<>*?[]! \tab1', min_size=1, max_size=6)),
    st.builds(Text, st.sampled_from(["p1", "root", "tcp", "and", "-", "443"])),
    st.builds(Pattern, st.sampled_from(PATTERNS)),
    st.just(Blank()),
)


@st.composite
def hosts(draw: st.DrawFn) -> Host:
    """An IP address with some of its bits, a port, both or neither."""
    ip = draw(st.none() | st.one_of(ipv4, ipv6, st.sampled_from([address("10.0.0.1"), address("::1")])))
    port = draw(st.none() | st.integers(0, 2**32 - 1) | st.sampled_from([22, 80, 443]))
    if ip is None:
        return Host(port=port)
    return Host(address=ip.packed, bits=draw(st.integers(0, len(ip.packed) * 8)), port=port)


def _terms(keys: Sequence[str], values: st.SearchStrategy[Value]) -> st.SearchStrategy[Expression]:
    lists = st.lists(values, min_size=1, max_size=3).map(tuple)
    return st.builds(Term, st.sampled_from(keys), lists)


_sides = st.sampled_from(["local", "peer"])

#: Words that mean something else without quotes, or may look as if they did.
WORDS = [
    "not", "443", "tcp", "-is:new", "a:b", "*", "port", "port=443", "recv_q>0", "a=b", "tcp.port", "host", "time_wait",
    "LISTENING", "443,80", "1-2", ":::22", "*:443", "a|b", "eq", "[::]:22", "80/tcp", "812/nginx", "10/8", "udp6",
    "10.0.0.1:443", "10.0.0.1.443", "Recv-Q", "fin", "wait", "1", "TIMEWAIT",
]  # fmt: skip

conditions: st.SearchStrategy[Expression] = st.one_of(
    _terms(["process", "cmdline", "host", "user", "unit", "container", "netns", "timer", "interface"], _texts),
    _terms(["port", "local_port", "peer_port"], _numbers(0xFFFF)),
    _terms(["pid", "uid", "fd", "inode", "recv_q", "send_q", "drops", "age"], _numbers(10**6)),
    _terms(["addr", "local", "peer"], st.one_of(hosts(), _texts)),
    _terms(["state"], st.sampled_from(State).map(lambda state: Text(state.value))),
    _terms(["netid"], st.sampled_from(sorted(ALL_NETIDS)).map(Text)),
    st.builds(Is, st.lists(st.sampled_from(sorted(IS_WORDS)), min_size=1, max_size=3).map(tuple)),
    st.builds(Word, st.text(min_size=1, max_size=8) | st.sampled_from(WORDS)),
    st.builds(Number, st.integers(0, 10**10 - 1)),
    st.builds(PortTest, _sides, st.sampled_from(["=", "<", "<=", ">", ">="]), st.integers(0, 10**6)),
    st.builds(HostTest, st.sampled_from(["local", "peer", "any"]), hosts()),
    st.builds(HostTest, _sides, st.builds(lambda text: Host("unix", glob=text), st.text())),
    st.builds(Device, st.text(max_size=8).filter(lambda name: not name.isdigit())),
    st.just(Autobound()),
    st.builds(FirewallMark, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(lambda path: Cgroup("/" + path.strip("/")), st.text(max_size=12)),
    st.builds(States, st.frozensets(st.sampled_from(State))),
)
"""What a filter is made of."""

expressions: st.SearchStrategy[Expression] = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(conjunction),
        st.lists(inner, min_size=2, max_size=3).map(disjunction),
        inner.map(negation),
    ),
    max_leaves=8,
)
"""Any filter but the empty one."""

_owners = st.builds(owner, st.integers(1, 5), st.integers(0, 9), st.sampled_from(["", "ssh", "a b"]))
owned_sockets = st.builds(
    lambda socket, holders, number, user: socket._replace(id=number, owners=holders, user=user),
    parsed_sockets(),
    st.lists(_owners, max_size=2).map(tuple),
    st.integers(1, 5),
    st.sampled_from([None, "root", "443"]),
)
"""Sockets with owners, of which filters can choose."""
