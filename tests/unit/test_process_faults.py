"""One bad process costs one process: whatever can't be read of it is blank, counted and said, and the tick goes on."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.kernel import descriptors, unlisted_descriptors
from netwatch_tui.kernel.descriptor_scan import DescriptorScan
from netwatch_tui.kernel.descriptors import NO_SOCKET, fault, fault_of, read_descriptors
from netwatch_tui.kernel.faults import NONSENSE
from netwatch_tui.kernel.prefetched_descriptors import PrefetchedSource
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.kernel.unlisted_descriptors import HidingPlace, find_hiding_places
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Problem
from tests.support.build import owner, tcp
from tests.support.fake import FakeSource, Watch, only, row

LISTENER = tcp("127.0.0.1:80", inode=1)
OTHER = tcp("127.0.0.1:81", inode=2)

CLONE_FILES = 0x400
"""include/uapi/linux/sched.h; os.CLONE_FILES is there from Python 3.12 on."""

REASONS = {
    errno.EIO: "input/output error",
    errno.ENOMEM: "cannot allocate memory",
    errno.ENAMETOOLONG: "file name too long",
    errno.EMFILE: "too many open files",
    NONSENSE: "content that makes no sense",
}


def raised(number: int) -> Exception:
    return ValueError("invalid literal") if number == NONSENSE else OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", REASONS)
def test_a_process_that_cannot_be_read_is_counted_with_its_reason(number: int) -> None:
    watch = Watch(LISTENER, OTHER)
    watch.source.hold(7, LISTENER)
    watch.source.held.update({8: raised(number), 9: raised(number)})
    snapshot = watch.again()
    assert snapshot.problems == (Problem(f"2 processes could not be read: {REASONS[number]}", 2),)
    assert row(snapshot, LISTENER).owners == (owner(7, 3),)
    assert row(snapshot, OTHER).owner_reason is OwnerReason.PERMISSION, "one of those may hold it"
    assert snapshot.unseen.texts() == ["2 processes could not be read"]


def test_what_a_process_held_before_it_could_not_be_read_any_more_was_last_held_by_it() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.held[7] = raised(errno.EIO)
    lost = watch.again(6)
    assert (only(lost).owner_reason, only(lost).evidence) == (OwnerReason.LAST_HELD, (owner(7, 3),))
    watch.source.hold(7, LISTENER)
    found = watch.again()
    assert (only(found).owners, found.problems) == ((owner(7, 3),), ())


def test_a_descriptor_that_cannot_be_read_costs_only_itself() -> None:
    watch = Watch(LISTENER, OTHER)
    watch.source.held[7] = {3: 1, 4: fault(errno.EIO), 5: fault(errno.EIO)}
    snapshot = watch.again()
    assert snapshot.problems == (Problem("2 descriptors could not be read: input/output error", 2),)
    assert row(snapshot, LISTENER).owners == (owner(7, 3),)
    assert snapshot.unseen.unreadable == 1
    watch.source.held[7] = {3: 1, 4: 2}
    assert not watch.again(6).problems


def test_a_path_that_is_too_long_is_told_and_hides_no_socket() -> None:
    watch = Watch(OTHER)
    watch.source.held[7] = {3: fault(errno.ENAMETOOLONG)}
    snapshot = watch.again()
    assert snapshot.problems == (Problem("1 descriptor could not be read: file name too long", 1),)
    assert only(snapshot).owner_reason is OwnerReason.NOT_FOUND


def test_what_a_process_is_called_may_be_unreadable_and_it_is_still_the_owner() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.source.faults_of_processes[7] = errno.EIO
    snapshot = watch.again()
    assert snapshot.problems == (Problem("1 process could not be read in full: input/output error", 1),)
    assert only(snapshot).owners == (owner(7, 3),)


def test_where_processes_cannot_be_listed_known_owners_stay_and_others_are_hidden() -> None:
    watch = Watch(LISTENER)
    watch.source.hold(7, LISTENER)
    watch.again()
    watch.source.listing_fails = OSError(errno.EMFILE, "")
    snapshot = watch.tick(LISTENER, OTHER, after=6)
    assert snapshot.problems == (Problem("processes could not be listed: too many open files", 1),)
    assert row(snapshot, LISTENER).owners == (owner(7, 3),)
    assert row(snapshot, OTHER).owner_reason is OwnerReason.PERMISSION
    watch.source.listing_fails = None
    assert not watch.again(6).unseen.is_anything


# --- the files of /proc themselves ---


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A folder that looks like /proc, with a process of which one descriptor can't be read."""
    for pid in (7, 8):
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        (tmp_path / str(pid) / "fd" / "3").symlink_to(f"socket:[{pid}]")
    (tmp_path / "7" / "fd" / "4").symlink_to("socket:[nonsense]")
    (tmp_path / "7" / "fd" / "5").write_text("no link at all")
    return tmp_path


