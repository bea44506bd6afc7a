"""What stands where no owner is: the evidence for each reason, and names that are those of the tick."""

from __future__ import annotations

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.kernel.descriptors import NO_SOCKET, RING
from netwatch_tui.kernel.unlisted_descriptors import HidingPlace
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.ownership import Owner, OwnerReason
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State, Timer
from netwatch_tui.sockets.unseen import Denied, Unseen
from tests.support.build import netlink, owner, process, tcp, time_wait, udp
from tests.support.fake import Watch, busy, events, only, row

LISTENER = tcp("127.0.0.1:80", inode=1)
CLIENT = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=2)
SERVER = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=3)
CLOSED = time_wait(SERVER)
RESOLVER = udp("[::1]:53", inode=4)


def reasons(*snapshots: Snapshot) -> list[OwnerReason | None]:
    return [only(snapshot).owner_reason for snapshot in snapshots]


def test_all_sockets_of_one_inode_have_the_owners_of_the_moment() -> None:
    """The subflows of an MPTCP connection, of which each may end."""
    ends = [f"192.0.2.{n}:40000" for n in (1, 2, 3)]
    flows = [tcp(end, "192.0.2.9:80", inode=5) for end in ends]
    watch = Watch(*flows[:2])
    watch.source.held[7] = {3: 5}
    watch.again()

    def owners(*sockets: Socket) -> list[tuple[Owner, ...]]:
        return [socket.owners for socket in watch.tick(*sockets).sockets]

    assert owners(*flows) == [(owner(7, 3),)] * 3
    watch.source.held[8] = {3: 5}
    watch.again(LOOK_ROUND_EVERY)
    assert owners(*flows) == [(owner(7, 3), owner(8, 3))] * 3
    del watch.source.held[7]
    watch.again(LOOK_ROUND_EVERY)
    assert owners(*flows[1:]) == [(owner(8, 3),)] * 2
    watch.source.held[9] = {3: 5}
    watch.again(LOOK_ROUND_EVERY)
    assert owners(flows[2]) == [(owner(8, 3), owner(9, 3))]
    del watch.source.held[8]
    watch.again(LOOK_ROUND_EVERY)
    assert owners(flows[2]) == [(owner(9, 3),)]


# --- why there is none ---


def test_what_no_file_stands_behind_belongs_to_the_kernel_if_it_was_never_held() -> None:
    late = [CLIENT._replace(state=state, inode=0) for state in (State.SYN_RECV, State.FIN_WAIT_2, State.LAST_ACK)]
    for socket in (CLOSED, *late):
        watch = Watch(socket)
        watch.source.held[1] = PermissionError()
        assert reasons(watch.again()) == [OwnerReason.KERNEL]


def test_the_kernels_own_end_of_netlink_belongs_to_the_kernel_at_once() -> None:
    for others, reason in (({}, OwnerReason.NOT_FOUND), ({1: PermissionError()}, OwnerReason.PERMISSION)):
        watch = Watch(netlink(0, 0, inode=5), netlink(0, 1, inode=6))
        watch.source.held.update(others)
        assert [socket.owner_reason for socket in watch.again().sockets] == [OwnerReason.KERNEL, reason]
    watch = Watch(netlink(0, 0, inode=5))
    watch.source.held[7] = {}
    watch.again()
    assert watch.source.deep_looks == 0, "nobody is looked for"


def test_an_unseen_owner_is_a_matter_of_permission_while_a_process_is_unreadable() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.held[1] = PermissionError()
    watch.source.hold(7, CLIENT)
    first = watch.again()
    assert [socket.owner_reason for socket in first.sockets] == [OwnerReason.PERMISSION, None]
    assert first.counts.no_permission == {"tcp": 1}
    watch.again()
    watch.tick(LISTENER._replace(recv_q=1), CLIENT)
    assert watch.source.scans == 1, "it is not looked for again before it is time to look round"


@pytest.mark.parametrize("sight", [Unseen(proc_hides=True), Unseen(is_enclosed=True)])
def test_where_not_all_processes_are_listed_owners_are_hidden_and_that_is_in_the_snapshot(sight: Unseen) -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.sight = sight
    watch.source.hold(7, CLIENT)
    watch.source.held.update({8: PermissionError(), 9: PermissionError(), 10: PermissionError()})
    watch.source.meaning = {9: Denied.SHIELDED}
    first = watch.again()
    assert [socket.owner_reason for socket in first.sockets] == [OwnerReason.PERMISSION, None]
    assert first.unseen == sight._replace(others=2, shielded=1)


