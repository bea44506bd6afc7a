"""What a tick, an order and a filter cost, counted without a clock, so that what takes a quarter more is found.

The same is counted on a busy machine as on an idle one. Each figure was noted with Python 3.11 and may be exceeded by a
sixth. Who makes something cheaper notes the new one: a bound that is far away guards nothing.
"""

from __future__ import annotations

from functools import partial

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.view.spec import ViewSpec
from tests.support.steady_machine import SteadyMachine
from tests.support.work import MARGIN, Work, peak_of, work_of

FEW, MANY = 2_000, 10_000
TICKS = int(LOOK_ROUND_EVERY)
"""With one round of looks among them."""

NOTED = {
    "collecting: lines": (83_824, 312_104),
    "collecting: calls": (22_071, 66_825),
    "collecting: tables read": (80, 80),
    "collecting: lists of processes": (5, 5),
    "collecting: folders listed": (62, 62),
    "collecting: links read": (2_566, 12_776),
    "arranging: lines": (40_840, 194_840),
    "arranging: calls": (8_175, 34_565),
    "a tick: bytes at once": (533_378, 2_717_336),
    "another order: lines": (35_955, 177_254),
    "another order: calls": (4_786, 22_001),
    "a filter: lines": (20_843, 99_251),
    "a filter: calls": (9_263, 43_438),
}
"""Of few and of many sockets, a hundredth of which is replaced before each tick."""


def counted(sockets: int) -> dict[str, int]:
    """Count everything once all is steady: as many rows go out as are lit anew."""
    machine = SteadyMachine(sockets)
    collector = Collector(machine.source, stopwatch=lambda: 0.0)
    session = Session(collector, ViewSpec(), lambda _: None)
    now = 1_000_000.0
    session.tick(now)
    for _ in range(TICKS):
        machine.replace()
        now += 1.0
        session.tick(now)
    collecting, arranging, before = Work(0, 0), Work(0, 0), _looks(machine)
    for _ in range(TICKS):
        machine.replace()
        now += 1.0
        snapshot, work = work_of(partial(collector.collect, now))
        collecting = collecting.and_of(work)
        _, work = work_of(partial(session.take, snapshot, now))
        arranging = arranging.and_of(work)
    found = {name: number - before[name] for name, number in _looks(machine).items()}
    query = parse("port:443 or process:p107")
    works = {
        "collecting": collecting,
        "arranging": arranging,
        "another order": work_of(partial(session.show, ViewSpec(sort="peer"), now))[1],
        "a filter": work_of(partial(session.show, ViewSpec(query=query), now))[1],
    }
    for name, work in works.items():
        found |= {f"{name}: lines": work.lines, f"{name}: calls": work.calls}
    session.show(ViewSpec(), now)
    for _ in range(2):  # what is imported when it is needed first is no work of a tick
        machine.replace()
        now += 1.0
        peak = peak_of(partial(session.tick, now))
    return {**found, "a tick: bytes at once": peak}


def _looks(machine: SteadyMachine) -> dict[str, int]:
    source = machine.source
    return {
        "collecting: tables read": source.reads,
        "collecting: lists of processes": source.scans,
        "collecting: folders listed": source.listings,
        "collecting: links read": source.links,
    }


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, int], dict[str, int]]:
    """What is counted of few and of many sockets."""
    return counted(FEW), counted(MANY)


@pytest.mark.parametrize("name", NOTED)
def test_it_is_no_more_work_than_it_was(both: tuple[dict[str, int], dict[str, int]], name: str) -> None:
    few, many = (found[name] for found in both)
    noted_few, noted_many = NOTED[name]
    assert (few <= noted_few * MARGIN, many <= noted_many * MARGIN) == (True, True), f"{name}: {few:_}, {many:_}"


def test_nothing_is_counted_that_no_figure_is_noted_of(both: tuple[dict[str, int], dict[str, int]]) -> None:
    assert both[0].keys() == both[1].keys() == NOTED.keys()
