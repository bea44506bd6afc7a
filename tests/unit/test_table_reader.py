"""Reads that are not atomic, questions to sock_diag, and what can't be read or understood."""

from __future__ import annotations

import errno
import struct
from collections import deque

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.kernel.sock_diag_messages import packed_ends
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import UnixDetails, line, owner, packet, tcp, time_wait, udp, unix
from tests.support.fake import FILES, Watch, busy, events, held, in_order, only, row

LISTENER = tcp("127.0.0.1:80", inode=1)
CLIENT = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=2)
SERVER = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=3)
CLOSED = time_wait(SERVER)
RESOLVER = udp("[::1]:53", inode=4)

UNACCEPTED = SERVER._replace(inode=0)
ENDING = SERVER._replace(state=State.FIN_WAIT_1, inode=0)


def lines(*sockets: Socket) -> list[bytes]:
    return [line(socket) for socket in sockets]


# --- torn reads ---


def test_a_doubled_line_is_one_socket() -> None:
    watch = busy()
    watch.again()
    watch.source.tables["tcp"] = lines(CLIENT, LISTENER, CLIENT)
    assert events(watch.again().delta) == {"opened": in_order([CLIENT, LISTENER])}
    assert watch.again().delta.is_empty


def test_a_line_that_is_doubled_in_the_first_read_is_one_socket() -> None:
    watch = busy()
    watch.source.tables["tcp"] = lines(CLIENT, CLOSED, LISTENER, CLIENT, CLOSED)
    assert in_order(held(watch.again())) == in_order([CLIENT, CLOSED, LISTENER])
    assert watch.again().delta.is_empty


LISTED_TWICE = {
    "with another queue": (CLIENT, CLIENT._replace(recv_q=9)),
    "before and after it was accepted": (UNACCEPTED, SERVER),
    "before and after it was closed": (SERVER, ENDING),
    "before and after it was accepted and closed": (UNACCEPTED, ENDING),
    "before and after the handshake ended": (SERVER._replace(state=State.SYN_RECV, inode=0), SERVER),
    "before and after it fell to time-wait": (SERVER, CLOSED),
    "in two states without inode": (ENDING, CLOSED),
}


@pytest.mark.parametrize(("first", "second"), LISTED_TWICE.values(), ids=LISTED_TWICE)
@pytest.mark.parametrize("is_first_tick", [False, True])
def test_a_new_socket_that_is_listed_twice_in_different_shape_is_one(
    first: Socket, second: Socket, is_first_tick: bool
) -> None:
    watch = busy(LISTENER)
    if not is_first_tick:
        watch.again()
    watch.source.put(LISTENER, second)
    watch.source.torn["tcp"] = deque([lines(LISTENER, first, second)])
    torn = watch.again()
    assert held(torn) in ([LISTENER, first], [LISTENER, second])
    whole = watch.tick(LISTENER, second)
    assert held(whole) == [LISTENER, second]
    assert [socket.id for socket in whole.sockets] == [socket.id for socket in torn.sockets]
    assert not events(whole.delta).keys() & {"opened", "closed"}


@pytest.mark.parametrize(("first", "second"), LISTED_TWICE.values(), ids=LISTED_TWICE)
@pytest.mark.parametrize("is_unchanged", [False, True])
def test_a_known_socket_that_is_listed_twice_in_different_shape_is_one(
    first: Socket, second: Socket, is_unchanged: bool
) -> None:
    known = first if is_unchanged else first._replace(recv_q=5)
    watch = busy(known)
    before = only(watch.again())
    watch.source.put(second)
    watch.source.torn["tcp"] = deque([lines(first, second)])
    torn = watch.again()
    assert only(torn).id == before.id
    assert held(torn) in ([first], [second])
    whole = watch.tick(second)
    assert (held(whole), only(whole).id) == ([second], before.id)
    assert watch.source.reads <= 3 * FILES + 1, "its second line was not kept as one more that can be missing"
    assert watch.again().delta.is_empty


def test_a_line_that_one_read_lost_is_not_closed() -> None:
    watch = busy(LISTENER, CLIENT)
    first = watch.again()
    watch.source.torn["tcp"] = deque([lines(LISTENER)])
    second = watch.again()
    assert second.delta.is_empty
    assert {id(socket) for socket in second.sockets} == {id(socket) for socket in first.sockets}
    assert watch.again().delta.is_empty


