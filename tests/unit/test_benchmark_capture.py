from __future__ import annotations

from tests.benchmarks.capture import CaptureCost, report

COST = CaptureCost(connections=10_000, rate=9_876.5, seconds=0.2, events=40_000, ends=20_000, lost=0, longest=0.012)


def test_the_report_says_what_it_cost_and_whether_that_is_below_the_bar() -> None:
    text, holds = report(COST)
    assert holds
    assert "10,000 connections at 9,876 a second, both ends" in text
    assert "20.0 us a connection, which is 20% of a processor at 10,000 a second (the bar is 25%)" in text


def test_what_costs_too_much_or_loses_something_does_not_hold() -> None:
    assert not report(COST._replace(seconds=0.26))[1]
    assert not report(COST._replace(lost=1))[1]
