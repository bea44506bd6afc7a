from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.collector import FULL_SCAN_EVERY, Collector
from netwatch_tui.kernel.procnet import TABLES
from netwatch_tui.model.diff import Change, Delta
from netwatch_tui.model.snapshot import Snapshot
from netwatch_tui.model.socket import Owner, OwnerReason, Socket, State
from tests.support.build import line, owner, process, tcp, udp
from tests.support.fake import FakeSource, table_name

LISTENER = tcp("127.0.0.1:80", inode=1)
CLIENT = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=2)
SERVER = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=3)
CLOSED = SERVER._replace(state=State.TIME_WAIT, inode=0, uid=None)
RESOLVER = udp("[::1]:53", inode=4)


class Watch:
    """A collector with its machine; each tick is a second after the one before."""

    def __init__(self, *sockets: Socket) -> None:
        self.source = FakeSource(*sockets)
        self.check: Callable[[], None] = lambda: None
        self.collector = Collector(self.source, check=self._check)
        self.now = 100.0

    def _check(self) -> None:
        self.check()

    def tick(self, *sockets: Socket, after: float = 1.0) -> Snapshot:
        """Let the kernel hold these sockets, and look."""
        self.source.put(*sockets)
        return self.again(after)

    def again(self, after: float = 1.0) -> Snapshot:
        """Look at what the kernel holds now."""
        self.now += after
        return self.collector.collect(self.now)


def busy(*sockets: Socket) -> Watch:
    """A watch on a machine where process 1 holds every socket."""
    watch = Watch(*sockets)
    watch.source.held[1] = {inode: (inode,) for inode in range(1, 100)}
    return watch


def bare(socket: Socket) -> Socket:
    """What the kernel's line says, without what following it has found."""
    return socket.followed(0, None, None, (), OwnerReason.KERNEL)


def kinds(delta: Delta) -> dict[str, list[Socket]]:
    """What the delta holds, without its empty parts."""
    parts = {
        "opened": [bare(socket) for socket in delta.opened],
        "changed": [bare(change.after) for change in delta.changed],
        "updated": [bare(change.after) for change in delta.updated],
        "closed": [bare(socket) for socket in delta.closed],
    }
    return {name: sockets for name, sockets in parts.items() if sockets}


def only(snapshot: Snapshot) -> Socket:
    (socket,) = snapshot.sockets
    return socket


def held(snapshot: Snapshot) -> list[Socket]:
    return [bare(socket) for socket in snapshot.sockets]


# --- sockets over time ---


def test_the_first_snapshot_holds_all_sockets_and_an_empty_delta() -> None:
    watch = busy()
    first = watch.tick(LISTENER, CLIENT, SERVER, RESOLVER)
    assert held(first) == [LISTENER, CLIENT, SERVER, RESOLVER]
    assert first.delta.is_empty
    assert (first.taken_at, first.first_at) == (101.0, 101.0)
    assert {socket.opened_at for socket in first.sockets} == {None}
    assert len({socket.id for socket in first.sockets} - {0}) == 4


def test_an_unchanged_line_is_the_identical_socket() -> None:
    watch = busy(LISTENER, RESOLVER)
    first, second = watch.again(), watch.again()
    assert all(before is after for before, after in zip(first.sockets, second.sockets, strict=True))
    assert second.delta.is_empty
    assert (second.taken_at, second.first_at) == (102.0, 101.0)


def test_a_line_of_which_nothing_is_shown_that_changed_is_the_identical_socket() -> None:
    watch = busy(CLIENT)
    before = only(watch.again())
    watch.source.tables["tcp"] = [line(CLIENT, when=55)]
    second, third = watch.again(), watch.again()
    assert only(second) is before
    assert only(third) is before
    assert second.delta.is_empty


def test_an_opened_socket_gets_a_new_id_and_the_time() -> None:
    watch = busy(LISTENER)
    first, second = watch.again(), watch.tick(LISTENER, CLIENT)
    assert kinds(second.delta) == {"opened": [CLIENT]}
    (opened,) = second.delta.opened
    assert opened is second.sockets[1]
    assert opened.opened_at == second.taken_at
    assert opened.id not in {0, first.sockets[0].id}


