"""Sockets over time: which row is which, and what a tick says happened."""

from __future__ import annotations

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Seen
from netwatch_tui.sockets.socket import Socket, State, Timer
from tests.support.build import NETNS, datagram, line, netlink, owner, packet, tcp, time_wait, udp, unix
from tests.support.fake import FakeSource, Watch, busy, events, held, only

LISTENER = tcp("127.0.0.1:80", inode=1)
CLIENT = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=2)
SERVER = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=3)
CLOSED = time_wait(SERVER)
RESOLVER = udp("[::1]:53", inode=4)
EVERY_KIND = [
    LISTENER,
    RESOLVER,
    datagram("udpl", "127.0.0.1:9", inode=5),
    datagram("raw", "0.0.0.0:1", inode=6),
    datagram("icmp", "[::]:0", inode=7),
    unix("/run/x", state=State.LISTEN, inode=8),
    unix("@x", "u_dgr", inode=9),
    unix(kind="u_seq", inode=10),
    packet("ip", inode=11),
    packet(kind="p_dgr", inode=12),
    netlink(4, 17, inode=13),
]


def test_the_first_snapshot_holds_all_sockets_and_an_empty_delta() -> None:
    watch = busy()
    first = watch.tick(LISTENER, CLIENT, SERVER, RESOLVER)
    assert held(first) == [LISTENER, CLIENT, SERVER, RESOLVER]
    assert first.delta.is_empty
    assert first.taken_at == 101.0
    assert {(socket.seen_at, socket.was_there) for socket in first.sockets} == {(101.0, True)}
    assert len({socket.id for socket in first.sockets} - {0}) == 4
    assert first.namespaces == Seen({NETNS: str(NETNS)}, 0, 0, NETNS)


def test_sockets_of_every_kind_are_followed() -> None:
    watch = busy(*EVERY_KIND)
    first = watch.again()
    assert held(first) == EVERY_KIND
    assert first.problems == ()
    assert {socket.owners for socket in first.sockets} == {(owner(1, socket.inode),) for socket in EVERY_KIND}
    assert first.counts.by_kind == {
        "tcp": 1,
        "udp": 1,
        "unix": 3,
        "raw": 1,
        "udplite": 1,
        "icmp": 1,
        "packet": 2,
        "netlink": 1,
    }
    assert events(watch.tick(*EVERY_KIND[:5]).delta).keys() == {"closed"}
    assert events(watch.tick(*EVERY_KIND).delta).keys() == {"opened"}


def test_an_unchanged_line_is_the_identical_socket() -> None:
    watch = busy(*EVERY_KIND)
    first, second = watch.again(), watch.again()
    assert all(before is after for before, after in zip(first.sockets, second.sockets, strict=True))
    assert second.delta.is_empty
    assert second.taken_at == 102.0


def test_a_line_of_which_nothing_is_shown_that_changed_is_the_identical_socket() -> None:
    watch = busy(CLIENT)
    before = only(watch.again())
    watch.source.tables["tcp"] = [line(CLIENT, rest="55 4 8 2 2")]
    second, third = watch.again(), watch.again()
    assert only(second) is before
    assert only(third) is before
    assert second.delta.is_empty


def test_a_timer_that_runs_down_is_an_update() -> None:
    watch = busy(CLIENT)
    before = only(watch.again())
    second = watch.tick(CLIENT._replace(timer=Timer("on", 0.2), retransmits=1))
    assert second.delta == Delta(updated=(Change(before, before._replace(timer=Timer("on", 0.2), retransmits=1)),))


def test_an_opened_socket_gets_a_new_id_and_the_time() -> None:
    watch = busy(LISTENER)
    first, second = watch.again(), watch.tick(LISTENER, CLIENT)
    assert events(second.delta) == {"opened": [CLIENT]}
    (opened,) = second.delta.opened
    assert opened is second.sockets[1]
    assert (opened.seen_at, opened.was_there) == (second.taken_at, False)
    assert opened.id not in {0, first.sockets[0].id}


def test_a_changed_socket_keeps_its_id_and_its_age() -> None:
    watch = busy()
    watch.again()
    before = only(watch.tick(CLIENT._replace(state=State.SYN_SENT)))
    second = watch.tick(CLIENT)
    after = only(second)
    assert second.delta == Delta(changed=(Change(before, after),))
    assert (after.id, after.seen_at, after.was_there) == (before.id, before.seen_at, False)
    assert after.state is State.ESTAB


def test_a_socket_with_other_queues_is_updated() -> None:
    watch = busy(CLIENT)
    before = only(watch.again())
    second = watch.tick(CLIENT._replace(recv_q=7))
    assert second.delta == Delta(updated=(Change(before, before._replace(recv_q=7)),))


def test_a_closed_socket_is_told_as_it_was_last_seen() -> None:
    watch = busy(LISTENER, CLIENT)
    before = watch.again().sockets[1]
    second = watch.tick(LISTENER)
    assert second.delta == Delta(closed=(before,))
    assert held(second) == [LISTENER]
    assert watch.again().delta.is_empty


