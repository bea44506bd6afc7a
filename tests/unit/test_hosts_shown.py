"""What is shown and written of several machines: whose is what, and no number that means nothing to anybody."""

from __future__ import annotations

import json
import re

import pytest

from netwatch_tui.actions.actor import Actor
from netwatch_tui.actions.aim import NotHeldError
from netwatch_tui.actions.open_trace import TraceRefusedError, open_trace
from netwatch_tui.actions.subject import subject_of, subject_of_all
from netwatch_tui.argument import Mode
from netwatch_tui.arguments import refusals
from netwatch_tui.cli import _parser
from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.output.differences import difference_lines
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import event_lines
from netwatch_tui.output.registry import FORMATS, write_lines
from netwatch_tui.query import parse
from netwatch_tui.query.language.printer import format_query
from netwatch_tui.recording.snapshot_document import document_snapshot
from netwatch_tui.sockets.comparison import Side, compare
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.health import CLOSE_WAIT_LEAK, Finding
from netwatch_tui.sockets.hosts import HostPhase, HostStatus, on_host
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.copies import copies
from netwatch_tui.view.details import describe
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.host_words import away_text, clock_text, host_text, live_hosts
from netwatch_tui.view.problem_groups import problem_groups, problem_text
from netwatch_tui.view.row_choice import moment_of
from netwatch_tui.view.similar_conditions import similar_conditions
from netwatch_tui.view.socket_details import SocketDetails, other_end
from tests.support.build import NETNS, ends, owner, tcp, unix
from tests.support.hosts import FakeHost
from tests.support.recordings import record, replayed
from tests.support.schema import errors_of, validate

WEB = tcp("10.0.0.5:443", inode=11, owners=(owner(7, name="nginx"), owner(9, name="nginx")), owner_reason=None)
LEAK = WEB._replace(
    **ends("10.0.0.5:443", "10.0.0.9:50001"), inode=12, state=State.CLOSE_WAIT, owners=(owner(7, 4, "nginx"),)
)
NOW = 100.0


@pytest.fixture
def hosts() -> list[FakeHost]:
    found = [FakeHost("web01"), FakeHost("10.0.0.7")]
    for host in found:
        host.tell([WEB, LEAK], NOW)
    return found


@pytest.fixture
def snapshot(hosts: list[FakeHost]) -> Snapshot:
    return Fleet(hosts).collect(NOW)


def chosen(text: str, snapshot: Snapshot) -> list[str]:
    """Of which machines the rows are that a filter chooses."""
    moment = moment_of(snapshot)
    matches = parse(text).compile(moment)
    return [FIELD_BY_ID["host"].text(socket, moment) for socket in snapshot.sockets if matches(socket)]


@pytest.mark.parametrize(
    ("text", "machines"),
    [
        ("host:web01", ["web01"] * 2),
        ("host:web -port:50001", ["web01"]),
        ("machine:10.0.0.7", ["10.0.0.7"] * 2),
        ("host:10.0.0.7", []),
        ("host:10.0.0.9", ["web01", "10.0.0.7"]),
        ("host 10.0.0.9", ["web01", "10.0.0.7"]),
        ("host:10.0.0.9,web01", ["web01", "web01", "10.0.0.7"]),
        ("-host:web01", ["10.0.0.7"] * 2),
        ("host:/^web/", ["web01"] * 2),
        ("pid:7 -port:50001", ["web01", "10.0.0.7"]),
        (f"netns:{NETNS} host:web01", ["web01"] * 2),
        ("is:mine", []),
    ],
)
def test_a_machine_is_asked_for_by_its_name_and_an_address_as_ever(
    snapshot: Snapshot, text: str, machines: list[str]
) -> None:
    assert sorted(chosen(text, snapshot)) == sorted(machines)
    query = parse(text)
    assert parse(format_query(query.expression)).expression == query.expression


def test_one_machine_alone_has_no_name_in_its_rows() -> None:
    host = FakeHost("web01")
    host.tell([WEB], NOW)
    snapshot = Fleet([host]).collect(NOW)
    assert chosen("port:443", snapshot) == ["-"]
    assert live_hosts(snapshot.hosts) == "web01"


def texts_of(snapshot: Snapshot, socket: Socket) -> list[str]:
    """All that a person may read of a row, in a cell, in its details, in a file, to copy, or as a group."""
    moment = moment_of(snapshot)
    details = SocketDetails(
        socket,
        processes={own.pid: ProcessDetails("/usr/sbin/nginx", "/", ((1, "init"),)) for own in socket.owners},
        resources={own.pid: ProcessResources(threads=1) for own in socket.owners},
    )
    head = Head.of(snapshot, "desk", (), {})
    told = describe(details, moment, "{:.0f}".format)
    return [
        *(field.text(socket, moment) for field in FIELDS),
        *(json.dumps(field.value(socket, moment)) for field in FIELDS),
        *(fact.value for section in told for fact in section.facts),
        *(section.title for section in told),
        *(line for format in FORMATS for line in write_lines(format, [socket], head)),
        *event_lines(snapshot._replace(delta=Delta(closed=(socket,))).happened, head),
        *(copy.text for copy in copies(socket, [], moment, NETNS)),
        *(grouping.label(socket, moment) for grouping in GROUPINGS.values()),
        *similar_conditions(socket, moment),
    ]


