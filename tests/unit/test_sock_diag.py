from __future__ import annotations

import errno
import socket as net
import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel import sock_diag
from netwatch_tui.kernel.inet_answers import InetAnswers, InetFacts
from netwatch_tui.kernel.sock_diag import Bound, SockDiag, SockDiagError
from netwatch_tui.kernel.sock_diag_messages import packed_ends
from netwatch_tui.kernel.unix_answers import parse_unix_answer
from netwatch_tui.sockets.socket import DiagFacts, Family, Socket, State
from tests.support.build import tcp

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300


class Message(NamedTuple):
    """A netlink message (struct nlmsghdr and what follows it)."""

    kind: int
    sequence: int
    payload: bytes
    flags: int = 0

    @property
    def packed(self) -> bytes:
        whole = struct.pack("=IHHII", 16 + len(self.payload), self.kind, self.flags, self.sequence, 77) + self.payload
        return whole + bytes(-len(whole) % 4)


def messages(data: bytes) -> Iterator[Message]:
    """The messages of a datagram."""
    while data:
        length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
        yield Message(kind, sequence, data[16:length], flags)
        data = data[(length + 3) & ~3 :]


class Kernel:
    """The other end of a netlink socket: what it says is said by the test."""

    def __init__(self) -> None:
        self.asked: list[Message] = []
        self.sent: list[bytes] = []
        self.answers: deque[bytes | OSError] = deque()
        self.script: Callable[[Message], list[Message]] = lambda _: []
        self.refuses: OSError | None = None
        self.is_closed = False
        self.kind: tuple[int, int, int] | None = None
        self.timeout: float | None = None

    def socket(self, family: int, type: int, protocol: int) -> Kernel:
        if self.refuses:
            raise self.refuses
        self.kind = (family, type & ~net.SOCK_CLOEXEC, protocol)
        return self

    def settimeout(self, seconds: float) -> None:
        self.timeout = seconds

    def send(self, data: bytes) -> int:
        if self.refuses:
            raise self.refuses
        self.sent.append(data)
        for message in messages(data):
            self.asked.append(message)
            self.answers += [answer.packed for answer in self.script(message)]
        return len(data)

    def recv(self, size: int) -> bytes:
        if not self.answers:
            raise TimeoutError("timed out")
        answer = self.answers.popleft()
        if isinstance(answer, OSError):
            raise answer
        return answer[:size]

    def close(self) -> None:
        self.is_closed = True

    def fileno(self) -> int:
        return DEVICES.fileno()


DEVICES = net.socket(net.AF_INET, net.SOCK_DGRAM)
"""Asked for the names of devices, which any socket knows."""


def _put_in_place(kernel: Kernel, patch: pytest.MonkeyPatch) -> None:
    """Have sock_diag ask this kernel, and nobody else."""
    patch.setattr(sock_diag, "_socket", SimpleNamespace(**{**vars(net), "socket": kernel.socket}))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    _put_in_place(made, monkeypatch)
    return made


COOKIE = 0x1234
FACTS = DiagFacts(cookie=COOKIE)


def inet_diag_msg(socket: Socket, inode: int | None = None, recv_q: int = 0, send_q: int = 0, device: int = 0) -> bytes:
    """struct inet_diag_msg of this socket."""
    family = net.AF_INET if socket.local.version == 4 else net.AF_INET6
    head = struct.pack("=BBBB", family, 1, 0, 0)
    ports = struct.pack("!HH", socket.local_port, socket.peer_port)
    addresses = socket.local.packed.ljust(16, b"\0") + socket.peer.packed.ljust(16, b"\0")
    place = struct.pack("=III", device, COOKIE, 0)
    number = socket.inode if inode is None else inode
    return head + ports + addresses + place + struct.pack("=IIIII", 0, recv_q, send_q, 1000, number)


def found(request: Message, socket: Socket, inode: int | None = None) -> Message:
    """The answer of a kernel that has the socket."""
    return Message(SOCK_DIAG_BY_FAMILY, request.sequence, inet_diag_msg(socket, inode))


