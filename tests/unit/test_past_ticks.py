"""Ticks that were seen can be had again as they were, in any order, and take no more memory than they may."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.past_ticks import MEBIBYTE, PastTicks, SeenTick
from netwatch_tui.sockets.delta import Delta, diff
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import RULES, Finding, Findings
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.support.build import owner, snapshot, tcp
from tests.support.fake import Watch
from tests.support.flows import counters
from tests.support.strategies import histories

ENOUGH = 64.0 * MEBIBYTE


def seen(snapshots: Sequence[Snapshot], linger: float = 2.0) -> list[SeenTick]:
    """These snapshots as a screen shows them, one after the other."""
    ticks: list[SeenTick] = []
    marks = Marks()
    for number, each in enumerate(snapshots):
        marks = marks.expire(each.taken_at).advance(each.delta, until=each.taken_at + linger)
        ticks.append(SeenTick(number, each, marks, each.taken_at, 1.0 if number else None))
    return ticks


def kept(ticks: Sequence[SeenTick], most: float = ENOUGH) -> PastTicks:
    past = PastTicks(most)
    for tick in ticks:
        past.add(tick)
    return past


def follow(history: Sequence[dict[int, Socket]]) -> list[Snapshot]:
    """Snapshots with these sockets, one after the other."""
    deltas = [Delta(), *(diff(before, after) for before, after in pairwise(history))]
    return [
        snapshot(*(sockets[id] for id in sorted(sockets)), delta=delta, taken_at=100.0 + at)
        for at, (sockets, delta) in enumerate(zip(history, deltas, strict=True))
    ]


def findings(sockets: Sequence[Socket], chosen: set[int]) -> Findings:
    return {each.id: (Finding(RULES[0], 1.0, each),) for each in sockets if each.id in chosen}


ids = st.sets(st.integers(1, 8))


@st.composite
def stories(draw: st.DrawFn) -> list[Snapshot]:
    """Ticks in which anything may be different from one to the next."""
    told = []
    for each in follow(draw(histories())):
        flows = {id: Flow(id, each.taken_at, counters()) for id in sorted(draw(ids))}
        told.append(each._replace(findings=findings(each.sockets, draw(ids)), flows=flows, cost=draw(st.floats(0, 1))))
    return told


@given(stories(), st.lists(st.integers(0, 4), min_size=1, max_size=8), st.floats(0, 3))
def test_any_tick_can_be_had_from_any_other_exactly_as_it_was(
    story: list[Snapshot], jumps: list[int], linger: float
) -> None:
    ticks = seen(story, linger)
    past = kept(ticks)
    here = ticks[-1]
    for jump in jumps:
        number = jump % len(ticks)
        here = past.at(number, here)
        assert here == ticks[number]


@given(stories(), st.integers(1, 4))
def test_back_and_forward_as_far_leads_to_the_same_tick(story: list[Snapshot], steps: int) -> None:
    ticks = seen(story)
    past = kept(ticks)
    start = max(len(ticks) - 1 - steps, 0)
    back = past.at(start, ticks[-1])
    assert back == ticks[start]
    assert past.at(len(ticks) - 1, back) == ticks[-1]


@given(histories(), st.data())
def test_a_tick_that_failed_leaves_a_gap_and_nothing_else_wrong(
    history: list[dict[int, Socket]], data: st.DataObject
) -> None:
    """What a failed tick found is in no delta; the ticks beside it are whole all the same."""
    whole = follow(history)
    story = [each for each in whole if data.draw(st.booleans())] or whole
    ticks = seen(story)
    past = kept(ticks)
    for tick in reversed(ticks):
        assert past.at(tick.number, ticks[-1]) == tick


def test_a_collector_s_ticks_come_back_in_the_order_of_the_table() -> None:
    watch = Watch()
    web, visits = tcp("10.0.0.5:443", inode=1), [tcp("10.0.0.5:443", f"10.0.0.9:{n}", inode=n) for n in range(2, 9)]
    story = [watch.tick(web, *visits[at : at + 3]) for at in range(5)]
    ticks = seen(story)
    past = kept(ticks)
    for tick in ticks:
        assert past.at(tick.number, ticks[-1]) == tick


def test_a_moment_finds_the_tick_that_was_seen_then() -> None:
    ticks = seen(follow([{} for _ in range(4)]))
    past = kept(ticks)
    numbers = [past.number_at(moment) for moment in (1.0, 100.0, 101.9, 102.0, 500.0)]
    assert numbers == [0, 0, 1, 2, 3]


def test_the_next_tick_of_which_something_is_true_is_found() -> None:
    one = tcp("10.0.0.5:443", id=1, inode=1)
    ticks = seen(follow([{}, {}, {}, {1: one}, {1: one}]))
    past = kept(ticks)
    assert past.next_where(ticks[0], lambda each: bool(each.delta.opened)) == ticks[3]
    assert past.next_where(ticks[3], lambda each: bool(each.delta.opened)) is None
    assert past.next_where(ticks[3], lambda _: True) == ticks[4]
    assert past.next_where(ticks[0]._replace(number=-5), lambda _: True) == ticks[0]


def test_nothing_is_kept_where_nothing_may_be() -> None:
    past = kept(seen(follow([{}, {}])), most=0)
    assert past.numbers == range(0)
    assert past.bytes == 0


def made(id: int) -> Socket:
    """A connection that a process of its own holds."""
    local = f"10.{id >> 16 & 255}.{id >> 8 & 255}.{id & 255}:{id & 0xFFFF}"
    holder = owner(id, name=f"worker-{id}")
    return tcp(local, f"10.9.9.9:{id & 0xFFFF}", id=id, inode=id + 1000, owners=(holder,))


def churn(sockets: int, replaced: int, ticks: int) -> list[Snapshot]:
    """A machine whose sockets are replaced, so many a tick."""
    here = {id: made(id) for id in range(1, sockets + 1)}
    story = [snapshot(*here.values(), taken_at=100.0)]
    for tick in range(1, ticks):
        gone = [here.pop(id) for id in list(here)[:replaced]]
        first = sockets + (tick - 1) * replaced + 1
        come = {id: made(id) for id in range(first, first + replaced)}
        here.update(come)
        delta = Delta(opened=tuple(come.values()), closed=tuple(gone))
        story.append(snapshot(*here.values(), delta=delta, taken_at=100.0 + tick))
    return story


def test_the_oldest_ticks_go_first_and_what_is_left_is_whole() -> None:
    ticks = seen(churn(200, 20, 60))
    most = kept(ticks).bytes / 10
    past = kept(ticks, most)
    assert 0 < past.bytes <= most
    assert past.numbers.stop == len(ticks)
    assert 1 < len(past.numbers) < 12
    for number in past.numbers:
        assert past.at(number, ticks[-1]) == ticks[number]


def test_a_tick_that_alone_is_too_much_is_not_kept_and_the_next_one_is() -> None:
    ticks = seen(churn(2_000, 1_000, 2))
    past = kept(ticks, most=100_000)
    assert past.numbers == range(0)
    past.add(ticks[-1]._replace(number=2, snapshot=ticks[-1].snapshot._replace(delta=Delta())))
    assert past.numbers == range(2, 3)


def test_ten_times_as_much_as_may_be_kept_stays_within_the_bound() -> None:
    """100,000 sockets; of what comes and goes, ten times what the bound has room for."""
    most, replaced = 2.0 * MEBIBYTE, 200
    here = {id: made(id) for id in range(1, 100_001)}
    whole = snapshot(*here.values())
    past, marks, number, turned_over = PastTicks(most), Marks(), 0, 0
    tracemalloc.start()
    try:
        while turned_over * 1_200 < 10 * most:
            gone = list(here.values())[-replaced:] if number else []
            come = [made(100_000 + turned_over + at) for at in range(1, replaced + 1)]
            for each in gone:
                del here[each.id]
            here.update((each.id, each) for each in come)
            delta = Delta(opened=tuple(come), closed=tuple(gone))
            marks = marks.expire(float(number)).advance(delta, until=number + 1.0)
            whole = whole._replace(sockets=tuple(here.values()), delta=delta, taken_at=float(number))
            past.add(SeenTick(number, whole, marks, whole.taken_at, 1.0))
            assert past.bytes <= most
            number, turned_over = number + 1, turned_over + replaced
        assert past.numbers.stop == number
        assert len(past.numbers) > 1
        del come, gone, delta, marks
        kept_by_all = _traced()
        past = PastTicks(0)
        kept_by_past = kept_by_all - _traced()
    finally:
        tracemalloc.stop()
    index = sys.getsizeof(here)  # of the sockets that are there: its size is that of the machine
    assert kept_by_past <= most + index
    assert whole.sockets


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