def test_a_changed_socket_keeps_its_id_and_its_age() -> None:
    watch = busy()
    watch.again()
    before = only(watch.tick(CLIENT._replace(state=State.SYN_SENT)))
    second = watch.tick(CLIENT)
    after = only(second)
    assert second.delta == Delta(changed=(Change(before, after),))
    assert (after.id, after.opened_at, after.state) == (before.id, before.opened_at, State.ESTAB)


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
    assert after == CLOSED._replace(id=before.id)
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
    assert [list(kinds(snapshot.delta)) for snapshot in snapshots] == [
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
    assert kinds(second.delta) == {"closed": [CLOSED], "opened": [again]}
    assert only(second).id != before.id


def test_another_inode_at_the_same_ends_is_another_socket() -> None:
    watch = busy(SERVER)
    watch.again()
    assert list(kinds(watch.tick(SERVER._replace(inode=99)).delta)) == ["opened", "closed"]


def test_a_udp_socket_that_connects_is_another_row() -> None:
    alone, connected = udp("127.0.0.1:5000", inode=5), udp("127.0.0.1:5000", "127.0.0.1:53", inode=5)
    watch = busy(alone)
    watch.again()
    assert kinds(watch.tick(connected).delta) == {"opened": [connected], "closed": [alone]}
    assert kinds(watch.tick(connected._replace(recv_q=1)).delta) == {"updated": [connected._replace(recv_q=1)]}


def test_reuseport_listeners_are_told_apart_by_inode() -> None:
    twins = LISTENER, LISTENER._replace(inode=11), LISTENER._replace(inode=12)
    watch = busy(*twins)
    first = watch.again()
    second = watch.tick(twins[0], twins[2]._replace(recv_q=1))
    assert [socket.id for socket in second.sockets] == [first.sockets[0].id, first.sockets[2].id]
    assert kinds(second.delta) == {"updated": [twins[2]._replace(recv_q=1)], "closed": [twins[1]]}


def test_a_socket_and_its_mapped_namesake_are_two() -> None:
    watch = busy(tcp("127.0.0.1:80", inode=1), tcp("[::ffff:127.0.0.1]:80", inode=2))
    assert len(watch.again().sockets) == 2
    assert watch.again().delta.is_empty


# --- reads that are not atomic ---


def test_a_doubled_line_is_one_socket() -> None:
    watch = busy()
    watch.again()
    watch.source.tables["tcp"] = [line(CLIENT), line(LISTENER), line(CLIENT)]
    assert kinds(watch.again().delta) == {"opened": [CLIENT, LISTENER]}
    assert watch.again().delta.is_empty


def test_a_new_socket_that_is_listed_twice_in_different_shape_is_one() -> None:
    watch = busy()
    watch.again()
    watch.source.tables["tcp"] = [line(CLIENT), line(CLIENT._replace(recv_q=9))]
    second = watch.again()
    assert len(second.sockets) == 1
    third = watch.tick(CLIENT._replace(recv_q=9))
    assert [socket.id for socket in third.sockets] == [socket.id for socket in second.sockets]
    assert "closed" not in kinds(third.delta)


@pytest.mark.parametrize("first", [CLIENT, CLIENT._replace(recv_q=5)])
def test_a_known_socket_that_is_listed_twice_in_different_shape_is_one(first: Socket) -> None:
    watch = busy(CLIENT)
    before = only(watch.again())
    watch.source.tables["tcp"] = [line(first), line(CLIENT._replace(recv_q=9))]
    second = watch.again()
    assert only(second).id == before.id
    assert kinds(second.delta).keys() <= {"updated"}
    third = watch.tick(CLIENT._replace(recv_q=9))
    assert held(third) == [CLIENT._replace(recv_q=9)]
    assert only(third).id == before.id


def test_a_line_that_one_read_lost_is_not_closed() -> None:
    watch = busy(LISTENER, CLIENT)
    first = watch.again()
    watch.source.torn["tcp"] = deque([[line(LISTENER)]])
    second = watch.again()
    assert second.delta.is_empty
    assert {id(socket) for socket in second.sockets} == {id(socket) for socket in first.sockets}
    assert watch.again().delta.is_empty


def test_a_line_that_one_read_lost_and_that_changed_meanwhile_is_changed() -> None:
    watch = busy(LISTENER, SERVER)
    before = watch.again().sockets[1]
    watch.source.put(LISTENER, CLOSED)
    watch.source.torn["tcp"] = deque([[line(LISTENER)]])
    second = watch.again()
    assert kinds(second.delta) == {"changed": [CLOSED]}
    assert second.delta.changed[0].after.id == before.id


def test_a_line_that_two_reads_do_not_have_is_closed() -> None:
    watch = busy(LISTENER, CLIENT)
    watch.again()
    watch.source.torn["tcp"] = deque([[line(LISTENER)], [line(LISTENER)]])
    assert kinds(watch.again().delta) == {"closed": [CLIENT]}


def test_what_only_the_second_read_shows_is_opened_a_tick_later() -> None:
    watch = busy(CLIENT)
    watch.again()
    watch.source.put(LISTENER)
    watch.source.torn["tcp"] = deque([[]])
    assert kinds(watch.again().delta) == {"closed": [CLIENT]}
    assert kinds(watch.again().delta) == {"opened": [LISTENER]}


def test_a_table_is_read_again_only_when_a_socket_is_missing() -> None:
    watch = busy(CLIENT, RESOLVER)
    watch.again()
    assert watch.source.reads == len(TABLES)
    watch.tick(CLIENT._replace(recv_q=1), LISTENER, RESOLVER)
    assert watch.source.reads == 2 * len(TABLES)
    watch.tick(LISTENER, RESOLVER)
    assert watch.source.reads == 3 * len(TABLES) + 1


def test_only_the_tables_that_were_asked_for_are_read() -> None:
    source = FakeSource(LISTENER, RESOLVER)
    snapshot = Collector(source, TABLES[:1]).collect(1.0)
    assert (held(snapshot), source.reads) == ([LISTENER], 1)


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
    assert (kinds(second.delta), second.problems) == ({"closed": [RESOLVER]}, ())


def test_a_table_that_cannot_be_read_keeps_its_sockets_and_says_so() -> None:
    watch = busy(LISTENER, RESOLVER)
    before = watch.again().sockets[1]
    watch.source.failing["udp6"] = PermissionError(errno.EACCES, "Permission denied")
    second = watch.tick(LISTENER, CLIENT)
    assert kinds(second.delta) == {"opened": [CLIENT]}
    assert before in second.sockets
    (problem,) = second.problems
    assert (problem.text, problem.times) == ("can't read /proc/net/udp6: Permission denied", 1)
    watch.source.failing.clear()
    third = watch.again()
    assert (kinds(third.delta), third.problems) == ({"closed": [RESOLVER]}, ())


def test_damaged_lines_are_counted_and_cost_no_other_socket() -> None:
    watch = busy(LISTENER, RESOLVER)
    watch.source.tables["tcp"] += [b"rubbish", line(CLIENT)[:40], line(CLIENT)]
    first = watch.again()
    assert held(first) == [LISTENER, CLIENT, RESOLVER]
    (problem,) = first.problems
    assert problem.times == 2
    assert "/proc/net/tcp " in problem.text
    assert watch.again().problems == first.problems, "they are still there"
    assert watch.tick(LISTENER).problems == ()


# --- owners ---


def test_all_owners_of_a_shared_socket_are_shown() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(10, LISTENER, LISTENER)
    watch.source.hold(9, LISTENER)
    socket = only(watch.again())
    assert socket.owners == (owner(9, 3), owner(10, 3), owner(10, 4))
    assert socket.owner_reason is None


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
    watch.again(FULL_SCAN_EVERY - 0.5)
    assert (watch.source.scans, watch.source.forgets) == (1, 1)
    watch.again(0.5)
    assert (watch.source.scans, watch.source.forgets) == (2, 2)
    watch.again(FULL_SCAN_EVERY - 0.5)
    assert watch.source.scans == 2


def test_a_scan_for_a_new_inode_does_not_put_off_the_full_one() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER, CLIENT)
    watch.again()
    watch.tick(LISTENER, RESOLVER, after=FULL_SCAN_EVERY - 1)
    watch.source.forgets = 0
    watch.again(1.0)
    assert watch.source.forgets == 1