def refused(request: Message, code: int = errno.ENOENT) -> Message:
    """The answer of a kernel that has nothing: a negative error number, then the request."""
    return Message(NLMSG_ERROR, request.sequence, struct.pack("=i", -code) + request.packed)


def done(request: Message) -> Message:
    return Message(NLMSG_DONE, request.sequence, struct.pack("=i", 0))


HERE = tcp("127.0.0.1:80", "127.0.0.1:50000", inode=5)
THERE = tcp("127.0.0.1:50000", "127.0.0.1:80", inode=6)
SIX = tcp("[2001:db8::1]:443", "[2001:db8::2]:50001", inode=7)
LISTENER = tcp("127.0.0.1:80", inode=8)


def key(request: Message) -> bytes:
    """Ports and addresses that are asked for."""
    return request.payload[8:44]


def key_of(socket: Socket) -> bytes:
    return inet_diag_msg(socket)[4:40]


# --- exact questions about connections ---


def knows(*sockets: Socket) -> Callable[[Message], list[Message]]:
    """A kernel that has these sockets and no others."""
    by_key = {key_of(socket): socket for socket in sockets}
    return lambda request: [found(request, by_key[key(request)]) if key(request) in by_key else refused(request)]


def test_it_speaks_to_sock_diag(kernel: Kernel) -> None:
    diag = SockDiag()
    assert kernel.kind == (net.AF_NETLINK, net.SOCK_RAW, NETLINK_SOCK_DIAG)
    assert kernel.timeout is not None
    assert kernel.timeout > 0
    diag.close()
    assert kernel.is_closed


def test_a_connection_that_is_there_has_its_inode(kernel: Kernel) -> None:
    kernel.script = knows(HERE, THERE, SIX)
    assert SockDiag().inodes([SIX, HERE, THERE]) == [7, 5, 6]


def test_a_question_names_the_socket_and_no_other(kernel: Kernel) -> None:
    kernel.script = knows(HERE, SIX)
    SockDiag().inodes([HERE, SIX])
    for request, socket, family in zip(kernel.asked, (HERE, SIX), (net.AF_INET, net.AF_INET6), strict=True):
        assert (request.kind, request.flags) == (SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST)
        assert request.payload[:4] == bytes([family, net.IPPROTO_TCP, 0, 0])
        assert request.payload[4:8] == b"\xff" * 4, "in any state"
        assert key(request) == key_of(socket)
        assert request.payload[44:] == b"\0" * 4 + b"\xff" * 8, "any device, no cookie"


def test_what_is_not_there_is_none(kernel: Kernel) -> None:
    kernel.script = knows(THERE)
    assert SockDiag().inodes([HERE, THERE, SIX]) == [None, 6, None]


def test_a_socket_that_lost_its_inode_is_there_with_inode_0(kernel: Kernel) -> None:
    kernel.script = lambda request: [found(request, HERE, inode=0)]
    assert SockDiag().inodes([HERE]) == [0]


def test_another_socket_between_the_same_ends_is_told_by_its_inode(kernel: Kernel) -> None:
    kernel.script = lambda request: [found(request, HERE, inode=99)]
    assert SockDiag().inodes([HERE]) == [99]


def test_the_listener_that_would_take_the_connection_is_not_the_connection(kernel: Kernel) -> None:
    kernel.script = lambda request: [found(request, LISTENER)]
    assert SockDiag().inodes([HERE, HERE]) == [None, None]


def test_answers_in_any_order_belong_to_their_questions(kernel: Kernel) -> None:
    asked = [HERE, THERE, SIX]
    diag = SockDiag()
    kernel.script = lambda _: []
    kernel.answers += [
        Message(SOCK_DIAG_BY_FAMILY, sequence, inet_diag_msg(asked[sequence - 1])).packed for sequence in (3, 1, 2)
    ]
    assert diag.inodes(asked) == [5, 6, 7]


def test_several_answers_may_come_in_one_datagram(kernel: Kernel) -> None:
    diag = SockDiag()
    answers = [Message(SOCK_DIAG_BY_FAMILY, n, inet_diag_msg(each)).packed for n, each in ((1, HERE), (2, THERE))]
    kernel.answers.append(b"".join(answers))
    assert diag.inodes([HERE, THERE]) == [5, 6]