def test_nobody_sees_the_number_of_a_machine_in_that_of_a_process_or_namespace(snapshot: Snapshot) -> None:
    for socket in snapshot.sockets:
        seen = " ".join(texts_of(snapshot, socket))
        numbers = {int(number) for number in re.findall(r"(?<![\d.:])\d+", seen)}
        assert max(numbers) <= NETNS
        assert {7, NETNS} <= numbers


def test_a_file_says_of_which_machine_each_socket_is(snapshot: Snapshot) -> None:
    head = Head.of(snapshot, "desk", (), {})
    document = json.loads("".join(write_lines("json", snapshot.sockets, head)))
    assert (document["host"], [each["host"] for each in document["sockets"]]) == (
        "desk",
        ["web01", "web01", "10.0.0.7", "10.0.0.7"],
    )
    validate(document)
    delta = Delta(closed=snapshot.sockets[:1])
    (event,) = event_lines(snapshot._replace(delta=delta).happened, head)
    assert json.loads(event)["host"] == "web01"
    assert not errors_of(json.loads(event), "event")
    read, note = document_snapshot(document)
    assert not note
    assert [(socket.netns, socket.owners) for socket in read.sockets] == [
        (socket.netns, socket.owners) for socket in snapshot.sockets
    ]
    assert [host.name for host in read.hosts.values()] == ["web01", "10.0.0.7"]


def test_the_file_of_one_machine_is_as_if_it_was_made_there() -> None:
    host = FakeHost("web01")
    host.tell([WEB], NOW)
    snapshot = Fleet([host]).collect(NOW)
    document = json.loads("".join(write_lines("json", snapshot.sockets, Head.of(snapshot, "web01", (), {}))))
    assert "host" not in document["sockets"][0]


def test_a_recording_keeps_the_machines_and_how_they_stood(hosts: list[FakeHost]) -> None:
    fleet = Fleet(hosts)
    story = [fleet.collect(NOW)]
    hosts[0].stand(HostPhase.LOST, "Connection refused", retry_at=NOW + 8)
    story.append(fleet.collect(NOW + 1))
    hosts[0].tell([WEB], NOW + 2)
    story.append(fleet.collect(NOW + 2))
    frames, _ = replayed(record(story))
    assert [frame.hosts for frame in frames] == [each.hosts for each in story]
    assert [frame.sockets for frame in frames] == [each.sockets for each in story]


def test_a_difference_says_on_which_machine_it_is(snapshot: Snapshot) -> None:
    before = Side(snapshot.sockets[1:], snapshot.namespaces.names)
    after = Side(snapshot.sockets[:-1], snapshot.namespaces.names)
    lines = list(difference_lines(compare(before, after), snapshot.hosts, snapshot.hosts))
    assert [line.split()[:3] for line in lines] == [["-", "10.0.0.7", "tcp"], ["+", "web01", "tcp"]]


def test_groups_of_processes_are_those_of_one_machine(snapshot: Snapshot) -> None:
    moment = moment_of(snapshot)
    every = snapshot.sockets
    labels = {id: {GROUPINGS[id].label(each, moment) for each in every} for id in ("pid", "process", "host")}
    assert labels["process"] == {"nginx"}
    assert labels["host"] == {"web01", "10.0.0.7"}
    assert {"web01:nginx 7", "10.0.0.7:nginx 7"} < labels["pid"]


def test_a_unix_socket_has_its_other_end_on_its_own_machine() -> None:
    ends = [unix("/run/x", inode=7, peer_port=8), unix(inode=8, peer_port=7)]
    hosts = [FakeHost("web01"), FakeHost("web02")]
    for host in hosts:
        host.tell(ends, NOW)
    every = Fleet(hosts).collect(NOW).sockets
    assert [other_end(socket, every) for socket in every] == [every[1], every[0], every[3], every[2]]


def test_commands_go_to_the_machine_by_ssh(snapshot: Snapshot) -> None:
    moment = moment_of(snapshot)
    own = {number: host._replace(own_namespace=on_host(NETNS, number)) for number, host in snapshot.hosts.items()}
    found = {each.id: each.text for each in copies(snapshot.sockets[1], [], moment._replace(hosts=own), NETNS)}
    assert found["kill"] == "ssh web01 'kill 7'"
    assert found["lsof"] == "ssh web01 'lsof -nP -a -p 7 -d 4'"
    pod = {1: own[1]._replace(name="kubectl:shop/web-0"), 2: own[2]}
    assert not {each.id for each in copies(snapshot.sockets[1], [], moment._replace(hosts=pod), NETNS)} & {"kill", "ss"}


