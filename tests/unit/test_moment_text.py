"""Moments as a person types them."""

from __future__ import annotations

import time

import pytest

from netwatch_tui.play.moment_text import moment_of

SHOWN = time.mktime((2026, 11, 29, 12, 30, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12:00:07", -1793.0), ("12:00", -1800.0), (" 13:30 ", 3600.0), ("-5m", -300.0), ("+30s", 30.0),
     ("- 1h30m", -5400.0), ("-90", -90.0), ("2026-11-28 12:30:00", -86_400.0), ("2026-11-28T12:30", -86_400.0)],
)  # fmt: skip
def test_a_time_is_of_the_day_that_is_shown_and_a_span_from_there(text: str, seconds: float) -> None:
    assert moment_of(text, SHOWN) == SHOWN + seconds


@pytest.mark.parametrize("text", ["", "noon", "24:00", "12:60", "12:00:61", "5m", "-", "+x", "2026-13-01 12:00", "1:2"])
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|there is no"):
        moment_of(text, SHOWN)
