"""Sockets that no file lists, as rows of their own."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel.listed_answers import listing_request
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.socket import DiagFacts, Family, Socket, State
from tests.support.build import NETNS, datagram, owner, tcp
from tests.support.fake import FILES, Watch, events, held

TABLE = {table.name: table for table in TABLES}
BOUND = datagram("bound", "10.0.0.1:80", inode=7, drops=None, refs=None, diag=DiagFacts(cookie=5))


def answer(socket: Socket) -> bytes:
    """struct inet_diag_msg of a socket."""
    number, state = (2, 7) if socket.local.version == 4 else (10, 10)
    head = struct.pack("=BBBB", number, state, 0, 0) + struct.pack("!HH", socket.local_port, socket.peer_port)
    ends = socket.local.packed.ljust(16, b"\0") + socket.peer.packed.ljust(16, b"\0")
    return head + ends + struct.pack("=IIIIIIII", 0, 5, 0, 0, 0, 0, socket.uid or 0, socket.inode)


def parse(message: bytes, table: str) -> Socket:
    return TABLE[table].parse(message, NETNS)


def test_a_message_is_a_row() -> None:
    assert parse(answer(BOUND), "bound") == BOUND
    listener = datagram("mptcp", "[::1]:80", inode=8, uid=1000, drops=None, refs=None, diag=DiagFacts(cookie=5))
    assert parse(answer(listener), "mptcp6") == listener._replace(state=State.LISTEN)


@given(st.binary(max_size=100), st.integers(0, 72))
def test_no_bytes_raise_anything_but_a_line_error(rubbish: bytes, cut: int) -> None:
    for message in (rubbish, answer(BOUND)[:cut] + rubbish):
        try:
            socket = parse(message, "bound")
        except LineError:
            continue
        assert socket.netid == "bound"


@pytest.mark.parametrize("family", [Family.INET, Family.INET6])
def test_other_kinds_are_not_asked_for_this_way(family: Family) -> None:
    assert listing_request("udp", family) is None
    assert listing_request("bound", family) != listing_request("mptcp", family)


def test_they_are_off_and_counted() -> None:
    watch = Watch()
    watch.source.listed["bound"] = [answer(BOUND)]
    snapshot = watch.again()
    assert held(snapshot) == [BOUND]
    assert Selection().choose(snapshot.sockets) == []
    assert snapshot.counts.by_kind == {"bound": 1}


def test_they_are_asked_for_when_all_is_looked_at_and_at_once_when_one_listens() -> None:
    watch = Watch()
    watch.source.hold(7, BOUND)
    watch.source.listed["bound"] = [answer(BOUND)]
    watch.again()
    reads = watch.source.reads
    watch.again()
    assert watch.source.reads - reads == FILES
    listener = tcp("10.0.0.1:80", inode=7)
    watch.source.listed["bound"] = []
    second = watch.tick(listener)
    assert events(second.delta) == {"opened": [listener], "closed": [BOUND]}
    assert second.sockets[0].owners == (owner(7),)


def test_they_stay_while_sock_diag_does_not_answer() -> None:
    watch = Watch()
    watch.source.listed["bound"] = [answer(BOUND)]
    watch.again()
    watch.source.silent = {NETNS}
    later = watch.again(10.0)
    assert (later.delta.closed, len(later.sockets), later.problems) == ((), 1, ())
