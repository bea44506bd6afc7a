"""What is told of calls, by rows as the kernel gives them and by looks at descriptors that come late, or not at all."""

from __future__ import annotations

import errno
from collections.abc import Mapping

import pytest

from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.tracepoints import EXITED, FORKED
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.kernel.tracing import call_stream, descriptor_tables
from netwatch_tui.kernel.tracing.call_points import CALLS, ENTERED, EXECUTED, LOST, RESUMED, RETURNED, ROUTED, STATE
from netwatch_tui.kernel.tracing.call_stream import CallStream
from netwatch_tui.kernel.tracing.descriptor_tables import SocketLook
from netwatch_tui.sockets.connection_events import EventProcess
from netwatch_tui.sockets.traced_call import CallEnd, TracedCall

PLACES = {kind.name: at for at, kind in enumerate(CALLS)}
HERE, THERE = bytes([127, 0, 0, 1]), bytes([192, 0, 2, 9])
LOCAL, PEER = CallEnd(ip_address(HERE), 50_000), CallEnd(ip_address(THERE), 80)
CLOSE, SYN_SENT, LISTEN, ESTAB, FIN_WAIT_1 = 7, 2, 10, 1, 4
SHARES = 0x400
INODE, TCP, UDP = 77, 1, 2


class Names(ThreadNames):
    """Every thread below 100 is of the process 1, every other one its own."""

    def actor(self, task: int) -> EventProcess | None:
        return EventProcess(1 if task < 100 else task, "curl")


class Trace:
    """Rows with growing times, and the descriptors that there are."""

    def __init__(self, only: int | None = None) -> None:
        self.stream = CallStream(Names(), float, only)
        self.now = 0
        self.there: dict[int, SocketLook] = {}

    def row(self, tid: int, code: int, *values: object) -> None:
        self.now += 10
        self.stream.take(self.now, tid, code, values)

    def enter(self, name: str, *values: int, tid: int = 1) -> None:
        self.row(tid, ENTERED + PLACES[name], *values)

    def leave(self, name: str, result: int, tid: int = 1) -> None:
        self.row(tid, RETURNED + PLACES[name], result)

    def call(self, name: str, *values: int, result: int, tid: int = 1) -> None:
        self.enter(name, *values, tid=tid)
        self.leave(name, result, tid)

    def state(self, before: int, after: int, local: CallEnd = LOCAL, peer: CallEnd | None = PEER, tid: int = 1) -> None:
        other = peer or CallEnd(local.address, 0)
        self.row(tid, STATE, before, after, local.port, other.port, local.address.packed, other.address.packed)

    def seen(self, *, is_socket: bool | None = True, inode: int | None = INODE, type: int | None = TCP,
             local: CallEnd | None = None, peer: CallEnd | None = None) -> SocketLook:  # fmt: skip
        return SocketLook(0, 0, is_socket, inode, type, local, peer)

    def look(self, there: Mapping[int, SocketLook]) -> list[int]:
        """Look at what is wanted, as it is now; gives which descriptors were."""
        wanted = list(self.stream.wanted())
        for each in wanted:
            self.now += 1
            found = there.get(each.fd, self.seen(is_socket=None))
            each.descriptor.look = found._replace(began=self.now, at=self.now)
        self.now += 1
        return [each.fd for each in wanted]

    def told(self) -> list[TracedCall]:
        """What is told by now."""
        return list(self.stream.release(self.now))

    def last(self) -> list[TracedCall]:
        """Everything."""
        self.stream.end(self.now)
        return list(self.stream.release(None))


def test_a_client_is_told_with_all_that_is_known() -> None:
    trace = Trace()
    trace.call("socket", 2, 1 | 0o4000, 6, result=5)
    trace.enter("connect", 5)
    trace.row(1, ROUTED, THERE, 80)
    trace.state(CLOSE, SYN_SENT)
    trace.leave("connect", -errno.EINPROGRESS)
    trace.call("sendto", 5, 108, 0, 0, result=108)
    trace.call("recvfrom", 5, 65_536, 0, 0, result=3_216)
    trace.call("close", 5, result=0)
    opened, connected, sent, received, closed = trace.told()
    assert (opened.name, opened.fd, opened.arguments) == ("socket", 5, {"family": 2, "type": 1 | 0o4000, "protocol": 6})
    assert (connected.end, connected.has_end, connected.result) == (PEER, True, -errno.EINPROGRESS)
    assert connected.duration == pytest.approx(30e-9)
    assert sent.arguments == {"fd": 5, "len": 108, "flags": 0}
    assert [each.has_end for each in (sent, received, closed)] == [False, False, False]
    assert (received.local, received.peer, received.pid, received.process) == (LOCAL, PEER, 1, "curl")


def test_who_was_refused_is_not_connected() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=5)
    trace.enter("connect", 5)
    trace.state(CLOSE, SYN_SENT, local=CallEnd(LOCAL.address, 0))
    trace.leave("connect", -errno.ECONNREFUSED)
    trace.call("close", 5, result=0)
    _, connected, closed = trace.told()
    assert (connected.end, connected.local, connected.peer) == (PEER, None, None)
    assert closed.peer is None


