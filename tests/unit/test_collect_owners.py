"""Owners over time: who is found when, at how little cost, and what a tick that fails leaves behind."""

from __future__ import annotations

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, Timer
from tests.support.build import netlink, owner, packet, tcp, time_wait, udp, unix
from tests.support.fake import FakeSource, Watch, busy, events, held, in_order, only, row

LISTENER = tcp("127.0.0.1:80", inode=1)
CLIENT = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=2)
SERVER = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=3)
CLOSED = time_wait(SERVER)
RESOLVER = udp("[::1]:53", inode=4)


def reasons(*snapshots: Snapshot) -> list[OwnerReason | None]:
    return [only(snapshot).owner_reason for snapshot in snapshots]


def test_all_owners_of_a_shared_socket_are_shown() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(10, LISTENER, LISTENER)
    watch.source.hold(9, LISTENER)
    socket = only(watch.again())
    assert socket.owners == (owner(9, 3), owner(10, 3), owner(10, 4))
    assert socket.owner_reason is None


# --- when processes are looked at ---


def test_processes_are_looked_at_only_when_a_tick_brings_unknown_inodes() -> None:
    watch = Watch(LISTENER, SERVER)
    watch.source.hold(7, LISTENER, SERVER, CLIENT)
    watch.again()
    assert watch.source.scans == 1
    watch.again(0.1)
    watch.tick(LISTENER, SERVER._replace(recv_q=1), after=0.1)
    watch.tick(LISTENER, SERVER, CLIENT, after=0.1)
    watch.tick(LISTENER, CLIENT, CLOSED, after=0.1)
    watch.tick(LISTENER, after=0.1)
    assert watch.source.scans == 1, "no tick had an inode whose owner was not known"
    watch.tick(LISTENER, RESOLVER, after=0.1)
    assert watch.source.scans == 2


def test_processes_are_looked_at_again_after_some_time() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    for _ in range(4):
        watch.again(1.0)
        assert watch.source.scans == 1
    watch.again(1.0)
    assert watch.source.scans == 2
    watch.again(1.0)
    assert watch.source.scans == 2


def test_a_look_for_a_new_inode_does_not_put_off_the_look_round() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER, CLIENT)
    watch.again()
    watch.tick(LISTENER, RESOLVER, after=LOOK_ROUND_EVERY - 1)
    before = watch.source.scans
    watch.again(1.0)
    assert watch.source.scans == before + 1


def test_a_new_connection_costs_no_look_at_descriptors_that_were_there() -> None:
    old = [tcp("127.0.0.1:80", f"127.0.0.1:{port}", inode=port) for port in range(1000, 1100)]
    watch = Watch(*old)
    watch.source.hold(7, *old)
    watch.source.hold(8)
    watch.again()
    watch.source.links = 0
    watch.source.hold(8, CLIENT)
    snapshot = watch.tick(*old, CLIENT, after=0.0)
    assert row(snapshot, CLIENT).owners == (owner(8),)
    assert watch.source.links == 1


def test_a_new_connection_in_the_place_of_a_closed_one_costs_one_look() -> None:
    old = [tcp("127.0.0.1:80", f"127.0.0.1:{port}", inode=port) for port in range(1000, 1100)]
    watch = Watch(*old)
    watch.source.hold(7, *old)
    watch.again()
    watch.source.links = 0
    new = old[50]._replace(inode=2000, peer_port=2000)
    watch.source.held[7] = {
        fd: new.inode if inode == old[50].inode else inode for fd, inode in enumerate(range(1000, 1100), 3)
    }
    snapshot = watch.tick(*(new if socket is old[50] else socket for socket in old), after=0.0)
    assert row(snapshot, new).owners == (owner(7, 53),)
    assert events(snapshot.delta) == {"opened": [new], "closed": [old[50]]}
    assert watch.source.links == 1


def test_a_connection_that_is_over_before_it_is_looked_for_is_not_searched_for() -> None:
    watch = busy(LISTENER)
    watch.again()
    watch.source.links = 0
    short = tcp("127.0.0.1:80", "127.0.0.1:9", inode=500)
    watch.source.alive = {}
    snapshot = watch.tick(LISTENER, short, after=0.0)
    assert row(snapshot, short).owner_reason is OwnerReason.NOT_FOUND
    assert watch.source.links == 0


def test_a_connection_that_is_still_there_is_searched_for() -> None:
    watch = busy(LISTENER)
    watch.again()
    late = tcp("127.0.0.1:80", "127.0.0.1:9", inode=500)
    watch.source.alive = {late.ends: 500}
    watch.source.held[1] = {**{inode: inode for inode in range(1, 99)}, 99: 500}
    assert row(watch.tick(LISTENER, late), late).owners == (owner(1, 99),)