def test_a_socket_that_changes_hands_is_found_at_the_full_scan() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.hold(7, LISTENER, CLIENT)
    before = watch.again().sockets[0]
    watch.source.hold(7, CLIENT)
    watch.source.hold(8, LISTENER)
    assert watch.again(FULL_SCAN_EVERY - 1).sockets[0] is before, "not looked for yet"
    full = watch.again(1.0)
    after = full.sockets[0]
    assert (after.id, after.owners) == (before.id, (owner(8),))
    assert Change(before, after) in full.delta.updated


def test_any_scan_brings_the_new_owners_of_old_sockets() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.hold(8, LISTENER)
    watch.source.hold(9, CLIENT)
    second = watch.tick(LISTENER, CLIENT)
    assert second.sockets[0].owners == (owner(7), owner(8))
    assert list(kinds(second.delta)) == ["opened", "updated"]


def test_a_process_that_renames_itself_is_found_at_the_full_scan() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.processes[7] = process(7, "renamed")
    full = watch.again(FULL_SCAN_EVERY)
    assert only(full).owners == (Owner(7, 3, process(7, "renamed")),)
    assert list(kinds(full.delta)) == ["updated"]


def test_a_socket_without_inode_belongs_to_the_kernel() -> None:
    watch = Watch(CLOSED, CLIENT._replace(state=State.SYN_RECV, inode=0))
    watch.source.held[1] = PermissionError()
    assert [socket.owner_reason for socket in watch.again().sockets] == [OwnerReason.KERNEL] * 2


