"""Network namespaces that come and go, and who may look into them."""

from __future__ import annotations

import os
import socket as net
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.kernel.namespace_questions import Answer
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import NOBODY, ROOT, Child, Netns, linux_source, new_netns, quiet_machine

SO_COOKIE = 57

OWN = Path("/proc/self/ns/net").stat().st_ino


class Machine:
    """The sockets of some namespaces, tick by tick."""

    def __init__(self, source: LinuxSource, namespaces: str) -> None:
        self.collector = Collector(source, namespaces=namespaces)
        self._now = 0.0

    def look(self, after: float = LOOK_ROUND_EVERY) -> Snapshot:
        self._now += after
        return self.collector.collect(self._now)


@pytest.fixture
def source() -> Iterator[LinuxSource]:
    with linux_source() as source:
        yield source


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def alone(stack: ExitStack) -> tuple[Child, int]:
    """A process in a namespace of its own, without a name, and the namespace's number."""
    child = stack.enter_context(Child("tests.support.kernel_holder", before=["unshare", "-n"]))
    child.ask(["udp"])
    return child, Path(f"/proc/{child.pid}/ns/net").stat().st_ino


def rows(snapshot: Snapshot, inode: int) -> list[Socket]:
    return [socket for socket in snapshot.sockets if socket.inode == inode]


@pytest.mark.usefixtures("may_make_namespaces")
def test_sockets_of_a_process_in_a_namespace_of_its_own_are_listed_once(source: LinuxSource, stack: ExitStack) -> None:
    child, netns = alone(stack)
    inode, fd = child.ask(["listen"])
    worker = child.ask(["fork"])
    seen = Machine(source, "*").look()
    (socket,) = rows(seen, inode)
    assert (socket.netns, [(owner.pid, owner.fd) for owner in socket.owners]) == (
        netns,
        [(child.pid, fd), (worker, fd)],
    )
    assert seen.namespaces.others == 0
    assert {OWN, netns} <= seen.namespaces.names.keys()
    assert len({socket.id for socket in seen.sockets}) == len(seen.sockets)


@pytest.mark.usefixtures("may_make_namespaces")
def test_the_others_are_counted(stack: ExitStack) -> None:
    quiet = stack.enter_context(quiet_machine())
    looker = stack.enter_context(Child("tests.support.kernel_look", "", before=quiet))
    assert looker.ask({"now": 0.0, "of": []})["others"] == 0
    stack.enter_context(Child("tests.support.kernel_holder", before=[*quiet, "unshare", "-n"])).ask(["udp"])
    seen = looker.ask({"now": LOOK_ROUND_EVERY, "of": []})
    assert (seen["others"], seen["names"].keys()) == (1, {str(OWN)})


@pytest.mark.usefixtures("may_make_namespaces")
def test_the_own_namespace_alone_is_the_default_and_another_can_be_chosen(
    source: LinuxSource, stack: ExitStack
) -> None:
    child, netns = alone(stack)
    inode, _ = child.ask(["listen"])
    machine = Machine(source, "")
    seen = machine.look()
    assert rows(seen, inode) == []
    assert {socket.netns for socket in seen.sockets} == {OWN} == seen.namespaces.names.keys()
    machine.collector.namespaces = str(netns)
    chosen = machine.look(1.0)
    assert {socket.netns for socket in chosen.sockets} == {netns} == chosen.namespaces.names.keys()
    assert len(rows(chosen, inode)) == 1
    assert {socket.netns for socket in chosen.delta.dropped} == {OWN}
    assert chosen.delta.closed == ()


@pytest.mark.usefixtures("may_make_namespaces")
def test_a_namespace_has_the_name_that_ip_netns_gave_it(source: LinuxSource, stack: ExitStack, here: Netns) -> None:
    child = stack.enter_context(Child("tests.support.kernel_holder", netns=here))
    inode, _ = child.ask(["listen"])
    seen = Machine(source, here.name).look()
    assert seen.namespaces.names == {here.inode: here.name}
    assert {socket.netns for socket in seen.sockets} == {here.inode}
    assert len(rows(seen, inode)) == 1


