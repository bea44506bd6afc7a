"""What hypothesis draws from."""

from __future__ import annotations

import ipaddress
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from netwatch_tui.model.diff import Change
from netwatch_tui.model.socket import LATE_STATES, Address, OwnerReason, Socket, State, Timer
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