# --- owners that change ---


def test_a_socket_that_changes_hands_is_found_when_it_is_looked_round() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.hold(7, LISTENER, CLIENT)
    before = watch.again().sockets[0]
    watch.source.hold(7, CLIENT)
    watch.source.hold(8, LISTENER)
    full = watch.again(LOOK_ROUND_EVERY)
    after = full.sockets[0]
    assert (after.id, after.owners) == (before.id, (owner(8),))
    assert Change(before, after) in full.delta.updated


def test_any_look_brings_the_new_owners_of_old_sockets() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.hold(8, LISTENER)
    watch.source.hold(9, CLIENT)
    second = watch.tick(LISTENER, CLIENT)
    assert second.sockets[0].owners == (owner(7), owner(8))
    assert list(events(second.delta)) == ["opened", "updated"]


def test_a_forked_server_whose_parent_ends_is_the_childs() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.hold(8, LISTENER)
    assert only(watch.again(LOOK_ROUND_EVERY)).owners == (owner(7), owner(8))
    del watch.source.held[7]
    assert only(watch.again(LOOK_ROUND_EVERY)).owners == (owner(8),)


@pytest.mark.parametrize(
    "kind", [LISTENER, RESOLVER, unix("/run/x", inode=5), packet(inode=6), netlink(4, 17, inode=7)]
)
def test_owners_of_every_kind_are_followed(kind: Socket) -> None:
    watch = Watch(kind)
    watch.source.hold(7, kind)
    before = only(watch.again())
    watch.source.hold(8, kind, kind)
    full = watch.again(LOOK_ROUND_EVERY)
    assert only(full).owners == (owner(7), owner(8), owner(8, 4))
    assert full.delta == Delta(updated=(Change(before, only(full)),))


# --- ticks that fail ---


def test_a_failing_scan_loses_nothing() -> None:
    watch = Watch(LISTENER, CLIENT, SERVER)
    watch.source.hold(7, LISTENER, CLIENT, SERVER)
    first = watch.again()
    watch.source.held[8] = RuntimeError("scan failed")
    with pytest.raises(RuntimeError, match="scan failed"):
        watch.tick(LISTENER, CLOSED, RESOLVER)
    watch.source.hold(8, RESOLVER)
    second = watch.again()
    assert events(second.delta) == {"opened": [RESOLVER], "changed": [CLOSED], "closed": [CLIENT]}
    assert second.delta.opened[0].owners == (owner(8),)
    assert second.sockets[0] is first.sockets[0]
    assert watch.again().delta.is_empty


def test_after_a_failing_first_tick_the_next_is_the_first() -> None:
    watch = Watch(LISTENER)
    watch.source.held[7] = RuntimeError("scan failed")
    with pytest.raises(RuntimeError, match="scan failed"):
        watch.again()
    watch.source.hold(7, LISTENER)
    first = watch.again()
    assert first.delta.is_empty
    assert first.taken_at == 102.0
    assert (only(first).seen_at, only(first).was_there, only(first).owners) == (102.0, True, (owner(7),))


def test_a_look_round_that_fails_is_made_in_the_next_tick() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.hold(7, LISTENER, CLIENT)
    watch.again()
    watch.source.hold(6, LISTENER)
    watch.source.hold(7, CLIENT)
    watch.source.held[8] = RuntimeError("scan failed")
    with pytest.raises(RuntimeError, match="scan failed"):
        watch.again(LOOK_ROUND_EVERY)
    del watch.source.held[8]
    before = watch.source.scans
    second = watch.again()
    assert watch.source.scans == before + 1
    assert [socket.owners for socket in second.sockets] == [(owner(6),), (owner(7),)]
    assert watch.again().delta.is_empty
    assert watch.source.scans == before + 1, "and then there is time again"


class Stop(Exception):  # noqa: N818
    """What a check raises."""


def stop_at(watch: Watch, calls: int) -> None:
    """Let the check raise at one of its next calls."""
    left = calls

    def check() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Stop

    watch.check = check


@pytest.mark.parametrize("calls", range(1, 19))
def test_a_look_round_that_is_interrupted_is_made_in_the_next_tick(calls: int) -> None:
    watch = Watch(LISTENER, CLIENT)
    for pid in (6, 7, 8):
        watch.source.hold(pid, LISTENER, CLIENT)
    watch.again()
    watch.source.hold(5, CLIENT)
    watch.source.hold(6, CLIENT)
    del watch.source.held[7]
    watch.source.hold(8, LISTENER, CLIENT, LISTENER)
    stop_at(watch, calls)
    with pytest.raises(Stop):
        watch.again(LOOK_ROUND_EVERY)
    watch.check = lambda: None
    second = watch.again()
    listener, client = second.sockets
    assert listener.owners == (owner(8, 3), owner(8, 5))
    assert client.owners == (owner(5), owner(6), owner(8, 4))
    assert list(events(second.delta)) == ["updated"]
    assert watch.again().delta.is_empty