def test_a_listener_is_not_taken_for_what_waits_at_it() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.enter("close", 3)
    trace.state(LISTEN, CLOSE, peer=None)
    trace.state(ESTAB, CLOSE, local=PEER, peer=LOCAL)
    trace.leave("close", 0)
    _, closed = trace.told()
    assert (closed.local, closed.peer) == (LOCAL, None)


def test_what_is_bound_to_is_seen_by_a_look() -> None:
    trace = Trace()
    trace.call("socket", 2, UDP, 0, result=3)
    trace.call("bind", 3, result=0)
    assert [call.name for call in trace.told()] == ["socket"]
    assert trace.look({3: trace.seen(local=LOCAL)}) == [3]
    (bound,) = trace.told()
    assert (bound.end, bound.local) == (LOCAL, LOCAL)


def test_a_look_counts_only_if_the_number_was_not_closed_before() -> None:
    trace = Trace()
    trace.call("socket", 2, UDP, 0, result=3)
    trace.call("bind", 3, result=0)
    trace.call("bind", 3, result=0)
    trace.enter("close", 3)  # and then another one has the number, which the look meets
    assert trace.look({3: trace.seen(local=PEER)}) == [3]
    trace.leave("close", 0)
    assert [call.end for call in trace.told() if call.name == "bind"] == [None, None]


def test_nor_if_connect_may_have_changed_the_address_before() -> None:
    trace = Trace()
    trace.call("socket", 2, UDP, 0, result=3)
    trace.call("bind", 3, result=0)
    trace.enter("connect", 3)
    trace.look({3: trace.seen(local=LOCAL)})
    trace.leave("connect", 0)
    _, bound, connected = trace.last()
    assert (bound.end, bound.has_end) == (None, True)
    assert connected.end is None


def test_what_listens_tells_to_what_it_is_bound() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.call("bind", 3, result=0)
    trace.enter("listen", 3, 128)
    trace.state(CLOSE, LISTEN, peer=None)
    trace.leave("listen", 0)
    trace.call("close", 3, result=0)
    _, bound, listening, _ = trace.told()
    assert bound.end == LOCAL
    assert (listening.arguments, listening.has_end) == ({"fd": 3, "backlog": 128}, False)


def test_a_connection_that_is_accepted_tells_its_peer_when_it_is_closed_at_once() -> None:
    trace = Trace()
    trace.call("accept4", 3, 0, result=9)
    trace.enter("close", 9)
    trace.state(ESTAB, FIN_WAIT_1)
    trace.leave("close", 0)
    trace.look({})
    accepted, _ = trace.told()
    assert (accepted.end, accepted.has_end) == (PEER, True)


def test_or_by_a_look_while_it_lives_else_it_is_not_known() -> None:
    trace = Trace()
    trace.call("accept", 3, result=9)
    trace.look({3: trace.seen(), 9: trace.seen(local=LOCAL, peer=PEER)})
    assert trace.told()[0].end == PEER
    trace.call("accept", 3, result=10)
    trace.look({})
    (call,) = trace.told()
    assert (call.end, call.has_end) == (None, True)
    trace.call("accept", 3, result=-errno.EAGAIN)
    assert trace.told()[0].has_end is False


def test_reads_and_writes_are_told_of_sockets_only() -> None:
    trace = Trace()
    trace.leave("openat", 4)
    trace.call("read", 4, 10, result=10)
    trace.call("read", 5, 10, result=10)
    trace.call("write", 6, 10, result=10)
    trace.call("read", 7, 10, result=10)
    assert sorted(trace.look({5: trace.seen(), 6: trace.seen(is_socket=False, inode=None)})) == [5, 6, 7]
    assert [(call.name, call.fd) for call in trace.told()] == [("read", 5)]
    assert trace.stream.unknown == 1


def test_a_datagram_is_told_with_where_it_goes_and_not_with_where_it_may_come_from() -> None:
    trace = Trace()
    trace.call("socket", 2, UDP, 0, result=3)
    trace.enter("sendto", 3, 10, 0, 0x7FFF_0000)
    trace.row(1, ROUTED, THERE, 80)
    trace.leave("sendto", 10)
    trace.call("sendto", 3, 10, 0, 0x7FFF_0000, result=-errno.EPERM)
    trace.call("recvfrom", 3, 512, 0, 0x7FFF_0000, result=60)
    trace.call("recvmsg", 3, 0, result=60)
    trace.call("recvfrom", 3, 512, 0, 0x7FFF_0000, result=-errno.EAGAIN)
    assert [(call.has_end, call.end) for call in trace.told()[1:]] == [
        (True, PEER), (True, None), (True, None), (True, None), (False, None),
    ]  # fmt: skip