def test_a_line_that_one_read_lost_and_that_changed_meanwhile_is_changed() -> None:
    watch = busy(LISTENER, SERVER)
    before = watch.again().sockets[1]
    watch.source.put(LISTENER, CLOSED)
    watch.source.torn["tcp"] = deque([lines(LISTENER)])
    second = watch.again()
    assert events(second.delta) == {"changed": [CLOSED]}
    assert second.delta.changed[0].after.id == before.id


def test_a_line_that_two_reads_do_not_have_is_closed() -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.torn["tcp"] = deque([lines(LISTENER), lines(LISTENER)])
    assert events(watch.again().delta) == {"closed": [CLIENT]}


def test_what_only_the_second_read_shows_is_opened_a_tick_later() -> None:
    watch = busy(CLIENT)
    watch.again()
    watch.source.put(LISTENER)
    watch.source.torn["tcp"] = deque([[]])
    assert events(watch.again().delta) == {"closed": [CLIENT]}
    assert events(watch.again().delta) == {"opened": [LISTENER]}


def test_a_table_is_read_again_only_when_a_socket_is_missing() -> None:
    watch = busy(CLIENT, RESOLVER)
    watch.again()
    assert watch.source.reads == FILES
    watch.tick(CLIENT._replace(recv_q=1), LISTENER, RESOLVER)
    assert watch.source.reads == 2 * FILES
    watch.tick(LISTENER, RESOLVER)
    assert watch.source.reads == 3 * FILES + 1


# --- two sockets that share what finds them ---


def test_a_udp_socket_that_is_listed_before_and_after_it_connected_is_found_by_its_inode_afterwards() -> None:
    alone, connected = udp("127.0.0.1:5000", inode=5), udp("127.0.0.1:5000", "127.0.0.1:53", inode=5)
    watch = busy(alone)
    watch.again()
    watch.source.tables["udp"] = lines(alone, connected)
    torn = watch.again()
    whole = watch.tick(connected)
    assert events(whole.delta) == {"changed": [connected]}
    assert only(whole).id == only(torn).id
    watch.source.held[2] = {9: 5, 10: 600}
    shared = watch.tick(connected, CLIENT._replace(inode=600))
    assert row(shared, connected).owners == (owner(1, 5), owner(2, 9)), "its entry was not the other row's to take"
    watch.tick(connected)
    watch.source.tables["udp"] = lines(connected, connected._replace(recv_q=1))
    assert held(watch.again()) == [connected]


def test_a_handshake_at_the_ends_of_a_time_wait_is_found_by_them_afterwards() -> None:
    handshake = SERVER._replace(state=State.SYN_RECV, inode=0)
    watch = busy(CLOSED)
    watch.again()
    watch.source.torn["tcp"] = deque([lines(CLOSED, handshake)])
    torn = watch.again()
    assert in_order(held(torn)) == in_order([CLOSED, handshake])
    whole = watch.tick(handshake)
    assert events(whole.delta) == {"closed": [CLOSED]}
    (left,) = whole.sockets
    watch.source.torn["tcp"] = deque([lines(handshake, UNACCEPTED)])
    assert held(watch.again()) == [handshake], "listed twice, and known by its ends"
    accepted = watch.tick(SERVER)
    assert (events(accepted.delta), only(accepted).id) == ({"changed": [SERVER]}, left.id)


# --- exact questions to sock_diag ---


def test_a_connection_that_sock_diag_knows_is_not_closed() -> None:
    watch = busy(LISTENER, CLIENT)
    first = watch.again()
    watch.source.alive = {CLIENT.ends: 2}
    watch.source.torn["tcp"] = deque([lines(LISTENER), lines(LISTENER)])
    second = watch.again()
    assert second.delta.is_empty
    assert {id(socket) for socket in second.sockets} == {id(socket) for socket in first.sockets}
    assert watch.source.reads == 2 * FILES, "no second read was needed"
    watch.source.torn.clear()
    assert watch.again().delta.is_empty


