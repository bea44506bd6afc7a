from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from netwatch_tui.sockets.delta import Change, Delta, anchor, continues, diff, is_at_one_place
from netwatch_tui.sockets.socket import LATE_STATES, Socket, State
from tests.support.build import netlink, owner, packet, tcp, udp, unix
from tests.support.strategies import change_ids, histories, socket_sets

HERE, THERE = "127.0.0.1:80", "127.0.0.1:50000"


def conn(state: State, inode: int) -> Socket:
    return tcp(HERE, THERE, state=state, inode=inode)


SAME = {
    "nothing changed": (conn(State.ESTAB, 7), conn(State.ESTAB, 7)),
    "another state": (conn(State.SYN_SENT, 7), conn(State.ESTAB, 7)),
    "half closed, descriptor still open": (conn(State.ESTAB, 7), conn(State.FIN_WAIT_2, 7)),
    "the descriptor is closed after half closing": (conn(State.FIN_WAIT_2, 7), conn(State.FIN_WAIT_2, 0)),
    "closed: fin-wait-1 without inode": (conn(State.ESTAB, 7), conn(State.FIN_WAIT_1, 0)),
    "closed: straight to time-wait": (conn(State.ESTAB, 7), conn(State.TIME_WAIT, 0)),
    "closed after the peer": (conn(State.CLOSE_WAIT, 7), conn(State.LAST_ACK, 0)),
    "closing without inode goes on": (conn(State.FIN_WAIT_1, 0), conn(State.TIME_WAIT, 0)),
    "both closed at once": (conn(State.FIN_WAIT_1, 0), conn(State.CLOSING, 0)),
    "handshake ends, not accepted": (conn(State.SYN_RECV, 0), conn(State.ESTAB, 0)),
    "accepted": (conn(State.ESTAB, 0), conn(State.ESTAB, 7)),
    "accepted straight from the handshake": (conn(State.SYN_RECV, 0), conn(State.ESTAB, 7)),
    "accepted after the peer has closed": (conn(State.CLOSE_WAIT, 0), conn(State.CLOSE_WAIT, 7)),
    "ended without being accepted": (conn(State.ESTAB, 0), conn(State.LAST_ACK, 0)),
    "a unix socket that is bound": (unix("*", state=State.UNCONN, inode=7), unix("/run/x", inode=7)),
    "a unix socket that gets a peer": (unix("/run/x", inode=7), unix("/run/x", inode=7, peer_port=8)),
    "one that waits to be accepted": (unix("/run/x", inode=0), unix("/run/x", inode=0)),
    "a packet socket that is bound to a device": (packet(inode=7), packet("ip", 2, inode=7)),
    "a netlink socket that gets another port": (netlink(4, 1, inode=7), netlink(4, 2, inode=7)),
    "queue, user and owners play no part": (
        tcp(HERE, THERE, inode=7, uid=0),
        tcp(HERE, THERE, inode=7, uid=1000, recv_q=9, owners=(owner(1),)),
    ),
}

