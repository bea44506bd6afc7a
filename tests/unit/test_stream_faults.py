"""Without a screen, too, a tick that fails is told, and the next one tries again."""

from __future__ import annotations

import pytest

from netwatch_tui.modes.record import snapshots
from netwatch_tui.play.ticker import Ticker
from netwatch_tui.sockets.needs import NOTHING_MORE
from netwatch_tui.sockets.snapshot import Problem, Snapshot
from tests.support.build import snapshot


class Failing:
    """Fails in the first two ticks."""

    namespaces = ""
    needs = NOTHING_MORE

    def __init__(self) -> None:
        self.ticks = 0

    def collect(self, now: float) -> Snapshot:
        self.ticks += 1
        if self.ticks < 3:
            raise RuntimeError("out of luck")
        return snapshot(taken_at=now)._replace(
            problems=(Problem("1 process could not be read: input/output error", 1),)
        )


def test_a_tick_that_fails_is_told_once_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0

    def sleep(seconds: float | None) -> None:
        nonlocal now
        now += seconds or 0

    collects = Failing()
    given = list(snapshots(collects, Ticker(lambda: now, sleep), 1.0, 4.0))
    assert [each.taken_at for each in given] == [2.0, 3.0, 4.0]
    assert capsys.readouterr().err.splitlines() == [
        "netwatch-tui: collecting failed, retrying: RuntimeError: out of luck",
        "netwatch-tui: 1 process could not be read: input/output error",
    ]