@pytest.mark.usefixtures("may_make_namespaces")
def test_a_namespace_is_still_read_when_the_process_ends_through_which_it_was(
    source: LinuxSource, stack: ExitStack, here: Netns
) -> None:
    with Child("tests.support.kernel_holder", netns=here) as first:
        gone, _ = first.ask(["listen"])
        second = stack.enter_context(Child("tests.support.kernel_holder", netns=here))
        inode, _ = second.ask(["listen"])
        machine = Machine(source, "*")
        (before,) = rows(machine.look(), inode)
    for after in (1.0, 1.0, LOOK_ROUND_EVERY, 1.0):
        seen = machine.look(after)
        assert inode not in {socket.inode for socket in (*seen.delta.closed, *seen.delta.dropped, *seen.delta.opened)}
        assert [socket.id for socket in rows(seen, inode)] == [before.id]
    assert rows(seen, gone) == []


@pytest.mark.usefixtures("may_make_namespaces")
def test_sockets_are_closed_when_their_namespace_ends(source: LinuxSource) -> None:
    machine = Machine(source, "*")
    with ExitStack() as stack:
        child, netns = alone(stack)
        inode, _ = child.ask(["listen"])
        assert len(rows(machine.look(), inode)) == 1
    told: list[int] = []
    for _ in range(6):
        seen = machine.look(1.0)
        told += [socket.inode for socket in seen.delta.closed]
        assert not {socket.netns for socket in seen.delta.dropped}
    assert told.count(inode) == 1
    assert netns not in {socket.netns for socket in seen.sockets}
    assert netns not in seen.namespaces.names


# --- who may not look ---


@pytest.mark.usefixtures("may_make_namespaces")
def test_an_ordinary_user_sees_his_own_namespace_alone_and_how_many_processes_hide_theirs(stack: ExitStack) -> None:
    quiet = stack.enter_context(quiet_machine())
    there = stack.enter_context(Child("tests.support.kernel_holder", before=[*quiet, "unshare", "-n"]))
    hidden, _ = there.ask(["listen"])
    beside = stack.enter_context(Child("tests.support.kernel_holder", before=quiet))
    shown, _ = beside.ask(["listen"])
    looker = stack.enter_context(Child("tests.support.kernel_look", "*", str(NOBODY), before=quiet))
    seen = looker.ask({"now": 0.0, "of": [OWN]})
    assert seen["names"].keys() == {str(OWN)}
    assert (seen["others"], seen["problems"]) == (0, [])
    assert seen["denied"] == 1, "root's process over there; that beside is seen to be in the own namespace"
    found = {socket["inode"]: socket for socket in seen["sockets"]}
    assert hidden not in found
    assert (found[shown]["owners"], found[shown]["reason"], found[shown]["uid"]) == ([], "permission", 0)
    assert seen["no_permission"] >= 1


@pytest.mark.usefixtures("may_make_namespaces")
def test_a_named_namespace_that_an_ordinary_user_may_not_enter_is_counted(stack: ExitStack, here: Netns) -> None:
    looker = stack.enter_context(Child("tests.support.kernel_look", "*", str(NOBODY)))
    seen = looker.ask({"now": 0.0, "of": [here.inode]})
    assert seen["unreadable"] >= 1
    assert (seen["sockets"], str(here.inode) in seen["names"]) == ([], False)


@pytest.mark.usefixtures("may_make_namespaces")
def test_an_ordinary_user_reads_the_namespace_of_his_own_process(stack: ExitStack, here: Netns) -> None:
    mine = stack.enter_context(Child("tests.support.kernel_holder", netns=here))
    mine.ask(["become", NOBODY])
    inode, _ = mine.ask(["listen"])
    looker = stack.enter_context(Child("tests.support.kernel_look", "*", str(NOBODY)))
    for now in (0.0, 1.0):
        seen = looker.ask({"now": now, "of": [here.inode]})
        assert inode in {socket["inode"] for socket in seen["sockets"]}
        assert seen["problems"] == []


# --- processes that go from one to another ---


@pytest.mark.usefixtures("may_make_namespaces")
@pytest.mark.parametrize("has_name", [True, False])
def test_a_process_that_flips_between_two_moves_no_socket(
    source: LinuxSource, stack: ExitStack, *, has_name: bool
) -> None:
    """Without a name the other namespace is there only as long as the process, or a socket that it holds, is in it."""
    away = stack.enter_context(new_netns("away"))
    flipper = stack.enter_context(Child("tests.support.kernel_flipper", f"/run/netns/{away.name}"))
    ours, theirs = flipper.ask("listen")
    expected = {ours: OWN, theirs: away.inode}
    if not has_name:
        subprocess.run(["umount", "--lazy", f"/run/netns/{away.name}"], check=True)
    flipper.ask("flip")
    machine = Machine(source, "*")
    seen = machine.look()
    while not rows(seen, theirs):  # the process was at home
        seen = machine.look()
    for _ in range(40):
        seen = machine.look(1.0)
        assert {each.inode: each.netns for each in seen.sockets if each.inode in expected} == expected
        assert len({each.inode for each in seen.sockets if each.inode}) == sum(1 for each in seen.sockets if each.inode)
        gone = {each.inode for each in (*seen.delta.closed, *seen.delta.dropped)}
        assert gone.isdisjoint(expected)
    assert flipper.ask("stay") > 0