def test_when_the_denied_process_goes_the_socket_is_not_found_and_hidden_when_one_comes() -> None:
    watch = Watch(LISTENER)
    watch.source.held[1] = PermissionError()
    first = watch.again()
    del watch.source.held[1]
    alone = watch.again(LOOK_ROUND_EVERY)
    watch.source.held[1] = PermissionError()
    again = watch.again(LOOK_ROUND_EVERY)
    assert reasons(first, alone, again) == [OwnerReason.PERMISSION, OwnerReason.NOT_FOUND, OwnerReason.PERMISSION]
    assert [snapshot.counts.no_permission for snapshot in (first, alone, again)] == [{"tcp": 1}, {}, {"tcp": 1}]
    assert list(events(alone.delta)) == list(events(again.delta)) == ["updated"]
    assert watch.again(LOOK_ROUND_EVERY).delta.is_empty


def test_a_denied_process_that_comes_or_goes_is_noticed_by_any_look() -> None:
    watch = Watch(LISTENER)
    assert reasons(watch.again(), watch.again()) == [OwnerReason.NOT_FOUND] * 2
    watch.source.held[1] = PermissionError()
    watch.source.hold(7, RESOLVER)
    second = watch.tick(LISTENER, RESOLVER)
    assert row(second, LISTENER).owner_reason is OwnerReason.PERMISSION
    del watch.source.held[1]
    watch.source.hold(8, CLIENT)
    third = watch.tick(LISTENER, RESOLVER, CLIENT)
    assert row(third, LISTENER).owner_reason is OwnerReason.NOT_FOUND
    assert row(third, CLIENT).owners == (owner(8),)


def test_nobody_is_looked_for_a_third_time_and_never_called_the_kernel() -> None:
    watch = Watch(LISTENER)
    watch.source.held[7] = ProcessLookupError()
    assert reasons(watch.again(), watch.again(), watch.again()) == [OwnerReason.NOT_FOUND] * 3
    assert watch.source.scans == 2


def test_a_socket_of_nobody_whose_line_changes_every_tick_costs_no_look_each_time() -> None:
    tunnel = udp("0.0.0.0:4789", inode=500)
    watch = busy(LISTENER, tunnel)
    watch.again()
    watch.tick(LISTENER, tunnel._replace(recv_q=1), after=0.1)
    cost = (watch.source.scans, watch.source.links, watch.source.deep_looks)
    for size in range(2, 30):
        snapshot = watch.tick(LISTENER, tunnel._replace(recv_q=size), after=0.1)
        assert row(snapshot, tunnel).owner_reason is OwnerReason.NOT_FOUND
    assert (watch.source.scans, watch.source.links, watch.source.deep_looks) == cost
    watch.again(LOOK_ROUND_EVERY)
    for size in range(2, 30):
        watch.tick(LISTENER, tunnel._replace(recv_q=size), after=0.1)
    assert watch.source.scans == cost[0] + 1, "nor after it was looked round"


def test_a_socket_of_nobody_that_stays_is_handed_to_a_process_when_one_takes_it() -> None:
    watch = Watch(LISTENER)
    assert reasons(watch.again(), watch.again(), watch.again()) == [OwnerReason.NOT_FOUND] * 3
    watch.source.hold(7, LISTENER)
    assert only(watch.again(LOOK_ROUND_EVERY)).owners == (owner(7),)


def test_an_inode_that_is_used_again_is_looked_for_again() -> None:
    watch = Watch(LISTENER)
    for _ in range(3):
        watch.again()
    watch.tick()
    again = CLIENT._replace(inode=LISTENER.inode)
    watch.source.hold(7, again)
    assert only(watch.tick(again)).owners == (owner(7),)


def test_an_owner_that_ended_during_the_scan_is_not_found() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.source.vanished.add(7)
    assert reasons(watch.again()) == [OwnerReason.NOT_FOUND]


def test_an_owner_that_the_first_scan_missed_is_found_by_the_next() -> None:
    watch = Watch(LISTENER)
    before = only(watch.again())
    watch.source.hold(7, LISTENER)
    second = watch.again()
    assert only(second).owners == (owner(7),)
    assert only(second).owner_reason is None
    assert second.delta == Delta(updated=(Change(before, only(second)),))


# --- who held it last ---


def test_who_held_a_connection_is_told_as_long_as_its_row_lives_and_when_it_closes() -> None:
    watch = Watch(SERVER)
    watch.source.hold(7, SERVER)
    watch.again()
    watch.source.held[7] = {}
    for late in (SERVER._replace(state=State.FIN_WAIT_2, inode=0), CLOSED, CLOSED._replace(timer=Timer("timewait", 9))):
        socket = only(watch.tick(late))
        assert (socket.owners, socket.owner_reason, socket.evidence) == ((), OwnerReason.LAST_HELD, (owner(7),))
    assert watch.tick().delta.closed == (socket,)