def test_problems_are_told_with_the_machine_and_as_of_when_it_told_them(hosts: list[FakeHost]) -> None:
    fleet = Fleet(hosts)
    for host in hosts:
        host.tell([WEB, LEAK], NOW, findings={8: (Finding(CLOSE_WAIT_LEAK, NOW - 60, LEAK._replace(id=8)),)})
    fleet.collect(NOW)
    hosts[0].stand(HostPhase.LOST, "Connection refused")
    snapshot = fleet.collect(NOW + 600)
    moment = moment_of(snapshot)
    told = [problem_text(group, moment) for group in problem_groups(snapshot.findings, snapshot.hosts)]
    assert told == [
        "10.0.0.7: 1 CLOSE-WAIT in nginx for 11m",
        "web01: 1 CLOSE-WAIT in nginx for 1m",
    ]


def test_a_row_of_a_machine_that_is_lost_grows_no_older(hosts: list[FakeHost]) -> None:
    fleet = Fleet(hosts)
    fleet.collect(NOW)
    hosts[0].stand(HostPhase.LATE, "a tick is overdue")
    snapshot = fleet.collect(NOW + 600)
    moment = moment_of(snapshot)
    host, age = FIELD_BY_ID["host"], FIELD_BY_ID["age"]
    ages = {host.value(socket, moment): age.value(socket, moment) for socket in snapshot.sockets}
    assert ages == {"web01": 0.0, "10.0.0.7": 600.0}
    (first, *_) = describe(SocketDetails(snapshot.sockets[0]), moment, "{:.0f}".format)
    assert first.facts[0].value == "web01 as of 100, late: a tick is overdue"


# --- how they stand, in words ---

LIVE = HostStatus("web01", HostPhase.LIVE, as_of=100.0, sockets=1012, clock_offset=3.21)
LOST = HostStatus("web03", HostPhase.LOST, "Connection refused", as_of=95.0, retry_at=108.0, sockets=1)


def test_how_machines_stand_is_said_in_words() -> None:
    clock = "{:.0f}".format
    hosts = {1: LIVE, 2: LIVE, 3: LOST}
    assert live_hosts(hosts) == "2 of 3 hosts live"
    assert live_hosts({1: LIVE, 2: LIVE}) == "2 hosts"
    assert live_hosts({}) == ""
    assert away_text(hosts, 100.0, clock) == (
        "2 of 3 hosts live; web03 as of 95, lost: Connection refused, again in 8 s"
    )
    assert away_text({1: LOST}, 100.0, clock) == "web03 as of 95, lost: Connection refused, again in 8 s"
    assert away_text({1: LIVE}, 100.0, clock) == ""
    assert away_text(dict(enumerate([LOST] * 5)), 100.0, clock).endswith("; and 2 more")
    assert host_text(LIVE, 100.0, clock) == "live, 1,012 sockets, clock 3.2 s ahead"
    assert host_text(LOST, 100.0, clock) == "lost, as of 95, 1 socket, again in 8 s: Connection refused"
    clocks = [clock_text(LIVE._replace(clock_offset=offset)) for offset in (None, 0.9, -61.0)]
    assert clocks == ["", "", "clock 61.0 s behind"]


# --- nothing is done to another machine ---


def test_nothing_of_another_machine_is_ever_aimed_at(snapshot: Snapshot) -> None:
    made: list[str] = []

    def make_source() -> object:
        made.append("source")
        raise AssertionError

    actor = Actor(make_source)  # type: ignore[arg-type]  # which is not to be asked for
    every = snapshot.sockets
    row = every[1]
    no_place, no_holder = row._replace(netns=NETNS), row._replace(owners=())
    for subject in (subject_of(row, every), subject_of(no_place, every), subject_of(no_holder, every)):
        with pytest.raises(NotHeldError, match="another machine"):
            actor.take_aim(subject)
    here = tcp(inode=1)
    with pytest.raises(NotHeldError):
        actor.take_aim(subject_of_all([here, row], every, "2 marked sockets"))
    with pytest.raises(NotHeldError):
        actor.take_aim(subject_of(here, every, accepted=[row]))
    assert not made


def test_no_process_of_another_machine_is_traced() -> None:
    with pytest.raises(TraceRefusedError, match="another machine"):
        open_trace([on_host(1, 2)])


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["--host", "web01", "-r"], "--resolve can't be used with other machines"),
        (["--host", "web01", "-N", "shop"], "--net can't be used with other machines"),
        (["--host", "web01", "--probe"], "--host can't be used with --probe"),
        (["--host", "web01", "--why-port", "80"], "--host can't be used with --why-port"),
    ],
)
def test_what_is_for_this_machine_alone_is_refused(words: list[str], refused: str) -> None:
    options = _parser().parse_intermixed_args(words)
    mode = Mode.PROBE if options.probe else Mode.WHY_PORT if options.why_port else Mode.LIVE
    assert refused in list(refusals(options, mode))


def test_every_namespace_of_other_machines_may_be_wanted() -> None:
    options = _parser().parse_intermixed_args(["--host", "web01", "--all-namespaces"])
    assert not list(refusals(options, Mode.LIVE))
