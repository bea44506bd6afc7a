"""When ticks are due, and what comes between two of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch_tui.play.ticker import Stopped, Ticker, TickPlan
from netwatch_tui.play.timeline import Timeline


class FakeTime:
    """A clock that goes on by what is slept and worked."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float | None) -> None:
        assert seconds is not None
        self.now += seconds


@given(st.floats(0.05, 60), st.lists(st.floats(0, 200), min_size=1, max_size=30))
@example(1.0, [0.25, 2.5, 0.0])
def test_ticks_keep_their_plan_and_none_is_made_up_for(interval: float, costs: list[float]) -> None:
    now = 1_000.0
    plan = TickPlan(interval, now)
    for cost in costs:
        was_due = plan.due
        now = max(plan.due, now) + cost
        plan.ticked(now)
        assert plan.due == max(was_due + interval, now)


def test_another_interval_counts_from_the_last_tick() -> None:
    plan = TickPlan(10.0, 1_000.0)
    plan.ticked(1_000.0)
    plan.pace(2.0, 1_001.0)
    assert plan.due == 1_002.0
    plan.pace(60.0, 1_001.0)
    assert plan.due == 1_060.0
    plan.pace(1.0, 1_030.0)
    assert plan.due == 1_030.0, "not in the past"


def test_the_first_tick_is_at_once_and_the_last_when_the_time_is_over() -> None:
    time = FakeTime()
    ticker = Ticker[None](time.clock, time.sleep)
    assert list(ticker.ticks(1.0, lasts=2.5)) == [1_000.0, 1_001.0, 1_002.0, 1_002.5]
    assert list(islice(ticker.ticks(60.0), 2)) == [1_002.5, 1_062.5]


def test_a_tick_that_takes_longer_than_the_interval_is_followed_by_the_next_at_once() -> None:
    time = FakeTime()
    ticks = Ticker[None](time.clock, time.sleep).ticks(1.0)
    assert next(ticks) == 1_000.0
    time.now += 3.5
    assert next(ticks) == 1_003.5
    assert next(ticks) == 1_004.5


def test_who_waits_is_given_all_that_was_asked_for_and_then_the_time() -> None:
    ticker = Ticker[str]()
    ticker.ask("one")
    ticker.ask("two")
    assert ticker.wait(None) == ["one", "two"]
    assert ticker.wait(ticker.clock()) == []
    threading.Timer(0.01, ticker.ask, ("three",)).start()
    assert ticker.wait(ticker.clock() + 60) == ["three"]


def test_what_is_asked_for_is_granted_also_when_something_is_always_due() -> None:
    ticker, granted = Ticker[str](), []
    ticker.ask("it")

    def grant(wishes: list[str]) -> None:
        granted.extend(wishes)
        ticker.stop()

    ticker.run(lambda: None, lambda: 0.0, grant)
    assert granted == ["it"]


@contextmanager
def handling(number: int, ticker: Ticker[None]) -> Iterator[None]:
    before = signal.signal(number, lambda *_: ticker.stop())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(number, before)


def test_it_is_stopped_from_a_signal_handler_while_it_waits() -> None:
    ticker = Ticker[None]()
    with handling(signal.SIGALRM, ticker):
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        with pytest.raises(Stopped):
            ticker.wait(None)
    with pytest.raises(Stopped):
        ticker.check()
    assert list(ticker.ticks(1.0)) == []


def test_recorded_time_goes_on_at_a_rate_and_stands_still_at_none() -> None:
    line = Timeline()
    line.jump(500.0, 1_000.0)
    assert (line.at(1_010.0), line.when(501.0)) == (500.0, None)
    line.turn(4.0, 1_010.0)
    assert line.at(1_011.0) == 504.0
    assert line.when(508.0) == 1_012.0
    assert line.when(90_000.0, at_most=40.0) == 1_020.0, "nobody waits through a night"
    line.turn(0.5, 1_011.0)
    assert line.when(505.0) == 1_013.0
