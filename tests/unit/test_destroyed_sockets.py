"""Messages about destroyed sockets, and what is made of them and of look-ups of routes."""

from __future__ import annotations

import select
import socket as net
import struct
import time

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket, DestroyedSockets
from netwatch_tui.kernel.capture.event_queue import EventQueue
from netwatch_tui.kernel.capture.udp_lives import MOST_SENDERS, UdpLives
from netwatch_tui.sockets.connection_events import (
    TOLD_WITHIN,
    ConnectionEvent,
    ConnectionTotals,
    EventKind,
    EventProcess,
    EventSource,
)
from netwatch_tui.sockets.socket import NOWHERE, Family

TCP, UDP = 6, 17


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def info(*, rtt: int = 5_000, received: int = 9, data_segments: int = 1, sent: int = 100, again: int = 30) -> bytes:
    """A struct tcp_info of a recent kernel."""
    data = bytearray(280)
    struct.pack_into("=I", data, 68, rtt)
    struct.pack_into("=I", data, 100, 2)
    struct.pack_into("=Q", data, 128, received)
    struct.pack_into("=I", data, 152, data_segments)
    struct.pack_into("=QQ", data, 200, sent, again)
    return bytes(data)


def message(
    protocol: int = TCP,
    family: int = net.AF_INET,
    *,
    port: int = 40_000,
    peer_port: int = 443,
    attributes: bytes = b"",
    type: int = 20,
) -> bytes:
    """A message with its header."""
    address = net.inet_pton(family, "192.0.2.1" if family == net.AF_INET else "2001:db8::1").ljust(16, b"\0")
    body = (
        struct.pack("=BBBB", family, 7, 0, 0) + struct.pack("!HH", port, peer_port) + address + address
        + struct.pack("=IQIIIII", 0, 77, 0, 0, 0, 0, 0) + attribute(10, bytes([protocol])) + attributes
    )  # fmt: skip
    return struct.pack("=IHHII", 16 + len(body), type, 0, 0, 0) + body


def understood(*messages: bytes) -> list[DestroyedSocket | None]:
    """What they say, one after the other."""
    listener = DestroyedSockets(4)
    try:
        return [listener._understood(each, 1_000) for each in messages]
    finally:
        listener.close()


def test_a_connection_is_told_with_its_totals() -> None:
    (told,) = understood(message(attributes=attribute(2, info())))
    assert told
    event = told.as_event(3.0)
    assert event.totals == ConnectionTotals(70, 9, None, 30, 2, 0.005)
    assert (event.kind, event.source, event.netid, event.family) == (
        EventKind.CLOSED, EventSource.DESTROYED, "tcp", Family.INET,
    )  # fmt: skip
    assert (event.local.text, event.local_port, event.peer.text, event.peer_port) == (
        "192.0.2.1", 40_000, "192.0.2.1", 443,
    )  # fmt: skip
    assert (event.cookie, event.netns, event.owner, event.skaddr) == (77, 4, None, None)


def test_what_came_without_a_segment_of_data_is_the_fin() -> None:
    with_fin, without = understood(
        message(attributes=attribute(2, info(received=1, data_segments=0))),
        message(attributes=attribute(2, info(received=0, data_segments=0))),
    )
    assert with_fin
    assert without
    assert with_fin.totals
    assert without.totals
    assert (with_fin.totals.has_fin, with_fin.totals.bytes_in) == (True, 0)
    assert (without.totals.has_fin, without.totals.bytes_in) == (False, 0)


def test_totals_that_the_kernel_threw_away_or_has_not_are_not_told_as_zero() -> None:
    reset, old, udp = understood(
        message(peer_port=0, attributes=attribute(2, info(sent=0, again=0, received=0))),
        message(attributes=attribute(2, info()[:104])),
        message(UDP, net.AF_INET6),
    )
    assert [each and each.totals for each in (reset, old, udp)] == [None] * 3
    assert [each and each.is_tcp for each in (reset, old, udp)] == [True, True, False]
    assert udp
    assert (udp.local[0].text, udp.as_event(1.0).family) == ("2001:db8::1", Family.INET6)


