"""Sockets of several network namespaces."""

from __future__ import annotations

import errno
from collections import deque

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Seen, Snapshot
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import NETNS, UnixDetails, line, netlink, owner, packet, tcp, time_wait, udp, unix
from tests.support.fake import FILES, Place, Watch, events, held, in_order, row

BLUE, RED = NETNS + 100, NETNS + 200
NAMESPACES = (Place(BLUE, "blue", 30), Place(RED, "red", 40))

LISTENER = tcp("127.0.0.1:80", inode=1)
CLIENT = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=2)
RESOLVER = udp("127.0.0.1:53", inode=3)


def inside(socket: Socket, netns: int, inode: int) -> Socket:
    """The same socket in another namespace."""
    return socket._replace(netns=netns, inode=inode)


BLUE_LISTENER = inside(LISTENER, BLUE, 11)
BLUE_CLIENT = inside(CLIENT, BLUE, 12)
RED_LISTENER = inside(LISTENER, RED, 21)
EVERYTHING = [LISTENER, CLIENT, BLUE_LISTENER, BLUE_CLIENT, RED_LISTENER]


def looking(namespaces: str = "", *sockets: Socket) -> Watch:
    """A watch on a machine with three namespaces, on those that are chosen."""
    watch = Watch(*(sockets or EVERYTHING))
    watch.source.others = NAMESPACES
    watch.collector.namespaces = namespaces
    watch.source.held = {7: {3: 1, 4: 2}, 30: {3: 11, 4: 12}, 40: {3: 21}}
    return watch


def lit(*snapshots: Snapshot) -> set[int]:
    marks = Marks()
    for snapshot in snapshots:
        marks = marks.advance(snapshot.delta, 9.0)
    return set(marks.by_id)


# --- which are looked at ---


def test_only_the_own_namespace_is_read_and_the_others_are_counted() -> None:
    watch = looking()
    snapshot = watch.again()
    assert held(snapshot) == [LISTENER, CLIENT]
    assert watch.source.reads == FILES
    assert snapshot.namespaces == Seen({NETNS: str(NETNS)}, 2, 0, NETNS)


@pytest.mark.parametrize(
    ("chosen", "sockets", "names"),
    [
        ("*", EVERYTHING, {NETNS: str(NETNS), BLUE: "blue", RED: "red"}),
        ("blue", [BLUE_LISTENER, BLUE_CLIENT], {BLUE: "blue"}),
        (str(RED), [RED_LISTENER], {RED: "red"}),
        (str(NETNS), [LISTENER, CLIENT], {NETNS: str(NETNS)}),
        ("green", [], {}),
    ],
)
def test_those_that_were_chosen_are_read(chosen: str, sockets: list[Socket], names: dict[int, str]) -> None:
    watch = looking(chosen)
    snapshot = watch.again()
    assert held(snapshot) == sockets
    assert snapshot.namespaces == Seen(names, 3 - len(names), 0, NETNS)
    assert watch.source.reads == len(names) * FILES


def test_two_of_one_name_are_told_apart_by_their_numbers() -> None:
    watch = looking("*")
    watch.source.others = (Place(BLUE, "web.service", 30), Place(RED, "web.service", 40))
    names = {NETNS: str(NETNS), BLUE: f"web.service ({BLUE})", RED: f"web.service ({RED})"}
    assert watch.again().namespaces.names == names
    watch.collector.namespaces = "web.service"
    assert watch.again().namespaces.names.keys() == {BLUE, RED}
    watch.source.others = watch.source.others[:1]
    assert watch.again(LOOK_ROUND_EVERY).namespaces.names == {BLUE: "web.service"}


def test_a_choice_can_be_made_from_the_start() -> None:
    watch = looking()
    assert held(Collector(watch.source, namespaces="red").collect(1.0)) == [RED_LISTENER]


def test_what_may_not_be_looked_at_is_counted() -> None:
    watch = looking("*")
    watch.source.unseen, watch.source.unreadable = 5, 2
    assert watch.again().namespaces[2:] == (5, NETNS, 2)