@given(st.lists(st.booleans(), max_size=300))
def test_any_number_of_questions_is_answered_one_by_one(there: list[bool]) -> None:
    kernel = Kernel()
    sockets = [tcp("10.0.0.1:80", f"10.0.0.9:{port}", inode=port) for port in range(1, len(there) + 1)]
    kernel.script = knows(*(socket for socket, is_there in zip(sockets, there, strict=True) if is_there))
    with pytest.MonkeyPatch.context() as patch:
        _put_in_place(kernel, patch)
        answers = SockDiag().inodes(sockets)
    assert answers == [socket.inode if is_there else None for socket, is_there in zip(sockets, there, strict=True)]


def test_few_questions_are_asked_at_a_time(kernel: Kernel) -> None:
    sockets = [tcp("10.0.0.1:80", f"10.0.0.9:{port}", inode=port) for port in range(1, 1001)]
    kernel.script = knows(*sockets)
    SockDiag().inodes(sockets)
    counts = [len(list(messages(data))) for data in kernel.sent]
    assert sum(counts) == 1000
    # Each answer is accounted with up to 1,280 bytes; 212,992 are what the smallest default buffer holds.
    assert max(counts) * 1280 <= 212_992


def test_a_late_answer_to_a_question_that_was_given_up_is_not_taken_for_another(kernel: Kernel) -> None:
    diag = SockDiag()
    with pytest.raises(SockDiagError):
        diag.inodes([HERE, THERE])
    kernel.answers += [Message(SOCK_DIAG_BY_FAMILY, sequence, inet_diag_msg(HERE)).packed for sequence in (1, 2)]
    kernel.answers.append(Message(SOCK_DIAG_BY_FAMILY, 3, inet_diag_msg(SIX)).packed)
    assert diag.inodes([SIX]) == [7]


def test_a_late_answer_does_not_get_into_a_list(kernel: Kernel) -> None:
    diag = SockDiag()
    with pytest.raises(SockDiagError):
        diag.inodes([HERE])
    late = Message(SOCK_DIAG_BY_FAMILY, 1, inet_diag_msg(HERE, inode=66))
    kernel.answers += [late.packed, Message(NLMSG_DONE, 1, bytes(4)).packed]
    kernel.script = lambda request: [late, found(request, LISTENER), done(request)]
    assert set(diag.bound()) == {8}


def test_nothing_to_ask_asks_nothing(kernel: Kernel) -> None:
    assert SockDiag().inodes([]) == []
    assert kernel.sent == []


# --- lists ---


def test_backlogs_and_devices_of_listening_and_udp_sockets_are_listed_by_inode(kernel: Kernel) -> None:
    def script(request: Message) -> list[Message]:
        family, protocol = request.payload[:2]
        if (family, protocol) == (net.AF_INET, net.IPPROTO_TCP):
            answer = inet_diag_msg(LISTENER, recv_q=3, send_q=128)
        elif (family, protocol) == (net.AF_INET6, net.IPPROTO_UDP):
            answer = inet_diag_msg(tcp("[::]:546", inode=9), device=1)
        else:
            return [done(request)]
        return [Message(SOCK_DIAG_BY_FAMILY, request.sequence, answer, 2), done(request)]

    kernel.script = script
    assert SockDiag().bound() == {8: Bound(3, 128, None, FACTS), 9: Bound(0, 0, "lo", FACTS)}
    questions = [(*request.payload[:2], request.payload[4:8]) for request in kernel.asked]
    listening, any_state = struct.pack("=I", 1 << 10 | 1 << 13), b"\xff" * 4
    assert sorted(questions) == sorted(
        (family, protocol, states)
        for family in (net.AF_INET, net.AF_INET6)
        for protocol, states in ((net.IPPROTO_TCP, listening), (net.IPPROTO_UDP, any_state))
    )
    assert {request.flags for request in kernel.asked} == {NLM_F_REQUEST | NLM_F_DUMP}
    assert {len(request.payload) for request in kernel.asked} == {56}, "struct inet_diag_req_v2"


