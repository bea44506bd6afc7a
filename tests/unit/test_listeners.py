from __future__ import annotations

import pytest

from netwatch_tui.sockets.listeners import Listeners, waits
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import tcp, time_wait, unix

ANY = tcp("0.0.0.0:80", inode=1)
EXACT = tcp("10.0.0.1:80", inode=2)
ANY_6 = tcp("[::]:80", inode=3)
MAPPED = tcp("[::ffff:10.0.0.1]:80", inode=4)
TWIN = tcp("0.0.0.0:80", inode=5)
OTHER_PORT = tcp("0.0.0.0:81", inode=6)
BUS = unix("/run/bus", state=State.LISTEN, inode=7)
ALL = Listeners([ANY, EXACT, ANY_6, OTHER_PORT, BUS, ANY._replace(netns=5, inode=8)])


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        (tcp("10.0.0.1:80", "10.0.0.9:5000"), [EXACT]),
        (tcp("10.0.0.2:80", "10.0.0.9:5000"), [ANY]),
        (tcp("[::ffff:10.0.0.2]:80", "[::ffff:10.0.0.9]:5000"), [ANY_6]),
        (tcp("[2001:db8::1]:80", "[2001:db8::2]:5000"), [ANY_6]),
        (tcp("10.0.0.1:82", "10.0.0.9:5000"), []),
        (tcp("10.0.0.1:81", "10.0.0.9:5000", netns=5), []),
        (unix("/run/bus", state=State.SYN_SENT, inode=0), [BUS]),
        (unix("/run/other", state=State.SYN_SENT, inode=0), []),
    ],
)
def test_a_connection_came_in_at_the_most_specific_listener(connection: Socket, expected: list[Socket]) -> None:
    assert list(ALL.of(connection)) == expected


def test_a_listener_on_a_mapped_address_goes_before_one_on_any() -> None:
    assert Listeners([ANY_6, MAPPED]).of(tcp("[::ffff:10.0.0.1]:80", "[::ffff:10.0.0.9]:5000")) == (MAPPED,)


def test_listeners_that_share_a_port_all_fit() -> None:
    assert set(Listeners([ANY, TWIN]).of(tcp("10.0.0.2:80", "10.0.0.9:5000"))) == {ANY, TWIN}


def test_listeners_come_and_go_and_nothing_else_changes_them() -> None:
    listeners = Listeners([ANY])
    connection = tcp("10.0.0.2:80", "10.0.0.9:5000", inode=9)
    assert listeners.after([connection], [connection]) is listeners
    busier = ANY._replace(recv_q=5)
    assert listeners.after([], [busier, TWIN]).of(connection) == (busier, TWIN)
    assert listeners.after([ANY], [TWIN]).of(connection) == (TWIN,)
    assert listeners.of(connection) == (ANY,)


def test_only_what_is_established_and_has_no_file_waits() -> None:
    queued = tcp("10.0.0.1:80", "10.0.0.9:5000", inode=0)
    assert waits(queued)
    assert waits(queued._replace(state=State.CLOSE_WAIT))
    held, half, late = queued._replace(inode=1), queued._replace(state=State.SYN_RECV), time_wait(queued)
    assert not any(map(waits, (held, half, late)))
