"""Listeners are tried from the screen: asked first, shown as a page, ended by Escape."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from netwatch_tui.actions.probes import ProbeRefusedError
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.sockets.networks import Network, Networks
from netwatch_tui.sockets.probe_plan import attempts, planned
from netwatch_tui.sockets.probe_results import TIMED_OUT, Outcome, PortState, ProbeEnd
from netwatch_tui.sockets.socket import Socket
from tests.support.build import NETNS, address, tcp
from tests.support.fake import FakeSource
from tests.support.program import wait_until
from tests.ui.stage import CLIENT, DNS, WEB, Stage, on_stage

NETWORKS: Networks = {
    NETNS: {
        address("127.0.0.1").packed: (Network("127.0.0.0/8", "lo"),),
        address("10.0.0.5").packed: (Network("10.0.0.0/8", "eth0"),),
    }
}
OPEN = Outcome(PortState.OPEN, "syn-ack", 0.0001)
BUSY = tcp("0.0.0.0:9200", inode=21)


class Tried:
    """Stands in for the machine's ports: every address but loopback drops what comes."""

    def __init__(self, listeners: Sequence[Socket], every: Iterable[Socket]) -> None:
        self.networks = NETWORKS
        self.planned = planned(listeners, every, NETWORKS, NETNS, {})
        self.ends = attempts(self.planned)
        self.thread: threading.Thread | None = None
        self.is_closed = False
        self.is_endless = False

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        self.thread = threading.current_thread()
        for end in self.ends:
            yield end, OPEN if end.address[0] == 127 else TIMED_OUT._replace(seconds=1.0)
            while self.is_endless:
                check()
                time.sleep(0.001)

    def close(self) -> None:
        self.is_closed = True


class Planner:
    """Remembers what was planned."""

    def __init__(self, *, is_endless: bool = False) -> None:
        self.made: list[Tried] = []
        self._is_endless = is_endless

    def __call__(self, listeners: Sequence[Socket], every: Iterable[Socket]) -> Tried:
        self.made.append(Tried(listeners, every))
        self.made[-1].is_endless = self._is_endless
        return self.made[-1]


@pytest.fixture
def machine() -> FakeSource:
    return FakeSource(WEB, CLIENT, DNS, BUSY, tcp("127.0.0.1:8080", inode=22))


def has(stage: Stage, text: str) -> bool:
    return any(text in line for line in stage.screen)


async def ask(stage: Stage) -> None:
    await stage.press("O")
    await stage.until(lambda: has(stage, "Enter Try"))


async def test_it_says_what_it_would_try_and_tries_nothing_by_itself(machine: FakeSource) -> None:
    planner = Planner()
    async with on_stage(machine, plan_probe=planner) as stage:
        await ask(stage)
        assert has(stage, "4 connections to 3 listeners, from this machine to its own addresses")
        assert has(stage, "1 more shown is not tried")
        await stage.press("escape")
        await stage.until(lambda: planner.made[0].is_closed)
        assert planner.made[0].thread is None


async def test_only_what_the_filter_shows_is_tried(machine: FakeSource) -> None:
    planner = Planner()
    async with on_stage(machine, plan_probe=planner) as stage:
        await stage.press("slash", *"port:9200", "enter")
        await ask(stage)
        assert has(stage, "2 connections to one listener")
        assert {end.port for end in planner.made[0].ends} == {9200}


async def test_a_page_tells_what_came_of_it(machine: FakeSource) -> None:
    planner = Planner()
    copied: list[str] = []
    async with on_stage(machine, plan_probe=planner) as stage:
        stage.app.copy_to_clipboard = copied.append  # type: ignore[assignment,method-assign]  # a spy for one test
        await ask(stage)
        await stage.press("enter")
        await stage.until(lambda: has(stage, "filtered"))
        rows = [line.split() for line in stage.screen if "/tcp" in line or "/udp" in line]
        assert [row[:2] for row in rows] == [
            ["53/udp", "not"], ["443/tcp", "filtered"], ["8080/tcp", "open"], ["9200/tcp", "open"],
            ["9200/tcp", "filtered"],
        ]  # fmt: skip
        assert has(stage, "loopback only")
        assert has(stage, "other machines may still be kept out")
        await stage.press("down", "y")
        assert copied[0].startswith("443/tcp\tfiltered\t")
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1
    assert planner.made[0].is_closed


async def test_escape_ends_what_still_runs(machine: FakeSource) -> None:
    planner = Planner(is_endless=True)
    async with on_stage(machine, plan_probe=planner) as stage:
        await ask(stage)
        await stage.press("enter")
        await stage.until(lambda: has(stage, "1 of 4 tried"))
        await stage.press("escape")
        await stage.until(lambda: planner.made[0].is_closed)
        assert len(stage.app.screen_stack) == 1


async def test_the_end_of_the_screen_ends_it_as_well(machine: FakeSource) -> None:
    planner = Planner(is_endless=True)
    async with on_stage(machine, plan_probe=planner) as stage:
        await ask(stage)
        await stage.press("enter")
        await stage.until(lambda: has(stage, "1 of 4 tried"))
    wait_until(lambda: planner.made[0].is_closed)


async def test_a_queue_that_is_full_by_now_is_told_from_a_rule_that_drops(machine: FakeSource) -> None:
    planner = Planner()
    async with on_stage(machine, plan_probe=planner) as stage:
        await stage.press("slash", *"port:9200", "enter")
        await ask(stage)
        machine.put(BUSY._replace(recv_q=5))
        machine.more_of_bound = {BUSY.inode: Bound(5, 4, None)}
        await stage.step()
        await stage.press("enter")
        await stage.until(lambda: has(stage, "no answer") and has(stage, "queue full"))


@pytest.mark.parametrize(("width", "there", "missing"), [(80, "Tried at", "PID"), (160, "PID", "nothing")])
async def test_the_most_important_columns_stay_where_it_is_narrow(
    machine: FakeSource, width: int, there: str, missing: str
) -> None:
    async with on_stage(machine, plan_probe=Planner(), size=(width, 30)) as stage:
        await ask(stage)
        await stage.press("enter")
        await stage.until(lambda: has(stage, "filtered"))
        heading = next(line for line in stage.screen if "Port " in line and "Reason" in line)
        assert there in heading
        assert missing not in heading


async def test_without_listeners_it_says_so(machine: FakeSource) -> None:
    async with on_stage(machine, plan_probe=Planner()) as stage:
        await stage.press("e", "O")
        assert stage.said == "No listener is shown; there is nothing to try."
        await stage.press("e", "slash", *"port:53", "enter", "O")
        await stage.until(lambda: stage.said.startswith("Nothing shown can be tried"))


async def test_why_nothing_can_be_planned_is_said(machine: FakeSource) -> None:
    def plan(*_: object) -> Tried:
        raise ProbeRefusedError("too many open files")

    async with on_stage(machine, plan_probe=plan) as stage:
        await stage.press("O")
        await stage.until(lambda: stage.said == "The ports can't be tried: too many open files.")


async def test_a_recording_has_nothing_to_try(machine: FakeSource) -> None:
    async with on_stage(machine, plan_probe=None) as stage:
        await stage.press("O")
        assert stage.said == "A recording has no ports to try; this is for the machine itself."
