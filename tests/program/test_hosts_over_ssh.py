"""Machines that a real ssh reaches, each in a network namespace of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from netwatch_tui.actions.act import Act, ActKind, Way
from netwatch_tui.actions.guards import Guard
from netwatch_tui.actions.subject import Holding, subject_of
from netwatch_tui.hosts.host_connection import HostConnection
from netwatch_tui.hosts.remote_command import remote_command
from netwatch_tui.hosts.remote_stream import Patience
from netwatch_tui.hosts.targets import parse_targets
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.hosts import HostPhase, HostStatus
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import Happening, SocketEvent
from netwatch_tui.sockets.traced_call import TracedCall
from tests.support.capturing import instances, why_no_events
from tests.support.kernel import Netns
from tests.support.program import PATIENCE, PROGRAM, wait_until
from tests.support.ssh_hosts import PORT, SshHost, ssh_hosts, why_no_ssh
from tests.support.tracing import why_no_trace

pytestmark = pytest.mark.skipif(bool(why_no_ssh()), reason=f"no machines over ssh: {why_no_ssh()}")

LISTEN = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(flush=True)
sys.stdin.read()
"""


DEFAULT = Patience()


class Followed:
    """A machine that is followed, and what it told."""

    def __init__(self, host: SshHost, patience: Patience, *, sudo: bool, capture: CaptureWhen) -> None:
        (target,) = parse_targets([host.name])
        self.host = host
        self.last: Snapshot | None = None
        self.events: list[SocketEvent] = []
        self.beginnings = 0
        self.told: list[HostStatus] = []
        self._woken = threading.Event()
        command = remote_command(target, sudo=sudo)
        turns = threading.BoundedSemaphore(1)
        self.feed = HostConnection(target, command, turns, capture=capture, patience=patience)
        self.feed.want("", Needs(), 0.1)
        self.feed.begin(self._woken.set)

    def until(self, condition: Callable[[HostStatus], object]) -> HostStatus:
        """Take what comes until a status is as wanted."""
        end = time.monotonic() + PATIENCE
        while True:
            news = self.feed.take()
            self.last = news.snapshots[-1] if news.snapshots else self.last
            self.events += [event for snapshot in news.snapshots for event in snapshot.events or ()]
            self.beginnings += news.begins_anew
            self.told.append(news.status)
            if condition(news.status):
                return news.status
            assert self._woken.wait(end - time.monotonic()), f"it never came to that: {news.status}"
            self._woken.clear()

    def until_phase(self, phase: HostPhase) -> HostStatus:
        return self.until(lambda status: status.phase is phase)

    def until_it_has(self, port: int) -> None:
        self.until(lambda _: port in self.ports())

    def ports(self) -> set[int]:
        return {socket.local_port for socket in self.last.sockets} if self.last else set()


@contextmanager
def followed(
    *hosts: SshHost,
    patience: Patience = DEFAULT,
    sudo: bool = False,
    capture: CaptureWhen = CaptureWhen.NEVER,
) -> Iterator[list[Followed]]:
    """All of them; afterwards nothing of it is left there, and nothing here."""
    every = [Followed(host, patience, sudo=sudo, capture=capture) for host in hosts]
    try:
        yield every
    finally:
        for each in every:
            each.feed.stop()
    assert near_ends() == []
    wait_until(lambda: not any(host.processes() for host in hosts))


def near_ends() -> list[int]:
    """The processes of ours that hold connections, and zombies of them."""
    command = ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = map(str.split, listed.stdout.splitlines())
    return [int(pid) for pid, name, *_ in lines if name in ("ssh", "nsenter")]


@contextmanager
def listening(netns: Netns, port: int) -> Iterator[None]:
    """A server in there."""
    command = netns.command(sys.executable, "-c", LISTEN, str(port))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        server.stdout.readline()
        yield
        server.communicate()


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Sequence[SshHost]]:
    """Three machines with a Python and nothing else, that run."""
    with ssh_hosts(tmp_path, "web1", "web2", "web3") as every:
        for host in every:
            host.has_python()
            host.start()
        yield every


