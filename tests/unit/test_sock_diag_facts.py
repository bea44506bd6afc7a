from __future__ import annotations

import pytest

from netwatch_tui.collect.sock_diag_facts import SockDiagFacts, is_bound, is_connection, is_known_better
from netwatch_tui.kernel.sock_diag import Bound, UnixDetails
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import datagram, netlink, packet, tcp, time_wait, udp, unix
from tests.support.fake import FakeSource

LISTENER = tcp("0.0.0.0:80", inode=5)
CONNECTION = tcp("127.0.0.1:80", "127.0.0.1:5000", inode=5)
CLIENT = udp("0.0.0.0:68", inode=6)
STREAM = unix("/run/x", inode=7)


@pytest.fixture
def source() -> FakeSource:
    made = FakeSource()
    made.more_of_bound = {5: Bound(3, 128, None), 6: Bound(9, 9, "eth0")}
    made.more_of_unix = {7: UnixDetails(8, 3, 4, 1000)}
    return made


@pytest.fixture
def details(source: FakeSource) -> SockDiagFacts:
    made = SockDiagFacts(source)
    made.refresh(unix=True, bound=True)
    return made


def test_a_listener_gets_the_limit_of_its_backlog(details: SockDiagFacts) -> None:
    assert details.add(LISTENER._replace(recv_q=2)) == LISTENER._replace(recv_q=2, send_q=128)


def test_a_udp_socket_gets_its_device_and_keeps_the_queue_of_its_line(details: SockDiagFacts) -> None:
    assert details.add(CLIENT._replace(send_q=1)) == CLIENT._replace(send_q=1, interface="eth0")


def test_a_unix_socket_gets_peer_queues_and_user(details: SockDiagFacts) -> None:
    assert details.add(STREAM) == STREAM._replace(peer_port=8, recv_q=3, send_q=4, uid=1000)


def test_a_user_that_the_kernel_does_not_tell_is_not_known(source: FakeSource, details: SockDiagFacts) -> None:
    source.more_of_unix = {7: UnixDetails(0, 0, 0, None)}
    details.refresh(unix=True, bound=False)
    assert details.add(STREAM).uid is None


def test_a_packet_socket_gets_the_name_of_its_device(details: SockDiagFacts) -> None:
    assert details.add(packet(device=2)).interface == "eth2"
    assert details.add(packet(device=0)).interface is None


@pytest.mark.parametrize(
    "socket",
    [
        CONNECTION,
        time_wait(CONNECTION),
        datagram("raw", "0.0.0.0:1", inode=6),
        netlink(inode=6),
        tcp(inode=99),
        unix(inode=99),
    ],
)
def test_nothing_is_added_to_what_it_does_not_know(details: SockDiagFacts, socket: Socket) -> None:
    assert details.add(socket) is socket


def test_an_answer_that_says_the_same_makes_no_new_object(source: FakeSource, details: SockDiagFacts) -> None:
    source.more_of_bound = {6: Bound(0, 0, None)}
    details.refresh(unix=False, bound=True)
    assert details.add(CLIENT) is CLIENT


def test_answers_are_kept_until_they_are_asked_for_again(source: FakeSource, details: SockDiagFacts) -> None:
    source.more_of_bound, source.more_of_unix = {}, {}
    assert details.add(LISTENER).send_q == 128
    details.refresh(unix=True, bound=False)
    assert (details.add(LISTENER).send_q, details.add(STREAM)) == (128, STREAM)
    details.refresh(unix=False, bound=True)
    assert details.add(LISTENER) is LISTENER
    assert not details.knows(5)


def test_it_knows_what_the_last_answers_spoke_of(details: SockDiagFacts) -> None:
    assert [inode for inode in range(10) if details.knows(inode)] == [5, 6, 7]


@pytest.mark.parametrize(
    ("socket", "bound", "connection", "better"),
    [
        (LISTENER, True, False, True),
        (CONNECTION, False, True, False),
        (time_wait(CONNECTION), False, True, False),
        (tcp("[::1]:80", "[::1]:9", state=State.SYN_RECV, inode=0), False, True, False),
        (CLIENT, True, False, True),
        (STREAM, False, False, True),
        (packet(), False, False, True),
        (netlink(), False, False, False),
        (datagram("raw", "0.0.0.0:1"), False, False, False),
        (datagram("udpl", "0.0.0.0:1"), False, False, False),
        (tcp()._replace(netid="sctp"), False, False, False),
    ],
)
def test_who_knows_more_of_which_kind(socket: Socket, bound: bool, connection: bool, better: bool) -> None:
    assert (is_bound(socket), is_connection(socket), is_known_better(socket)) == (bound, connection, better)
