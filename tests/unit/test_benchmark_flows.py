from __future__ import annotations

import pytest

from tests.benchmarks.flows import Ticks, measured, tell
from tests.benchmarks.results import Results


@pytest.mark.parametrize(
    ("screen", "sort", "holds"),
    [
        ([1.3, 1.3, 1.3], [2.0, 2.0, 2.0], True),
        ([1.31, 1.31, 1.0], [1.0, 1.0, 1.0], False),
        ([1.0, 1.0, 1.0], [2.1, 2.1, 1.0], False),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 9.0], False),
    ],
)
def test_both_bars_must_hold_and_the_second_also_on_average(
    screen: list[float], sort: list[float], holds: bool
) -> None:
    results = Results(lambda _: None)
    tell(Ticks([1.0, 1.0, 1.0], screen, sort, 3), 10_000, results)
    assert all(verdict.is_met for verdict in results.verdicts) is holds
    (text,) = results.paragraphs
    assert "all connections read in 3 of 6 ticks" in text


def test_real_sockets_are_read_as_often_as_it_says() -> None:
    found = measured(100, 2, 2)
    assert [len(each) for each in found[:3]] == [2, 2, 2]
    assert 2 <= found.lists <= 5