def test_an_unseen_owner_is_a_matter_of_permission_while_a_process_is_unreadable() -> None:
    watch = Watch(LISTENER, CLIENT)
    watch.source.held[1] = PermissionError()
    watch.source.hold(7, CLIENT)
    first = watch.again()
    assert [socket.owner_reason for socket in first.sockets] == [OwnerReason.PERMISSION, None]
    assert first.counts.no_permission == 1
    watch.again()
    watch.tick(LISTENER._replace(recv_q=1), CLIENT)
    assert watch.source.scans == 1, "it is not looked for again before the full scan"


@pytest.mark.parametrize("gone", [FileNotFoundError(), ProcessLookupError()])
def test_an_owner_that_vanished_is_told_from_the_kernel_a_tick_later(gone: Exception) -> None:
    watch = Watch(LISTENER)
    watch.source.held[7] = gone
    first, second, third = watch.again(), watch.again(), watch.again()
    assert [only(snapshot).owner_reason for snapshot in (first, second)] == [OwnerReason.EXITED, OwnerReason.KERNEL]
    assert list(kinds(second.delta)) == ["updated"]
    assert (third.delta.is_empty, watch.source.scans) == (True, 2), "after that it is not looked for"


def test_an_owner_that_ended_during_the_scan_has_exited() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.source.vanished.add(7)
    assert only(watch.again()).owner_reason is OwnerReason.EXITED


def test_an_owner_that_the_first_scan_missed_is_found_by_the_next() -> None:
    watch = Watch(LISTENER)
    before = only(watch.again())
    watch.source.hold(7, LISTENER)
    second = watch.again()
    assert only(second).owners == (owner(7),)
    assert only(second).owner_reason is None
    assert second.delta == Delta(updated=(Change(before, only(second)),))


def test_the_last_owner_of_a_socket_that_stays_has_exited() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.held[7] = ProcessLookupError()
    assert only(watch.again(FULL_SCAN_EVERY)).owner_reason is OwnerReason.EXITED
    assert only(watch.again()).owner_reason is OwnerReason.KERNEL


def test_user_counts_and_cost_are_told() -> None:
    times = iter([10.0, 12.5])
    source = FakeSource(LISTENER, CLIENT._replace(uid=1000), CLOSED, RESOLVER)
    snapshot = Collector(source, stopwatch=lambda: next(times)).collect(1.0)
    assert [socket.user for socket in snapshot.sockets] == ["root", "1000", None, "root"]
    assert snapshot.counts.by_netid == {"tcp": 3, "udp": 1}
    assert snapshot.counts.by_state == {"LISTEN": 1, "ESTAB": 1, "TIME-WAIT": 1, "UNCONN": 1}
    assert snapshot.cost == 2.5


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
    assert kinds(second.delta) == {"opened": [RESOLVER], "changed": [CLOSED], "closed": [CLIENT]}
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
    assert first.first_at == first.taken_at == 102.0
    assert (only(first).opened_at, only(first).owners) == (None, (owner(7),))


class Stop(Exception):  # noqa: N818
    """What a check raises."""


@pytest.mark.parametrize("calls", range(1, 8))
def test_a_check_that_raises_ends_the_tick_and_nothing_of_it_is_kept(calls: int) -> None:
    watch = Watch(LISTENER, CLIENT)
    for pid in (7, 8):
        watch.source.hold(pid, LISTENER, CLIENT)
    watch.again()
    left = calls

    def check() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Stop

    watch.check = check
    with pytest.raises(Stop):
        watch.tick(LISTENER, SERVER, RESOLVER)
    watch.check = lambda: None
    second = watch.again()
    assert kinds(second.delta) == {"opened": [SERVER, RESOLVER], "closed": [CLIENT]}
    assert held(second) == [LISTENER, SERVER, RESOLVER]


# --- any history ---