@pytest.mark.usefixtures("may_make_namespaces")
def test_what_a_process_shows_that_flips_between_two_that_may_not_be_entered_is_of_the_one_or_not_read(
    stack: ExitStack,
) -> None:
    flipper = stack.enter_context(Child("tests.support.kernel_flipper"))
    home, away = flipper.ask("where")
    ours, theirs = flipper.ask("listen")
    expected = {ours: home, theirs: away}
    looker = stack.enter_context(Child("tests.support.kernel_look", "*", str(NOBODY)))
    flipper.ask("flip")
    for tick in range(40):
        seen = looker.ask({"now": float(tick), "of": [home, away]})
        for socket in seen["sockets"]:
            assert expected.get(socket["inode"], socket["netns"]) == socket["netns"]
        assert not set(expected) & set(seen["closed"])
    assert flipper.ask("stay") > 0
    seen = looker.ask({"now": 200.0, "of": [home]})
    assert ours in {socket["inode"] for socket in seen["sockets"]}, "it is at home"


@pytest.mark.usefixtures("may_make_namespaces")
def test_a_namespace_in_which_only_a_thread_is_is_read(source: LinuxSource, stack: ExitStack) -> None:
    away = stack.enter_context(new_netns("away"))
    flipper = stack.enter_context(Child("tests.support.kernel_flipper", f"/run/netns/{away.name}"))
    _, inode = flipper.ask("listen")
    subprocess.run(["umount", "--lazy", f"/run/netns/{away.name}"], check=True)
    assert away.inode not in Machine(source, "*").look().namespaces.names
    flipper.ask("thread")
    (socket,) = rows(Machine(source, "*").look(), inode)
    assert (socket.netns, [owner.pid for owner in socket.owners]) == (away.inode, [flipper.pid])


# --- namespaces without a process ---


@pytest.fixture
def empty(may_make_namespaces: None) -> Iterator[Netns]:
    """A namespace in which no process is."""
    with new_netns("empty") as netns:
        yield netns


@pytest.fixture
def resident(empty: Netns) -> Iterator[net.socket]:
    """A listener in it, whose process is elsewhere."""
    there = os.open(f"/run/netns/{empty.name}", os.O_RDONLY)
    with run_inside(there, lambda: net.create_server(("127.0.0.1", 0))) as listener:
        os.close(there)
        yield listener


def test_a_namespace_without_a_process_is_listed_counted_and_read(
    source: LinuxSource, empty: Netns, resident: net.socket
) -> None:
    inode = os.fstat(resident.fileno()).st_ino
    own = Machine(source, "").look()
    assert own.namespaces.others >= 1
    machine = Machine(source, empty.name)
    for seen in (machine.look(), machine.look(1.0)):
        assert seen.namespaces.names == {empty.inode: empty.name}
        (socket,) = rows(seen, inode)
        assert [(owner.pid, owner.fd) for owner in socket.owners] == [(os.getpid(), resident.fileno())]
    assert own.namespaces.others == seen.namespaces.others


def test_a_namespace_is_named_by_name_number_path_or_pid(
    source: LinuxSource, empty: Netns, stack: ExitStack, tmp_path: Path
) -> None:
    child = stack.enter_context(Child("tests.support.kernel_holder", netns=empty))
    child.ask(["udp"])
    (tmp_path / "link").symlink_to(f"/run/netns/{empty.name}")
    number = str(empty.inode)
    for text, called in (
        (empty.name, empty.name),
        (number, number),
        (f"/run/netns/{empty.name}", number),
        (f"/proc/{child.pid}/ns/net", number),
        (str(tmp_path / "link"), number),
        (str(child.pid), number),
        (str(os.getpid()), str(OWN)),
    ):
        assert source.choose_namespace(text) == called
        assert {each.inode for each in source.namespaces().chosen(called)} == {
            OWN if called == str(OWN) else empty.inode
        }


