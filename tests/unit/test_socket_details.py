"""The other end of a connection, and the connections of a listener."""

from __future__ import annotations

import pytest

from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.socket_details import Incoming, connections_of, other_end
from tests.support.build import owner, tcp, time_wait, udp, unix


def numbered(*sockets: Socket) -> list[Socket]:
    return [socket._replace(id=id) for id, socket in enumerate(sockets, 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (tcp("127.0.0.1:80", "127.0.0.1:5000"), tcp("127.0.0.1:5000", "127.0.0.1:80")),
        (tcp("[::1]:80", "[::1]:5000"), tcp("[::1]:5000", "[::1]:80")),
        (tcp("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:5000"), tcp("127.0.0.1:5000", "127.0.0.1:80")),
        (udp("127.0.0.1:80", "127.0.0.1:5000"), udp("127.0.0.1:5000", "127.0.0.1:80")),
        (unix("/run/x", local_port=5, peer_port=6), unix("*", local_port=6, peer_port=5)),
        (tcp("127.0.0.1:80", "127.0.0.1:80", inode=1), None),
        (tcp("127.0.0.1:80", "127.0.0.1:5000"), tcp("127.0.0.1:5000", "127.0.0.1:80", netns=5)),
        (tcp("127.0.0.1:80", "127.0.0.1:5000"), udp("127.0.0.1:5000", "127.0.0.1:80")),
        (tcp("127.0.0.1:80", "127.0.0.1:5000"), tcp("127.0.0.2:5000", "127.0.0.1:80")),
        (tcp("127.0.0.1:80"), tcp("127.0.0.1:5000", "127.0.0.1:80")),
        (unix("/run/x", local_port=5), unix("*", local_port=0)),
    ],
)
def test_the_other_end_is_the_mirrored_socket_of_the_same_namespace(one: Socket, other: Socket | None) -> None:
    sockets = numbered(*filter(None, (tcp("127.0.0.1:9"), one, other)))
    found = other_end(sockets[1], sockets)
    mirrored = other is not None and one.peer_port and other.netns == one.netns and other.netid == one.netid
    assert found == (sockets[2] if mirrored and other is not None and other.local.text != "127.0.0.2" else None)


LISTENER = tcp("0.0.0.0:80")


@pytest.mark.parametrize(
    ("listener", "each", "is_one"),
    [
        (LISTENER, tcp("10.0.0.1:80", "10.0.0.2:5000"), True),
        (LISTENER, time_wait(tcp("10.0.0.1:80", "10.0.0.2:5000")), True),
        (LISTENER, tcp("10.0.0.1:81", "10.0.0.2:5000"), False),
        (LISTENER, tcp("10.0.0.1:5000", "10.0.0.2:80"), False),
        (LISTENER, tcp("10.0.0.1:80", "10.0.0.2:5000", netns=5), False),
        (LISTENER, tcp("[::1]:80", "[::1]:5000"), False),
        (tcp("10.0.0.1:80"), tcp("10.0.0.1:80", "10.0.0.2:5000"), True),
        (tcp("10.0.0.9:80"), tcp("10.0.0.1:80", "10.0.0.2:5000"), False),
        (tcp("[::]:80"), tcp("[::ffff:10.0.0.1]:80", "[::ffff:10.0.0.2]:5000"), True),
    ],
)
def test_the_connections_of_a_listener_came_to_its_address_and_port(
    listener: Socket, each: Socket, is_one: bool
) -> None:
    assert connections_of(listener, [listener, each]) == ((Incoming(each, 1),) if is_one else ())


def test_a_connection_is_told_at_the_most_specific_listener_only() -> None:
    general, special, one, other = sockets = numbered(
        tcp("0.0.0.0:80"),
        tcp("10.0.0.1:80"),
        tcp("10.0.0.1:80", "10.0.0.9:5000"),
        tcp("10.0.0.2:80", "10.0.0.9:5001"),
    )
    assert connections_of(special, sockets) == (Incoming(one, 1),)
    assert connections_of(general, sockets) == (Incoming(other, 1),)


def test_what_listeners_share_is_told_at_each_of_them_as_shared() -> None:
    first, second, one, held = sockets = numbered(
        tcp("0.0.0.0:80", owners=(owner(1),)),
        tcp("0.0.0.0:80", owners=(owner(2),)),
        tcp("10.0.0.1:80", "10.0.0.9:5000"),
        tcp("10.0.0.1:80", "10.0.0.9:5001", owners=(owner(2),)),
    )
    assert connections_of(first, sockets) == (Incoming(one, 2),)
    assert connections_of(second, sockets) == (Incoming(one, 2), Incoming(held, 1))


def test_what_does_not_listen_has_no_connections_of_its_own() -> None:
    assert connections_of(tcp("127.0.0.1:80", "127.0.0.1:9"), []) is None
    assert connections_of(unix("/run/x", state=State.LISTEN), []) is None