def test_owners_in_every_namespace_are_found() -> None:
    watch = looking("*")
    assert [socket.owners for socket in watch.again().sockets] == [
        (owner(7, 3),),
        (owner(7, 4),),
        (owner(30, 3),),
        (owner(30, 4),),
        (owner(40, 3),),
    ]


# --- each socket once ---


def test_sockets_with_equal_ends_in_two_namespaces_are_two_rows_with_lives_of_their_own() -> None:
    watch = looking("*")
    first = watch.again()
    assert len({socket.id for socket in first.sockets}) == 5
    over = inside(time_wait(CLIENT), BLUE, 0)
    second = watch.tick(LISTENER, CLIENT, BLUE_LISTENER, over, RED_LISTENER)
    assert events(second.delta) == {"changed": [over]}
    assert row(second, over).id == row(first, BLUE_CLIENT).id
    assert row(second, CLIENT) is row(first, CLIENT)
    third = watch.tick(LISTENER, CLIENT, BLUE_LISTENER, RED_LISTENER)
    assert events(third.delta) == {"closed": [over]}


def test_sockets_without_an_inode_at_equal_ends_in_two_namespaces_are_two_rows() -> None:
    twins = [time_wait(CLIENT), inside(time_wait(CLIENT), BLUE, 0), inside(time_wait(CLIENT), RED, 0)]
    watch = looking("*", *twins)
    first = watch.again()
    assert held(first) == twins
    second = watch.tick(twins[0], twins[2])
    assert events(second.delta) == {"closed": [twins[1]]}
    assert {id(socket) for socket in second.sockets} == {id(first.sockets[0]), id(first.sockets[2])}


def test_named_sockets_in_two_namespaces_are_two_rows() -> None:
    own = [unix("/run/x", inode=50), packet(inode=51), netlink(0, 1, inode=52), netlink(0, 0, inode=53)]
    twins = [inside(socket, BLUE, socket.inode + 50) for socket in own]
    twins[0] = twins[0]._replace(local_port=100)
    watch = looking("*", *own, *twins)
    watch.source.held[9] = {socket.inode: socket.inode for socket in (*own, *twins)}
    first = watch.again()
    assert in_order(held(first)) == in_order([*own, *twins])
    assert watch.again().delta.is_empty
    assert events(watch.tick(*own).delta) == {"closed": in_order(twins)}


# --- switched on and off ---


def test_switching_others_on_lights_nothing_and_what_opens_then_is_lit() -> None:
    watch = looking()
    first = watch.again()
    watch.collector.namespaces = "*"
    second = watch.again()
    assert events(second.delta) == {"opened": in_order([BLUE_LISTENER, BLUE_CLIENT, RED_LISTENER])}
    assert {(socket.was_there, socket.seen_at) for socket in second.delta.opened} == {(True, second.taken_at)}
    assert lit(first, second) == set()
    new = inside(RESOLVER, BLUE, 13)
    third = watch.tick(*EVERYTHING, new)
    assert events(third.delta) == {"opened": [new]}
    assert lit(first, second, third) == {row(third, new).id}
    assert [socket.id for socket in third.sockets[:2]] == [socket.id for socket in first.sockets]


def test_switching_others_off_drops_them_without_closing_them() -> None:
    watch = looking("*")
    first = watch.again()
    watch.collector.namespaces = ""
    second = watch.again()
    assert events(second.delta) == {"dropped": in_order([BLUE_LISTENER, BLUE_CLIENT, RED_LISTENER])}
    assert second.sockets == first.sockets[:2]
    assert lit(first, second) == set()
    assert second.counts.by_kind == {"tcp": 2}
    assert watch.again().delta.is_empty


def test_what_is_lit_goes_dark_when_it_is_switched_off() -> None:
    watch = looking("*")
    first = watch.again()
    second = watch.tick(*EVERYTHING, inside(RESOLVER, BLUE, 13))
    watch.collector.namespaces = ""
    assert lit(first, second) != set()
    assert lit(first, second, watch.again()) == set()