def attribute(kind: int, value: bytes) -> bytes:
    """struct nlattr with its value, padded to four bytes."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


SHUTDOWN_STATE, V6ONLY, MARK, CGROUP_ID, SOCKOPT = 8, 11, 15, 21, 22
"""enum of include/uapi/linux/inet_diag.h"""


def with_facts(message: bytes, facts: DiagFacts, *, others: bytes = b"") -> bytes:
    """A message of a socket of which the kernel tells these facts, between other attributes."""
    told = [attribute(SHUTDOWN_STATE, b"\0")]
    if facts.v6only is not None:
        told.append(attribute(V6ONLY, bytes([facts.v6only])))
    if facts.fwmark is not None:
        told.append(attribute(MARK, struct.pack("=I", facts.fwmark)))
    if facts.cgroup is not None:
        told.append(attribute(CGROUP_ID, struct.pack("=Q", facts.cgroup)))
    return message + b"".join(told) + others


@given(
    st.lists(
        st.tuples(
            st.none() | st.booleans(),
            st.none() | st.integers(0, 2**32 - 1),
            st.none() | st.integers(0, 2**64 - 1),
            st.sampled_from([b"", attribute(SOCKOPT, b"\1\2"), attribute(99, bytes(20)), attribute(MARK, bytes(8))]),
        )
    )
)
def test_facts_are_read_wherever_the_kernel_puts_them(
    told: list[tuple[bool | None, int | None, int | None, bytes]],
) -> None:
    answers = InetAnswers()
    for v6only, mark, cgroup, others in told:
        facts = DiagFacts(COOKIE, v6only, mark, cgroup)
        read = answers.read(with_facts(inet_diag_msg(SIX), facts, others=others))
        assert (read.diag, read.inode, read.ends) == (facts, SIX.inode, packed_ends(SIX))


@given(st.binary(max_size=60))
def test_damaged_attributes_are_not_known_and_cost_nothing_else(rubbish: bytes) -> None:
    assert InetAnswers().read(inet_diag_msg(SIX) + rubbish).inode == SIX.inode


def test_a_cookie_has_two_halves(kernel: Kernel) -> None:
    message = bytearray(inet_diag_msg(HERE))
    message[44:52] = struct.pack("=II", 1, 2)  # the lower one first, whatever the byte order
    assert InetAnswers().read(bytes(message)).diag.cookie == 1 | 2 << 32


def test_facts_of_connections_are_those_of_the_socket_that_was_meant(kernel: Kernel) -> None:
    kernel.script = knows(HERE, THERE)
    assert SockDiag().facts_of([HERE, THERE._replace(inode=99), SIX]) == [InetFacts(None, FACTS), None, None]


def test_what_is_bound_to_a_device_is_asked_about_there_once_one_was_seen(kernel: Kernel) -> None:
    def script(request: Message) -> list[Message]:
        if request.flags & NLM_F_DUMP:
            is_tcp4 = request.payload[:2] == bytes([net.AF_INET, net.IPPROTO_TCP])
            answer = Message(SOCK_DIAG_BY_FAMILY, request.sequence, inet_diag_msg(LISTENER, device=1))
            return [*([answer] if is_tcp4 else []), done(request)]
        device = struct.unpack_from("=I", request.payload, 44)[0]
        if device != 1 or key(request) != key_of(HERE):
            return [refused(request)]
        return [Message(SOCK_DIAG_BY_FAMILY, request.sequence, inet_diag_msg(HERE, device=1))]

    kernel.script = script
    diag = SockDiag()
    assert diag.inodes([HERE, THERE]) == [None, None]
    diag.bound()
    assert diag.inodes([HERE, THERE]) == [5, None]
    assert diag.facts_of([HERE]) == [InetFacts("lo", FACTS)]


def test_the_sockets_whose_port_the_kernel_chose_are_those_that_its_filter_lets_pass(kernel: Kernel) -> None:
    def script(request: Message) -> list[Message]:
        if request.payload[:2] != bytes([net.AF_INET, net.IPPROTO_TCP]):
            return [done(request)]
        answers = [inet_diag_msg(HERE), inet_diag_msg(SIX, inode=0)]
        return [*(Message(SOCK_DIAG_BY_FAMILY, request.sequence, each, 2) for each in answers), done(request)]

    kernel.script = script
    assert SockDiag().autobound() == {(5, packed_ends(HERE)), (0, packed_ends(SIX))}
    operation = struct.pack("=BBH", 6, 4, 8)  # INET_DIAG_BC_AUTO: on to the end, or past it
    assert {request.payload[56:] for request in kernel.asked} == {attribute(1, operation)}


def test_a_protocol_of_which_the_kernel_tells_nothing_is_asked_about_once(kernel: Kernel) -> None:
    def script(request: Message) -> list[Message]:
        if request.payload[1] in (net.IPPROTO_TCP, net.IPPROTO_UDP):
            return [done(request)]
        return [Message(NLMSG_DONE, request.sequence, struct.pack("=i", -errno.ENOENT))]

    kernel.script = script
    diag = SockDiag()
    assert diag.facts() == diag.facts() == {}
    assert [request.payload[1] for request in kernel.asked] == [6, 6, 17, 17, 136, 255, 6, 6, 17, 17]


NAME, VFS, PEER, ICONS, RQLEN, MEMINFO, SHUTDOWN, UID = range(8)
"""enum of include/uapi/linux/unix_diag.h"""


def unix_diag_msg(inode: int, *attributes: bytes, state: int = 1) -> bytes:
    """struct unix_diag_msg: family, type, state, pad, inode, cookie; then the attributes."""
    return struct.pack("=BBBBI8s", net.AF_UNIX, 1, state, 0, inode, b"\1" * 8) + b"".join(attributes)


def listed(*payloads: bytes) -> Callable[[Message], list[Message]]:
    """A kernel whose list is this."""
    return lambda request: [
        *(Message(SOCK_DIAG_BY_FAMILY, request.sequence, payload, 2) for payload in payloads),
        done(request),
    ]


def unix_list(diag: SockDiag) -> list[Socket]:
    return [
        parse_unix_answer(each, 0, "", Family.UNIX) for part in diag.listing("unix", Family.UNIX) or [] for each in part
    ]


def peers(diag: SockDiag) -> dict[int, int]:
    return {socket.inode: socket.peer_port for socket in unix_list(diag)}


def test_unix_sockets_are_listed_a_message_each(kernel: Kernel) -> None:
    kernel.script = listed(unix_diag_msg(11, attribute(PEER, struct.pack("=I", 12))), unix_diag_msg(12))
    assert peers(SockDiag()) == {11: 12, 12: 0}


def test_what_is_asked_of_unix_sockets_is_all_that_is_shown(kernel: Kernel) -> None:
    kernel.script = listed()
    assert unix_list(SockDiag()) == []
    (request,) = kernel.asked
    family, protocol, _, states, inode, show, cookie = struct.unpack("=BBHIII8s", request.payload)
    assert (family, protocol, states, inode, cookie) == (net.AF_UNIX, 0, 0xFFFF_FFFF, 0, b"\xff" * 8)
    assert show == 0x1 | 0x4 | 0x8 | 0x10 | 0x40
    assert request.flags == NLM_F_REQUEST | NLM_F_DUMP


def test_whether_unix_sockets_are_there_is_asked_without_anything_else(kernel: Kernel) -> None:
    kernel.script = listed(unix_diag_msg(11), unix_diag_msg(12))
    assert SockDiag().unix_inodes() == {11, 12}
    assert struct.unpack("=BBHIII8s", kernel.asked[0].payload)[5] == 0


def test_those_who_wait_at_a_listener_are_told_from_each_other(kernel: Kernel) -> None:
    queue = attribute(ICONS, struct.pack("=4I", 77, 0, 0, 78))
    kernel.script = listed(unix_diag_msg(11, attribute(NAME, b"/run/x\0"), queue, state=10), unix_diag_msg(12))
    diag = SockDiag()
    listener, *waiting, other = unix_list(diag)
    assert (listener.state, listener.local.text, other.inode) == (State.LISTEN, "/run/x", 12)
    assert [(each.inode, each.peer_port, each.local.text) for each in waiting] == [
        (0, 77, "/run/x"), (0, 0, "/run/x"), (0, 0, "/run/x"), (0, 78, "/run/x"),
    ]  # fmt: skip
    assert {each.state for each in waiting} == {State.SYN_SENT}
    assert len({each.ends for each in waiting}) == 4, "also where the kernel tells no difference"
    assert unix_list(diag) == [listener, *waiting, other]
    kernel.script = listed(unix_diag_msg(12))
    assert [each.inode for each in unix_list(diag)] == [12]


def test_a_kernel_without_a_diag_module_for_unix_sockets_is_asked_once(kernel: Kernel) -> None:
    kernel.script = lambda request: [Message(NLMSG_DONE, request.sequence, struct.pack("=i", -errno.ENOENT))]
    diag = SockDiag()
    assert (diag.listing("unix", Family.UNIX), diag.listing("unix", Family.UNIX), diag.unix_inodes()) == (
        None,
        None,
        None,
    )
    assert len(kernel.asked) == 1


@given(st.binary(max_size=40))
def test_damaged_attributes_end_the_reading_of_one_socket_only(rubbish: bytes) -> None:
    kernel = Kernel()
    kernel.script = listed(unix_diag_msg(11, b"\1\0\0\0" + rubbish, state=10), unix_diag_msg(12))
    with pytest.MonkeyPatch.context() as patch:
        _put_in_place(kernel, patch)
        assert {socket.inode for socket in unix_list(SockDiag())} - {0} == {11, 12}


@given(st.binary(max_size=80))
def test_no_datagram_makes_it_wait_for_ever(data: bytes) -> None:
    kernel = Kernel()
    kernel.script = listed(unix_diag_msg(12))
    with pytest.MonkeyPatch.context() as patch:
        _put_in_place(kernel, patch)
        diag = SockDiag()
        kernel.answers.append(data)
        with suppress(SockDiagError, struct.error):
            diag.listing("unix", Family.UNIX)


def test_a_list_may_come_in_many_datagrams(kernel: Kernel) -> None:
    payloads = [unix_diag_msg(inode, attribute(PEER, struct.pack("=I", inode + 1))) for inode in range(1, 501)]
    kernel.script = listed(*payloads)
    assert peers(SockDiag()) == {inode: inode + 1 for inode in range(1, 501)}


# --- what goes wrong ---


@pytest.mark.parametrize("ask", [SockDiag.bound, unix_list, lambda diag: diag.inodes([HERE])])
def test_a_kernel_that_does_not_answer_is_an_error(kernel: Kernel, ask: Callable[[SockDiag], object]) -> None:
    diag = SockDiag()
    with pytest.raises(SockDiagError):
        ask(diag)


@pytest.mark.parametrize("ask", [SockDiag.bound, unix_list, SockDiag.facts, SockDiag.autobound])
def test_a_list_that_is_refused_is_an_error(kernel: Kernel, ask: Callable[[SockDiag], object]) -> None:
    kernel.script = lambda request: [refused(request, errno.EOPNOTSUPP)]
    with pytest.raises(SockDiagError) as caught:
        ask(SockDiag())
    assert caught.value.errno == errno.EOPNOTSUPP


@pytest.mark.parametrize("ask", [SockDiag.bound, unix_list, lambda diag: diag.inodes([HERE])])
def test_a_broken_socket_is_an_error(kernel: Kernel, ask: Callable[[SockDiag], object]) -> None:
    diag = SockDiag()
    kernel.answers.append(OSError(errno.ENOBUFS, "No buffer space available"))
    with pytest.raises(SockDiagError):
        ask(diag)
    kernel.refuses = OSError(errno.ECONNREFUSED, "Connection refused")
    with pytest.raises(SockDiagError):
        ask(diag)


def test_a_system_without_it_is_an_error(kernel: Kernel) -> None:
    kernel.refuses = OSError(errno.EPROTONOSUPPORT, "Protocol not supported")
    with pytest.raises(SockDiagError):
        SockDiag()