def test_a_connection_that_sock_diag_does_not_know_is_closed() -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.alive = {}
    watch.source.held[1] = {1: 1}
    assert events(watch.tick(LISTENER).delta) == {"closed": [CLIENT]}
    assert watch.source.reads == 2 * FILES, "no second read was needed"


def test_a_connection_that_has_another_inode_now_is_closed() -> None:
    watch = busy(CLIENT)
    watch.again()
    again = CLIENT._replace(inode=99)
    watch.source.alive = {CLIENT.ends: 99}
    watch.source.held[1] = {99: 99}
    watch.source.put(again)
    watch.source.torn["tcp"] = deque([[]])
    assert events(watch.again().delta) == {"closed": [CLIENT]}
    assert events(watch.again().delta) == {"opened": [again]}


def test_a_connection_that_lost_its_inode_is_not_closed() -> None:
    watch = busy(SERVER)
    before = only(watch.again())
    watch.source.alive = {SERVER.ends: 0}
    watch.source.put(CLOSED)
    watch.source.torn["tcp"] = deque([[]])
    second = watch.again()
    assert (second.delta.is_empty, only(second)) == (True, before)
    assert events(watch.again().delta) == {"changed": [CLOSED]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SERVER, UNACCEPTED),
        (CLOSED, SERVER._replace(state=State.SYN_RECV, inode=0)),
        (CLOSED, SERVER._replace(inode=99)),
    ],
)
def test_a_connection_whose_ends_are_used_again_leaves_no_row_behind(before: Socket, after: Socket) -> None:
    watch = busy(before)
    watch.again()
    watch.source.alive = {after.ends: after.inode}
    second = watch.tick(after)
    assert (held(second), events(second.delta)) == ([after], {"opened": [after], "closed": [before]})
    assert held(watch.again()) == [after]


def test_only_what_is_missing_is_asked_about() -> None:
    watch = busy(LISTENER, CLIENT, SERVER)
    watch.again()
    watch.source.alive = {CLIENT.ends: 2}
    watch.tick(LISTENER, CLIENT._replace(recv_q=1), SERVER)
    assert watch.source.asked == []
    watch.source.torn["tcp"] = deque([lines(LISTENER, SERVER)])
    watch.again()
    assert [(socket.ends, socket.inode) for socket in watch.source.asked] == [(CLIENT.ends, 2)]


def test_where_sock_diag_cannot_be_asked_a_second_read_must_tell() -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.alive = None
    watch.source.torn["tcp"] = deque([lines(LISTENER)])
    assert watch.again().delta.is_empty
    assert events(watch.tick(LISTENER).delta) == {"closed": [CLIENT]}
    assert watch.source.reads == 3 * FILES + 2


@pytest.mark.parametrize("missing", [LISTENER, RESOLVER])
def test_what_sock_diag_is_not_asked_about_is_told_by_a_second_read(missing: Socket) -> None:
    watch = busy(LISTENER, CLIENT, RESOLVER)
    watch.again()
    watch.source.alive = {}
    table = "tcp" if missing is LISTENER else "udp6"
    rest = [socket for socket in (LISTENER, CLIENT) if socket is not missing] if table == "tcp" else []
    watch.source.torn[table] = deque([lines(*rest)])
    assert watch.again().delta.is_empty
    assert watch.source.asked == []
    assert watch.source.reads == 2 * FILES + 1


def test_a_connection_that_is_still_held_though_sock_diag_finds_none_is_told_by_a_second_read() -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.alive = {}
    watch.source.torn["tcp"] = deque([lines(LISTENER)])
    assert watch.again().delta.is_empty, "as for one that is bound to a device"
    watch.source.held[1] = ProcessLookupError()
    assert events(watch.tick(LISTENER).delta) == {"closed": [CLIENT]}


@pytest.mark.parametrize("now", [{2: 55}, {}, {2: 0}, PermissionError()])
def test_a_connection_that_its_descriptor_does_not_stand_for_any_more_is_closed(
    now: dict[int, int] | Exception,
) -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.alive = {}
    watch.source.held[1] = now
    watch.source.torn["tcp"] = deque([lines(LISTENER)])
    assert events(watch.again(0.0).delta) == {"closed": [CLIENT]}