def test_a_path_names_a_namespace_that_nothing_else_leads_to(
    source: LinuxSource, empty: Netns, resident: net.socket, tmp_path: Path
) -> None:
    place = tmp_path / "kept"
    place.touch()
    subprocess.run(["mount", "--bind", f"/run/netns/{empty.name}", place], check=True)
    try:
        subprocess.run(["umount", "--lazy", f"/run/netns/{empty.name}"], check=True)
        seen = Machine(source, source.choose_namespace(str(place))).look()
        assert seen.namespaces.names == {empty.inode: str(place)}
        assert len(rows(seen, os.fstat(resident.fileno()).st_ino)) == 1
    finally:
        source.close()
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("uid", [0, NOBODY])
def test_a_namespace_that_is_mounted_anywhere_is_listed_and_told_from_what_hides_it(
    empty: Netns, stack: ExitStack, anyones_folder: Path, uid: int
) -> None:
    """As docker does below /run/docker, and podman below /run/user. Other mounts may lie above such a file."""
    folder = anyones_folder / f"it {uid}"
    folder.mkdir(mode=0o700)
    file = folder / "kept"
    file.touch()
    subprocess.run(["mount", "--bind", f"/run/netns/{empty.name}", file], check=True)
    stack.callback(subprocess.run, ["umount", str(file)], check=True)
    subprocess.run(["umount", "--lazy", f"/run/netns/{empty.name}"], check=True)
    before = ["unshare", "--mount"]
    looker = stack.enter_context(Child("tests.support.kernel_look", "*", str(uid), before=before))
    seen = looker.ask({"now": 0.0, "of": [empty.inode]})
    mount = ["mount", "-t", "tmpfs", "none", str(folder)]
    subprocess.run(["nsenter", f"--mount=/proc/{looker.pid}/ns/mnt", *mount], check=True)
    hidden = looker.ask({"now": LOOK_ROUND_EVERY, "of": [empty.inode]})
    if uid:
        assert seen["unreadable"] == hidden["unreadable"] + 1
    else:
        assert seen["names"][str(empty.inode)] == str(file)
        assert str(empty.inode) not in hidden["names"]


def test_a_name_that_is_also_the_pid_of_a_process_elsewhere_is_refused(source: LinuxSource, stack: ExitStack) -> None:
    child, netns = alone(stack)
    subprocess.run(["ip", "netns", "add", str(child.pid)], check=True)
    stack.callback(subprocess.run, ["ip", "netns", "delete", str(child.pid)], check=True)
    named = Path("/run/netns", str(child.pid)).stat().st_ino
    command = [sys.executable, "-m", "netwatch_tui", "--once", "-N", str(child.pid)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"netwatch-tui: '{child.pid}' means several network namespaces: ")
    assert f"({netns})" in line
    assert f"({named})" in line


def test_a_file_that_stands_for_no_namespace_is_none(source: LinuxSource, empty: Netns) -> None:
    leftover = Path("/run/netns", f"{empty.name}-leftover")
    leftover.touch()
    try:
        assert leftover.stat().st_ino not in Machine(source, "*").look().namespaces.names
    finally:
        leftover.unlink()


# --- sock_diag in another namespace ---


def held(*, v6only: bool) -> net.socket:
    """A listener on all addresses of this namespace and the loopback device, with a mark."""
    listener = net.socket(net.AF_INET6)
    listener.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, v6only)
    listener.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, b"lo")
    listener.setsockopt(net.SOL_SOCKET, net.SO_MARK, 7)
    listener.bind(("::", 0))
    listener.listen(33)
    return listener


@pytest.mark.parametrize("v6only", [False, True])
def test_what_only_sock_diag_tells_is_told_in_another_namespace(
    source: LinuxSource, empty: Netns, *, v6only: bool
) -> None:
    there = os.open(f"/run/netns/{empty.name}", os.O_RDONLY)
    listener = run_inside(there, lambda: held(v6only=v6only))
    client = run_inside(there, lambda: net.create_connection(("::1", listener.getsockname()[1])))
    pair = run_inside(there, net.socketpair)
    os.close(there)
    with listener, client, pair[0], pair[1]:
        inodes = [os.fstat(each.fileno()).st_ino for each in (listener, client, *pair)]
        machine = Machine(source, empty.name)
        ((waits,), (connected,), (one,), (other,)) = (rows(machine.look(), inode) for inode in inodes)
        assert (waits.send_q, waits.interface, connected.interface, connected.diag) == (33, "lo", None, None)
        assert (one.peer_port, other.peer_port) == (other.inode, one.inode)
        assert waits.diag
        assert (waits.diag.v6only, waits.diag.fwmark) == (v6only, 7)
        assert waits.diag.cookie == int.from_bytes(listener.getsockopt(net.SOL_SOCKET, SO_COOKIE, 8), sys.byteorder)
        machine.collector.needs = EVERY_NEED
        (connected,) = rows(machine.look(1.0), inodes[1])
        assert connected.diag
        assert connected.diag.autobound
        assert connected.diag.cookie == int.from_bytes(client.getsockopt(net.SOL_SOCKET, SO_COOKIE, 8), sys.byteorder)