def test_what_opens_on_each_machine_appears(hosts: Sequence[SshHost]) -> None:
    with followed(*hosts) as every, ExitStack() as servers:
        for each in every:
            each.until_phase(HostPhase.LIVE)
        for number, each in enumerate(every):
            servers.enter_context(listening(each.host.netns, 7001 + number))
        for number, each in enumerate(every):
            each.until_it_has(7001 + number)
            assert not each.ports() & {7001, 7002, 7003} - {7001 + number}
            status = each.until(lambda status: status.clock_offset is not None)
            assert abs(status.clock_offset or 0.0) < PATIENCE
            assert each.beginnings == 1


CONNECT_BRIEFLY = """
import socket, sys
for _ in range(20):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as client:
        print(client.getsockname()[1], flush=True)
"""


CONNECT_ON_INPUT = """
import os, socket, sys
print(os.getpid())
sys.stdin.readline()
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))):
    sys.stdin.read()
"""


@pytest.mark.skipif(bool(why_no_events()), reason=f"no events of the kernel: {why_no_events()}")
def test_what_lives_between_two_ticks_there_is_told_with_its_process(hosts: Sequence[SshHost]) -> None:
    with followed(*hosts[:2], capture=CaptureWhen.AUTO) as (each, other), listening(each.host.netns, 7001):
        each.until_it_has(7001)
        command = each.host.netns.command(sys.executable, "-c", CONNECT_BRIEFLY, "7001")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        ports = set(map(int, done.stdout.split()))
        assert len(ports) == 20

        def told(kind: Happening) -> dict[int, str]:
            found = [event.socket for event in each.events if event.kind is kind and event.socket.peer_port == 7001]
            return {socket.local_port: socket.owners[0].process.name for socket in found if socket.owners}

        each.until(lambda _: told(Happening.CLOSED).keys() >= ports)
        assert told(Happening.OPENED).keys() >= ports
        assert {told(Happening.OPENED)[port] for port in ports} == {Path(sys.executable).name}
        assert each.last
        assert each.last.capture
        assert not each.last.capture.is_partial
        other.until_phase(HostPhase.LIVE)
        assert not [event for event in other.events if event.socket.peer_port == 7001], "the other one is not there"


def test_processes_are_known_there_without_psutil(hosts: Sequence[SshHost]) -> None:
    with followed(hosts[0]) as (each,), listening(hosts[0].netns, 7001):
        each.until_it_has(7001)
        assert each.last
        (server,) = [socket for socket in each.last.sockets if socket.local_port == 7001]
        (owner,) = server.owners
        assert owner.process.user == "root"
        assert owner.process.cmdline[-2:] == (LISTEN, "7001")
        assert owner.process.create_time == pytest.approx(time.time(), abs=PATIENCE)
        details = each.feed.process_details(owner.pid)
        assert details
        assert details.exe == str(Path(sys.executable).resolve())
        assert details.cwd == os.getcwd()
        assert (os.getpid(), Path("/proc/self/comm").read_text().strip()) in details.parents
        resources = each.feed.process_resources(owner.pid)
        assert resources
        assert resources.threads == 1


def socket_of(each: Followed, is_meant: Callable[[Socket], bool]) -> Socket:
    """The one socket there that is meant, once it is there with its holder."""

    def found() -> list[Socket]:
        return [row for row in (each.last.sockets if each.last else ()) if is_meant(row) and row.owners]

    each.until(lambda _: found())
    (socket,) = found()
    return socket


