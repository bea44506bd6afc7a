"""Who holds a socket, when that changes without anything in the socket tables that does."""

from __future__ import annotations

import os
import socket as net
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import Child, linux_source

INTERVAL = 1.0
"""The default one between two ticks."""
TRIES = 5_000
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
CAT = which("cat") or "/bin/cat"

Holders = set[tuple[int, int | None]]


class Machine:
    """The sockets of the machine, tick by tick."""

    def __init__(self, source: LinuxSource) -> None:
        self._collector = Collector(source)
        self._now = 0.0
        self.look()

    def look(self, after: float = INTERVAL) -> Snapshot:
        self._now += after
        return self._collector.collect(self._now)

    def row(self, inode: int, after: float = INTERVAL) -> Socket:
        """The one row of a socket, one tick later."""
        (found,) = (socket for socket in self.look(after).sockets if socket.inode == inode)
        return found

    def holders(self, inode: int, after: float = INTERVAL) -> Holders:
        return {(owner.pid, owner.fd) for owner in self.row(inode, after).owners}

    def names(self, inode: int, after: float = INTERVAL) -> list[str]:
        return [owner.process.name for owner in self.row(inode, after).owners]

    def finds(self, inode: int, expected: Holders) -> bool:
        """Whether the holders are found within five seconds of ticks at the default interval."""
        return any(self.holders(inode) == expected for _ in range(5))


@pytest.fixture
def machine() -> Iterator[Machine]:
    with linux_source() as source:
        yield Machine(source)


@pytest.fixture
def children() -> Iterator[Callable[[], Child]]:
    """Starts processes that do what they are told, and ends them."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Child("tests.support.kernel_holder"))


@pytest.fixture
def held() -> Iterator[net.socket]:
    """A listener of this process."""
    with net.create_server(("127.0.0.1", 0)) as socket:
        yield socket


def number(socket: net.socket) -> int:
    return os.fstat(socket.fileno()).st_ino


@contextmanager
def program(path: Path, *held: net.socket) -> Iterator[subprocess.Popen[bytes]]:
    """A program that waits, under a name of the test's choice, and holds some sockets."""
    if not path.exists():
        path.symlink_to(CAT)
    with subprocess.Popen([path], stdin=subprocess.PIPE, pass_fds=[socket.fileno() for socket in held]) as process:
        yield process