def test_a_process_that_dies_between_the_tables_and_the_scan_is_named_when_its_socket_closes() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.hold(7, LISTENER)
    watch.source.hold(8, CLIENT)
    watch.again()
    watch.source.held[8] = ProcessLookupError()
    watch.source.hold(9, RESOLVER)
    dying = watch.tick(LISTENER, CLIENT, RESOLVER)  # still in the tables; the scan for the resolver finds 8 gone
    assert row(dying, CLIENT).owner_reason is OwnerReason.LAST_HELD
    (closed,) = watch.tick(LISTENER, RESOLVER).delta.closed
    assert closed.evidence == (owner(8),)


def test_what_was_let_go_is_said_to_be_held_again_when_somebody_takes_it() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.held[7] = {}
    gone = only(watch.again(LOOK_ROUND_EVERY))
    assert (gone.owner_reason, gone.evidence) == (OwnerReason.LAST_HELD, (owner(7),))
    watch.source.hold(8, LISTENER)
    taken = only(watch.again())
    assert (taken.owners, taken.owner_reason, taken.evidence) == ((owner(8),), None, ())


def test_what_may_not_be_read_any_more_may_still_hold_its_sockets() -> None:
    """A process that starts a program with the rights of another user keeps its number, and its sockets maybe."""
    watch = Watch(CLIENT)
    watch.source.hold(7, CLIENT)
    watch.again()
    watch.source.held[7] = PermissionError()
    hidden = only(watch.again(LOOK_ROUND_EVERY))
    assert (hidden.owners, hidden.owner_reason, hidden.evidence) == ((), OwnerReason.PERMISSION, (owner(7),))
    over = only(watch.tick(CLIENT._replace(state=State.FIN_WAIT_2, inode=0)))
    assert (over.owner_reason, over.evidence) == (OwnerReason.LAST_HELD, (owner(7),)), "it was let go"


def test_what_has_ended_or_is_read_again_holds_nothing_unseen() -> None:
    for after in (PermissionError(), dict[int, int]()):
        watch = Watch(LISTENER)
        watch.source.hold(7, LISTENER)
        watch.again()
        if not after:
            watch.source.held[7] = PermissionError()
            assert only(watch.again(LOOK_ROUND_EVERY)).owner_reason is OwnerReason.PERMISSION
        watch.source.meaning = {7: Denied.EMPTY}  # a zombie
        watch.source.held[7] = after
        socket = only(watch.again(LOOK_ROUND_EVERY))
        assert (socket.owners, socket.owner_reason, socket.evidence) == ((), OwnerReason.LAST_HELD, (owner(7),))


# --- accept queues ---

QUEUED = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=0)


@pytest.mark.parametrize("state", [State.ESTAB, State.CLOSE_WAIT])
def test_a_connection_that_nobody_accepted_waits_at_its_listener(state: State) -> None:
    watch = Watch(LISTENER, QUEUED._replace(state=state))
    watch.source.hold(7, LISTENER)
    watch.source.held[8] = PermissionError()
    socket = watch.again().sockets[1]
    assert (socket.owner_reason, socket.evidence) == (OwnerReason.ACCEPT_QUEUE, (owner(7),))


def test_a_connection_that_is_accepted_is_held_and_its_row_stays() -> None:
    watch = Watch(LISTENER, QUEUED)
    watch.source.hold(7, LISTENER)
    before = watch.again().sockets[1]
    watch.source.hold(7, LISTENER, SERVER)
    after = watch.tick(LISTENER, SERVER).sockets[1]
    assert (after.id, after.owners, after.owner_reason, after.evidence) == (before.id, (owner(7, 4),), None, ())


def test_a_waiting_connection_follows_what_happens_to_its_listener() -> None:
    watch = Watch(LISTENER, QUEUED)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.hold(8, LISTENER)
    assert watch.again(LOOK_ROUND_EVERY).sockets[1].evidence == (owner(7), owner(8))
    alone = only(watch.tick(QUEUED))
    assert (alone.owner_reason, alone.evidence) == (OwnerReason.NOT_FOUND, ())
    other = LISTENER._replace(inode=40)
    watch.source.hold(9, other)
    found = row(watch.tick(QUEUED, other), QUEUED)
    assert (found.owner_reason, found.evidence) == (OwnerReason.ACCEPT_QUEUE, (owner(9),))


def test_whoever_may_hold_the_listener_unseen_it_waits_all_the_same() -> None:
    watch = Watch(LISTENER, QUEUED)
    watch.source.held[8] = PermissionError()
    socket = watch.again().sockets[1]
    assert (socket.owner_reason, socket.evidence) == (OwnerReason.ACCEPT_QUEUE, ())


