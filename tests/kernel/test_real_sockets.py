"""The reader and the collector against the kernel that the tests run on."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket as net
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.fields.format import local_text, peer_text
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.delta import Change
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Family, Socket, State
from tests.support.kernel import linux_source

TRIES = 5_000
"""How often the kernel is asked before a test gives up waiting for it."""


class Machine:
    """The sockets of the machine, tick by tick, and all that was said to have happened."""

    def __init__(self, source: LinuxSource) -> None:
        self._collector = Collector(source)
        self._now = 0.0

    def look(self, after: float = 1.0) -> Snapshot:
        self._now += after
        return self._collector.collect(self._now)

    def wait_for(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        """Look until the kernel is that far: acknowledgements take a moment even on loopback."""
        for _ in range(TRIES):
            snapshot = self.look(0.001)
            if condition(snapshot):
                return snapshot
        raise AssertionError("it never came to that")


@pytest.fixture
def machine() -> Iterator[Machine]:
    with linux_source() as source:
        yield Machine(source)


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes what a test leaves open."""
    with ExitStack() as stack:
        yield stack


def inode(held: net.socket) -> int:
    return os.fstat(held.fileno()).st_ino


def row(snapshot: Snapshot, held: net.socket) -> Socket:
    """The one row of an open socket."""
    (found,) = (socket for socket in snapshot.sockets if socket.inode == inode(held))
    return found


def between(snapshot: Snapshot, local: tuple[str, int], peer: tuple[str, int]) -> list[Socket]:
    """All rows with these ends."""
    return [
        socket
        for socket in snapshot.sockets
        if (socket.local.text, socket.local_port) == local[:2] and (socket.peer.text, socket.peer_port) == peer[:2]
    ]


def by_id(snapshot: Snapshot, id: int) -> Socket:
    (found,) = (socket for socket in snapshot.sockets if socket.id == id)
    return found


def holders(socket: Socket) -> list[tuple[int, int | None]]:
    return [(owner.pid, owner.fd) for owner in socket.owners]


def listener(opened: ExitStack, host: str = "127.0.0.1") -> net.socket:
    family = net.AF_INET6 if ":" in host else net.AF_INET
    return opened.enter_context(net.create_server((host, 0), family=family))


def pair(opened: ExitStack, host: str = "127.0.0.1") -> tuple[net.socket, net.socket]:
    """Both ends of a connection, the client's first."""
    server = listener(opened, host)
    client = opened.enter_context(net.create_connection(server.getsockname()[:2]))
    accepted = opened.enter_context(server.accept()[0])
    return client, accepted


INTERFACES = Path("/proc/net/if_inet6")
HAS_IPV6 = INTERFACES.exists() and f"{1:032x}" in INTERFACES.read_text()
needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_listener_appears_with_everything_that_is_known_of_it(machine: Machine, opened: ExitStack, host: str) -> None:
    server = listener(opened, host)
    server.listen(7)
    socket = row(machine.look(), server)
    nobody = "0.0.0.0" if host == "127.0.0.1" else "::"
    assert (socket.netid, socket.state) == ("tcp", State.LISTEN)
    assert socket.family is (Family.INET if host == "127.0.0.1" else Family.INET6)
    assert (socket.local.text, socket.local_port) == server.getsockname()[:2]
    assert (socket.peer.text, socket.peer_port) == (nobody, 0)
    assert (socket.recv_q, socket.send_q) == (0, 7)
    assert (socket.uid, socket.user) == (os.getuid(), pwd.getpwuid(os.getuid()).pw_name)
    assert socket.netns == Path("/proc/self/ns/net").stat().st_ino
    assert socket.was_there
    assert holders(socket) == [(os.getpid(), server.fileno())]
    assert socket.owner_reason is None
    assert socket.owners[0].process.cmdline


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_both_ends_of_a_connection_appear(machine: Machine, opened: ExitStack, host: str) -> None:
    client, server = pair(opened, host)
    snapshot = machine.look()
    for held in (client, server):
        socket = row(snapshot, held)
        assert (socket.netid, socket.state) == ("tcp", State.ESTAB)
        assert (socket.local.text, socket.local_port) == held.getsockname()[:2]
        assert (socket.peer.text, socket.peer_port) == held.getpeername()[:2]
        assert holders(socket) == [(os.getpid(), held.fileno())]


