from __future__ import annotations

import pytest

from netwatch_tui.collect.sock_diag_facts import SockDiagFacts, Wanted, is_bound, is_known_better
from netwatch_tui.kernel.inet_answers import InetFacts
from netwatch_tui.kernel.namespace_questions import is_connection
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.kernel.sock_diag_messages import socket_key
from netwatch_tui.sockets.needs import EVERY_NEED, NOTHING_MORE, Need, Needs
from netwatch_tui.sockets.socket import DiagFacts, Socket, State
from tests.support.build import NETNS, datagram, netlink, packet, tcp, time_wait, udp, unix
from tests.support.fake import FakeSource

LISTENER = tcp("0.0.0.0:80", inode=5)
CONNECTION = tcp("127.0.0.1:80", "127.0.0.1:5000", inode=5)
CLIENT = udp("0.0.0.0:68", inode=6)


class Asked:
    """What is known of the sockets of one namespace, and how it is asked for."""

    def __init__(self) -> None:
        self.source = FakeSource()
        self.source.more_of_bound = {5: Bound(3, 128, None, FACTS), 6: Bound(9, 9, "eth0")}
        self._facts = SockDiagFacts(self.source)
        self.refresh()

    def refresh(
        self,
        *new: Socket,
        bound: bool = True,
        every: bool = True,
        needs: Needs = NOTHING_MORE,
    ) -> None:
        self._facts.begin((self.source.namespaces().own,), needs)
        self._facts.refresh(NETNS, Wanted(bound, False, every, new))

    def add(self, socket: Socket, id: int = 1) -> Socket:
        return self._facts.add(socket, id)

    def knows(self, inode: int) -> bool:
        return self._facts.knows(tcp(inode=inode))

    @property
    def problems(self) -> list[str]:
        return [problem.text for problem in self._facts.problems()]


FACTS = DiagFacts(cookie=1, v6only=True)


@pytest.fixture
def details() -> Asked:
    return Asked()


def test_a_listener_gets_the_limit_of_its_backlog_and_its_facts(details: Asked) -> None:
    found = details.add(LISTENER._replace(recv_q=2))
    assert found == LISTENER._replace(recv_q=2, send_q=128, diag=FACTS)


def test_a_udp_socket_gets_its_device_and_keeps_the_queue_of_its_line(details: Asked) -> None:
    assert details.add(CLIENT._replace(send_q=1)) == CLIENT._replace(send_q=1, interface="eth0")


def test_a_packet_socket_gets_the_name_of_its_device(details: Asked) -> None:
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
def test_nothing_is_added_to_what_it_does_not_know(details: Asked, socket: Socket) -> None:
    assert details.add(socket) is socket


def test_an_answer_that_says_the_same_makes_no_new_object(details: Asked) -> None:
    details.source.more_of_bound = {6: Bound(0, 0, None)}
    details.refresh()
    assert details.add(CLIENT) is CLIENT


def test_answers_are_kept_until_they_are_asked_for_again(details: Asked) -> None:
    details.source.more_of_bound = {}
    assert details.add(LISTENER).send_q == 128
    details.refresh(bound=False)
    assert details.add(LISTENER).send_q == 128
    details.refresh()
    assert details.add(LISTENER) is LISTENER
    assert not details.knows(5)


def test_it_knows_what_the_last_answers_spoke_of(details: Asked) -> None:
    assert [inode for inode in range(10) if details.knows(inode)] == [5, 6]


# --- what is needed beyond that ---

MARKED = InetFacts("eth0", DiagFacts(cookie=2, fwmark=7, cgroup=40))
SERVER = tcp("127.0.0.1:80", "127.0.0.1:5001", inode=8)


def test_a_connection_gets_its_facts_when_they_are_needed_and_only_then(details: Asked) -> None:
    details.source.facts = {socket_key(SERVER): MARKED}
    details.source.cgroups = {40: "/x.service"}
    details.refresh(SERVER)
    assert (details.add(SERVER), details.source.fact_lists) == (SERVER, 0)
    details.refresh(needs=Needs(frozenset({Need.FWMARK})))
    assert details.add(SERVER) == SERVER._replace(interface="eth0", diag=MARKED.diag)
    details.refresh(needs=Needs(frozenset({Need.CGROUP})))
    assert details.add(SERVER).diag == MARKED.diag._replace(cgroup_path="/x.service")