OTHER = {
    "another inode": (conn(State.ESTAB, 7), conn(State.ESTAB, 8)),
    "reuseport listeners": (tcp(HERE, inode=7), tcp(HERE, inode=8)),
    "time-wait, then the ports are used again": (conn(State.TIME_WAIT, 0), conn(State.ESTAB, 8)),
    "time-wait, then a new handshake": (conn(State.TIME_WAIT, 0), conn(State.SYN_RECV, 0)),
    "time-wait, then a new call out": (conn(State.TIME_WAIT, 0), conn(State.SYN_SENT, 8)),
    "last-ack, then not yet accepted": (conn(State.LAST_ACK, 0), conn(State.ESTAB, 0)),
    "a late socket gets no new inode": (conn(State.FIN_WAIT_2, 0), conn(State.TIME_WAIT, 8)),
    "a working socket does not lose its inode": (conn(State.ESTAB, 7), conn(State.ESTAB, 0)),
    "a held socket does not go back to a handshake": (conn(State.ESTAB, 7), conn(State.SYN_RECV, 0)),
    "listener that is opened again": (tcp(HERE, inode=7), tcp(HERE, inode=9)),
    "another local port": (conn(State.ESTAB, 7), tcp("127.0.0.1:81", THERE, inode=7)),
    "another local address": (conn(State.ESTAB, 7), tcp("127.0.0.2:80", THERE, inode=7)),
    "another peer port": (conn(State.ESTAB, 7), tcp(HERE, "127.0.0.1:50001", inode=7)),
    "another peer address": (conn(State.ESTAB, 7), tcp(HERE, "127.0.0.2:50000", inode=7)),
    "another protocol": (conn(State.ESTAB, 7), udp(HERE, THERE, inode=7)),
    "another network namespace": (conn(State.ESTAB, 7), conn(State.ESTAB, 7)._replace(netns=1)),
    "time-wait in another network namespace": (conn(State.TIME_WAIT, 0), conn(State.TIME_WAIT, 0)._replace(netns=1)),
    "two unix sockets of one name": (unix("/run/x", inode=7), unix("/run/x", inode=8)),
    "two that wait to be accepted": (unix("/run/x", inode=0), unix("/run/y", inode=0)),
    "a unix socket of another type": (unix("/run/x", "u_str", inode=7), unix("/run/x", "u_dgr", inode=7)),
    "a mapped address": (tcp("127.0.0.1:80", inode=7), tcp("[::ffff:127.0.0.1]:80", inode=7)),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_it_is_the_same_socket(before: Socket, after: Socket) -> None:
    assert continues(before, after)


@pytest.mark.parametrize(("before", "after"), OTHER.values(), ids=OTHER)
def test_it_is_another_socket(before: Socket, after: Socket) -> None:
    assert not continues(before, after)


@pytest.mark.parametrize("before", sorted(LATE_STATES))
@pytest.mark.parametrize("after", sorted(set(State) - LATE_STATES))
def test_no_late_state_leads_back_to_a_working_one(before: State, after: State) -> None:
    assert not continues(conn(before, 0), conn(after, 0))
    assert not continues(conn(before, 0), conn(after, 8))


def by_id(*sockets: Socket) -> dict[int, Socket]:
    return {socket.id: socket for socket in sockets}


def test_each_kind_of_difference_stands_in_its_part() -> None:
    gone, still, busy, ending = (tcp(HERE, f"10.0.0.1:{id}", id=id) for id in (1, 2, 3, 4))
    busier, ended, new = busy._replace(recv_q=5), ending._replace(state=State.TIME_WAIT, inode=0), tcp(id=5)
    assert diff(by_id(gone, still, busy, ending), by_id(still, busier, ended, new)) == Delta(
        opened=(new,),
        changed=(Change(ending, ended),),
        updated=(Change(busy, busier),),
        closed=(gone,),
    )


def test_a_change_of_owners_alone_is_an_update() -> None:
    before = tcp(id=1)
    after = before._replace(owners=(owner(7),), owner_reason=None)
    assert diff(by_id(before), by_id(after)) == Delta(updated=(Change(before, after),))


def test_an_equal_copy_is_no_difference() -> None:
    assert diff(by_id(tcp(id=1)), by_id(tcp(id=1))).is_empty


def test_what_is_dropped_is_gone_without_being_closed() -> None:
    sockets = by_id(tcp(id=1), tcp(id=2), tcp(id=3))
    Delta(closed=(tcp(id=1),), dropped=(tcp(id=3),)).apply(sockets)
    assert sockets == by_id(tcp(id=2))


@pytest.mark.parametrize(
    "delta",
    [
        Delta(opened=(tcp(),)),
        Delta(changed=(Change(tcp(), tcp()),)),
        Delta(updated=(Change(tcp(), tcp()),)),
        Delta(closed=(tcp(),)),
        Delta(dropped=(tcp(),)),
    ],
)
def test_a_delta_with_anything_in_it_is_not_empty(delta: Delta) -> None:
    assert not delta.is_empty


@pytest.mark.parametrize(
    "delta",
    [
        Delta(closed=(tcp(id=9),)),
        Delta(dropped=(tcp(id=9),)),
        Delta(changed=(Change(tcp(id=9), tcp(id=9, state=State.ESTAB)),)),
        Delta(updated=(Change(tcp(id=9), tcp(id=9, recv_q=1)),)),
    ],
)
def test_a_delta_of_other_sockets_is_refused(delta: Delta) -> None:
    with pytest.raises(KeyError):
        delta.apply(by_id(tcp(id=1)))


@given(socket_sets(), socket_sets())
def test_applying_the_difference_to_before_gives_after(before: dict[int, Socket], after: dict[int, Socket]) -> None:
    patched = dict(before)
    diff(before, after).apply(patched)
    assert patched == after


@given(socket_sets(), socket_sets())
def test_the_parts_are_disjoint_and_true(before: dict[int, Socket], after: dict[int, Socket]) -> None:
    delta = diff(before, after)
    opened, closed = [socket.id for socket in delta.opened], [socket.id for socket in delta.closed]
    changed, updated = change_ids(delta.changed), change_ids(delta.updated)
    ids = [*opened, *changed, *updated, *closed]
    assert len(ids) == len(set(ids))
    assert set(opened) == after.keys() - before.keys()
    assert set(closed) == before.keys() - after.keys()
    assert set(ids) - set(opened) - set(closed) == {id for id in before if id in after and before[id] != after[id]}
    assert all(change.before.state is not change.after.state for change in delta.changed)
    assert all(change.before.state is change.after.state for change in delta.updated)
    assert all(change == (before[change.after.id], after[change.after.id]) for change in delta.changed + delta.updated)


@given(histories())
def test_the_differences_of_a_history_add_up(history: list[dict[int, Socket]]) -> None:
    sockets = dict(history[0])
    for before, after in pairwise(history):
        diff(before, after).apply(sockets)
        assert sockets == after
    assert diff(sockets, dict(history[-1])).is_empty


FEW = (
    tcp(HERE, THERE, inode=7),
    tcp(HERE, "127.0.0.2:80", inode=0),
    udp(HERE, inode=7),
    udp(HERE, inode=0),
    udp("127.0.0.1:81", inode=7),
    unix("/run/x", inode=0),
    unix("/run/x", inode=7),
    unix("*", inode=7),
    packet(inode=7),
    netlink(4, 1, inode=7),
)


@pytest.mark.parametrize("one", FEW)
@pytest.mark.parametrize("other", [*FEW, FEW[0]._replace(netns=9), FEW[0]._replace(netid="mptcp")])
def test_the_short_way_to_compare_anchors_is_right(one: Socket, other: Socket) -> None:
    assert is_at_one_place(one, other) == (anchor(one) == anchor(other))