def comm(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()


def wait_for_name(pid: int, name: str) -> None:
    for _ in range(TRIES):
        if comm(pid) == name:
            return
        os.sched_yield()
    raise AssertionError(f"process {pid} is still {comm(pid)}")


def test_everything_is_looked_at_often_enough() -> None:
    assert LOOK_ROUND_EVERY <= 5.0


def test_forked_servers_share_a_listener(machine: Machine, children: Callable[[], Child]) -> None:
    server = children()
    inode, fd = server.ask(["listen"])
    assert machine.holders(inode) == {(server.pid, fd)}
    workers = [server.ask(["fork"]) for _ in range(3)]
    assert machine.finds(inode, {(pid, fd) for pid in (server.pid, *workers)})
    server.ask(["end", workers[1]])
    assert machine.finds(inode, {(pid, fd) for pid in (server.pid, workers[0], workers[2])})
    server.ask(["close", fd])
    assert machine.finds(inode, {(workers[0], fd), (workers[2], fd)})


def test_a_listener_that_was_shared_before_it_was_seen_shows_all_holders_at_once(
    machine: Machine, children: Callable[[], Child]
) -> None:
    server = children()
    inode, fd = server.ask(["listen"])
    _, again = server.ask(["dup", fd])
    worker = server.ask(["fork"])
    assert machine.holders(inode) == {(pid, each) for pid in (server.pid, worker) for each in (fd, again)}


def test_a_descriptor_passed_to_another_process_shows_both_until_the_sender_closes_its_copy(
    machine: Machine, children: Callable[[], Child]
) -> None:
    sender, receiver = children(), children()
    inode, fd = sender.ask(["listen"])
    name = f"netwatch-{sender.pid}"
    _, through = sender.ask(["offer", name])
    _, connection = receiver.ask(["connect", name])
    assert machine.holders(inode) == {(sender.pid, fd)}
    sender.ask(["send", through, fd])
    same, received = receiver.ask(["receive", connection])
    assert same == inode
    assert machine.finds(inode, {(sender.pid, fd), (receiver.pid, received)})
    before = machine.row(inode)
    sender.ask(["close", fd])
    assert machine.finds(inode, {(receiver.pid, received)})
    assert machine.row(inode).id == before.id


def test_a_socket_on_its_way_from_one_process_to_another_names_the_one_that_sent_it(
    machine: Machine, children: Callable[[], Child]
) -> None:
    sender, receiver = children(), children()
    inode, fd = sender.ask(["listen"])
    name = f"netwatch-{sender.pid}"
    _, through = sender.ask(["offer", name])
    _, connection = receiver.ask(["connect", name])
    assert machine.holders(inode) == {(sender.pid, fd)}
    sender.ask(["send", through, fd])
    sender.ask(["close", fd])
    assert machine.finds(inode, set())
    nobodys = machine.row(inode)
    assert (nobodys.owners, nobodys.owner_reason) == ((), OwnerReason.LAST_HELD)
    assert [(owner.pid, owner.fd) for owner in nobodys.evidence] == [(sender.pid, fd)]
    _, received = receiver.ask(["receive", connection])
    assert machine.finds(inode, {(receiver.pid, received)})


def test_another_descriptor_for_a_known_socket_is_found_within_five_seconds(
    machine: Machine, children: Callable[[], Child]
) -> None:
    server = children()
    inode, fd = server.ask(["listen"])
    assert machine.holders(inode) == {(server.pid, fd)}
    _, again = server.ask(["dup", fd])
    assert machine.finds(inode, {(server.pid, fd), (server.pid, again)})
    server.ask(["close", fd])
    assert machine.finds(inode, {(server.pid, again)})


def test_a_descriptor_that_stands_for_another_socket_is_not_shown_for_both(
    machine: Machine, children: Callable[[], Child]
) -> None:
    """The kernel gives the lowest free number to the next socket, so the process has as many as before."""
    server = children()
    first, fd = server.ask(["listen"])
    worker = server.ask(["fork"])
    assert machine.holders(first) == {(server.pid, fd), (worker, fd)}
    server.ask(["close", fd])
    second, same = server.ask(["udp"])
    assert same == fd
    assert machine.holders(second) == {(server.pid, fd)}
    assert machine.finds(first, {(worker, fd)})


def test_exec_changes_the_name_that_is_shown(
    machine: Machine, children: Callable[[], Child], anyones_folder: Path
) -> None:
    server = children()
    inode, fd = server.ask(["listen"])
    before = comm(server.pid)
    assert machine.names(inode) == [before]
    after = anyones_folder / "after-exec"
    after.symlink_to(CAT)
    server.ask(["exec", str(after), fd])
    wait_for_name(server.pid, "after-exec")
    assert machine.names(inode) == ["after-exec"], "in the very next tick"
    (owner,) = machine.row(inode).owners
    assert (owner.pid, owner.fd, owner.process.cmdline) == (server.pid, fd, (str(after),))


def test_a_socket_that_opens_has_the_name_that_its_process_has_now(
    machine: Machine, children: Callable[[], Child], anyones_folder: Path
) -> None:
    server = children()
    inode, _ = server.ask(["listen"])
    assert machine.names(inode) == [comm(server.pid)]
    fresh, fd = server.ask(["udp"])
    after = anyones_folder / "now-open"
    after.symlink_to(CAT)
    server.ask(["exec", str(after), fd])
    wait_for_name(server.pid, "now-open")
    (opened,) = (socket for socket in machine.look().delta.opened if socket.inode == fresh)
    assert [owner.process.name for owner in opened.owners] == ["now-open"]


def test_a_thread_with_descriptors_of_its_own_holds_its_sockets(
    machine: Machine, children: Callable[[], Child]
) -> None:
    server = children()
    inode, fd = server.ask(["listen_in_thread"])
    assert machine.finds(inode, {(server.pid, fd)})
    assert machine.holders(inode, LOOK_ROUND_EVERY) == {(server.pid, fd)}, "also when everything was looked at"


def test_a_process_whose_main_thread_has_ended_holds_its_sockets(
    machine: Machine, children: Callable[[], Child]
) -> None:
    server = children()
    server.ask(["leave"])
    inode, fd = server.ask(["listen"])
    assert machine.finds(inode, {(server.pid, fd)})
    server.ask(["close", fd])
    assert inode not in {socket.inode for socket in machine.look().sockets}


def test_what_an_io_uring_alone_holds_is_held_by_its_process(machine: Machine, children: Callable[[], Child]) -> None:
    server = children()
    inode, fd = server.ask(["listen"])
    assert machine.holders(inode) == {(server.pid, fd)}
    ring = server.ask(["register", fd])
    if ring < 0:
        pytest.skip(f"io_uring: {os.strerror(-ring)}")
    assert machine.finds(inode, {(server.pid, ring)})


def test_listeners_that_share_a_port_are_one_of_those_at_which_a_connection_waits(
    machine: Machine, children: Callable[[], Child]
) -> None:
    first, other = children(), children()
    _, fd, port = first.ask(["share", 0])
    _, again, _ = other.ask(["share", port])
    with net.create_connection(("127.0.0.1", port)) as client:
        (waiting,) = (
            socket
            for socket in machine.look().sockets
            if (socket.local_port, socket.peer_port) == (port, client.getsockname()[1])
        )
        assert (waiting.inode, waiting.owner_reason) == (0, OwnerReason.ACCEPT_QUEUE)
        assert {(owner.pid, owner.fd) for owner in waiting.evidence} == {(first.pid, fd), (other.pid, again)}


@pytest.fixture
def may_choose_pids() -> None:
    if not os.access(LAST_PID, os.W_OK):
        pytest.skip(f"{LAST_PID} may not be written")


@contextmanager
def program_with_pid(pid: int, path: Path, *held: net.socket) -> Iterator[subprocess.Popen[bytes]]:
    """A program that gets the number of one that has ended."""
    for _ in range(100):
        LAST_PID.write_text(str(pid - 1), encoding="ascii")
        with program(path, *held) as process:
            if process.pid == pid:
                yield process
                return
    pytest.skip(f"other processes were always quicker to get number {pid}")


def test_a_process_that_gets_the_number_of_another_is_shown_with_its_own_name(
    machine: Machine, held: net.socket, anyones_folder: Path, may_choose_pids: None
) -> None:
    """It even holds the same socket by the same descriptor, so that nothing but the process is another one."""
    own = (os.getpid(), held.fileno())
    with program(anyones_folder / "first", held) as first:
        wait_for_name(first.pid, "first")
        before = machine.row(number(held), LOOK_ROUND_EVERY)
        assert {(owner.pid, owner.fd) for owner in before.owners} == {own, (first.pid, held.fileno())}
    with program_with_pid(first.pid, anyones_folder / "second", held) as second:
        wait_for_name(second.pid, "second")
        for _ in range(5):
            after = machine.row(number(held))
        assert {owner.process.name for owner in before.owners} == {comm(os.getpid()), "first"}
        assert {owner.process.name for owner in after.owners} == {comm(os.getpid()), "second"}
        assert {(owner.pid, owner.fd) for owner in after.owners} == {own, (second.pid, held.fileno())}


def test_a_new_socket_of_a_process_with_a_used_number_has_the_right_name_at_once(
    machine: Machine, held: net.socket, anyones_folder: Path, may_choose_pids: None
) -> None:
    with program(anyones_folder / "first", held) as first:
        wait_for_name(first.pid, "first")
        assert "first" in machine.names(number(held), LOOK_ROUND_EVERY)
    with (
        net.create_server(("127.0.0.1", 0)) as fresh,
        program_with_pid(first.pid, anyones_folder / "second", fresh) as second,
    ):
        wait_for_name(second.pid, "second")
        assert "second" in machine.names(number(fresh))
        assert machine.finds(number(fresh), {(os.getpid(), fresh.fileno()), (second.pid, fresh.fileno())})
        assert set(machine.names(number(fresh))) == {comm(os.getpid()), "second"}
        for _ in range(5):
            left = machine.names(number(held))
        assert left == [comm(os.getpid())]


def test_a_process_that_ended_holds_nothing_any_more(machine: Machine, held: net.socket, anyones_folder: Path) -> None:
    own = (os.getpid(), held.fileno())
    with program(anyones_folder / "first", held) as first:
        assert machine.holders(number(held), LOOK_ROUND_EVERY) == {own, (first.pid, held.fileno())}
    assert machine.finds(number(held), {own})
