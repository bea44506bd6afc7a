"""What the benchmark of growth says of costs that are given, and the picture that it draws."""

from __future__ import annotations

import math
import re
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.growth import CROWD, WAYS, Cost, Point, steps
from tests.benchmarks.growth_chart import Line, Panel, chart
from tests.benchmarks.helper import Helper
from tests.support.program import PATIENCE, wait_until

SVG = "{http://www.w3.org/2000/svg}"


def test_a_step_is_told_by_how_much_more_a_cost_grew_than_the_number() -> None:
    points = [
        Point(1_000, Cost(tick=1.0, once=2.0, memory=50.0)),
        Point(10_000, Cost(tick=10.0, once=2.0, memory=100.0)),
        Point(30_000, Cost(tick=60.0, once=6.0, memory=150.0)),
    ]
    first, second, third = steps(points)
    assert first is None
    assert second == pytest.approx((1.0, 0.1, 0.2))
    assert third == pytest.approx((2.0, 1.0, 0.5))


def test_after_nothing_no_growth_can_be_told() -> None:
    cost = Cost(1.0, 1.0, 1.0)
    assert steps([Point(0, cost), Point(10, cost)]) == [None, None]


def test_a_run_with_few_sockets_measures_few_of_everything_and_a_whole_one_all() -> None:
    assert [way.up_to(1_000)[-1] for way in WAYS] == [3_000, 30, 1_000, 100]
    assert [way.up_to(100_000) for way in WAYS] == [list(way.numbers) for way in WAYS]


def test_a_crowd_is_so_many_processes_and_all_of_them_end_with_it() -> None:
    helper = Helper("the crowd", [sys.executable, "-I", "-S", str(CROWD)])
    try:
        helper.ask("7", PATIENCE)
        crowd = Path(f"/proc/{helper.pid}/task/{helper.pid}/children").read_text().split()
    finally:
        helper.end()
    assert len(crowd) == 7
    wait_until(lambda: not any(Path("/proc", pid).exists() for pid in crowd))


def panel(title: str, numbers: list[float]) -> Panel:
    def line(name: str, cost: float) -> Line:
        return Line(name, [(number, cost * max(number, 1)) for number in numbers])

    return Panel(title, "beside <others>", (line("--once", 2.0), line("tick", 0.5)), (line("memory", 10.0),))


def polylines(picture: str) -> list[list[tuple[float, float]]]:
    """The places of each line."""
    found = ET.fromstring(picture).iter(f"{SVG}polyline")
    return [[tuple(map(float, place.split(","))) for place in line.attrib["points"].split()] for line in found]  # type: ignore[misc]  # two each


def test_what_grows_in_proportion_is_a_straight_line() -> None:
    times, others, memory = polylines(chart([panel("sockets", [10.0, 100.0, 10_000.0])]))
    for places in (times, others, memory):
        slopes = [(b - d) / (c - a) for (a, b), (c, d) in pairwise(places)]
        assert slopes[0] == pytest.approx(slopes[1], abs=0.01)
        assert slopes[0] > 0, "further up is more"
    assert all(one[1] < other[1] for one, other in zip(times, others, strict=True)), "what costs more is further up"


def test_everything_is_inside_and_zero_stands_where_the_axis_begins() -> None:
    picture = chart([panel("sockets", [10.0, 300_000.0]), panel("replaced a second", [0.0, 10.0, 10_000.0])])
    root = ET.fromstring(picture)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for places in polylines(picture):
        assert all(0 < x < width and 0 < y < height and not math.isnan(x) for x, y in places)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "beside <others>" in texts
    assert "0" in texts
    assert {"10", "1k", "10k", "100k"} <= {*texts}


def test_the_picture_can_be_read_on_a_dark_page() -> None:
    picture = chart([panel("sockets", [10.0, 100.0])])
    assert "prefers-color-scheme: dark" in picture
    assert len(re.findall(r"\.paper", picture)) == 2
