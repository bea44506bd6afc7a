"""Network namespaces that come and go, and who may look into them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import NOBODY, Child, Netns, linux_source

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
def test_the_own_namespace_alone_is_the_default_and_the_others_are_counted(
    source: LinuxSource, stack: ExitStack
) -> None:
    before = Machine(source, "").look().namespaces.others
    child, netns = alone(stack)
    inode, _ = child.ask(["listen"])
    machine = Machine(source, "")
    seen = machine.look()
    assert rows(seen, inode) == []
    assert {socket.netns for socket in seen.sockets} == {OWN} == seen.namespaces.names.keys()
    assert seen.namespaces.others == before + 1
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


@pytest.mark.usefixtures("may_make_namespaces")
def test_an_ordinary_user_sees_his_own_namespace_alone_and_how_many_processes_he_may_not_look_at(
    stack: ExitStack, here: Netns
) -> None:
    there = stack.enter_context(Child("tests.support.kernel_holder", netns=here))
    hidden, _ = there.ask(["listen"])
    beside = stack.enter_context(Child("tests.support.kernel_holder"))
    shown, _ = beside.ask(["listen"])
    looker = stack.enter_context(Child("tests.support.kernel_look", "*", str(NOBODY)))
    seen = looker.ask({"now": 0.0, "of": [OWN, here.inode]})
    assert seen["names"].keys() == {str(OWN)}
    assert (seen["others"], seen["problems"]) == (0, [])
    assert seen["denied"] > 0
    found = {socket["inode"]: socket for socket in seen["sockets"]}
    assert hidden not in found
    assert (found[shown]["owners"], found[shown]["reason"], found[shown]["uid"]) == ([], "permission", 0)
    assert seen["no_permission"] >= 1