def test_copies_are_the_same_socket_and_what_they_replace_is_gone() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.leave("openat", 4)
    trace.call("dup2", 3, 4, result=4)
    trace.call("close", 3, result=0)
    trace.call("write", 4, 10, result=10)
    trace.call("close_range", 4, 0xFFFF_FFFF, result=0)
    trace.leave("openat", 4)
    trace.call("write", 4, 10, result=10)
    assert [(call.name, call.fd) for call in trace.told()] == [("socket", 3), ("close", 3), ("write", 4)]
    assert trace.stream.unknown == 0


def test_a_child_has_its_own_descriptors_and_a_thread_shares_them() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.row(1, FORKED, 200, b"child", 0)
    trace.row(1, FORKED, 2, b"thread", SHARES)
    trace.call("close", 3, result=0, tid=2)
    trace.call("write", 3, 10, result=10, tid=200)
    trace.call("write", 3, 10, result=10)
    trace.look({})
    assert [(call.name, call.tid, call.pid) for call in trace.told()[1:]] == [("close", 2, 1), ("write", 200, 200)]
    assert trace.stream.unknown == 1


def test_after_an_exec_it_is_looked_again() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.row(1, EXECUTED, 1)
    trace.call("write", 3, 10, result=10)
    assert trace.look({3: trace.seen(is_socket=False, inode=None)}) == [3]
    assert [call.name for call in trace.told()] == ["socket"]


def test_what_does_not_return_is_told_so() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.enter("recvfrom", 3, 10, 0, 0)
    trace.row(1, FORKED, 2, b"thread", SHARES)
    trace.enter("accept", 3, tid=2)
    trace.row(2, EXITED, 2)
    _, accept = trace.told()
    assert (accept.name, accept.result, accept.duration, accept.tid) == ("accept", None, None, 2)
    (receive,) = trace.last()
    assert (receive.name, receive.result) == ("recvfrom", None)


def test_after_a_loss_nothing_is_taken_for_what_it_was() -> None:
    trace = Trace()
    trace.call("socket", 2, TCP, 0, result=3)
    trace.enter("recvfrom", 3, 10, 0, 0)
    trace.row(0, LOST)
    trace.call("recvfrom", 3, 10, 0, 0, result=9, tid=2)
    trace.call("write", 3, 10, result=10, tid=2)
    trace.call("socket", 2, TCP, 0, result=4, tid=2)
    trace.row(0, RESUMED)
    trace.leave("recvfrom", 10)
    trace.call("write", 3, 10, result=10)
    trace.call("write", 4, 10, result=10)
    assert trace.look({3: trace.seen(is_socket=False, inode=None)}) == [3, 4]
    told = trace.told()[1:]
    assert [(call.name, call.arguments, call.result) for call in told] == [
        ("recvfrom", None, 9), ("socket", None, 4), ("recvfrom", None, 10),
    ]  # fmt: skip
    assert trace.stream.unknown == 2


def test_a_call_that_was_made_before_the_trace_is_known_by_its_registers() -> None:
    trace = Trace()
    trace.stream.tables.found([1, 2], {3: trace.seen()})
    trace.leave("recvfrom", 4, tid=2)  # which returned before the thread was looked at
    for tid in (1, 2):
        trace.now += 10
        trace.stream.caught(trace.now, tid, (3, 0x7FFF_0000, 512, 0x40, 0, 0))
    trace.leave("recvfrom", 5)
    trace.leave("recvfrom", 6)
    trace.call("recvfrom", 3, 100, 0, 0, result=7, tid=2)
    trace.leave("recvfrom", 8, tid=2)
    known = {"fd": 3, "len": 512, "flags": 0x40}
    assert [(call.arguments, call.result, call.duration, call.inode) for call in trace.last()] == [
        (None, 4, None, None),
        (known, 5, None, INODE),
        (None, 6, None, None),
        ({"fd": 3, "len": 100, "flags": 0}, 7, pytest.approx(1e-8), INODE),
        (None, 8, None, None),
    ]


def test_of_one_socket_only_its_calls_are_told() -> None:
    trace = Trace(only=INODE)
    trace.stream.tables.found([1], {3: trace.seen(), 4: trace.seen(inode=78)})
    trace.call("write", 3, 10, result=10)
    trace.call("write", 4, 10, result=10)
    trace.call("socket", 2, TCP, 0, result=5)
    trace.call("dup", 3, result=6)
    trace.call("write", 6, 11, result=11)
    assert [(call.name, call.fd) for call in trace.last()] == [("write", 3), ("write", 6)]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_stream, "MOST_WAITING", 10)
    monkeypatch.setattr(descriptor_tables, "MOST_TABLES", 10)
    monkeypatch.setattr(descriptor_tables, "MOST_DESCRIPTORS", 10)
    trace = Trace()
    for number in range(100):
        trace.call("read", number, 10, result=10)
        trace.row(1, FORKED, 1_000 + number, b"child", 0)
    trace.told()
    assert len(trace.stream._waiting) <= 10
    assert trace.stream.unknown + len(trace.stream._waiting) == 100
    assert len(trace.stream.tables._tables) <= 10
    assert all(len(table) <= 10 for table in trace.stream.tables._tables.values())