def test_a_process_there_is_held_signalled_and_seen_to_end(hosts: Sequence[SshHost]) -> None:
    with followed(*hosts[:2]) as (each, other), ExitStack() as servers:
        for host in (each, other):
            servers.enter_context(listening(host.host.netns, 7001))
        server = socket_of(each, lambda row: row.local_port == 7001)
        aim = each.feed.take_aim(subject_of(server, ()))
        (held,) = aim.processes
        assert (held.process.pid, held.process.cmdline[-1], held.guard, held.denied) == (
            server.owners[0].pid,
            "7001",
            None,
            "",
        )
        assert aim.holding == Holding(1, 0, 0, 0)
        assert not held.handle.has_ended()
        (hit,) = aim.perform(Act(ActKind.SIGNAL, signal.SIGTERM), aim.processes)
        assert not hit.failure
        wait_until(held.handle.has_ended)
        (hit,) = aim.perform(Act(ActKind.SIGNAL, signal.SIGTERM), aim.processes)
        assert hit.failure == "it had ended already"
        again = each.feed.take_aim(subject_of(server, ()))
        assert (again.processes, again.listeners) == ((), ())
        assert f"({server.owners[0].pid}) has ended" in again.missed[0]
        other.until_it_has(7001)


def test_a_socket_there_is_closed_and_its_holder_lives(hosts: Sequence[SshHost]) -> None:
    with followed(hosts[0]) as (each,), listening(hosts[0].netns, 7001):
        server = socket_of(each, lambda row: row.local_port == 7001)
        aim = each.feed.take_aim(subject_of(server, ()))
        (hit,) = aim.perform(Act(ActKind.STOP_LISTENING), aim.listeners)
        assert (hit.failure, hit.way) == ("", Way.DESTROY)
        each.until(lambda _: 7001 not in each.ports())
        assert not aim.perform(Act(ActKind.SIGNAL, signal.SIGCONT), aim.processes)[0].failure


def test_the_way_that_the_connection_takes_is_guarded_there(hosts: Sequence[SshHost]) -> None:
    with followed(hosts[0]) as (each,):
        ours = socket_of(each, lambda row: row.local_port == PORT and bool(row.peer_port))
        aim = each.feed.take_aim(subject_of(ours, ()))
        assert [held.guard for held in aim.connections] == [Guard.CONNECTION]
        assert [held.guard for held in aim.processes] == [Guard.ABOVE]


def test_what_is_held_is_not_held_by_the_next_connection(hosts: Sequence[SshHost]) -> None:
    with followed(hosts[0]) as (each,), listening(hosts[0].netns, 7001):
        server = socket_of(each, lambda row: row.local_port == 7001)
        aim = each.feed.take_aim(subject_of(server, ()))
        for pid in each.host.agents():
            os.kill(pid, signal.SIGKILL)
        each.until(lambda status: each.beginnings == 2 and status.is_live)
        each.feed.take_aim(subject_of(server, ()))
        (hit,) = aim.perform(Act(ActKind.SIGNAL, signal.SIGKILL), aim.processes)
        assert hit.failure == "it is not held any more"
        each.until_it_has(7001)


