from __future__ import annotations

import pytest

from tests.soak.samples import Sample, after_warm_up, doubt, growth, judge, slower
from tests.soak.script import one_round

MB = 1_000_000


def samples(resident: float = 0.0, processor: float = 0.0, **odd: int) -> list[Sample]:
    """An hour of rounds, a minute each, whose memory (bytes an hour) and cost (a share an hour) rise."""
    steady = {"descriptors": 20, "threads": 3}
    return [
        Sample(
            seconds=60.0 * minute,
            resident=round(50 * MB + resident * minute / 60),
            processor=10.0 * (1 + processor * minute / 60),
            **(steady | (odd if minute == 50 else {})),
        )
        for minute in range(1, 61)
    ]


def test_what_is_flat_holds() -> None:
    assert all(verdict.holds for verdict in judge(samples()))


@pytest.mark.parametrize(
    ("grown", "what"),
    [
        (samples(resident=2 * MB), "resident memory, slope"),
        (samples(descriptors=21), "descriptors"),
        (samples(threads=4), "threads"),
        (samples(processor=0.5), "processor time a round, last against first third"),
    ],
    ids=["memory", "descriptors", "threads", "cost"],
)
def test_what_grows_is_told(grown: list[Sample], what: str) -> None:
    assert [verdict.what for verdict in judge(grown) if not verdict.holds] == [what]


def test_memory_that_fills_at_first_and_then_stays_is_no_growth() -> None:
    filled = [each._replace(resident=round(min(each.seconds, 1_000) * MB)) for each in samples()]
    assert growth(filled) > MB
    assert growth(after_warm_up(filled)) == pytest.approx(0.0, abs=1.0)


def test_what_swings_from_round_to_round_leaves_the_slope_in_doubt() -> None:
    swinging = [
        each._replace(resident=each.resident + MB * (number & 1))
        for number, each in enumerate(samples(resident=2 * MB))
    ]
    assert doubt(samples(resident=2 * MB)) == pytest.approx(0.0, abs=10.0)
    # A swing of 0.5 around the line, over the square root of 60 samples and over 0.29 hours of spread.
    assert doubt(swinging) == pytest.approx(0.5 * MB / 60**0.5 / 0.29, rel=0.05)
    assert growth(swinging) == pytest.approx(2 * MB, abs=2 * doubt(swinging))


def test_too_few_samples_say_nothing() -> None:
    assert (growth(samples()[:1]), slower(samples()[:2]), after_warm_up([]), doubt(samples()[:2])) == (
        0.0,
        1.0,
        [],
        0.0,
    )


def test_the_script_ends_at_the_size_with_which_it_begins() -> None:
    sizes = [step.size for step in one_round() if step.size]
    assert sizes[-1] == (120, 36)