def test_a_connection_without_a_listener_was_not_looked_for_in_every_process_where_some_may_not_be_read() -> None:
    watch = Watch(QUEUED)
    assert reasons(watch.again()) == [OwnerReason.NOT_FOUND]
    watch.source.held[8] = PermissionError()
    watch.source.hold(9, RESOLVER)
    assert row(watch.tick(QUEUED, RESOLVER), QUEUED).owner_reason is OwnerReason.PERMISSION
    del watch.source.held[8]
    assert row(watch.again(LOOK_ROUND_EVERY), QUEUED).owner_reason is OwnerReason.NOT_FOUND


def test_a_listener_whose_namespace_is_not_looked_at_any_more_is_forgotten() -> None:
    watch = Watch(LISTENER, QUEUED)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.collector.namespaces = "nowhere"
    watch.again()
    watch.collector.namespaces = ""
    socket = only(watch.tick(QUEUED))
    assert socket.owner_reason is OwnerReason.NOT_FOUND


# --- what descriptors do not show ---


def test_what_a_thread_or_a_ring_holds_is_looked_for_while_it_is_unexplained_and_followed() -> None:
    watch = Watch(LISTENER, CLIENT, SERVER)
    watch.source.held[7] = {3: LISTENER.inode, 5: RING}
    watch.source.unlisted = {HidingPlace(7, 71): {3: CLIENT.inode}, HidingPlace(7, 7, 5): {0: SERVER.inode}}
    first = watch.again()
    assert [socket.owners for socket in first.sockets] == [(owner(7),), (owner(7),), (owner(7, 5),)]
    assert watch.source.deep_looks == 1
    for after in (0.1, LOOK_ROUND_EVERY):
        assert watch.again(after).delta.is_empty
    assert watch.source.deep_looks == 1, "what is explained is not looked for"
    watch.source.unlisted.clear()
    left = watch.again(LOOK_ROUND_EVERY)
    assert [socket.owner_reason for socket in left.sockets] == [None, OwnerReason.LAST_HELD, OwnerReason.LAST_HELD]


def test_a_thread_with_a_copy_of_the_descriptors_is_no_second_owner() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.hold(7, LISTENER)
    watch.source.unlisted = {HidingPlace(7, 71): {3: LISTENER.inode, 4: CLIENT.inode}}
    assert [socket.owners for socket in watch.again().sockets] == [(owner(7),), (owner(7, 4),)]
    watch.source.held[7] = {}
    assert [socket.owners for socket in watch.again(LOOK_ROUND_EVERY).sockets] == [(owner(7),), (owner(7, 4),)]


def test_where_much_is_hidden_threads_are_only_looked_at_when_everything_is() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.source.held[8] = PermissionError()
    watch.again()
    watch.source.unlisted = {HidingPlace(7, 71): {9: CLIENT.inode}}
    assert watch.tick(LISTENER, CLIENT).sockets[1].owner_reason is OwnerReason.PERMISSION
    assert watch.source.deep_looks == 0
    assert watch.again(LOOK_ROUND_EVERY).sockets[1].owners == (owner(7, 9),)


# --- names ---


def test_every_tick_shows_the_names_of_that_tick() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    after = process(7, "after-exec")
    watch.source.processes[7] = after
    renamed = watch.again()
    assert (only(renamed).owners, list(events(renamed.delta))) == ((Owner(7, 3, after),), ["updated"])
    assert watch.source.scans == 1, "for that nobody's descriptors are looked at"


def test_a_used_number_with_as_many_descriptors_is_found_when_others_explain_what_is_new() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.hold(1, LISTENER, CLIENT)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.births[7] = 1
    watch.source.processes[7] = process(7, create_time=2000.0)
    watch.source.hold(1, LISTENER, CLIENT, RESOLVER)
    watch.source.hold(7, RESOLVER)
    second = watch.tick(LISTENER, CLIENT, RESOLVER)
    assert row(second, RESOLVER).owners == (owner(1, 5), Owner(7, 3, process(7, create_time=2000.0)))
    assert row(second, LISTENER).owners == (owner(1),)


def test_the_same_number_with_no_sockets_before_is_found_as_well() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(1, LISTENER)
    watch.source.held[7] = {3: NO_SOCKET}
    watch.again()
    watch.source.births[7] = 1
    watch.source.hold(1, LISTENER, CLIENT)
    watch.source.hold(7, CLIENT)
    assert watch.tick(LISTENER, CLIENT).sockets[1].owners == (owner(1, 4), owner(7))