def test_of_several_missing_each_is_judged_for_itself() -> None:
    others = [tcp("127.0.0.1:80", f"127.0.0.1:{port}", inode=port) for port in (11, 12, 13)]
    watch = busy(LISTENER, CLIENT, *others)
    watch.again()
    watch.source.alive = {CLIENT.ends: 2, others[0].ends: 77}
    watch.source.held[1] = {13: 13}
    watch.source.torn["tcp"] = deque([lines(LISTENER), lines(LISTENER, others[2])])
    second = watch.again(0.0)
    assert events(second.delta) == {"closed": in_order(others[:2])}
    assert in_order(held(second)) == in_order([LISTENER, CLIENT, others[2]])


# --- what can't be read ---


def test_a_missing_table_is_no_problem() -> None:
    watch = busy(LISTENER)
    watch.source.failing["tcp6"] = watch.source.failing["udp6"] = FileNotFoundError(errno.ENOENT, "No such file")
    first = watch.again()
    assert (held(first), first.problems) == ([LISTENER], ())


def test_a_table_that_goes_away_closes_its_sockets() -> None:
    watch = busy(LISTENER, RESOLVER)
    watch.again()
    watch.source.failing["udp6"] = FileNotFoundError(errno.ENOENT, "No such file")
    second = watch.again()
    assert (events(second.delta), second.problems) == ({"closed": [RESOLVER]}, ())


def test_what_a_table_brings_that_was_not_there_before_has_opened() -> None:
    watch = busy(LISTENER)
    watch.source.failing["udp6"] = FileNotFoundError(errno.ENOENT, "No such file")
    watch.again()
    watch.source.failing.clear()
    second = watch.tick(LISTENER, RESOLVER)
    assert [socket.was_there for socket in second.delta.opened] == [False]


def test_a_table_that_cannot_be_read_keeps_its_sockets_and_says_so() -> None:
    watch = busy(LISTENER, RESOLVER)
    before = watch.again().sockets[1]
    watch.source.failing["udp6"] = PermissionError(errno.EACCES, "Permission denied")
    second = watch.tick(LISTENER, CLIENT)
    assert events(second.delta) == {"opened": [CLIENT]}
    assert before in second.sockets
    (problem,) = second.problems
    assert (problem.text, problem.times) == ("can't read /proc/net/udp6: Permission denied", 1)
    watch.source.failing.clear()
    third = watch.again()
    assert (events(third.delta), third.problems) == ({"closed": [RESOLVER]}, ())


def test_a_table_whose_second_read_fails_keeps_its_sockets() -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.torn["tcp"] = deque([lines(LISTENER)])
    watch.source.failing_later["tcp"] = OSError(errno.EIO, "Input/output error")
    second = watch.again()
    assert (second.delta.is_empty, len(second.sockets), len(second.problems)) == (True, 2, 1)
    assert watch.again().delta.is_empty


def test_damaged_lines_are_counted_and_cost_no_other_socket() -> None:
    watch = busy(LISTENER, RESOLVER)
    watch.source.tables["tcp"] += [b"rubbish", line(CLIENT)[:40], line(CLIENT)]
    first = watch.again()
    assert held(first) == [LISTENER, CLIENT, RESOLVER]
    (problem,) = first.problems
    assert problem.times == 2
    assert "/proc/net/tcp " in problem.text
    assert watch.again().problems == first.problems, "they are still there"
    watch.source.tables["tcp"].remove(line(CLIENT))
    assert watch.again().problems == first.problems, "a second read of the table does not count them again"
    assert watch.tick(LISTENER).problems == ()


def test_damaged_lines_of_every_table_are_told_apart() -> None:
    watch = busy()
    for table in ("udp", "unix", "packet", "netlink", "sctp/eps", "sctp/assocs", "raw"):
        watch.source.tables[table] = [b"rubbish"]
    problems = watch.again().problems
    assert sorted(problem.text.split("/proc/net/")[1].split()[0] for problem in problems) == [
        *["netlink", "packet", "raw", "sctp/assocs", "sctp/eps", "udp", "unix"],
    ]
    assert {problem.times for problem in problems} == {1}


# --- what only sock_diag tells ---

BACKLOG = Bound(0, 128, None)
PATH = unix("/run/x", inode=8)