@needs_ipv6
def test_an_ipv4_client_of_a_dual_stack_listener_is_shown_with_its_mapped_address(
    machine: Machine, opened: ExitStack
) -> None:
    server = opened.enter_context(net.create_server(("::", 0), family=net.AF_INET6, dualstack_ipv6=True))
    client = opened.enter_context(net.create_connection(("127.0.0.1", server.getsockname()[1])))
    accepted = opened.enter_context(server.accept()[0])
    snapshot = machine.look()
    assert (row(snapshot, accepted).local.text, row(snapshot, client).local.text) == ("::ffff:127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_udp_socket_appears_and_is_the_same_row_once_it_is_connected(
    machine: Machine, opened: ExitStack, host: str
) -> None:
    family = net.AF_INET6 if ":" in host else net.AF_INET
    held = opened.enter_context(net.socket(family, net.SOCK_DGRAM))
    held.bind((host, 0))
    alone = row(machine.look(), held)
    assert (alone.netid, alone.state, alone.peer_port) == ("udp", State.UNCONN, 0)
    assert (alone.local.text, alone.local_port) == held.getsockname()[:2]
    assert holders(alone) == [(os.getpid(), held.fileno())]
    held.connect((host, 9))
    after = machine.look()
    connected = row(after, held)
    assert (connected.state, connected.peer.text, connected.peer_port) == (State.ESTAB, host, 9)
    assert connected.id == alone.id
    assert Change(alone, connected) in after.delta.changed


def test_bytes_that_were_not_read_are_in_recv_q(machine: Machine, opened: ExitStack) -> None:
    client, server = pair(opened)
    client.sendall(b"12345")
    server.recv(5, net.MSG_PEEK)
    before = row(machine.look(), server)
    assert before.recv_q == 5
    server.recv(5)
    after = machine.look()
    assert (row(after, server).recv_q, row(after, server).id) == (0, before.id)
    assert before in [change.before for change in after.delta.updated]


def test_a_connection_that_waits_to_be_accepted_is_counted_and_keeps_its_row_when_it_is(
    machine: Machine, opened: ExitStack
) -> None:
    server = listener(opened)
    client = opened.enter_context(net.create_connection(server.getsockname()))
    waiting = machine.wait_for(
        lambda seen: (
            [socket.state for socket in between(seen, client.getpeername(), client.getsockname())] == [State.ESTAB]
        )
    )
    (before,) = between(waiting, client.getpeername(), client.getsockname())
    assert (before.inode, before.owners, before.owner_reason) == (0, (), OwnerReason.ACCEPT_QUEUE)
    assert before.evidence == row(waiting, server).owners
    assert row(waiting, server).recv_q == 1
    accepted = opened.enter_context(server.accept()[0])
    snapshot = machine.look()
    after = row(snapshot, accepted)
    assert (after.id, holders(after)) == (before.id, [(os.getpid(), accepted.fileno())])
    assert row(snapshot, server).recv_q == 0


def test_a_call_that_nobody_answers_is_syn_sent(machine: Machine, opened: ExitStack) -> None:
    server = opened.enter_context(net.socket())
    server.bind(("127.0.0.1", 0))
    server.listen(0)
    opened.enter_context(net.create_connection(server.getsockname()))
    machine.wait_for(lambda seen: row(seen, server).recv_q == 1)
    unanswered = opened.enter_context(net.socket())
    unanswered.setblocking(False)
    assert unanswered.connect_ex(server.getsockname()) != 0
    snapshot = machine.wait_for(lambda seen: bool(between(seen, unanswered.getsockname(), server.getsockname())))
    assert row(snapshot, unanswered).state is State.SYN_SENT


def test_closing_one_side_changes_both_rows_and_they_go_when_both_are_closed(
    machine: Machine, opened: ExitStack
) -> None:
    client, server = pair(opened)
    ours, theirs = client.getsockname(), client.getpeername()
    before = machine.look()
    near, far = row(before, client).id, row(before, server).id
    client.close()
    assert server.recv(1) == b""
    half = machine.wait_for(lambda seen: by_id(seen, near).state is State.FIN_WAIT_2)
    assert (by_id(half, near).inode, by_id(half, near).owner_reason) == (0, OwnerReason.LAST_HELD)
    assert by_id(half, near).evidence == by_id(before, near).owners
    assert (by_id(half, far).state, by_id(half, far).inode) == (State.CLOSE_WAIT, inode(server))
    assert [socket.id for socket in between(half, ours, theirs)] == [near]
    server.close()
    gone = machine.wait_for(lambda seen: far in {socket.id for socket in seen.delta.closed})
    assert between(gone, theirs, ours) == []
    late = by_id(machine.wait_for(lambda seen: by_id(seen, near).state is State.TIME_WAIT), near)
    assert (late.inode, late.uid, late.owners) == (0, None, ())
    assert late.evidence == by_id(before, near).owners


def test_a_connection_that_is_half_closed_keeps_inode_and_owner(machine: Machine, opened: ExitStack) -> None:
    client, server = pair(opened)
    before = row(machine.look(), client)
    client.shutdown(net.SHUT_WR)
    assert server.recv(1) == b""
    half = machine.wait_for(lambda seen: row(seen, client).state is State.FIN_WAIT_2)
    assert row(half, client)[:6] == before[:6]
    assert (row(half, client).inode, row(half, client).uid) == (inode(client), os.getuid())
    assert row(half, server).state is State.CLOSE_WAIT