def test_an_id_is_never_used_again() -> None:
    watch = busy()
    seen: list[int] = []
    for _ in range(4):
        seen.append(only(watch.tick(CLIENT)).id)
        watch.tick()
    assert len(set(seen)) == 4


def test_a_socket_that_falls_to_time_wait_keeps_its_row_and_loses_user_and_owners() -> None:
    watch = Watch(SERVER)
    watch.source.hold(7, SERVER)
    before = only(watch.again())
    assert (before.user, before.owners) == ("root", (owner(7),))
    second = watch.tick(CLOSED)
    after = only(second)
    assert second.delta == Delta(changed=(Change(before, after),))
    assert after == CLOSED._replace(
        id=before.id,
        seen_at=before.seen_at,
        was_there=True,
        owner_reason=OwnerReason.LAST_HELD,
        evidence=(owner(7),),
    )
    assert watch.tick().delta.closed == (after,)


def test_a_socket_keeps_its_row_through_all_the_states_of_its_life() -> None:
    life = [
        SERVER._replace(state=State.SYN_RECV, inode=0),
        SERVER._replace(inode=0),
        SERVER,
        SERVER._replace(state=State.FIN_WAIT_1),
        SERVER._replace(state=State.FIN_WAIT_2, inode=0),
        CLOSED,
    ]
    watch = busy()
    watch.again()
    snapshots = [watch.tick(socket) for socket in life]
    assert len({only(snapshot).id for snapshot in snapshots}) == 1
    assert [list(events(snapshot.delta)) for snapshot in snapshots] == [
        ["opened"],
        ["changed"],
        ["updated"],
        ["changed"],
        ["changed"],
        ["changed"],
    ]


def test_an_accepted_connection_is_the_same_row_and_has_its_owner_at_once() -> None:
    watch = Watch(SERVER._replace(inode=0))
    before = only(watch.again())
    watch.source.hold(7, SERVER)
    after = only(watch.tick(SERVER))
    assert (after.id, after.owners) == (before.id, (owner(7),))


def test_ports_that_are_used_again_are_a_closed_and_an_opened_socket() -> None:
    watch = busy(CLOSED)
    before = only(watch.again())
    again = SERVER._replace(inode=99)
    second = watch.tick(again)
    assert events(second.delta) == {"closed": [CLOSED], "opened": [again]}
    assert only(second).id != before.id


def test_another_inode_at_the_same_ends_is_another_socket() -> None:
    watch = busy(SERVER)
    watch.again()
    assert list(events(watch.tick(SERVER._replace(inode=99)).delta)) == ["opened", "closed"]


ALONE = udp("127.0.0.1:5000", inode=5)


@pytest.mark.parametrize(
    "after",
    [
        udp("127.0.0.1:5000", "127.0.0.1:53", inode=5),
        udp("10.0.0.1:5000", "10.0.0.2:53", inode=5),
        udp("127.0.0.1:5001", inode=5),
    ],
)
def test_a_udp_socket_that_connects_stays_its_row_and_is_changed(after: Socket) -> None:
    watch = busy(ALONE)
    before = only(watch.again())
    second = watch.tick(after)
    assert events(second.delta) == {"changed": [after]}
    assert only(second).id == before.id
    third = watch.tick(after._replace(recv_q=1))
    assert events(third.delta) == {"updated": [after._replace(recv_q=1)]}
    back = watch.tick(ALONE)
    assert (events(back.delta), only(back).id) == ({"changed": [ALONE]}, before.id)
    assert watch.again().delta.is_empty


@pytest.mark.parametrize("netid", ["udpl", "raw", "icmp"])
def test_so_does_every_socket_without_connections(netid: str) -> None:
    watch = busy(datagram(netid, "0.0.0.0:1", inode=5))
    before = only(watch.again())
    after = datagram(netid, "127.0.0.1:1", "127.0.0.2:0", inode=5)
    second = watch.tick(after)
    assert (events(second.delta), only(second).id) == ({"changed": [after]}, before.id)


def test_a_udp_socket_at_the_ends_of_one_that_is_gone_is_another_row() -> None:
    watch = busy(ALONE)
    watch.again()
    assert list(events(watch.tick(ALONE._replace(inode=6)).delta)) == ["opened", "closed"]


def test_reuseport_listeners_are_told_apart_by_inode() -> None:
    twins = LISTENER, LISTENER._replace(inode=11), LISTENER._replace(inode=12)
    watch = busy(*twins)
    first = watch.again()
    second = watch.tick(twins[0], twins[2]._replace(recv_q=1))
    assert [socket.id for socket in second.sockets] == [first.sockets[0].id, first.sockets[2].id]
    assert events(second.delta) == {"updated": [twins[2]._replace(recv_q=1)], "closed": [twins[1]]}


def test_a_socket_and_its_mapped_namesake_are_two() -> None:
    watch = busy(tcp("127.0.0.1:80", inode=1), tcp("[::ffff:127.0.0.1]:80", inode=2))
    assert len(watch.again().sockets) == 2
    assert watch.again().delta.is_empty