def test_switching_from_one_to_another_drops_the_one_and_lights_nothing_of_the_other() -> None:
    watch = looking("blue")
    first = watch.again()
    watch.collector.namespaces = "red"
    second = watch.again()
    assert events(second.delta) == {"opened": [RED_LISTENER], "dropped": in_order([BLUE_LISTENER, BLUE_CLIENT])}
    assert lit(first, second) == set()
    watch.collector.namespaces = "blue"
    third = watch.again()
    assert lit(first, second, third) == set()
    assert not {socket.id for socket in first.sockets} & {socket.id for socket in third.sockets}
    assert [socket.owners for socket in third.sockets] == [(owner(30, 3),), (owner(30, 4),)]


def test_what_closed_while_it_is_switched_off_is_not_told() -> None:
    watch = looking("*")
    watch.again()
    watch.collector.namespaces = ""
    watch.source.put(LISTENER, CLIENT)
    second = watch.again()
    assert events(second.delta).keys() == {"dropped"}
    watch.collector.namespaces = "*"
    assert watch.again().delta.is_empty


def test_a_change_in_the_tick_that_switches_off_is_not_told() -> None:
    watch = looking("*")
    watch.again()
    watch.source.held[8] = {3: 11}
    watch.collector.namespaces = ""
    delta = watch.again(LOOK_ROUND_EVERY).delta
    assert events(delta).keys() == {"dropped"}


# --- namespaces that come and go ---


def test_a_new_namespace_is_noticed_when_it_is_looked_round() -> None:
    watch = looking("*")
    watch.source.others = NAMESPACES[:1]
    assert len(watch.again().sockets) == 4
    watch.source.others = NAMESPACES
    assert watch.again(LOOK_ROUND_EVERY - 1).namespaces.names.keys() == {NETNS, BLUE}
    second = watch.again(1.0)
    assert events(second.delta) == {"opened": [RED_LISTENER]}
    assert second.delta.opened[0].was_there


def test_a_namespace_whose_process_is_gone_keeps_its_rows_that_tick_and_is_read_through_another() -> None:
    watch = looking("*")
    first = watch.again()
    watch.source.gone.add(30)
    watch.source.others = (NAMESPACES[0]._replace(pid=31), NAMESPACES[1])
    second = watch.tick(LISTENER, CLIENT, BLUE_LISTENER, RED_LISTENER)
    assert (second.delta.is_empty, second.problems) == (True, ())
    assert second.sockets == first.sockets
    third = watch.again()
    assert (events(third.delta), third.problems) == ({"closed": [BLUE_CLIENT]}, ())
    assert row(third, BLUE_LISTENER) is row(first, BLUE_LISTENER)


def test_a_namespace_that_is_no_more_has_closed_its_sockets() -> None:
    watch = looking("*")
    first = watch.again()
    watch.source.gone.add(30)
    watch.source.others = NAMESPACES[1:]
    del watch.source.held[30]
    assert watch.again().delta.is_empty
    third = watch.again()
    assert events(third.delta) == {"closed": in_order([BLUE_LISTENER, BLUE_CLIENT])}
    assert lit(first, third) == {first.sockets[2].id, first.sockets[3].id}
    assert third.namespaces == Seen({NETNS: str(NETNS), RED: "red"}, 0, 0, NETNS)


def test_the_chosen_namespace_may_be_no_more() -> None:
    watch = looking("blue")
    watch.again()
    watch.source.others = NAMESPACES[1:]
    second = watch.again(LOOK_ROUND_EVERY)
    assert not second.sockets
    assert set(events(second.delta)) == {"closed"}
    assert second.namespaces == Seen({}, 2, 0, NETNS)


def test_a_namespace_with_another_name_is_the_same() -> None:
    watch = looking("*")
    first = watch.again()
    watch.source.others = (NAMESPACES[0]._replace(name="docker:0123"), NAMESPACES[1])
    second = watch.again(LOOK_ROUND_EVERY)
    assert (second.delta.is_empty, second.sockets) == (True, first.sockets)
    assert second.namespaces.names[BLUE] == "docker:0123"


