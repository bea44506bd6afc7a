from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from tests.benchmarks import report
from tests.benchmarks.report import MIB, Measured, Memory, Sample, Verdict


def measured(
    sockets: int, samples: Mapping[str, Sequence[Sample]], memory: Mapping[str, Memory] | None = None
) -> Measured:
    return Measured(sockets, 50, samples, memory or {}, [])


def sample(seconds: float, floor: float = 0.01) -> Sample:
    return Sample(seconds, seconds, floor)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.000_432, "0.43 ms"), (0.009_14, "9.1 ms"), (0.116, "116 ms"), (2.18, "2,180 ms")],
)
def test_durations_have_about_three_digits(seconds: float, text: str) -> None:
    assert report.duration(seconds) == text


def test_a_ratio_compares_within_each_round() -> None:
    # The machine was twice as slow in the second round and ten times in the third, for both alike.
    ours = [sample(0.05), sample(0.10), sample(0.50)]
    theirs = [sample(0.10), sample(0.20), sample(1.00)]
    assert report.ratio(ours, theirs) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("verdict", "is_met", "text"),
    [
        (Verdict("", 1.0, "x", 1.0), True, "1.00x, bar 1.00x: met"),
        (Verdict("", 1.01, "x", 1.0), False, "1.01x, bar 1.00x: **not met**"),
        (Verdict("", 79.6, " MiB", 80), True, "80 MiB, bar 80 MiB: met"),
        (Verdict("", 0.5, "x", None), None, "0.50x"),
    ],
)
def test_a_verdict_says_whether_the_bar_is_met(verdict: Verdict, is_met: bool | None, text: str) -> None:
    assert verdict.is_met is is_met
    assert str(verdict) == text


def test_bars_hold_at_the_sizes_that_they_are_for() -> None:
    samples = {
        "ss": [sample(0.1), sample(0.2), sample(0.3)],
        "once": [sample(0.05), sample(0.1), sample(0.15)],
        "tick": [sample(0.014), sample(0.016), sample(0.09)],
    }
    memory = {"all of it": Memory(70 * MIB, 81 * MIB)}

    def by_title(sockets: int) -> dict[str, tuple[float, bool | None]]:
        found = report.verdicts(measured(sockets, samples, memory))
        return {verdict.title: (round(verdict.value, 6), verdict.is_met) for verdict in found}

    once, tick, resident = (
        "`--once` against `ss -tanpH`",
        "steady tick (median) against its floor",
        "resident memory, peak: all of it",
    )
    assert by_title(1_000) == {once: (0.5, None), tick: (1.6, False), resident: (81.0, False)}
    assert by_title(10_000) == {once: (0.5, True), tick: (1.6, False), resident: (81.0, None)}
    assert by_title(100_000) == {once: (0.5, False), tick: (1.6, False), resident: (81.0, True)}


def test_the_tables_have_a_column_for_each_size_and_no_row_without_a_number() -> None:
    sizes = [
        measured(1_000, {"floor": [sample(0.001), sample(0.003), sample(0.002)], "once": [sample(0.02)]}),
        measured(10_000, {"floor": [sample(0.010)], "tick": [sample(0.01), sample(0.02), sample(0.06)]}),
    ]
    assert report.times_table(sizes).splitlines() == [
        "|                                                                  |   1,000 sockets |  10,000 sockets |",
        "| ---------------------------------------------------------------- | --------------: | --------------: |",
        "| reading `/proc/net/{tcp,tcp6,udp,udp6}`, nothing kept: the floor |          2.0 ms |         10.0 ms |",
        "| `netwatch-tui --once -tanH`                                      | 20.0 ms (2.00x) |               - |",
        "| steady tick, 1 % replaced: median                                |               - | 20.0 ms (2.00x) |",
        "| the same: mean                                                   |               - | 30.0 ms (3.00x) |",
        "| the same: longest                                                |               - | 60.0 ms (6.00x) |",
    ]
    assert report.bars_table(sizes).splitlines() == [
        "|                                        | 1,000 sockets |                10,000 sockets |",
        "| -------------------------------------- | ------------: | ----------------------------: |",
        "| steady tick (median) against its floor |             - | 2.00x, bar 1.50x: **not met** |",
    ]


def test_memory_stands_in_both_tables() -> None:
    sizes = [measured(1_000, {}, {"all of it": Memory(60 * MIB, 70 * MIB)}), measured(10_000, {})]
    assert report.times_table(sizes).splitlines()[2:] == [
        "| resident memory: all of it | 60 MiB (peak 70) |              - |"
    ]
    assert report.bars_table(sizes).splitlines()[2:] == [
        "| resident memory, peak: all of it | 70 MiB, bar 80 MiB: met |              - |"
    ]


def test_the_json_has_every_sample() -> None:
    sizes = [measured(10_000, {"ss": [sample(0.1), sample(0.3)], "once": [sample(0.1), sample(0.3)]})]
    (size,) = json.loads(json.dumps(report.as_json(sizes, report.machine())))["sizes"]
    assert [taken["seconds"] for taken in size["measures"]["ss"]["samples"]] == [0.1, 0.3]
    assert size["measures"]["ss"]["median"] == pytest.approx(0.2)
    assert size["measures"]["ss"]["floor_ratio_median"] == pytest.approx(20)
    assert [bar["is_met"] for bar in size["bars"]] == [True]


def test_the_machine_is_named() -> None:
    machine = report.machine()
    assert machine["cpus"] >= 1
    assert machine["model"]
    assert machine["kernel"]
    assert machine["python"].startswith("3.")
