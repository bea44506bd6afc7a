from __future__ import annotations

from tests.benchmarks.capture import CaptureCost, tell
from tests.benchmarks.results import Results

COST = CaptureCost(connections=10_000, rate=9_876.5, seconds=0.2, events=40_000, ends=20_000, lost=0, longest=0.012)


def told(cost: CaptureCost) -> Results:
    results = Results(lambda _: None)
    tell(cost, results)
    return results


def test_the_text_says_what_it_cost() -> None:
    (text,) = told(COST).paragraphs
    assert "10,000 connections at 9,876 a second, both ends" in text
    assert "20.0 us a connection, which is 20% of a processor at 10,000 a second" in text


def test_what_costs_too_much_or_loses_something_does_not_hold() -> None:
    def met(cost: CaptureCost) -> list[bool]:
        return [verdict.is_met for verdict in told(cost).verdicts]

    assert met(COST) == [True, True]
    assert met(COST._replace(seconds=0.26)) == [False, True]
    assert met(COST._replace(lost=1)) == [True, False]