# --- sockets with names ---

BOUND = unix("/run/x", inode=8)
UNACCEPTED = [
    unix("/run/x", inode=0, state=State.SYN_SENT)._replace(local=BOUND.local._replace(packed=b"/run/x\0" + pointer))
    for pointer in (b"ffff0001", b"ffff0002", b"ffff0003")
]


def test_a_unix_socket_that_is_bound_and_listens_keeps_its_row() -> None:
    life = [unix(state=State.UNCONN, inode=8), BOUND._replace(state=State.UNCONN), BOUND._replace(state=State.LISTEN)]
    watch = busy()
    watch.again()
    snapshots = [watch.tick(socket) for socket in life]
    assert len({only(snapshot).id for snapshot in snapshots}) == 1
    assert [list(events(snapshot.delta)) for snapshot in snapshots] == [["opened"], ["updated"], ["changed"]]


def test_unix_connections_that_nobody_accepted_are_rows_of_their_own() -> None:
    bound, *unaccepted = (each._replace(refs=2) for each in (BOUND, *UNACCEPTED))
    watch = busy(bound, *unaccepted[:2])
    watch.source.silent = {NETNS}
    first = watch.again()
    assert held(first) == [bound, *unaccepted[:2]]
    assert watch.again().delta.is_empty
    second = watch.tick(bound, *unaccepted[1:])
    assert events(second.delta) == {"opened": [unaccepted[2]], "closed": [unaccepted[0]]}
    assert second.sockets[1] is first.sockets[2]


def test_several_sockets_of_one_name_are_told_apart_by_inode() -> None:
    watch = busy(*(BOUND._replace(inode=inode, local_port=inode) for inode in (8, 9, 10)))
    first = watch.again()
    second = watch.tick(*(BOUND._replace(inode=inode, local_port=inode, refs=inode) for inode in (8, 10)))
    assert [socket.id for socket in second.sockets] == [first.sockets[0].id, first.sockets[2].id]
    assert [socket.inode for socket in second.delta.closed] == [9]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (packet("*", inode=8), packet("ip", 2, inode=8)),
        (netlink(4, 17, inode=8), netlink(4, 18, inode=8, drops=3)),
        (datagram("raw", "0.0.0.0:1", inode=8), datagram("raw", "0.0.0.0:1", inode=8, drops=3)),
    ],
)
def test_a_socket_with_other_details_is_the_same_row(before: Socket, after: Socket) -> None:
    watch = busy(before)
    first = only(watch.again())
    second = watch.tick(after)
    assert events(second.delta).keys() == {"updated"}
    assert only(second).id == first.id


# --- counts, cost, tables ---


def test_user_counts_and_cost_are_told() -> None:
    times = iter([10.0, 12.5])
    source = FakeSource(LISTENER, CLIENT._replace(uid=1000), CLOSED, RESOLVER)
    snapshot = Collector(source, stopwatch=lambda: next(times)).collect(1.0)
    assert [socket.user for socket in snapshot.sockets] == ["root", "1000", None, "root"]
    assert snapshot.counts.by_kind == {"tcp": 3, "udp": 1}
    assert snapshot.counts.by_state == {
        ("tcp", State.LISTEN): 1,
        ("tcp", State.ESTAB): 1,
        ("tcp", State.TIME_WAIT): 1,
        ("udp", State.UNCONN): 1,
    }
    assert snapshot.cost == 2.5


def test_only_the_tables_that_were_asked_for_are_read() -> None:
    source = FakeSource(LISTENER, RESOLVER)
    snapshot = Collector(source, TABLES[:1]).collect(1.0)
    assert (held(snapshot), source.reads) == ([LISTENER], 1)


# --- what is lit ---


def test_the_first_snapshot_lights_nothing_and_the_second_what_opened() -> None:
    watch = busy(LISTENER)
    first, second = watch.again(), watch.tick(LISTENER, CLIENT)
    marks = Marks().advance(first.delta, 9.0)
    assert marks.by_id == {}
    assert set(marks.advance(second.delta, 9.0).by_id) == {second.sockets[1].id}


def test_a_table_that_can_be_read_only_later_is_not_lit() -> None:
    watch = busy(LISTENER, RESOLVER)
    watch.source.failing["udp6"] = PermissionError(13, "Permission denied")
    assert held(watch.again()) == [LISTENER]
    watch.source.failing.clear()
    second = watch.again()
    assert events(second.delta) == {"opened": [RESOLVER]}
    assert (second.delta.opened[0].was_there, second.delta.opened[0].seen_at) == (True, second.taken_at)
    assert Marks().advance(second.delta, 9.0).by_id == {}
    other = RESOLVER._replace(local_port=54, inode=5)
    third = watch.tick(LISTENER, RESOLVER, other)
    assert set(Marks().advance(third.delta, 9.0).by_id) == {third.delta.opened[0].id}
