"""Which listener a connection came in through, where no real kernel is needed to show it; see tests/kernel as well."""

from __future__ import annotations

import pytest

from netwatch_tui.sockets.listeners import Listeners, waits
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import DiagFacts, Socket, State
from tests.support.build import NETNS, owner, tcp, time_wait, udp, unix

ANY = tcp("0.0.0.0:80", inode=1, owners=(owner(10),))
HERE = tcp("10.0.0.1:80", inode=2, owners=(owner(11),))
ANY6 = tcp("[::]:80", inode=3)
ONLY6 = tcp("[::]:80", inode=4, diag=DiagFacts(1, v6only=True))
MAPPED = tcp("[::ffff:0.0.0.0]:80", inode=5)
ON_ETH0 = tcp("0.0.0.0:80", inode=6, interface="eth0")
CAME = tcp("10.0.0.1:80", "10.0.0.2:5000", inode=9)
CAME_MAPPED = tcp("[::ffff:10.0.0.1]:80", "[::ffff:10.0.0.2]:5000", inode=9)
CAME6 = tcp("[2001:db8::1]:80", "[2001:db8::2]:5000", inode=9)
ASSOCIATION = CAME._replace(netid="sctp")


def of(connection: Socket, *listeners: Socket) -> list[int]:
    return [each.inode for each in Listeners(listeners).of(connection)]


@pytest.mark.parametrize(
    ("connection", "listeners", "inodes"),
    [
        (CAME, (ANY, HERE), [2]),
        (CAME, (ANY, ANY6), [1]),
        (CAME, (ANY6,), []),
        (CAME_MAPPED, (ANY, ANY6), [3]),
        (CAME_MAPPED, (ONLY6, MAPPED), [5]),
        (CAME6, (ONLY6, MAPPED), [4]),
        (CAME6, (ONLY6, ANY6), [4, 3]),
        (time_wait(CAME), (ANY, HERE), [2]),
        (CAME._replace(interface="eth0"), (ANY, ON_ETH0), [6]),
        (CAME._replace(interface="eth1"), (ANY, ON_ETH0), [1]),
        (CAME._replace(diag=DiagFacts(1)), (ANY, ON_ETH0), [1]),
        (CAME, (ANY, ON_ETH0), [1, 6]),
        (CAME._replace(interface="eth0"), (HERE, ON_ETH0), [2]),
        (CAME, (ANY._replace(netns=NETNS + 1), tcp("0.0.0.0:81"), udp("0.0.0.0:80")), []),
        (CAME._replace(state=State.SYN_SENT), (ANY,), []),
        (HERE, (ANY, HERE), []),
        (ASSOCIATION, (ANY6._replace(netid="sctp"),), [3]),
        (ASSOCIATION, (ONLY6._replace(netid="sctp"), ANY6), []),
    ],
)
def test_a_connection_belongs_to_the_most_specific_listener(
    connection: Socket, listeners: tuple[Socket, ...], inodes: list[int]
) -> None:
    assert of(connection, *listeners) == inodes


TWIN = ANY._replace(inode=7, owners=(owner(12),))


def test_among_equal_listeners_it_is_the_one_of_the_process_that_holds_the_connection() -> None:
    assert of(CAME._replace(owners=(owner(12, 9),), owner_reason=None), ANY, TWIN) == [7]
    ended = time_wait(CAME)._replace(owner_reason=OwnerReason.LAST_HELD, evidence=(owner(10, 9),))
    assert of(ended, ANY, TWIN) == [1]


def test_a_process_that_holds_none_or_all_of_them_tells_nothing() -> None:
    assert of(CAME._replace(owners=(owner(99),)), ANY, TWIN) == [1, 7]
    assert of(CAME._replace(owners=(owner(10), owner(12))), ANY, TWIN) == [1, 7]


def test_who_waits_at_a_listener_does_not_prove_which_one_it_is() -> None:
    waiting = CAME._replace(inode=0, owner_reason=OwnerReason.ACCEPT_QUEUE, evidence=(owner(10),))
    assert of(waiting, ANY, TWIN) == [1, 7]


BUS = unix("/run/bus", state=State.LISTEN, inode=8)


def test_a_unix_connection_belongs_to_the_listener_of_its_name() -> None:
    waiting = unix("/run/bus", state=State.SYN_SENT, inode=0)
    assert of(waiting, BUS, ANY) == [8]
    assert of(waiting, BUS._replace(netns=NETNS + 1)) == []
    assert of(unix("/run/other", state=State.SYN_SENT, inode=0), BUS) == []


def test_listeners_come_and_go_and_nothing_else_changes_them() -> None:
    listeners = Listeners([ANY])
    assert listeners.after([CAME], [CAME]) is listeners
    busier = ANY._replace(recv_q=5)
    assert listeners.after([], [busier, TWIN]).of(CAME) == (busier, TWIN)
    assert listeners.after([ANY], [TWIN]).of(CAME) == (TWIN,)
    assert listeners.of(CAME) == (ANY,)


def test_only_what_is_established_and_has_no_file_waits() -> None:
    queued = CAME._replace(inode=0)
    assert waits(queued)
    assert waits(queued._replace(state=State.CLOSE_WAIT))
    assert not any(map(waits, (CAME, queued._replace(state=State.SYN_RECV), time_wait(queued))))
