"""What the benchmark of tracing says, by times that are given."""

from __future__ import annotations

from tests.benchmarks.results import Results
from tests.benchmarks.trace import Slowdowns, tell


def test_ratios_are_those_of_medians_and_losses_are_told() -> None:
    results = Results(lambda _: None)
    tell(Slowdowns([1.0, 1.0, 9.0], [1.5, 1.4, 1.6], [8.0], 12, 3_400), 1_000_000, results)
    (text,) = results.paragraphs
    assert text == (
        "1,000,000 rounds, medians of 3: 1.0 us a round untraced, 1.5 us traced (1.50x), 8.0 us under "
        "strace -f (8.0x); 3,400 calls told, 12 records lost."
    )
    assert [verdict.is_met for verdict in results.verdicts] == [True]


def test_above_the_bar_it_does_not_hold() -> None:
    results = Results(lambda _: None)
    tell(Slowdowns([1.0], [2.5], [], 0, 1), 1_000, results)
    assert [verdict.is_met for verdict in results.verdicts] == [False]
    assert "strace" not in results.paragraphs[0]
