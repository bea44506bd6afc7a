"""What a socket costs that more descriptors or processes hold than any honest one: who looks at it can go on."""

from __future__ import annotations

import csv
import json

import pytest

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.owner_fields import MOST_COMMANDS
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import write_lines
from netwatch_tui.play.session import Session
from netwatch_tui.query import MachineNames, known_in
from netwatch_tui.sockets.ownership import Owner, Process, ProcessDetails
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.wall_clock import date_and_time
from netwatch_tui.view.details import MOST_DESCRIPTORS, describe
from netwatch_tui.view.similar_conditions import MOST_VALUES, conditions_of_column, similar_conditions
from netwatch_tui.view.socket_details import MOST_HOLDERS, SocketDetails
from netwatch_tui.view.spec import ViewSpec
from tests.fuzz.consumers import Given
from tests.support.build import snapshot, tcp

NOW = 1_767_258_000.0
MANY = 20_000
PATH = "/" + 4_000 * "d"
DETAILS = ProcessDetails(PATH, PATH, tuple((pid, 255 * "n") for pid in range(64)))


class Costly(Process):
    """Of a thousand arguments, each of which counts whenever it is hashed."""

    def __hash__(self) -> int:
        raise AssertionError("a thousand arguments are gone through")


def costly(pid: int) -> Process:
    """A process with the longest command line that is kept."""
    return Costly(pid, f"worker-{pid % 500}", 1_024 * ("1234567",), "eve", 1000.0)


def of_one() -> Socket:
    """One process has all descriptors of it."""
    process = costly(7)
    return tcp(inode=11, owners=tuple(Owner(7, fd, process) for fd in range(3, MANY + 3)), owner_reason=None)


def of_many() -> Socket:
    """It is shared by as many processes as a user may have, or so."""
    return tcp(inode=11, owners=tuple(Owner(pid, 3, costly(pid)) for pid in range(2, MANY + 2)), owner_reason=None)


@pytest.mark.parametrize("socket", [of_one(), of_many()], ids=["one", "many"])
def test_the_details_fit_on_some_pages(socket: Socket) -> None:
    processes = {owner.pid: DETAILS for owner in socket.owners}
    told = describe(SocketDetails(socket, processes=processes), Moment(NOW, {}), date_and_time)
    facts = [fact for section in told for fact in section.facts]
    assert len(facts) < 10 * MOST_HOLDERS
    assert sum(len(fact.value) for fact in facts) < 500_000
    values = [fact.value for fact in facts]
    if len(processes) == 1:
        first = " ".join(map(str, range(3, 3 + MOST_DESCRIPTORS)))
        assert f"worker-7, pid 7, descriptors {first} and {MANY - MOST_DESCRIPTORS:,} more, as eve" in values
    else:
        assert f"and {MANY - MOST_HOLDERS:,} more processes" in values


def test_few_processes_are_asked_about() -> None:
    asked: list[int] = []

    def ask(pid: int) -> ProcessDetails:
        asked.append(pid)
        return DETAILS

    session = Session(Given(snapshot(of_many()._replace(id=1), taken_at=NOW)), ViewSpec(subject=1), ask)
    session.tick(NOW)
    assert asked == list(range(2, 2 + MOST_HOLDERS))


@pytest.mark.parametrize("socket", [of_one(), of_many()], ids=["one", "many"])
def test_what_rows_like_it_are_found_by_is_a_list_that_can_be_read(socket: Socket) -> None:
    moment = Moment(NOW, {})
    for conditions in (similar_conditions(socket, moment), conditions_of_column("pid", socket, moment)):
        assert len(conditions) == len(set(conditions)) <= 5 * MOST_VALUES
        assert f"pid:{socket.owners[0].pid}" in conditions


def test_its_processes_are_offered_by_name() -> None:
    known = known_in(snapshot(of_one(), of_many(), taken_at=NOW), MachineNames())
    assert len(known.processes) == 500


def test_json_tells_every_descriptor_and_a_command_line_some_times() -> None:
    (line,) = write_lines("ndjson", [of_one()], Head(NOW, "host", ()))
    owners = json.loads(line)["owners"]
    assert [each["fd"] for each in owners] == list(range(3, MANY + 3))
    whole = [each["cmdline"] for each in owners if len(each["cmdline"]) == 1_024]
    assert len(whole) == MOST_COMMANDS
    assert owners[-1]["cmdline"] == ["1234567", "…"]
    assert len(line) < 6_000_000


@pytest.mark.parametrize("columns", [("cmdline",), ("unit",), ("container",)])
def test_a_cell_has_the_command_line_of_a_process_once(columns: tuple[str, ...]) -> None:
    head = Head(NOW, "host", columns)
    (row,) = list(csv.reader(write_lines("csv", [of_one()], head)))[1:]
    assert len(row[0]) < 10 * MANY
    assert FIELD_BY_ID[columns[0]].text(of_one(), Moment(NOW, {}))