def test_what_opens_and_what_closes_is_told_once(machine: Machine, opened: ExitStack) -> None:
    machine.look()
    server = listener(opened)
    number = inode(server)
    second = machine.look()
    assert [socket.inode for socket in second.delta.opened].count(number) == 1
    assert (row(second, server).seen_at, row(second, server).was_there) == (second.taken_at, False)
    third = machine.look()
    assert row(third, server) is row(second, server)
    server.close()
    fourth = machine.look()
    assert [socket.inode for socket in fourth.delta.closed].count(number) == 1
    assert number not in {socket.inode for socket in fourth.sockets}
    assert number not in {socket.inode for socket in machine.look().delta.closed}


def test_listeners_that_share_a_port_are_told_apart(machine: Machine, opened: ExitStack) -> None:
    first = opened.enter_context(net.create_server(("127.0.0.1", 0), reuse_port=True))
    second = opened.enter_context(net.create_server(first.getsockname(), reuse_port=True))
    snapshot = machine.look()
    assert row(snapshot, first).id != row(snapshot, second).id
    assert holders(row(snapshot, second)) == [(os.getpid(), second.fileno())]


def test_every_process_and_descriptor_that_holds_a_socket_is_its_owner(machine: Machine, opened: ExitStack) -> None:
    server = listener(opened)
    again = opened.enter_context(server.dup())
    machine.look()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[server.fileno()]) as child:
        shared = row(machine.look(LOOK_ROUND_EVERY), server)
        assert set(holders(shared)) == {
            (os.getpid(), server.fileno()),
            (os.getpid(), again.fileno()),
            (child.pid, server.fileno()),
        }
        names = {owner.process.name for owner in shared.owners if owner.pid == child.pid}
        assert names == {Path(f"/proc/{child.pid}/comm").read_text().strip()}
    again.close()
    assert holders(row(machine.look(LOOK_ROUND_EVERY), server)) == [(os.getpid(), server.fileno())]


# --- against ss ---

Line = tuple[str, str, str, str, str, str, int, frozenset[tuple[int, int | None]]]

needs_ss = pytest.mark.skipif(not shutil.which("ss"), reason="ss (iproute2) is not installed")


def ask_ss() -> list[Line]:
    """What ss lists."""
    printed = subprocess.run(["ss", "-tuanepHO"], capture_output=True, text=True, check=True).stdout
    return sorted(map(_ss_line, printed.splitlines()))


def _ss_line(printed: str) -> Line:
    netid, state, recv_q, send_q, local, peer, *_ = printed.split()
    number = re.search(r" ino:(\d+) ", printed)
    users = frozenset((int(pid), int(fd)) for pid, fd in re.findall(r",pid=(\d+),fd=(\d+)\)", printed))
    return netid, state, recv_q, send_q, _plain(local), _plain(peer), int(number[1]) if number else 0, users


def _plain(end: str) -> str:
    """Without the interface, and with the address that ss shortens to a star."""
    bare = re.sub(r"%[^\]:]+", "", end)
    return re.sub(r"^\*:", "[::]:", bare)


def ask_collector(machine: Machine) -> list[Line]:
    sockets = machine.look(LOOK_ROUND_EVERY).sockets
    return sorted(_our_line(socket) for socket in sockets if socket.netid in ("tcp", "udp"))


def _our_line(socket: Socket) -> Line:
    return (
        socket.netid,
        socket.state,
        str(socket.recv_q),
        str(socket.send_q),
        _plain(local_text(socket)),
        _plain(peer_text(socket)),
        socket.inode,
        frozenset(holders(socket)),
    )


@needs_ss
def test_the_whole_list_agrees_with_ss(machine: Machine, opened: ExitStack) -> None:
    client, server = pair(opened)
    client.sendall(b"unread")
    server.recv(6, net.MSG_PEEK)
    ending, other = pair(opened)
    ending.close()
    assert other.recv(1) == b""
    past, peer = pair(opened)
    past.close()
    assert peer.recv(1) == b""
    peer.close()
    waiting = listener(opened)
    opened.enter_context(net.create_connection(waiting.getsockname()))
    udp = opened.enter_context(net.socket(net.AF_INET, net.SOCK_DGRAM))
    udp.bind(("0.0.0.0", 0))
    if HAS_IPV6:
        opened.enter_context(net.create_server(("::", 0), family=net.AF_INET6, dualstack_ipv6=True))
        pair(opened, "::1")
        udp6 = opened.enter_context(net.socket(net.AF_INET6, net.SOCK_DGRAM))
        udp6.bind(("::1", 0))
    states = {"LISTEN", "ESTAB", "UNCONN", "CLOSE-WAIT", "FIN-WAIT-2", "TIME-WAIT"}
    for _ in range(50):
        before, ours, after = ask_ss(), ask_collector(machine), ask_ss()
        if before == ours == after and {line[1] for line in ours} >= states:
            break
    assert before == after, "the machine's sockets never held still"
    assert ours == before
    assert {line[1] for line in ours} >= states