@pytest.mark.parametrize("calls", range(1, 21))
def test_a_check_that_raises_ends_the_tick_and_nothing_of_it_is_kept(calls: int) -> None:
    watch = Watch(LISTENER, CLIENT)
    for pid in (7, 8):
        watch.source.hold(pid, LISTENER, CLIENT)
    watch.again()
    stop_at(watch, calls)
    with pytest.raises(Stop):
        watch.tick(LISTENER, SERVER, udp("127.0.0.1:53", inode=4))
    watch.check = lambda: None
    second = watch.again()
    assert events(second.delta) == {"opened": [SERVER, udp("127.0.0.1:53", inode=4)], "closed": [CLIENT]}
    assert in_order(held(second)) == [LISTENER, SERVER, udp("127.0.0.1:53", inode=4)]


class Unnamed(FakeSource):
    """A machine on which asking for the name of a user fails once."""

    fails_at = 0
    asked_for_users = 0

    def user(self, uid: int) -> str:
        self.fails_at -= 1
        self.asked_for_users += 1
        if not self.fails_at:
            raise OSError("no names now")
        return super().user(uid)


@pytest.mark.parametrize("calls", range(1, 4))
def test_a_user_that_cannot_be_named_once_loses_nothing(calls: int) -> None:
    source = Unnamed()
    watch = Watch(LISTENER, CLIENT, SERVER, source=source)
    source.hold(7, LISTENER, CLIENT, SERVER)
    first = watch.again()
    source.hold(7, LISTENER, RESOLVER)
    source.fails_at = calls
    busier = LISTENER._replace(recv_q=1)
    with pytest.raises(OSError, match="no names now"):
        watch.tick(busier, SERVER._replace(recv_q=1), RESOLVER, udp("[::1]:54", inode=5))
    source.fails_at = 0
    second = watch.tick(busier, CLOSED, RESOLVER)
    assert events(second.delta) == {
        "opened": [RESOLVER],
        "updated": [busier],
        "changed": [CLOSED],
        "closed": [CLIENT],
    }
    assert row(second, RESOLVER).owners == (owner(7, 4),)
    assert row(second, busier).id == first.sockets[0].id
    assert watch.again().delta.is_empty
    assert events(watch.tick(LISTENER).delta).keys() == {"updated", "closed"}


@pytest.mark.parametrize("calls", range(1, 4))
def test_a_user_that_cannot_be_named_in_the_first_tick_loses_nothing(calls: int) -> None:
    source = Unnamed()
    watch = Watch(LISTENER, CLIENT, RESOLVER, source=source)
    source.hold(7, LISTENER)
    source.fails_at = calls
    with pytest.raises(OSError, match="no names now"):
        watch.again()
    first = watch.again()
    assert (held(first), first.delta.is_empty) == ([LISTENER, CLIENT, RESOLVER], True)
    assert [socket.owner_reason for socket in first.sockets] == [None, OwnerReason.NOT_FOUND, OwnerReason.NOT_FOUND]
    assert [socket.owner_reason for socket in watch.again().sockets] == [
        None,
        OwnerReason.NOT_FOUND,
        OwnerReason.NOT_FOUND,
    ]


def test_a_user_that_cannot_be_named_while_it_is_looked_round_loses_nothing() -> None:
    source = Unnamed()
    watch = Watch(LISTENER, source=source)
    source.hold(7, LISTENER)
    watch.again()
    source.hold(7)
    source.hold(8, LISTENER)
    source.fails_at = 1
    with pytest.raises(OSError, match="no names now"):
        watch.again(LOOK_ROUND_EVERY)
    second = watch.again()
    assert only(second).owners == (owner(8),)
    assert list(events(second.delta)) == ["updated"]


def test_a_tick_without_news_asks_for_no_user() -> None:
    source = Unnamed()
    watch = Watch(LISTENER, SERVER, source=source)
    source.hold(7, LISTENER, SERVER)
    watch.again()
    source.hold(8, LISTENER, CLIENT)
    watch.tick(LISTENER, SERVER, CLIENT)
    source.asked_for_users = 0
    watch.again()
    assert source.asked_for_users == 0


def test_a_timer_alone_costs_no_look_at_processes() -> None:
    watch = Watch(SERVER)
    watch.source.hold(7, SERVER)
    watch.again()
    for left in (0.4, 0.3, 0.2):
        snapshot = watch.tick(SERVER._replace(timer=Timer("on", left)))
        assert only(snapshot).owners == (owner(7),)
    assert watch.source.scans == 1