def test_a_link_that_makes_no_sense_is_a_fault_of_that_descriptor(proc: Path) -> None:
    found = read_descriptors(proc, 7)
    assert {fd: fault_of(what) for fd, what in found.items()} == {3: None, 4: NONSENSE, 5: errno.EINVAL}
    assert found[3] == 7


def test_a_descriptor_without_a_number_is_a_fault_of_the_process(proc: Path) -> None:
    (proc / "7" / "fd" / "x").symlink_to("socket:[9]")
    source = PrefetchedSource(DescriptorScan(str(proc)), str(proc))
    assert source.pids() == [7, 8]
    with pytest.raises(OSError, check=lambda error: error.errno == NONSENSE):
        source.descriptors(7)
    assert source.descriptors(8) == {3: 8}


def test_a_process_with_many_descriptors_can_be_left_alone_in_the_middle(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    class Stop(BaseException):
        """Not an error."""

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Stop

    monkeypatch.setattr(descriptors, "_SLICE", 2)
    for fd in range(10, 20):
        (proc / "8" / "fd" / str(fd)).symlink_to("/dev/null")
    assert read_descriptors(proc, 8) == {3: 8, **dict.fromkeys(range(10, 20), NO_SOCKET)}
    with pytest.raises(Stop):
        read_descriptors(proc, 8, check=check)


def test_where_the_own_namespace_has_no_number_it_is_shown_alone_and_that_is_said(proc: Path) -> None:
    (proc / "self" / "ns").mkdir(parents=True)
    (proc / "self" / "ns" / "net").write_text("no link at all")
    source = LinuxSource(str(proc))
    assert source.choose_namespace("*") == "*"
    seen = source.namespaces()
    assert (seen.own.inode, seen.others) == (0, ())
    assert seen.problems == (Problem("network namespaces could not be listed: invalid argument", 1),)


def test_a_fault_makes_no_namespace_of_another_one_and_closes_none(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for process, number in (("self", 1), ("7", 1), ("8", 2)):
        (proc / process / "ns").mkdir(parents=True)
        (proc / process / "ns" / "net").symlink_to(f"net:[{number}]")
    source = LinuxSource(str(proc), named=str(proc / "names"))
    before = source.namespaces()
    assert (before.own.inode, [each.inode for each in before.others]) == (1, [2])

    def failing(*_: object) -> list[str]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (proc / "self" / "ns" / "net").unlink()
    (proc / "self" / "ns" / "net").write_text("no link at all")
    monkeypatch.setattr(os, "listdir", failing)
    after = source.namespaces()
    assert (after.own, after.others) == (before.own, before.others)
    assert after.problems == (Problem("network namespaces could not be listed: input/output error", 1),)


# --- bounded work ---


def test_work_does_not_grow_with_the_square_of_what_a_process_holds() -> None:
    """40,000 descriptors of one socket took 21 s; the limit is a hundred times what is needed now."""
    watch = Watch(LISTENER)
    watch.source.held[7] = dict.fromkeys(range(3, 40_003), 1)
    start = time.process_time()
    assert len(only(watch.again()).owners) == 40_000
    watch.source.held[7] = dict.fromkeys(range(3, 20_003), 1)
    assert len(only(watch.again(6)).owners) == 20_000
    assert time.process_time() - start < 5


def test_a_tick_with_a_budget_leaves_processes_to_the_next_and_says_so() -> None:
    sockets = [tcp(f"127.0.0.1:{port}", inode=port) for port in range(1, 11)]
    source = FakeSource(*sockets)
    for pid, socket in enumerate(sockets, 1):
        source.held[pid] = {**dict.fromkeys(range(10, 109), NO_SOCKET), 3: socket.inode}
    collector = Collector(source, budget=250)
    found = []
    for now in range(5):
        snapshot = collector.collect(now / 10)
        found.append((sum(bool(socket.owners) for socket in snapshot.sockets), snapshot.unseen.waiting))
        assert all(socket.owners or socket.owner_reason is OwnerReason.NOT_YET for socket in snapshot.sockets)
        assert source.links <= 300 * (now + 1)
    assert found == [(3, 7), (6, 4), (9, 1), (10, 0), (10, 0)]


def test_sockets_may_come_first_and_their_owners_with_the_next_tick() -> None:
    held, hidden, left = (tcp(f"127.0.0.1:{port}", inode=port) for port in (1, 2, 3))
    source = FakeSource(held, hidden, left)
    source.hold(7, held)
    source.held[8] = PermissionError()
    collector = Collector(source, sockets_first=True)
    first, second = (collector.collect(now) for now in (0.0, 0.1))
    assert source.links == 1
    assert [(each.owners, each.owner_reason) for each in first.sockets] == [((), OwnerReason.NOT_YET)] * 3
    assert (first.unseen.waiting, second.unseen.waiting) == (2, 0)
    assert [[owner.pid for owner in each.owners] for each in second.sockets] == [[7], [], []]
    assert [each.owner_reason for each in second.sockets[1:]] == [OwnerReason.PERMISSION] * 2
    assert second.delta.opened == second.delta.closed == ()


def test_a_budget_that_is_always_too_small_reaches_every_process_in_turn() -> None:
    sockets = [tcp(f"127.0.0.1:{port}", inode=port) for port in range(1, 6)]
    source = FakeSource(*sockets)
    for pid, socket in enumerate(sockets, 1):
        source.hold(pid, socket)
    collector = Collector(source, budget=1)
    known = [sum(bool(each.owners) for each in collector.collect(6.0 * tick).sockets) for tick in range(5)]
    assert known == [1, 2, 3, 4, 5]


def test_an_inode_that_was_searched_for_in_vain_is_forgotten_with_its_socket() -> None:
    watch = Watch()
    watch.source.held[1] = PermissionError()
    for inode in range(100, 130):
        socket = tcp(f"127.0.0.1:{inode}", inode=inode)
        watch.source.hold(7, socket)
        watch.tick(socket)
        watch.source.hold(7)
        watch.again()
        watch.tick()
    assert not watch.collector._attribution._searched


# --- what descriptors do not show ---


@contextmanager
def threads_with_tables(count: int) -> Iterator[None]:
    """Threads of this process, each of which has a table of descriptors of its own."""
    unshare, done, apart = ctypes.CDLL(None).unshare, threading.Event(), threading.Barrier(count + 1)

    def wait() -> None:
        assert unshare(CLONE_FILES) == 0
        apart.wait(20)
        done.wait(20)

    threads = [threading.Thread(target=wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    apart.wait(20)
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_every_thread_with_a_table_of_its_own_is_found_with_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    compare = unlisted_descriptors._compared

    def counted(one: int, other: int) -> int:
        nonlocal compared
        compared += 1
        return compare(one, other)

    monkeypatch.setattr(unlisted_descriptors, "_compared", counted)
    with threads_with_tables(64):
        places = find_hiding_places("/proc", os.getpid(), [])
    if not places:
        pytest.skip("kcmp(2) is refused here")
    assert len({place.task for place in places}) == 64
    assert compared <= 64 * 8, "each with at most log2 of the others, and not with all of them"


def test_a_process_with_more_tables_than_are_looked_at_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlisted_descriptors, "TABLES_OF_THREADS", 4)
    with threads_with_tables(3):
        if not find_hiding_places("/proc", os.getpid(), []):
            pytest.skip("kcmp(2) is refused here")
    with threads_with_tables(8), pytest.raises(OSError, check=lambda error: error.errno == errno.EMFILE):
        find_hiding_places("/proc", os.getpid(), [])
    watch = Watch(tcp("127.0.0.1:82", "127.0.0.1:99", inode=4))
    watch.source.held[7] = {}
    watch.source.hiding_fails = OSError(errno.EMFILE, "")
    snapshot = watch.again()
    assert snapshot.problems == (Problem("1 process could not be read in full: too many open files", 1),)
    assert only(snapshot).owner_reason is OwnerReason.PERMISSION
    watch.source.held.clear()
    assert not watch.again(6).problems


def test_places_that_are_too_many_for_one_look_are_looked_at_in_turn() -> None:
    source = FakeSource()
    index = OwnerIndex(source, lambda: None, budget=100)
    places = [HidingPlace(7, task) for task in range(100, 110)]
    source.held[7] = {}
    source.unlisted = {place: dict.fromkeys(range(99), place.task) for place in places}
    index.begin_look()
    index.scan()
    index.look_deeper({100})
    assert len(index.of(105)) == 99
    source.unlisted = {place: {} for place in places}
    held = []
    for _ in range(10):
        index.begin_look()
        index.scan()
        held.append(sum(bool(index.of(place.task)) for place in places))
    assert held[0] < 10
    assert held == sorted(held, reverse=True)
    assert held[-1] == 0