def test_of_one_socket_all_is_found_out_without_asking_for_the_others(details: Asked) -> None:
    details.source.facts = {socket_key(SERVER): MARKED}
    details.source.cgroups = {40: "/x.service"}
    details.refresh(SERVER, needs=Needs(of_ids=frozenset({3})))
    assert details.add(SERVER, id=3).diag == MARKED.diag._replace(cgroup_path="/x.service")
    assert (details.add(SERVER, id=4), details.source.fact_lists) == (SERVER, 0)


def test_a_new_connection_is_asked_about_alone(details: Asked) -> None:
    needs = Needs(frozenset({Need.INTERFACE}))
    details.refresh(needs=needs)
    assert details.source.fact_lists == 1
    details.source.facts = {socket_key(SERVER): MARKED}
    assert details.add(SERVER) is SERVER
    details.refresh(SERVER, every=False, needs=needs)
    assert (details.add(SERVER).interface, details.source.fact_lists) == ("eth0", 1)


def test_whose_port_the_kernel_chose_is_told_of_every_kind_of_internet_socket(details: Asked) -> None:
    needs = Needs(frozenset({Need.AUTOBOUND}))
    raw = datagram("raw", "0.0.0.0:1", inode=9)
    over = time_wait(CONNECTION)
    details.source.facts = {socket_key(each): MARKED for each in (LISTENER, CLIENT, SERVER, raw, over)}
    details.source.autobound = {socket_key(CLIENT), socket_key(over)}
    details.refresh(needs=needs)
    told = [details.add(each).diag for each in (LISTENER, CLIENT, SERVER, raw, over)]
    assert [diag and diag.autobound for diag in told] == [False, True, False, False, True]
    details.source.autobound |= {socket_key(SERVER)}
    details.refresh(SERVER._replace(inode=10), every=False, needs=needs)
    assert details.add(SERVER).diag == MARKED.diag._replace(autobound=True)


def test_where_sock_diag_cannot_be_asked_nothing_is_said(details: Asked) -> None:
    details.source.silent = {NETNS}
    details.refresh(SERVER, needs=EVERY_NEED)
    assert [details.add(each) for each in (LISTENER, SERVER)] == [LISTENER, SERVER]


def test_marks_that_the_kernel_keeps_to_itself_are_a_problem_if_they_are_needed(details: Asked) -> None:
    details.source.facts = {socket_key(SERVER): MARKED._replace(diag=DiagFacts(cookie=2))}
    details.refresh(needs=Needs(frozenset({Need.CGROUP})))
    assert details.problems == []
    details.refresh(needs=Needs(frozenset({Need.FWMARK})))
    assert details.problems == ["fwmark is not known: the kernel tells it to CAP_NET_ADMIN only"]
    details.refresh(needs=EVERY_NEED)
    assert details.problems == [], "a recording takes what there is"
    details.source.facts[socket_key(CONNECTION)] = MARKED
    details.refresh(needs=Needs(frozenset({Need.FWMARK})))
    assert details.problems == []


@pytest.mark.parametrize(
    ("socket", "bound", "connection", "better"),
    [
        (LISTENER, True, False, True),
        (CONNECTION, False, True, False),
        (time_wait(CONNECTION), False, True, False),
        (tcp("[::1]:80", "[::1]:9", state=State.SYN_RECV, inode=0), False, True, False),
        (CLIENT, True, False, True),
        (unix("/run/x"), False, False, False),
        (packet(), False, False, True),
        (netlink(), False, False, False),
        (datagram("raw", "0.0.0.0:1"), False, False, False),
        (datagram("udpl", "0.0.0.0:1"), False, False, False),
        (tcp()._replace(netid="sctp"), False, False, False),
    ],
)
def test_who_knows_more_of_which_kind(socket: Socket, bound: bool, connection: bool, better: bool) -> None:
    assert (is_bound(socket), is_connection(socket), is_known_better(socket)) == (bound, connection, better)