@pytest.mark.skipif(bool(why_no_trace()), reason=f"can't trace: {why_no_trace()}")
def test_calls_of_a_process_there_are_told_and_nothing_of_the_trace_is_left(hosts: Sequence[SshHost]) -> None:
    before = instances()
    with followed(hosts[0]) as (each,), listening(hosts[0].netns, 7001):
        each.until_it_has(7001)
        client = subprocess.Popen(
            each.host.netns.command(sys.executable, "-u", "-c", CONNECT_ON_INPUT, "7001"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        with client:
            assert client.stdout
            assert client.stdin
            pid = int(client.stdout.readline())
            trace = each.feed.open_trace([pid], None)
            client.stdin.write(b"\n")
            client.stdin.flush()
            calls: list[TracedCall] = []

            def has_connected() -> bool:
                calls.extend(trace.read().calls)
                return any(call.name == "connect" and call.end and call.end.port == 7001 for call in calls)

            each.until(lambda _: has_connected())
            assert {call.pid for call in calls} == {pid}
            client.stdin.close()
            each.until(lambda _: trace.read() is not None and trace.has_ended)
        trace.close()
    wait_until(lambda: instances() == before)


def test_one_that_dies_is_lost_and_comes_back(hosts: Sequence[SshHost]) -> None:
    with followed(*hosts[:2]) as (dying, other):
        first = dying.until_phase(HostPhase.LIVE)
        other.until_phase(HostPhase.LIVE)
        dying.host.die()
        lost = dying.until_phase(HostPhase.LOST)
        assert "Connection" in lost.text
        assert lost.as_of is not None
        assert first.as_of is not None
        assert lost.as_of >= first.as_of
        refused = dying.until(lambda status: "Connection refused" in status.text)
        assert refused.as_of == lost.as_of
        dying.host.start()
        dying.until_phase(HostPhase.LIVE)
        assert dying.beginnings == 2
        other.until_phase(HostPhase.LIVE)
        assert HostPhase.LOST not in {status.phase for status in other.told}


def test_one_that_hangs_is_late_then_cut_and_tried_again(hosts: Sequence[SshHost]) -> None:
    with followed(hosts[0], patience=Patience(silence=1.0, late=0.2, clock_every=0.2)) as (each,):
        each.until_phase(HostPhase.LIVE)
        each.host.signal(signal.SIGSTOP)
        each.until_phase(HostPhase.LATE)
        assert each.until_phase(HostPhase.LOST).text == "silent for 1 s"
        each.until_phase(HostPhase.LIVE)
        assert each.beginnings == 2
        each.host.signal(signal.SIGCONT)  # whoever slept through the end of its connection finds out about it now
        wait_until(lambda: len(each.host.agents()) == 1)


@pytest.mark.parametrize("end", ["far", "near"])
def test_nothing_is_left_there_also_when_an_end_is_killed(hosts: Sequence[SshHost], end: str) -> None:
    host = hosts[0]
    with followed(host) as (each,):
        each.until_phase(HostPhase.LIVE)
        (before,) = host.agents()
        for pid in host.agents() if end == "far" else near_ends():
            os.kill(pid, signal.SIGKILL)
        each.until(lambda _: each.beginnings == 2)
        wait_until(lambda: len(host.agents()) == 1)
        assert host.agents() != [before]


def test_a_machine_without_a_fitting_python_is_refused_in_words(tmp_path: Path) -> None:
    with ssh_hosts(tmp_path, "bare", "old") as (bare, old):
        old.has_program("python3", "printf 3.8")
        for host in (bare, old):
            host.start()
        with followed(bare, old) as every:
            assert [each.until_phase(HostPhase.REFUSED).text for each in every] == [
                "no Python there; 3.11 or later is needed",
                "Python 3.8 is there; 3.11 or later is needed",
            ]


def test_an_installed_program_is_used_instead(tmp_path: Path) -> None:
    with ssh_hosts(tmp_path, "web1") as (host,):
        host.has_program("netwatch-tui", f'exec {PROGRAM} "$@"')
        host.start()
        with followed(host) as (each,):
            each.until_phase(HostPhase.LIVE)


def test_a_sudo_that_asks_for_a_password_is_said(tmp_path: Path) -> None:
    with ssh_hosts(tmp_path, "web1") as (host,):
        host.has_python()
        host.has_program("sudo", 'test "$1" = -n && echo sudo: a password is required >&2; exit 1')
        host.start()
        with followed(host, sudo=True) as (each,):
            assert each.until_phase(HostPhase.REFUSED).text == "sudo: a password is required"


def test_a_key_that_is_not_taken_is_said(hosts: Sequence[SshHost], tmp_path: Path) -> None:
    for name in ("key", "key.pub"):
        (tmp_path / name).unlink()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    (tmp_path / "key.pub").write_text("")
    with followed(hosts[0]) as (each,):
        assert each.until_phase(HostPhase.REFUSED).text.endswith("Permission denied (publickey)")