@st.composite
def kernels(draw: st.DrawFn) -> list[Socket]:
    """What a kernel may hold at one moment: no two connections with the same ends, no inode twice."""
    inode = st.integers(1, 9)
    queue = st.integers(0, 1)
    connections = draw(
        st.dictionaries(
            st.tuples(st.integers(1, 3), st.integers(1, 3)),
            st.tuples(st.sampled_from(sorted(set(State) - {State.LISTEN, State.UNCONN})), st.just(0) | inode, queue),
            max_size=5,
        )
    )
    sockets = [
        tcp(f"127.0.0.1:{here}", f"127.0.0.2:{there}", state=state, inode=inode, recv_q=recv_q)
        for (here, there), (state, inode, recv_q) in connections.items()
    ]
    for port, inode_, recv_q in draw(st.lists(st.tuples(st.integers(1, 2), inode, queue), max_size=3)):
        sockets.append(tcp(f"[::1]:{port}", inode=inode_, recv_q=recv_q))
    for port, inode_, peer in draw(st.lists(st.tuples(st.integers(1, 2), inode, st.booleans()), max_size=3)):
        sockets.append(udp(f"127.0.0.1:{port}", "127.0.0.1:9" if peer else None, inode=inode_))
    used: set[int] = set()
    unique = []
    for socket in sockets:
        if socket.inode not in used - {0}:
            used.add(socket.inode)
            unique.append(socket)
    return unique


def tear(data: st.DataObject, source: FakeSource, before: list[Socket], now: list[Socket]) -> None:
    """Let the first read of each table lose lines of sockets that stay as they were, and double others."""
    for name in {table_name(socket) for socket in now}:
        here = [socket for socket in now if table_name(socket) == name]
        old = [socket for socket in here if socket in before]
        lost = data.draw(st.lists(st.sampled_from(old), max_size=2)) if old else []
        doubled = data.draw(st.lists(st.sampled_from(here), max_size=2))
        source.torn[name] = deque([[line(socket) for socket in (*here, *doubled) if socket not in lost]])


def check_tick(before: Snapshot | None, after: Snapshot, kernel: list[Socket]) -> None:
    assert sorted(held(after)) == sorted(kernel)
    sockets = {socket.id: socket for socket in after.sockets}
    assert len(sockets) == len(after.sockets)
    if before is None:
        assert after.delta.is_empty
        return
    patched = {socket.id: socket for socket in before.sockets}
    old = dict(patched)
    after.delta.apply(patched)
    assert patched == sockets
    assert all(sockets[id] is old[id] for id in sockets.keys() & old.keys() if sockets[id] == old[id])
    ids = [socket.id for part in (after.delta.opened, after.delta.closed) for socket in part]
    ids += [change.after.id for part in (after.delta.changed, after.delta.updated) for change in part]
    assert len(ids) == len(set(ids))


@given(st.lists(kernels(), min_size=2, max_size=6), st.data())
def test_any_history_is_told_as_it_was(history: list[list[Socket]], data: st.DataObject) -> None:
    watch = Watch()
    last: Snapshot | None = None
    before: list[Socket] = []
    for kernel in history:
        watch.source.put(*kernel)
        tear(data, watch.source, before, kernel)
        snapshot = watch.again()
        check_tick(last, snapshot, kernel)
        last, before = snapshot, kernel


@given(st.lists(st.tuples(kernels(), st.integers(0, 12)), min_size=2, max_size=6))
def test_a_history_with_failing_ticks_is_told_as_it_was(history: list[tuple[list[Socket], int]]) -> None:
    watch = Watch()
    watch.source.hold(7)
    last: Snapshot | None = None
    for kernel, countdown in history:
        left = countdown

        def check() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Stop

        watch.check = check
        try:
            snapshot = watch.tick(*kernel)
        except Stop:
            continue
        check_tick(last, snapshot, kernel)
        last = snapshot


@given(st.lists(st.tuples(kernels(), st.lists(st.sets(st.integers(1, 9)), max_size=3)), min_size=1, max_size=5))
def test_at_every_full_scan_the_owners_are_those_of_the_processes(
    history: list[tuple[list[Socket], list[set[int]]]],
) -> None:
    watch = Watch()
    for kernel, holdings in history:
        watch.source.held = {
            pid: {inode: (3, inode + 10) for inode in inodes} for pid, inodes in enumerate(holdings, 20)
        }
        snapshot = watch.tick(*kernel, after=FULL_SCAN_EVERY)
        for socket in snapshot.sockets:
            expected = [
                owner(pid, fd)
                for pid, inodes in enumerate(holdings, 20)
                for fd in (3, socket.inode + 10)
                if socket.inode in inodes
            ]
            assert list(socket.owners) == expected
            assert (socket.owner_reason is None) is bool(expected)