# --- what can't be read, and what can't be asked ---


def test_a_table_that_the_kernel_lacks_is_no_problem_in_any_namespace() -> None:
    watch = looking("*")
    watch.source.failing["sctp/eps"] = FileNotFoundError(errno.ENOENT, "No such file or directory")
    snapshot = watch.again()
    assert (len(snapshot.sockets), snapshot.problems) == (5, ())
    assert watch.again().problems == ()


def test_a_namespace_that_cannot_be_read_keeps_its_sockets_and_says_so() -> None:
    watch = looking("*")
    first = watch.again()
    watch.source.failing["tcp"] = PermissionError(errno.EACCES, "Permission denied")
    second = watch.tick()
    assert second.sockets == first.sockets
    assert sum(problem.times for problem in second.problems) == 3


def test_where_sock_diag_cannot_be_asked_two_reads_must_tell() -> None:
    watch = looking("*")
    watch.again()
    watch.source.silent = {BLUE}
    watch.source.alive = {BLUE_CLIENT.ends: 12, CLIENT.ends: 2}
    second = watch.tick(LISTENER, CLIENT, BLUE_LISTENER, RED_LISTENER)
    assert events(second.delta) == {"closed": [BLUE_CLIENT]}


def test_a_connection_that_is_missing_in_another_namespace_is_asked_about_there() -> None:
    watch = looking("*")
    first = watch.again()
    watch.source.alive = {BLUE_CLIENT.ends: 12}
    second = watch.tick(LISTENER, CLIENT, BLUE_LISTENER, RED_LISTENER)
    assert (second.delta.is_empty, second.sockets) == (True, first.sockets)


def test_a_line_that_one_read_lost_in_the_own_namespace_is_asked_about_there() -> None:
    watch = looking("*")
    first = watch.again()
    watch.source.alive = {CLIENT.ends: 2}
    watch.source.torn["tcp"] = deque([[line(LISTENER)]])
    second = watch.again()
    assert (second.delta.is_empty, second.sockets) == (True, first.sockets)


def test_sock_diag_tells_of_each_namespace_in_which_it_can_be_asked() -> None:
    path = unix("/run/x", inode=50)
    device = packet("ip", 2)
    watch = looking("*", LISTENER, inside(path, BLUE, 60), inside(device, BLUE, 61), BLUE_LISTENER, RED_LISTENER)
    watch.source.silent = {RED}
    watch.source.more_of_bound = {1: Bound(0, 128, None), 11: Bound(0, 99, "eth9"), 21: Bound(0, 77, "eth7")}
    watch.source.more_of_unix = {60: UnixDetails(61, 9, 9, 9)}
    snapshot = watch.again()
    assert row(snapshot, LISTENER).send_q == 128
    assert (row(snapshot, BLUE_LISTENER).send_q, row(snapshot, BLUE_LISTENER).interface) == (99, "eth9")
    assert row(snapshot, inside(device, BLUE, 61)).interface == "eth2"
    assert row(snapshot, inside(path, BLUE, 60)).recv_q == 9
    assert (row(snapshot, RED_LISTENER).send_q, row(snapshot, RED_LISTENER).interface) == (None, None)


def test_a_reason_in_another_namespace_is_told_as_in_the_own_one() -> None:
    watch = looking("blue", BLUE_LISTENER, inside(time_wait(CLIENT), BLUE, 0), inside(RESOLVER, BLUE, 13))
    watch.source.held = {30: {3: 11}, 31: PermissionError()}
    assert [socket.owner_reason for socket in watch.again().sockets] == [
        None,
        OwnerReason.KERNEL,
        OwnerReason.PERMISSION,
    ]


def test_a_state_that_changes_in_another_namespace_is_a_change() -> None:
    watch = looking("*")
    watch.again()
    ending = BLUE_CLIENT._replace(state=State.CLOSE_WAIT)
    assert events(watch.tick(LISTENER, CLIENT, BLUE_LISTENER, ending, RED_LISTENER).delta) == {"changed": [ending]}
