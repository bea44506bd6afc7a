"""Who is in a hurry goes first, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from netwatch_tui.play.turns import MOST_HELD_UP, TURNS, TYPES_FOR, Rank, Turns, share_turns
from netwatch_tui.sockets.slices import SLICE, give_way, giving_way, have_wait, slices
from netwatch_tui.ui.screen_loop import screen_loop
from tests.support.feeds import PATIENCE


@pytest.fixture(autouse=True)
def nobody_waits_afterwards() -> Iterator[None]:
    """The turns of the process are as they were."""
    yield
    have_wait()


def worker(turns: Turns, rank: Rank, work: Callable[[], object]) -> threading.Thread:
    """A thread of this rank that waits for its turn, and then works."""

    def run() -> None:
        turns.enter(rank)
        turns.wait()
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def is_held_up(turns: Turns, rank: Rank) -> bool:
    """Whether a thread of this rank has to wait; of several tries, as the machine may hold up any of them."""

    def took() -> float:
        start = time.monotonic()
        worker(turns, rank, lambda: None).join(PATIENCE)
        return time.monotonic() - start

    return min(took() for _ in range(3)) >= MOST_HELD_UP


@pytest.mark.parametrize(("hurries", "behind"), [(Rank.SCREEN, Rank.VIEWS), (Rank.VIEWS, Rank.OTHERS)])
def test_who_is_behind_waits_until_the_one_before_is_idle(hurries: Rank, behind: Rank) -> None:
    turns, done = Turns(), list[str]()
    turns.take(hurries)
    thread = worker(turns, behind, lambda: done.append("worked"))
    done.append("painted")
    turns.give(hurries)
    thread.join(PATIENCE)
    assert done == ["painted", "worked"]


def test_nobody_waits_for_those_behind_or_for_oneself() -> None:
    turns = Turns()
    turns.take(Rank.VIEWS)
    assert not is_held_up(turns, Rank.SCREEN)
    assert not is_held_up(turns, Rank.VIEWS)
    assert is_held_up(turns, Rank.OTHERS)
    with turns.taken(Rank.SCREEN):
        assert is_held_up(turns, Rank.VIEWS)
    assert not is_held_up(turns, Rank.VIEWS)


@pytest.mark.parametrize(("grace", "waits"), [(60.0, 1), (0.0, 20)])
def test_who_was_held_up_for_long_goes_on_for_a_while(
    grace: float, waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netwatch_tui.play.turns.GRACE", grace)
    monkeypatch.setattr("netwatch_tui.play.turns.MOST_HELD_UP", 0.05)
    turns, start = Turns(), time.monotonic()
    turns.take(Rank.SCREEN)

    def wait_again() -> None:
        for _ in range(19):
            turns.wait()

    worker(turns, Rank.OTHERS, wait_again).join(PATIENCE)
    took = time.monotonic() - start
    assert took >= waits * 0.05
    assert waits > 1 or took < 19 * 0.05


def test_somebody_types_for_a_while_after_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    before = turns.is_typing
    turns.typed()
    soon, now = turns.is_typing, time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + TYPES_FOR)
    assert (before, soon, turns.is_typing) == (False, True, False)


def test_the_loop_of_the_screen_has_its_turn_while_it_works_and_gives_it_while_it_waits() -> None:
    loop = screen_loop()

    async def work() -> tuple[bool, bool]:
        return is_held_up(TURNS, Rank.VIEWS), await asyncio.to_thread(is_held_up, TURNS, Rank.VIEWS)

    while_it_works, while_it_waits = loop.run_until_complete(work())
    loop.close()
    TURNS.enter(Rank.OTHERS)  # this thread is no screen any more
    assert (while_it_works, while_it_waits) == (True, False)
    assert not is_held_up(TURNS, Rank.VIEWS), "after it"
    have_wait(lambda: pytest.fail("nobody asks"))
    share_turns()
    give_way()


def test_all_items_come_in_their_order_and_somebody_can_go_first_in_between() -> None:
    times = list[int]()
    have_wait(lambda: times.append(1))
    items = [*range(2 * SLICE + 1)]
    assert [each for part in slices(items) for each in part] == items
    assert len(times) == 3
    assert [*giving_way(iter(items))] == items
    assert len(times) > 3 + 2 * SLICE // 1_000
    assert [*slices(range(3), 2)] == [(0, 1), (2,)]
    assert not [*slices(list[int]())]
    assert not [*giving_way([])]
