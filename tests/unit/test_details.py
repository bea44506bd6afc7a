from __future__ import annotations

import pytest

from netwatch_tui.fields.format import printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.owner_fields import REASON_MEANINGS
from netwatch_tui.fields.socket_fields import STATE_MEANINGS
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process, ProcessDetails
from netwatch_tui.sockets.socket import Socket, State, Timer
from netwatch_tui.view.details import describe
from netwatch_tui.view.socket_details import Incoming, SocketDetails
from tests.support.build import NETNS, netlink, owner, packet, tcp, time_wait, udp, unix

NOW = 2000.0
NGINX = Process(
    7, "nginx", ("nginx", "-g", "daemon off;"), "www-data", NOW - 90, "nginx.service", "docker:0123456789ab"
)
KNOWN = ProcessDetails("/usr/sbin/nginx", "/srv", ((4, "sh"), (1, "init")))


def clock(seconds: float) -> str:
    return f"at {seconds:g}"


def facts(socket: Socket, details: dict[int, ProcessDetails] | None = None) -> dict[str, str]:
    told = describe(SocketDetails(socket, processes=details or {}), Moment(NOW, {}, {NETNS: "blue"}), clock)
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
    told = [fact.value for fact in describe(details, Moment(NOW, {}), clock)]
    assert told[-3:] == [
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
    told = [
        (fact.label, fact.value)
        for fact in describe(SocketDetails(socket, processes={7: KNOWN}), Moment(NOW, {}), clock)
    ]
    start = next(index for index, fact in enumerate(told) if fact[0] == "Owner")
    owners = told[start : start + 12]
    assert owners == [
        ("Owner", "nginx, pid 7, descriptor 3, as www-data"),
        ("  command", "nginx -g daemon off;"),
        ("  started", "1m ago, at 1910"),
        ("  unit", "nginx.service"),
        ("  container", "docker:0123456789ab"),
        ("  program", "/usr/sbin/nginx"),
        ("  directory", "/srv"),
        ("  parents", "sh (4) < init (1)"),
        ("Owner", "nginx, pid 8, descriptor 4, as www-data"),
        ("  command", "none"),
        ("  started", "1m ago, at 1910"),
        ("  unit", "nginx.service"),
    ]


def test_what_may_not_be_seen_of_a_process_is_said() -> None:
    told = facts(tcp(owners=(Owner(7, 3, NGINX),)), {7: ProcessDetails(None, None, ())})
    assert (told["program"], told["directory"], told["parents"]) == ("not readable", "not readable", "none")


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
        assert all(
            printable(fact.value) == fact.value
            for fact in describe(SocketDetails(socket, processes=own), Moment(NOW, {}, {NETNS: EVIL}), clock)
        )
    assert facts(bound)["Device"] == printable(EVIL)
