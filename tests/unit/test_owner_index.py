"""The memory of the descriptor scans: what it finds, and at how little it looks for that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.kernel.descriptors import NO_SOCKET
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.unseen import Denied
from tests.support.build import owner, process
from tests.support.fake import FakeSource

FILE = NO_SOCKET


class Machine:
    """A source with an index, and what a look cost."""

    def __init__(self) -> None:
        self.source = FakeSource()
        self.check: Callable[[], None] = lambda: None
        self.index = OwnerIndex(self.source, lambda: self.check())
        self.asked: list[set[int]] = []
        """Which inodes were asked about before a search."""
        self.closed: set[int] = set()
        """Sockets that are closed by the time when they are asked about."""

    def hold(self, pid: int, *inodes: int, first_fd: int = 3) -> None:
        """Let a process hold exactly these, from a descriptor on."""
        self.source.held[pid] = dict(enumerate(inodes, first_fd))

    def put(self, pid: int, fd: int, inode: int | None) -> None:
        """Change one descriptor; None closes it."""
        held = self.source.held[pid]
        assert isinstance(held, dict)
        if inode is None:
            del held[fd]
        else:
            held[fd] = inode

    def scan(self) -> set[int]:
        """Look at everything; returns what is touched."""
        self.index.scan()
        return self.settle()

    def find(self, *wanted: int) -> set[int]:
        """Look for these; returns what is touched."""
        self.source.links = self.source.listings = 0
        self.index.find({*wanted}, self._still_there)
        return self.settle()

    def settle(self) -> set[int]:
        touched = set(self.index.touched)
        self.index.settle()
        return touched

    def _still_there(self, missing: set[int]) -> set[int]:
        self.asked.append(set(missing))
        return missing - self.closed

    def holders(self, inode: int) -> list[tuple[int, int | None]]:
        return [(owner.pid, owner.fd) for owner in self.index.of(inode)]


@pytest.fixture
def machine() -> Machine:
    return Machine()


def many(machine: Machine, count: int = 50, descriptors: int = 20) -> None:
    """Processes with many sockets each, all of them known: process 100 holds 1000 to 1019, and so on."""
    for pid in range(100, 100 + count):
        machine.hold(pid, *range(pid * 10, pid * 10 + descriptors))
        machine.hold(pid, *(pid * 100 + n for n in range(descriptors)))
    machine.scan()


# --- what is looked at ---


def test_where_nothing_changed_no_descriptor_is_looked_at(machine: Machine) -> None:
    many(machine)
    machine.closed = {7}
    assert machine.find(7) == set()
    assert (machine.source.links, machine.source.listings) == (0, 0)
    assert machine.asked == [{7}]


def test_a_new_process_is_looked_at_whole_and_no_other(machine: Machine) -> None:
    many(machine)
    machine.hold(500, 7, FILE, 8)
    assert machine.find(7) == {7, 8}
    assert (machine.holders(7), machine.holders(8)) == ([(500, 3)], [(500, 5)])
    assert (machine.source.links, machine.source.listings) == (3, 0)
    assert machine.asked == [], "nothing was missing"


def test_of_a_process_with_more_descriptors_only_the_new_ones_are_looked_at(machine: Machine) -> None:
    many(machine)
    machine.put(120, 99, 7)
    machine.put(120, 100, FILE)
    assert machine.find(7) == {7}
    assert machine.holders(7) == [(120, 99)]
    assert (machine.source.links, machine.source.listings) == (2, 1)


def test_of_a_process_with_fewer_descriptors_none_is_looked_at(machine: Machine) -> None:
    many(machine)
    machine.put(120, 3, None)
    machine.put(130, 99, 7)
    assert machine.find(7) == {12000, 7}
    assert machine.holders(12000) == []
    assert machine.source.listings == 2
    assert machine.source.links <= 2


def test_a_number_that_is_used_again_for_the_next_socket_is_found_by_the_one_that_vanished(machine: Machine) -> None:
    many(machine)
    machine.put(120, 5, 7)
    machine.index.vanish([12002])
    assert machine.find(7) == {7, 12002}
    assert (machine.holders(7), machine.holders(12002)) == ([(120, 5)], [])
    assert (machine.source.links, machine.source.listings) == (1, 0)


def test_all_holders_of_a_vanished_socket_are_suspects(machine: Machine) -> None:
    many(machine)
    for pid in (120, 130):
        machine.put(pid, 99, 6)
    machine.scan()
    machine.put(120, 99, 7)
    machine.put(130, 99, 8)
    machine.index.vanish([6])
    assert machine.find(7) == {6, 7, 8}
    assert (machine.holders(6), machine.holders(7), machine.holders(8)) == ([], [(120, 99)], [(130, 99)])
    assert machine.source.links == 2


def test_a_vanished_socket_is_suspected_once(machine: Machine) -> None:
    many(machine)
    machine.put(120, 5, 7)
    machine.index.vanish([12002, 555])
    machine.find(7)
    machine.closed = {8}
    machine.find(8)
    assert machine.source.links == 0


def test_a_scan_takes_note_of_what_vanished(machine: Machine) -> None:
    many(machine)
    machine.index.vanish([12002])
    machine.scan()
    machine.closed = {8}
    machine.find(8)
    assert machine.source.links == 0


# --- the search in whole processes ---


def test_what_changed_without_a_trace_is_searched_for_in_whole_processes(machine: Machine) -> None:
    machine.hold(10, FILE, 56)
    machine.hold(20, FILE, 57)
    machine.scan()
    machine.put(20, 3, 7)
    assert machine.find(7) == {7}
    assert machine.holders(7) == [(20, 3)]
    assert machine.asked == [{7}]


def test_a_search_ends_when_everything_is_found(machine: Machine) -> None:
    many(machine)
    machine.put(100, 3, 7)
    machine.index.find({7}, lambda missing: missing)
    machine.put(100, 4, 8)
    machine.find(8)
    assert machine.source.links == 20, "where something was found last is looked first"


def test_a_search_looks_everywhere_if_it_must(machine: Machine) -> None:
    many(machine)
    machine.find(7)
    assert machine.source.links == 50 * 20


def test_what_is_closed_meanwhile_is_not_searched_for(machine: Machine) -> None:
    many(machine)
    machine.put(130, 3, 7)
    machine.closed = {6}
    machine.find(6, 7)
    assert machine.asked == [{6, 7}]
    assert machine.holders(7) == [(130, 3)]
    assert machine.source.links < 50 * 20, "7 was found, and then it was over"


def test_a_process_that_is_denied_during_the_search_is_passed_over(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.hold(20, FILE)
    machine.hold(30, FILE)
    machine.scan()
    machine.source.held[20] = PermissionError()
    machine.put(30, 3, 7)
    machine.find(7)
    assert machine.holders(7) == [(30, 3)]


def test_a_process_that_ends_during_the_search_is_passed_over(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.hold(30, FILE)
    machine.scan()
    machine.put(30, 3, 7)
    source, read = machine.source, machine.source.descriptors

    def descriptors(pid: int, fds: object = None, check: object = None) -> dict[int, int]:
        if pid == 10:
            raise ProcessLookupError
        return read(pid)

    source.descriptors = descriptors  # type: ignore[method-assign]
    machine.find(7)
    assert (machine.holders(7), machine.holders(56)) == ([(30, 3)], [])


# --- kernels that don't tell how many descriptors are open ---


def test_without_counts_new_descriptors_are_found(machine: Machine) -> None:
    machine.source.tells_counts = False
    many(machine)
    machine.put(120, 99, 7)
    assert machine.find(7) == {7}
    assert (machine.source.links, machine.source.listings) == (1, 50)


def test_without_counts_what_is_closed_is_found(machine: Machine) -> None:
    machine.source.tells_counts = False
    machine.hold(10, 56, 57)
    machine.scan()
    machine.put(10, 3, None)
    machine.closed = {7}
    assert machine.find(7) == {56}
    assert (machine.holders(56), machine.holders(57)) == ([], [(10, 4)])


def test_without_counts_a_number_that_is_used_again_is_found(machine: Machine) -> None:
    machine.source.tells_counts = False
    many(machine)
    machine.put(120, 5, 7)
    machine.index.vanish([12002])
    assert machine.find(7) == {7, 12002}
    assert machine.source.links == 1
    machine.put(120, 6, 8)
    machine.find(8)
    assert machine.holders(8) == [(120, 6)], "by the search"


# --- shared sockets ---


def test_a_forked_process_is_one_more_owner(machine: Machine) -> None:
    machine.hold(10, 56, 57)
    machine.scan()
    machine.hold(11, 56, 57)
    assert machine.find(7) == {56, 57}
    assert machine.holders(56) == [(10, 3), (11, 3)]


def test_a_parent_that_closes_its_copy_leaves_the_child(machine: Machine) -> None:
    machine.hold(10, 55, 56)
    machine.hold(11, 55, 56)
    machine.scan()
    machine.put(10, 4, None)
    machine.closed = {7}
    assert machine.find(7) == {56}
    assert (machine.holders(55), machine.holders(56)) == ([(10, 3), (11, 3)], [(11, 4)])


def test_a_descriptor_that_is_passed_on_and_closed_has_moved(machine: Machine) -> None:
    machine.hold(10, FILE, 56)
    machine.hold(20, FILE)
    machine.scan()
    machine.put(20, 9, 56)
    machine.put(10, 4, None)
    machine.closed = {7}
    assert machine.find(7) == {56}
    assert machine.holders(56) == [(20, 9)]


def test_copies_in_one_process_come_and_go_one_by_one(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.scan()
    machine.closed = {7}
    machine.put(10, 8, 56)
    machine.put(10, 5, 56)
    assert machine.find(7) == {56}
    assert machine.holders(56) == [(10, 3), (10, 5), (10, 8)]
    machine.put(10, 3, None)
    assert machine.find(7) == {56}
    assert machine.holders(56) == [(10, 5), (10, 8)]


def test_owners_stand_in_numeric_order_however_they_came(machine: Machine) -> None:
    for pid, fd in ((100, 3), (9, 100), (9, 20), (10, 1)):
        machine.source.held.setdefault(pid, {})
        machine.put(pid, fd, 56)
        machine.find(56)
    assert machine.holders(56) == [(9, 20), (9, 100), (10, 1), (100, 3)]


# --- processes that come, go and change ---


def test_a_process_that_ended_owns_nothing_any_more(machine: Machine) -> None:
    machine.hold(10, 56, 57)
    machine.hold(11, 56)
    machine.scan()
    del machine.source.held[10]
    machine.closed = {7}
    assert machine.find(7) == {56, 57}
    assert (machine.holders(56), machine.holders(57)) == ([(11, 3)], [])


def test_a_process_that_ends_while_it_is_looked_at_owns_nothing_any_more(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.scan()
    machine.source.held[10] = ProcessLookupError()
    machine.closed = {7}
    assert machine.find(7) == {56}
    assert (machine.holders(56), machine.index.denied) == ([], (0, 0))


def test_a_process_that_exits_before_its_name_is_read_owns_nothing(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.source.vanished.add(10)
    machine.closed = {56}
    assert machine.find(56) == set()
    machine.source.vanished.clear()
    assert machine.find(56) == {56}
    assert machine.holders(56) == [(10, 3)]


def test_a_number_that_is_used_again_is_another_process(machine: Machine) -> None:
    machine.hold(10, 56, 57)
    machine.scan()
    machine.hold(10, 56, 58, 59)
    again = machine.source.processes[10] = process(10, "other", create_time=2000.0)
    machine.find(58)
    assert machine.index.of(56) == (Owner(10, 3, again),)
    assert (machine.holders(57), machine.index.of(59)) == ([], (Owner(10, 5, again),))


def test_a_process_with_another_name_is_told_at_a_scan(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.scan()
    machine.source.processes[10] = process(10, "renamed")
    assert machine.scan() == {56}
    assert machine.index.of(56)[0].process.name == "renamed"
    assert machine.source.forgotten == [10, 10]


def test_a_scan_without_differences_touches_nothing(machine: Machine) -> None:
    many(machine)
    assert machine.scan() == set()


def test_what_is_touched_stays_so_until_it_is_settled(machine: Machine) -> None:
    machine.hold(10, 56)
    machine.index.scan()
    machine.hold(11, 57)
    machine.index.find({57}, lambda missing: missing)
    assert machine.index.touched == {56, 57}
    machine.index.settle()
    assert machine.index.touched == set()


def test_names_are_not_asked_of_processes_without_sockets(machine: Machine) -> None:
    machine.hold(10, FILE, FILE)
    machine.hold(11)
    machine.source.processes.clear()
    machine.source.process = lambda pid: pytest.fail("asked")  # type: ignore[method-assign]
    machine.scan()
    machine.put(10, 9, FILE)
    machine.find(7)


def test_a_process_that_gives_up_its_last_socket_is_forgotten_as_an_owner(machine: Machine) -> None:
    machine.hold(10, FILE, 56)
    machine.scan()
    machine.put(10, 4, None)
    machine.closed = {7}
    assert machine.find(7) == {56}
    machine.put(10, 4, 57)
    assert machine.find(57) == {57}
    assert machine.index.of(57) == (owner(10, 4),)


def test_processes_that_may_not_be_looked_into_are_counted_anew_each_time(machine: Machine) -> None:
    machine.source.held = {10: PermissionError(), 11: PermissionError(), 12: {3: 56}}
    machine.scan()
    assert machine.index.denied == (2, 0)
    machine.source.meaning = {11: Denied.SHIELDED}
    machine.scan()
    assert machine.index.denied == (1, 1)
    machine.source.meaning[10] = Denied.EMPTY
    machine.scan()
    assert machine.index.denied == (0, 1)
    del machine.source.held[10]
    machine.find(7)
    assert machine.index.denied == (0, 1)
    machine.source.held = {12: {3: 56}}
    machine.find(7)
    assert machine.index.denied == (0, 0)


class Stop(Exception):  # noqa: N818
    """What a check raises."""


@pytest.mark.parametrize("calls", range(1, 8))
@pytest.mark.parametrize("is_scan", [False, True])
def test_a_look_that_is_interrupted_is_made_up_for_by_the_next(machine: Machine, calls: int, is_scan: bool) -> None:
    for pid in (10, 11, 12):
        machine.hold(pid, pid, FILE, 50)
    machine.scan()
    machine.put(10, 3, 60)  # in the place of one that vanished
    machine.put(11, 9, 61)  # one more
    del machine.source.held[12]
    machine.hold(13, 62, 63)
    machine.put(13, 4, 64)
    machine.index.vanish([10, 12])
    left = calls

    def check() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Stop

    machine.check = check
    touched: set[int] = set()
    with pytest.raises(Stop):
        while True:
            touched |= set(machine.index.touched)
            if is_scan:
                machine.index.scan()
            else:
                machine.index.find({60, 61, 62, 63}, lambda missing: missing)
    machine.check = lambda: None
    machine.index.find({60, 61, 62}, lambda missing: missing)
    touched |= machine.settle()
    assert {inode: machine.holders(inode) for inode in (10, 11, 12, 50, 60, 61, 62, 64)} == {
        10: [],
        11: [(11, 3)],
        12: [],
        50: [(10, 5), (11, 5)],
        60: [(10, 3)],
        61: [(11, 9)],
        62: [(13, 3)],
        64: [(13, 4)],
    }
    assert touched >= {10, 12, 50, 60, 61, 62, 64}


# --- any history ---

holdings = st.dictionaries(st.integers(1, 3), st.dictionaries(st.integers(3, 6), st.integers(0, 5), max_size=3))


@given(st.lists(holdings, min_size=1, max_size=6), st.booleans())
def test_at_every_scan_the_owners_are_those_of_the_processes(
    history: list[dict[int, dict[int, int]]], tells_counts: bool
) -> None:
    machine = Machine()
    machine.source.tells_counts = tells_counts
    for held in history:
        machine.source.held = {pid: dict(descriptors) for pid, descriptors in held.items()}
        machine.find(1, 2, 3)
        machine.scan()
        for inode in range(1, 6):
            assert machine.holders(inode) == sorted(
                (pid, fd) for pid, fds in held.items() for fd, there in fds.items() if there == inode
            )


@given(st.lists(holdings, min_size=2, max_size=6), st.booleans(), st.data())
def test_what_is_touched_is_exactly_what_changed(
    history: list[dict[int, dict[int, int]]], tells_counts: bool, data: st.DataObject
) -> None:
    machine = Machine()
    machine.source.tells_counts = tells_counts
    before: dict[int, tuple[Owner, ...]] = dict.fromkeys(range(1, 6), ())
    for held in history:
        machine.source.held = {pid: dict(descriptors) for pid, descriptors in held.items()}
        machine.index.vanish(data.draw(st.sets(st.integers(1, 5))))
        touched = machine.find(*data.draw(st.sets(st.integers(1, 5)))) if data.draw(st.booleans()) else machine.scan()
        after = {inode: machine.index.of(inode) for inode in before}
        assert touched >= {inode for inode in before if before[inode] != after[inode]}
        before = after


@given(st.lists(holdings, min_size=2, max_size=6), st.booleans())
def test_everything_that_is_wanted_and_held_is_found(
    history: list[dict[int, dict[int, int]]], tells_counts: bool
) -> None:
    machine = Machine()
    machine.source.tells_counts = tells_counts
    for held in history:
        machine.source.held = {pid: dict(descriptors) for pid, descriptors in held.items()}
        there = {inode for fds in held.values() for inode in fds.values() if inode}
        wanted = {inode for inode in there if not machine.index.of(inode)}
        machine.find(*wanted)
        assert all(machine.index.of(inode) for inode in wanted)