def test_what_sock_diag_knows_is_added_in_the_first_tick() -> None:
    watch = busy(LISTENER, RESOLVER, PATH, packet("ip", 2, inode=9))
    watch.source.more_of_bound = {1: BACKLOG, 4: Bound(0, 0, "eth0")}
    watch.source.more_of_unix = {8: UnixDetails(7, 3, 4, 1000)}
    listener, resolver, path, device = watch.again().sockets
    assert (listener.send_q, resolver.interface, device.interface) == (128, "eth0", "eth2")
    assert (path.peer_port, path.recv_q, path.send_q, path.uid, path.user) == (7, 3, 4, 1000, "1000")


def test_sockets_that_are_only_bound_are_asked_about_where_there_are_any() -> None:
    watch = Watch(LISTENER)
    watch.source.more_of_bound = {1: BACKLOG, 7: Bound(0, 0, "eth0")}
    for _ in range(2):
        watch.again(LOOK_ROUND_EVERY)
    assert watch.source.idle_asked == 0
    ends = packed_ends(tcp("127.0.0.1:82", "0.0.0.0:0"))
    watch.source.listed["bound"] = [struct.pack("=BBBB36sIIIIIIII", 2, 7, 0, 0, ends, 0, 5, 0, 0, 0, 0, 1000, 7)]
    _, idle = watch.again(LOOK_ROUND_EVERY).sockets
    assert (idle.netid, idle.interface, watch.source.idle_asked) == ("bound", "eth0", 1)
    watch.source.more_of_bound = {1: BACKLOG, 7: Bound(0, 0, "eth1")}
    other = tcp("127.0.0.1:83", inode=9)  # of its kind, so that sock_diag is asked again
    assert {each.interface for each in watch.tick(LISTENER, other).sockets if each.netid == "bound"} == {"eth1"}
    idle = next(each for each in watch.again(LOOK_ROUND_EVERY).sockets if each.netid == "bound")
    assert (idle.interface, watch.source.idle_asked) == ("eth1", 3)


def test_what_changes_without_a_line_is_found_when_it_is_looked_round() -> None:
    watch = busy(LISTENER, PATH)
    watch.source.more_of_bound, watch.source.more_of_unix = {1: BACKLOG}, {8: UnixDetails(7, 0, 0, 0)}
    watch.again()
    watch.source.more_of_bound, watch.source.more_of_unix = {1: Bound(0, 5, None)}, {8: UnixDetails(7, 9, 0, 0)}
    listener, path = watch.again(LOOK_ROUND_EVERY - 1).sockets
    assert (listener.send_q, path.recv_q) == (128, 9), "of unix sockets every tick tells everything"
    listener, path = watch.again().sockets
    assert (listener.send_q, path.recv_q) == (5, 9)


def test_sock_diag_is_asked_again_when_one_of_its_kind_is_new() -> None:
    other = tcp("127.0.0.1:81", inode=5)
    watch = busy(LISTENER, CLIENT, PATH)
    watch.source.more_of_bound = {1: BACKLOG}
    watch.again()
    watch.source.more_of_bound = {1: BACKLOG, 5: BACKLOG}
    watch.source.more_of_unix = {8: UnixDetails(7, 1, 0, 0), 10: UnixDetails(8, 2, 0, 0)}
    second = watch.tick(LISTENER, CLIENT, PATH, other)
    assert row(second, other).send_q == 128
    third = watch.tick(LISTENER, CLIENT, PATH, other, unix(inode=10))
    assert row(third, unix(inode=10)).recv_q == 2


def test_a_listener_whose_line_changes_keeps_its_backlog() -> None:
    watch = busy(LISTENER)
    watch.source.more_of_bound = {1: BACKLOG}
    watch.again()
    second = watch.tick(LISTENER._replace(recv_q=1))
    assert (only(second).recv_q, only(second).send_q) == (1, 128)


def test_a_listener_whose_line_changes_while_sock_diag_does_not_answer_has_no_known_backlog() -> None:
    watch = busy(LISTENER)
    watch.source.more_of_bound = {1: BACKLOG}
    watch.again()
    watch.source.more_of_bound = {}
    assert only(watch.tick(LISTENER._replace(recv_q=1))).send_q is None
