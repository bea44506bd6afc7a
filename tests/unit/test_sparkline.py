from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.flow import FlowSample
from netwatch_tui.view.details import Fact, describe
from netwatch_tui.view.socket_details import SocketDetails
from netwatch_tui.view.sparkline import sparkline
from tests.support.build import tcp


@pytest.mark.parametrize(
    ("values", "width", "text"),
    [
        ([], 5, ""),
        ([0, 0], 5, "▁▁"),
        ([0, 1, 2, 7], 5, "▁▂▃█"),
        ([None, 3.5, 7], 5, " ▅█"),
        ([1, 2, 3, 4, 5, 6, 7], 4, "▂▄▆█"),
        ([None, None], 2, "  "),
    ],
)
def test_bars(values: list[float | None], width: int, text: str) -> None:
    assert sparkline(values, width) == text


@given(st.lists(st.none() | st.floats(0, 1e300), max_size=200), st.integers(1, 80))
def test_a_graph_fits_and_shows_the_greatest(values: list[float | None], width: int) -> None:
    text = sparkline(values, width)
    assert len(text) <= width
    assert ("█" in text) == any(value for value in values if value is not None)


def test_details_draw_what_flowed_once_there_are_two_values() -> None:
    history = tuple(FlowSample(100.0 + at, rate, None, 0.01 * at) for at, rate in enumerate((None, 0.0, 2048.0)))

    def told(count: int) -> list[Fact]:
        details = SocketDetails(tcp("10.0.0.1:1", "10.0.0.2:2", id=1), history=history[:count])
        sections = describe(details, Moment(103.0, {}), str)
        return [fact for section in sections for fact in section.facts if "at most" in fact.value]

    assert told(0) == told(1) == []
    assert told(3) == [
        Fact("In/s", " ▁█ at most 2.0kB/s in 2s"),
        Fact("Round trip", "▁▅█ at most 20ms in 2s"),
    ]
