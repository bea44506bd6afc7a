"""What hypothesis draws from."""

from __future__ import annotations

import ipaddress
from itertools import pairwise

from hypothesis import strategies as st

from netwatch_tui.model.diff import Change
from netwatch_tui.model.socket import LATE_STATES, Address, Family, Owner, OwnerReason, Socket, State
from tests.support.build import address, owner

ports = st.integers(0, 0xFFFF)
queues = st.one_of(st.just(0), st.integers(0, 0xFFFFFFFF))
inodes = st.integers(0, 2**64 - 1)
uids = st.integers(0, 2**32 - 1)


def _address(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Address:
    return address(str(ip))


ipv4 = st.ip_addresses(v=4).map(_address)
ipv6 = st.one_of(
    st.ip_addresses(v=6).map(_address),
    st.ip_addresses(v=4).map(lambda ip: address(f"::ffff:{ip}")),
)


@st.composite
def parsed_sockets(draw: st.DrawFn) -> Socket:
    """Any socket that one line can show."""
    netid, family = draw(st.sampled_from(["tcp", "udp"])), draw(st.sampled_from(Family))
    addresses = ipv4 if family is Family.INET else ipv6
    state = draw(st.sampled_from(State))
    return Socket(
        id=0,
        opened_at=None,
        user=None,
        owners=(),
        owner_reason=OwnerReason.KERNEL,
        netid=netid,
        family=family,
        state=state,
        recv_q=draw(queues),
        send_q=None if state is State.LISTEN else draw(queues),
        local=draw(addresses),
        local_port=draw(ports),
        peer=draw(addresses),
        peer_port=draw(ports),
        inode=draw(inodes),
        uid=draw(st.none() if state is State.TIME_WAIT else uids),
    )


owners = st.lists(st.builds(owner, st.integers(1, 4), st.integers(0, 9)), max_size=2, unique=True).map(tuple)


@st.composite
def followed_sockets(draw: st.DrawFn, id: int) -> Socket:
    """The socket with this id, in some shape: small choices, so that two draws are often alike."""
    state = draw(st.sampled_from([State.ESTAB, *LATE_STATES]))
    held: tuple[Owner, ...] = draw(owners)
    return Socket(
        id=id,
        opened_at=None,
        user=None,
        owners=held,
        owner_reason=None if held else OwnerReason.KERNEL,
        netid="tcp",
        family=Family.INET,
        state=state,
        recv_q=draw(st.integers(0, 1)),
        send_q=0,
        local=address("127.0.0.1"),
        local_port=id,
        peer=address("127.0.0.1"),
        peer_port=80,
        inode=draw(st.sampled_from([0, id])),
        uid=0,
    )


@st.composite
def socket_sets(draw: st.DrawFn) -> dict[int, Socket]:
    """Followed sockets by id, of which two draws share many ids."""
    ids = draw(st.sets(st.integers(1, 8)))
    return {id: draw(followed_sockets(id)) for id in ids}


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