def test_a_connection_on_a_device_is_told_from_one_that_is_gone(source: LinuxSource, empty: Netns) -> None:
    there = os.open(f"/run/netns/{empty.name}", os.O_RDONLY)
    listener = run_inside(there, lambda: held(v6only=False))
    client = run_inside(there, lambda: net.create_connection(("::1", listener.getsockname()[1])))
    os.close(there)
    with listener, client:
        server, _ = listener.accept()  # bound to the device as its listener is
        with server:
            machine = Machine(source, empty.name)
            (row,) = rows(machine.look(), os.fstat(server.fileno()).st_ino)
            (namespace,) = source.namespaces().chosen(empty.name)
            assert namespace.ask([row, row._replace(local_port=1)]) == [Answer.PRESENT, Answer.ABSENT]
            assert source.namespaces().own.ask([row]) == [Answer.ABSENT]
        assert namespace.ask([row]) == [Answer.FILELESS]


# --- what is held open ---


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.usefixtures("may_make_namespaces")
def test_a_namespace_is_held_by_two_descriptors_while_it_is_read_and_there(
    source: LinuxSource, stack: ExitStack
) -> None:
    with ExitStack() as inner:
        netns = alone(inner)[1]
        before = descriptors()
        machine = Machine(source, str(netns))
        for after in (LOOK_ROUND_EVERY, 1.0, LOOK_ROUND_EVERY, 1.0):
            assert machine.look(after).namespaces.names.keys() == {netns}
            assert descriptors() == before + 2, "its file and a socket of sock_diag"
        machine.collector.namespaces = ""
        for _ in range(3):
            machine.look()
        assert descriptors() == before + 1, "it is not read any more; the own one has a socket of sock_diag"
        machine.collector.namespaces = str(netns)
        for _ in range(2):
            machine.look()
        assert descriptors() == before + 2, "the own one is not read any more"
    without_child = before - 2
    machine.look(1.0)
    assert machine.look().namespaces.names == {}
    source.close()
    assert descriptors() == without_child


# --- the /proc of another pid namespace ---


def unshared(*command: str, mounts_before: str = "") -> subprocess.CompletedProcess[str]:
    """The program in a mount namespace of its own, after something was mounted there."""
    script = f'{mounts_before}exec "$@"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


PROGRAM = (sys.executable, "-m", "netwatch_tui", "--once", "-H")


@pytest.mark.usefixtures("may_make_namespaces")
@pytest.mark.parametrize("option", [[], ["--all-namespaces"], ["--watch", "--for", "1s"]])
def test_below_a_proc_without_this_process_nothing_is_said_but_why(option: list[str]) -> None:
    mount = "unshare --pid --fork --kill-child mount -t proc proc /proc && "
    program = [word for word in PROGRAM if "--watch" not in option or not word.startswith("-") or word == "-m"]
    done = unshared(*program, *option, mounts_before=mount)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "netwatch-tui: this process is not in /proc, which belongs to another pid namespace or is not mounted\n"
    )


def test_in_a_pid_namespace_below_its_parents_proc_the_own_namespace_is_the_own_one(empty: Netns) -> None:
    """Its number is 1 there: in the mounted /proc that is another process, in another network namespace."""
    inside = empty.command(
        "unshare", "--pid", "--fork", "--kill-child", *PROGRAM, "-A", "netlink", "--columns", "netns"
    )
    with net.create_server(("127.0.0.1", 0)) as listener:
        done = subprocess.run(inside, cwd=ROOT, capture_output=True, text=True, check=True)
        assert {line.strip() for line in done.stdout.splitlines()} == {empty.name}
        listing = empty.command("unshare", "--pid", "--fork", "--kill-child", *PROGRAM, "-tl")
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("", ""), f"not {listener.getsockname()}, which is outside"
