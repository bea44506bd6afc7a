from __future__ import annotations

import pytest

from netwatch_tui.fields.format import printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.owner_fields import REASON_MEANINGS
from netwatch_tui.fields.socket_fields import STATE_MEANINGS
from netwatch_tui.sockets.health import ACCEPT_QUEUE_FULL, Finding
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process, ProcessDetails, ProcessResources
from netwatch_tui.sockets.socket import Socket, State, Timer
from netwatch_tui.view.details import Fact, describe
from netwatch_tui.view.socket_details import Incoming, SocketDetails
from tests.support.build import NETNS, netlink, owner, packet, tcp, time_wait, udp, unix

NOW = 2000.0
NGINX = Process(
    7, "nginx", ("nginx", "-g", "daemon off;"), "www-data", NOW - 90, "nginx.service", "docker:0123456789ab"
)
KNOWN = ProcessDetails("/usr/sbin/nginx", "/srv", ((4, "sh"), (1, "init")))


def clock(seconds: float) -> str:
    return f"at {seconds:g}"


def told_of(details: SocketDetails, moment: Moment) -> list[Fact]:
    """Of all sections."""
    return [fact for section in describe(details, moment, clock) for fact in section.facts]


def facts(socket: Socket, details: dict[int, ProcessDetails] | None = None) -> dict[str, str]:
    told = told_of(SocketDetails(socket, processes=details or {}), Moment(NOW, {}, {NETNS: "blue"}))
    return {fact.label.strip(): fact.value for fact in reversed(told)}


def test_a_connection_is_told_with_all_that_is_known_of_it() -> None:
    socket = tcp(
        "10.0.0.1:443",
        "10.0.0.9:50000",
        seen_at=NOW - 5,
        user="root",
        recv_q=1234,
        send_q=5,
        timer=Timer("on", 0.25),
        retransmits=2,
        owners=(owner(7),),
    )
    told = facts(socket)
    assert told["Socket"] == "tcp inet"
    assert told["State"].startswith("ESTAB: ")
    assert (told["Local"], told["Peer"]) == ("10.0.0.1:443", "10.0.0.9:50000")
    assert (told["Recv-Q"], told["Send-Q"]) == ("1,234 bytes not read yet", "5 bytes not acknowledged yet")
    assert (told["Timer"], told["Retransmits"]) == ("on, expires in 0.2s", "2 of the current segment, unanswered")
    assert (told["Age"], told["Inode"], told["User"], told["Namespace"]) == ("5s", "1000", "root (0)", "blue")


def test_queues_of_a_listener_are_connections() -> None:
    told = facts(tcp(recv_q=3, send_q=128))
    assert (told["Recv-Q"], told["Send-Q"]) == ("3 in the accept queue", "backlog 128")


def test_connections_that_another_listener_may_have_taken_are_told_apart() -> None:
    certain, shared = tcp("10.0.0.1:80", "10.0.0.2:5"), tcp("10.0.0.1:80", "10.0.0.3:6")
    details = SocketDetails(tcp(), connections=(Incoming(certain, 1), Incoming(shared, 3)))
    (told,) = (each for each in describe(details, Moment(NOW, {}), clock) if each.title == "Connections")
    assert [fact.value for fact in told.facts] == [
        "2; 1 of them may have come through another listener",
        "10.0.0.2:5 ESTAB",
        "10.0.0.3:6 ESTAB, through one of 3 listeners",
    ]


def test_what_is_not_known_is_not_told() -> None:
    told = facts(unix("/run/x"))
    assert not told.keys() & {"Recv-Q", "Send-Q", "Drops", "Timer", "Retransmits", "Device"}
    assert told["User"] == "not kept by the kernel"
    assert "Timer" not in facts(tcp())


def test_a_socket_without_a_file_says_so() -> None:
    told = facts(time_wait(tcp("127.0.0.1:80", "127.0.0.1:9")))
    assert (told["Inode"], told["User"]) == ("none: the socket has no file", "not kept by the kernel")


def test_a_socket_that_was_there_is_at_least_that_old() -> None:
    assert facts(tcp(seen_at=NOW - 60, was_there=True))["Age"].startswith("at least 1m")


def test_drops_and_devices_are_told_where_there_are_any() -> None:
    told = facts(udp("0.0.0.0:68", drops=1_000, interface="eth0"))
    assert (told["Drops"], told["Device"]) == ("1,000 datagrams, because the receive queue was full", "eth0")
    assert "Device" not in facts(packet("ip", 2, interface="eth0"))


