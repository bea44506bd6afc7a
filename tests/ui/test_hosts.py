"""Several machines on the screen: whose is what, and that what is not of now never looks as if it were."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.style import Style

from netwatch_tui.actions.act import Act
from netwatch_tui.actions.aim import Aim, Hit, NotHeldError, Target
from netwatch_tui.actions.open_trace import Trace, TraceRefusedError
from netwatch_tui.actions.subject import Subject
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.hosts.fleet_actor import FleetActor
from netwatch_tui.sockets.hosts import HostPhase
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.screens.act_dialog import ActScreen
from netwatch_tui.ui.screens.picker import Picker
from netwatch_tui.view.spec import ViewSpec
from screenshots.actor import FakeActor, Sent
from tests.support.build import owner, tcp
from tests.support.hosts import FakeHost
from tests.ui.stage import Stage, on_stage
from tests.ui.test_probing import Planner

NOW = 1_000_000.0
WEB = tcp("10.0.0.5:443", inode=11, owners=(owner(7, name="nginx"),), owner_reason=None)
CLIENT = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=12, owners=(owner(7, 4, "nginx"),), owner_reason=None)


def at(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(NOW + seconds))


def hosts(count: int = 3) -> list[FakeHost]:
    """Machines that have told of a web server each."""
    found = [FakeHost(f"web0{number}") for number in range(1, count + 1)]
    for host in found:
        host.tell([WEB], NOW)
    return found


async def step(stage: Stage, seconds: float, *told: FakeHost, sockets: tuple[Socket, ...] = (WEB,)) -> None:
    """Let time go by, in which these machines tell of their sockets."""
    for host in told:
        host.tell(sockets, stage.feed.now + seconds)
    await stage.step(seconds)


def style_of(stage: Stage, row: str) -> Style | None:
    """How the text of the row that begins so is painted."""
    lines = (stage.table.render_line(y) for y in range(1, stage.table.size.height))
    return next(segment.style for line in lines if row in line.text for segment in line if row in segment.text)


async def test_each_row_says_on_which_machine_it_is() -> None:
    async with on_stage(Fleet(hosts())) as stage:
        assert stage.heading.split()[1:3] == ["Host", "Netid"]
        assert [row.split()[0] for row in stage.rows] == ["web01", "web02", "web03"]
        assert "3 hosts" in stage.screen[0]
        assert "Netns" not in stage.heading
        await stage.press("/", *"host:web02", "enter")
        assert [row.split()[0] for row in stage.rows] == ["web02"]


async def test_one_machine_is_named_in_the_first_line_and_has_no_column() -> None:
    async with on_stage(Fleet(hosts(1))) as stage:
        assert "web01" in stage.screen[0]
        assert "Host" not in stage.heading


async def test_a_machine_that_is_lost_is_dim_and_said_until_it_is_back() -> None:
    every = hosts()
    async with on_stage(Fleet(every), size=(120, 24)) as stage:
        await step(stage, 1, *every)
        plain = style_of(stage, "web03")
        every[2].stand(HostPhase.LOST, "Connection refused", retry_at=NOW + 9)
        await step(stage, 0.5, *every[:2])
        assert "2 of 3 hosts live" in stage.screen[0]
        assert stage.said.startswith(
            f"2 of 3 hosts live; web03 as of {at(1)}, lost: Connection refused, again in 8 s"
        ), stage.said
        assert len(stage.rows) == 3
        assert all(not row.startswith((" -", "-")) for row in stage.rows)
        assert style_of(stage, "web03") != plain
        assert style_of(stage, "web02") == plain
        assert stage.view.events.closed == 0
        await step(stage, 0.5, *every, sockets=(WEB,))
        assert stage.view.events == (0, 0), "nothing opened or closed for a connection that was made again"
        assert style_of(stage, "web03") == plain
        assert "3 hosts" in stage.screen[0]
        assert "web03" not in stage.said


async def test_the_cursor_stays_on_its_socket_over_a_new_connection() -> None:
    every = hosts(2)
    async with on_stage(Fleet(every)) as stage:
        await stage.press("down")
        cursor = stage.cursor
        every[1].stand(HostPhase.LOST, "Connection refused")
        await step(stage, 1, every[0])
        await step(stage, 1, *every, sockets=(CLIENT, WEB))
        assert stage.cursor == cursor
        assert stage.view.events.opened == 2


async def test_where_no_machine_is_live_nothing_looks_live() -> None:
    (host,) = every = hosts(1)
    async with on_stage(Fleet(every)) as stage:
        assert "● live" in stage.screen[0]
        host.stand(HostPhase.LATE, "a tick is overdue")
        await step(stage, 5)
        assert "● live" not in stage.screen[0]
        assert f"as of {at(0)}" in stage.screen[0]


async def test_before_any_machine_has_told_anything_that_is_said() -> None:
    async with on_stage(Fleet([FakeHost("web01"), FakeHost("web02")])) as stage:
        assert "connecting..." in stage.screen[0]
        assert "No machine has told of its sockets yet." in "\n".join(stage.screen)
        assert stage.said == "0 of 2 hosts live; web01 connecting; web02 connecting"


async def test_the_list_of_machines_says_how_each_stands_and_one_is_chosen_from_it() -> None:
    every = hosts()
    async with on_stage(Fleet(every), size=(120, 24)) as stage:
        every[1].stand(HostPhase.LOST, "Connection refused", retry_at=NOW + 9)
        every[0].stand(HostPhase.LIVE, clock_offset=3.2)
        await step(stage, 1)
        await stage.press("L")
        assert isinstance(stage.app.screen, Picker)
        text = "\n".join(stage.screen)
        assert f"lost, as of {at(0)}, 1 socket, again in 8 s: Connection" in text
        assert "live, 1 socket, clock 3.2 s ahead" in text
        assert text.index("lost, as of") < text.index("clock 3.2 s ahead"), "what is wrong stands first"
        await stage.press("down")
        every[0].stand(HostPhase.LOST, "Broken pipe")
        await step(stage, 1)
        text = "\n".join(stage.screen)
        assert f"Hosts at {at(2)}" in text
        assert f"lost, as of {at(0)}, 1 socket, clock 3.2 s ahead: Broken pipe" in text, "it is true while it is open"
        await stage.press("enter")
        assert stage.view.spec.query.text == "host:web01", "what was highlighted stays so"
        await stage.press("L", *"web03", "enter")
        assert stage.view.spec.query.text == "host:web03"
        assert [row.split()[0] for row in stage.rows] == ["web03"]
        await stage.press("backspace", "backspace")
        assert len(stage.rows) == 3


async def test_details_are_asked_of_the_machine_that_has_the_process() -> None:
    every = hosts(2)
    every[1].details = {7: ProcessDetails("/opt/nginx", "/srv", ((1, "systemd"),))}
    every[1].resources = {7: ProcessResources(threads=4, descriptors=90)}
    async with on_stage(Fleet(every), size=(160, 40)) as stage:
        await stage.press("down", "enter")
        text = "\n".join(stage.screen)
        assert "/opt/nginx" in text
        assert "nginx (7)" in text
        assert (every[0].asked, every[1].asked) == ([], [7])


async def test_ports_are_tried_on_their_own_machine_which_the_question_and_the_page_name() -> None:
    every = hosts(2)
    every[1].plan = Planner()
    fleet = Fleet(every)
    async with on_stage(fleet, plan_probe=FleetActor(fleet).plan_probe) as stage:
        await stage.press("O")
        await stage.until(lambda: "on 2 machines" in stage.said)
        await stage.press("/", *"host:web02", "enter")
        assert len(stage.rows) == 1
        await stage.press("O")
        await stage.until(lambda: "Reachable on web02" in page(stage))
        assert "from web02 to its own addresses" in page(stage)
        await stage.press("enter")
        await stage.until(lambda: "timed out" in page(stage))
        assert "Reachable on web02" in page(stage)


async def test_ports_that_can_t_be_tried_there_are_told_with_the_machine() -> None:
    fleet = Fleet(hosts(1))
    async with on_stage(fleet, plan_probe=FleetActor(fleet).plan_probe) as stage:
        await stage.press("O")
        await stage.until(lambda: stage.said == "The ports can't be tried: on web01: there is no connection now.")


async def test_a_process_is_traced_on_its_own_machine_which_the_page_names() -> None:
    asked: list[tuple[list[int], int | None]] = []

    def refused(pids: Sequence[int], inode: int | None) -> Trace:
        asked.append((list(pids), inode))
        raise TraceRefusedError("calls can't be traced: that takes root")

    every = hosts(2)
    every[1].begin_trace = refused
    fleet = Fleet(every)
    async with on_stage(fleet, open_trace=FleetActor(fleet).open_trace) as stage:
        await stage.press("down", "T")
        await stage.until(lambda: "takes root" in page(stage))
        assert "Trace: nginx (7) on web02" in page(stage)
        assert "Not tracing: on web02: calls can't be traced: that takes root." in page(stage)
        assert asked == [([7], None)]


def page(stage: Stage) -> str:
    return "\n".join(line.strip() for line in stage.screen)


async def until_it_looked(stage: Stage) -> None:
    await stage.until(lambda: isinstance(stage.app.screen, ActScreen) and "Looking..." not in page(stage))


async def test_an_act_is_done_on_the_machine_of_the_row_and_each_question_names_it() -> None:
    every = hosts(2)
    for host in every:
        host.actor = FakeActor()
    fleet = Fleet(every)
    async with on_stage(fleet, actor=FleetActor(fleet)) as stage:
        await stage.press("down", "K")
        await until_it_looked(stage)
        assert "On web02:" in page(stage)
        assert "nginx, pid 7, started" in page(stage)
        await stage.press("enter")
        assert "Send TERM to nginx (7) on web02?" in page(stage)
        await stage.press("y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert stage.said.startswith("Sent TERM to nginx (7) on web02. It ended after ")
        assert [host.actor.sent for host in every if host.actor] == [[], [Sent(7, 15)]]


async def test_how_long_ago_a_process_started_is_told_by_its_own_machine_s_clock() -> None:
    every = hosts(1)
    every[0].actor = FakeActor()
    every[0].stand(HostPhase.LIVE, clock_offset=-NOW + 1000.0 + 120.0)
    fleet = Fleet(every)
    async with on_stage(fleet, actor=FleetActor(fleet)) as stage:
        await stage.press("K")
        await until_it_looked(stage)
        assert "nginx, pid 7, started 2m" in page(stage), "it started at 1000 by its clock"


async def test_what_is_marked_on_several_machines_is_not_acted_on_at_once() -> None:
    every = hosts(2)
    fleet = Fleet(every)
    async with on_stage(fleet, actor=FleetActor(fleet)) as stage:
        await stage.press("m", "m", "K")
        await until_it_looked(stage)
        assert "This is on 2 machines (web01, web02): one at a time, as by host:web01." in page(stage)


async def test_nothing_is_done_over_a_lost_connection_and_that_is_said() -> None:
    every = hosts(2)
    fleet = Fleet(every)
    async with on_stage(fleet, actor=FleetActor(fleet)) as stage:
        await stage.press("K")
        await until_it_looked(stage)
        assert "On web01: there is no connection now." in page(stage)


class LostHandle:
    """A process of which nothing is known after it was hit."""

    def has_ended(self) -> bool:
        raise NotHeldError("there is no connection now")


async def test_an_end_that_can_t_be_known_any_more_is_not_made_up() -> None:
    class LosingActor(FakeActor):
        def take_aim(self, subject: Subject) -> Aim:
            aim = super().take_aim(subject)
            processes = tuple(each._replace(handle=LostHandle()) for each in aim.processes)

            def perform(act: Act, targets: Sequence[Target]) -> list[Hit]:
                return [Hit(act, target) for target in targets]

            return aim._replace(processes=processes, perform=perform)

    every = hosts(1)
    every[0].actor = LosingActor()
    fleet = Fleet(every)
    async with on_stage(fleet, actor=FleetActor(fleet)) as stage:
        await stage.press("K")
        await until_it_looked(stage)
        await stage.press("enter", "y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert stage.said == (
            "Sent TERM to nginx (7) on web01. Whether it has ended is not known: there is no connection now."
        )


async def test_names_of_hosts_are_not_looked_up_for_other_machines() -> None:
    async with on_stage(Fleet(hosts(2)), spec=ViewSpec()) as stage:
        await stage.press("n", "n", "n")
        assert not stage.view.spec.host_names


async def test_80_columns_have_room_for_what_matters() -> None:
    every = hosts(4)
    async with on_stage(Fleet(every), size=(80, 24)) as stage:
        every[2].stand(HostPhase.LOST, "Connection refused", retry_at=NOW + 9)
        await step(stage, 1, every[0], every[1], every[3])
        assert "3 of 4 hosts live" in stage.screen[0]
        assert "● live" in stage.screen[0]
        assert {"Host", "State▲", "Local", "Process", "PID"} <= set(stage.heading.replace("Address:Port", "").split())
        assert f"web03 as of {at(0)}, lost: Connection refused" in stage.said
        await stage.press("b")
        assert "Host" in "\n".join(stage.screen)


async def test_going_back_in_time_and_the_history_know_the_machines() -> None:
    every = hosts(2)
    async with on_stage(Fleet(every)) as stage:
        await step(stage, 1, *every, sockets=(WEB, CLIENT))
        assert len(stage.rows) == 4
        await stage.press("comma")
        assert [row.split()[0] for row in stage.rows] == ["web01", "web02"]
        await stage.press("space", "H")
        assert sorted(row.split()[0] for row in stage.rows) != []
        assert {"web01", "web02"} <= set(" ".join(stage.rows).split()) | set(stage.heading.split())