def test_messages_of_one_length_with_other_attributes_are_not_mixed_up() -> None:
    ours, odd = attribute(2, info()), attribute(3, info())
    found = understood(message(attributes=ours), message(attributes=odd), message(attributes=ours))
    assert [bool(each and each.totals) for each in found] == [True, False, True]


def test_what_is_no_news_of_a_socket_is_passed_over() -> None:
    assert understood(b"", bytes(16), message(type=3), message()[:60]) == [None] * 4


def test_the_end_of_a_real_socket_is_heard_by_any_user() -> None:
    listener = DestroyedSockets(4)
    with net.socket(net.AF_INET, net.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        port = sender.getsockname()[1]
    ports: set[int] = set()
    deadline = time.monotonic() + 10
    while port not in ports and select.select([listener.file], [], [], max(deadline - time.monotonic(), 0))[0]:
        ports |= {told.local[1] for told in listener.read()[0] if not told.is_tcp}
    listener.close()
    assert port in ports


class Told:
    """What is told of UDP."""

    def __init__(self) -> None:
        self._queue = EventQueue()
        self.lives = UdpLives(self._queue, lambda pid: EventProcess(pid, "x") if pid else None, float)

    def events(self) -> list[ConnectionEvent]:
        """What has become known."""
        return self._queue.release(None)


def gone(port: int) -> DestroyedSocket:
    """The end of a UDP socket."""
    (told,) = understood(message(UDP, port=port, peer_port=0))
    assert told
    return told


PEER = bytes([127, 0, 0, 1])


def test_a_udp_socket_is_opened_when_it_sends_first_and_closed_when_it_is_destroyed() -> None:
    told = Told()
    for at in (1, 2, 3):
        told.lives.routed(at, 7, (PEER, 5_000, 53))
    told.lives.destroyed(9, 0, gone(5_000))
    told.lives.routed(10, 7, (PEER, 5_000, 53))
    opened, closed, again = told.events()
    assert (opened.kind, opened.local, opened.local_port, opened.peer.text, opened.peer_port) == (
        EventKind.OPENED, NOWHERE, 5_000, "127.0.0.1", 53,
    )  # fmt: skip
    assert (closed.kind, closed.began, closed.owner, closed.cookie) == (EventKind.CLOSED, 1.0, EventProcess(7, "x"), 77)
    assert (again.kind, again.at) == (EventKind.OPENED, 10.0)


def test_who_sent_is_said_of_an_end_only_if_nobody_else_sent_from_that_port() -> None:
    told = Told()
    told.lives.routed(1, 7, (PEER, 5_000, 53))
    told.lives.routed(2, 8, (PEER, 5_000, 53))
    told.lives.routed(3, 0, (PEER, 5_000, 53))
    told.lives.destroyed(4, 0, gone(5_000))
    told.lives.destroyed(5, 0, gone(6_000))
    *opened, both, unseen = told.events()
    assert [event.owner for event in opened] == [EventProcess(7, "x"), EventProcess(8, "x")]
    assert (both.owner, both.began, unseen.owner, unseen.began) == (None, None, None, None)


def test_an_end_that_is_told_late_says_nothing_about_a_short_life() -> None:
    told = Told()
    told.lives.routed(1, 7, (PEER, 5_000, 53))
    told.lives.destroyed(1 + int(TOLD_WITHIN), 0, gone(5_000))
    told.lives.routed(5, 7, (PEER, 5_000, 53))
    told.lives.destroyed(5, 0, gone(5_000))
    long, short = (event for event in told.events() if event.kind is EventKind.CLOSED)
    assert (long.duration, short.duration) == (TOLD_WITHIN, None)


def test_a_machine_with_endless_senders_does_not_fill_the_memory() -> None:
    told = Told()
    for number in range(3 * MOST_SENDERS):
        told.lives.routed(number, number + 1, (PEER, 1 if number % 2 else number % 60_000 + 1, 53))
        assert told.lives._number <= MOST_SENDERS
        if number % 10_000 == 0:
            told.events()
    assert sum(map(len, told.lives._senders.values())) == told.lives._number