def test_every_holder_is_told_and_more_of_those_that_were_asked_for() -> None:
    socket = tcp(owners=(Owner(7, 3, NGINX), Owner(8, 4, NGINX._replace(pid=8, container=None, cmdline=()))))
    other = tcp(owners=(Owner(9, 5, NGINX._replace(pid=9, name="curl", cmdline=("curl", "web"))),))
    details = SocketDetails(socket, other_end=other, processes={7: KNOWN})
    told = {section.title: list(section.facts) for section in describe(details, Moment(NOW, {}), clock)}
    assert told["Processes"] == [
        ("Owner", "nginx, pid 7, descriptor 3, as www-data"),
        ("  command", "nginx -g daemon off;"),
        ("Owner", "nginx, pid 8, descriptor 4, as www-data"),
        ("  command", "none"),
        ("Other end", "curl, pid 9, descriptor 5, as www-data"),
        ("  command", "curl web"),
    ]
    assert told["Owner: nginx (7)"] == [
        ("Unit", "nginx.service"),
        ("Container", "docker:0123456789ab"),
        ("Program", "/usr/sbin/nginx"),
        ("Directory", "/srv"),
        ("Parents", "sh (4) < init (1)"),
    ]
    assert told["Owner: nginx (8)"] == [("Unit", "nginx.service")]


def test_what_the_row_does_not_say_comes_first() -> None:
    socket = tcp(recv_q=5, send_q=4, owners=(Owner(7, 3, NGINX),))
    finding = Finding(ACCEPT_QUEUE_FULL, NOW - 9, socket)
    details = SocketDetails(socket, NOW - 1, tcp(), (), {7: KNOWN})
    told = describe(details, Moment(NOW, {}, findings={socket.id: (finding,)}), clock)
    assert [section.title for section in told] == [
        "", "Processes", "Queues and timer", "Connections", "Time", "Socket", "Owner: nginx (7)",
    ]  # fmt: skip
    assert [fact.label for fact in told[0].facts] == ["Closed", "Problem"]
    assert "net.core.somaxconn" in told[0].facts[1].value, "with what to do about it"


def test_nothing_is_told_twice() -> None:
    socket = tcp("10.0.0.1:443", "10.0.0.9:50000", recv_q=1, send_q=5, timer=Timer("on", 1), owners=(owner(7),))
    told = told_of(SocketDetails(socket), Moment(NOW, {}))
    assert len({fact.label for fact in told}) == len(told)


def test_an_age_says_its_bounds() -> None:
    told = told_of(SocketDetails(tcp(seen_at=NOW - 60, was_there=True, owners=(Owner(7, 3, NGINX),))), Moment(NOW, {}))
    assert ("Age", "at least 1m; already there when watching began") in told
    assert ("Started", "nginx (7): 1m ago, at 1910") in told


def test_what_may_not_be_seen_of_a_process_is_said() -> None:
    told = facts(tcp(owners=(Owner(7, 3, NGINX),)), {7: ProcessDetails(None, None, ())})
    assert (told["Program"], told["Directory"], told["Parents"]) == ("not readable", "not readable", "none")


def test_what_a_process_has_is_told_and_a_dash_where_that_may_not_be_seen() -> None:
    details = SocketDetails(tcp(owners=(Owner(7, 3, NGINX),)))
    for resources, told in (
        (ProcessResources(4, 2, 1_023, 1_024, 524_288), ("2", "4", "1,023 open, limit 1,024, hard limit 524,288")),
        (ProcessResources(), ("-", "-", "- open, limit -, hard limit -")),
    ):
        found = dict(told_of(details._replace(resources={7: resources}), Moment(NOW, {})))
        assert tuple(found[label] for label in ("Children", "Threads", "Descriptors")) == told
    assert "Children" not in dict(told_of(details, Moment(NOW, {}))), "nobody asked"


@pytest.mark.parametrize("reason", OwnerReason)
def test_every_reason_has_words(reason: OwnerReason) -> None:
    assert facts(tcp(owner_reason=reason))["Owner"] == f"none: {REASON_MEANINGS[reason]}"


def test_every_state_has_words() -> None:
    assert STATE_MEANINGS.keys() == set(State)


EVIL = "a\x1b[2J\n\u202e[b]\udcff"


def test_nothing_from_outside_is_told_raw() -> None:
    process = Process(7, EVIL, (EVIL, EVIL), EVIL, NOW, EVIL, EVIL)
    details = {7: ProcessDetails(EVIL, EVIL, ((1, EVIL),))}
    path = unix(EVIL, user=EVIL, uid=0, owners=(Owner(7, 3, process),))
    bound = udp(interface=EVIL)
    for socket, own in ((path, details), (netlink(owners=path.owners), details)):
        for section in describe(SocketDetails(socket, processes=own), Moment(NOW, {}, {NETNS: EVIL}), clock):
            for text in (section.title, *(fact.value for fact in section.facts)):
                assert printable(text) == text
    assert facts(bound)["Device"] == printable(EVIL)


@pytest.mark.parametrize(
    ("id", "seen_at", "told"),
    [(1, 200.0, "opened later, at 200"), (1, 50.0, "not at this moment"), (-1, 200.0, "not at this moment")],
)
def test_of_a_socket_that_is_not_there_only_its_place_is_told(id: int, seen_at: float, told: str) -> None:
    absent = SocketDetails(tcp("10.0.0.1:80", "10.0.0.2:50000", id=id, seen_at=seen_at, recv_q=7), is_absent=True)
    (section,) = describe(absent, Moment(100.0, {}), lambda at: f"at {at:g}")
    assert section.facts[0] == Fact("Not there", told)
    assert [fact.value for fact in section.facts[1:]] == ["10.0.0.1:80", "10.0.0.2:50000"]
