from __future__ import annotations

import subprocess

import pytest

from tests.benchmarks import report
from tests.benchmarks.helper import HelperError
from tests.benchmarks.load import LoadError
from tests.benchmarks.measure import MeasureError
from tests.benchmarks.report import Table, Verdict
from tests.benchmarks.results import Results, Settings


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.000_432, "0.43 ms"), (0.009_14, "9.1 ms"), (0.116, "116 ms"), (2.18, "2,180 ms")],
)
def test_durations_have_about_three_digits(seconds: float, text: str) -> None:
    assert report.duration(seconds) == text


def test_a_ratio_compares_within_each_round() -> None:
    # The machine was twice as slow in the second round and ten times in the third, for both alike.
    assert report.ratio([0.05, 0.10, 0.50], [0.10, 0.20, 1.00]) == pytest.approx(0.5)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert report.percentile(range(100, 0, -1), share) == value
    assert report.percentile([7.0], share) == 7


@pytest.mark.parametrize(
    ("verdict", "cells"),
    [
        (Verdict("it", 1.0, "x", 1.0), ("it", "1.00x", "1.00x", "met")),
        (Verdict("it", 1.01, "x", 1.0), ("it", "1.01x", "1.00x", "**not met**")),
        (Verdict("it", 79.6, " MiB", 80), ("it", "79.6 MiB", "80 MiB", "met")),
        (Verdict("it", 3_000, "", 0), ("it", "3,000", "0", "**not met**")),
    ],
)
def test_a_verdict_says_whether_the_bar_is_met(verdict: Verdict, cells: tuple[str, ...]) -> None:
    assert verdict.cells() == cells


def test_a_table_has_its_lines_and_columns_as_they_came_and_a_dash_for_what_is_missing() -> None:
    table = Table("what")
    assert not table
    table.put("first", "1,000 sockets", "2.0 ms")
    table.put("second", "10,000 sockets", "20.0 ms (2.00x)")
    assert str(table).splitlines() == [
        "| what   | 1,000 sockets |  10,000 sockets |",
        "| ------ | ------------: | --------------: |",
        "| first  |        2.0 ms |               - |",
        "| second |             - | 20.0 ms (2.00x) |",
    ]


def test_the_bars_are_one_table() -> None:
    table = report.bars_table([Verdict("a frame", 1.3, "x", 1.2), Verdict("memory", 7, " MiB", 80)])
    assert table.splitlines() == [
        "|         | measured |    bar |             |",
        "| ------- | -------: | -----: | ----------: |",
        "| a frame |    1.30x |  1.20x | **not met** |",
        "| memory  |    7 MiB | 80 MiB |         met |",
    ]


@pytest.mark.parametrize(
    "error",
    [
        LoadError("no"),
        MeasureError("no"),
        HelperError("no"),
        OSError("no"),
        AssertionError("no\nand the screen"),
        subprocess.SubprocessError("no"),
    ],
)
def test_what_fails_is_told_and_what_was_found_before_stays(error: Exception) -> None:
    said: list[str] = []
    results = Results(said.append)
    for size in ("1,000 sockets", "3,000 sockets"):
        with results.attempt(size):
            results.keep("ticks", [1.0])
            if size.startswith("1"):
                raise error
    assert results.problems == ["1,000 sockets: no"]
    assert results.samples == {"ticks": [1.0, 1.0]}
    assert said == ["  1,000 sockets", "  not measured: no", "  3,000 sockets"]


def test_a_fault_of_the_benchmark_itself_is_not_swallowed() -> None:
    with pytest.raises(TypeError), Results(lambda _: None).attempt("it"):
        raise TypeError


def test_only_what_has_a_bar_is_judged() -> None:
    results = Results(lambda _: None)
    results.judge("at 1,000 sockets", 2.0, "x", None)
    results.judge("at 10,000 sockets", 2.0, "x", 1.0)
    assert [verdict.title for verdict in results.verdicts] == ["at 10,000 sockets"]


def test_what_lasts_lasts_as_long_as_asked_for() -> None:
    settings = Settings((1_000, 3_000), 50, 5, 25, None)
    assert (settings.lasting(120), settings._replace(seconds=7).lasting(120)) == (120, 7)
    assert settings.largest == 3_000


def test_the_machine_is_named() -> None:
    machine = report.machine()
    assert machine["cpus"] >= 1
    assert machine["model"]
    assert machine["kernel"]
    assert machine["python"].startswith("3.")
