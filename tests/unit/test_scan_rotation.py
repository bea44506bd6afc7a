"""Every descriptor has its turn in time, and no look has more than its share of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.scan_rotation import AT_ONCE, ScanRotation, Turn

LOOKS = 20
machines = st.dictionaries(st.integers(1, 50), st.sets(st.integers(0, 3 * AT_ONCE), max_size=40), max_size=12)


def taken(rotation: ScanRotation, share: float, open_now: dict[int, set[int]]) -> list[Turn]:
    return list(rotation.take(share, open_now))


def cost(turns: list[Turn]) -> int:
    return sum(len(turn.fds) + 16 for turn in turns)


@given(machines)
def test_in_as_many_looks_as_there_are_shares_everything_is_read(open_now: dict[int, set[int]]) -> None:
    rotation = ScanRotation()
    read: dict[int, set[int]] = {}
    for _ in range(LOOKS):
        for turn in taken(rotation, 1 / LOOKS, open_now):
            read.setdefault(turn.pid, set()).update(turn.fds)
    few = {pid: fds for pid, fds in open_now.items() if max(fds, default=0) < AT_ONCE}
    if few == open_now:  # numbers that are far apart cost more than they are, so that their turn takes longer
        assert read == open_now


@given(machines)
def test_one_look_for_all_reads_each_descriptor_once(open_now: dict[int, set[int]]) -> None:
    few = {pid: {fd % AT_ONCE for fd in fds} for pid, fds in open_now.items()}
    turns = taken(ScanRotation(), 1.0, few)
    assert {turn.pid: set(turn.fds) for turn in turns} == few
    assert len(turns) == len(few)
    assert all(turn.begins for turn in turns)


def test_no_look_takes_much_more_than_its_share() -> None:
    open_now = {pid: set(range(200)) for pid in range(1, 101)}
    rotation = ScanRotation()
    costs = [cost(taken(rotation, 0.05, open_now)) for _ in range(3 * LOOKS)]
    assert max(costs) <= 0.05 * 100 * 216 + 216
    assert sum(costs[:LOOKS]) >= 100 * 216


def test_a_process_with_very_many_descriptors_is_read_in_parts() -> None:
    open_now = {7: set(range(10 * AT_ONCE)), 8: {0, 1, 2}}
    rotation = ScanRotation()
    turns = [taken(rotation, 1 / LOOKS, open_now) for _ in range(LOOKS)]
    assert max(map(cost, turns)) <= AT_ONCE + 100
    of_seven = [turn for look in turns for turn in look if turn.pid == 7]
    assert set().union(*(turn.fds for turn in of_seven)) == open_now[7]
    assert sum(turn.begins for turn in of_seven) in (1, 2)
    del open_now[7]
    assert [turn.pid for turn in taken(rotation, 1.0, open_now)] == [8]
