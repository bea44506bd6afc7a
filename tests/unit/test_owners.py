from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.kernel.owners import list_pids, socket_descriptors
from netwatch_tui.kernel.processes import Processes
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.model.format import printable
from netwatch_tui.model.socket import Process
from tests.support.build import owner, process

NOBODY = 65_534


class Tree:
    """A folder that looks like /proc."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, pid: int, *targets: str, first_fd: int = 3) -> Path:
        """Let a process have descriptors that are links to these."""
        folder = self.root / str(pid) / "fd"
        folder.mkdir(parents=True, exist_ok=True)
        for fd, target in enumerate(targets, first_fd):
            (folder / str(fd)).symlink_to(target)
        return folder

    def end(self, pid: int) -> None:
        """Let a process be gone."""
        folder = self.root / str(pid) / "fd"
        for link in folder.iterdir():
            link.unlink()
        folder.rmdir()
        folder.parent.rmdir()


class TreeSource(LinuxSource):
    """The descriptors of a tree, with processes that are named by the test."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree.root)
        self.named: dict[int, Process | None] = {}

    def process(self, pid: int) -> Process | None:
        return self.named.get(pid, process(pid))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def source(tree: Tree) -> TreeSource:
    return TreeSource(tree)


@pytest.fixture
def index(source: TreeSource) -> OwnerIndex:
    return OwnerIndex(source, lambda: None)


@pytest.fixture
def open_tree() -> Iterator[Tree]:
    """A tree that others can enter, unlike pytest's own folders."""
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        yield Tree(Path(root))


@pytest.fixture
def unprivileged() -> Iterator[Callable[[], None]]:
    """Gives up root's rights until the test ends."""
    before = os.geteuid()

    def drop() -> None:
        if before == 0:
            os.seteuid(NOBODY)

    yield drop
    os.seteuid(before)


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_processes_are_the_folders_with_a_number(tree: Tree) -> None:
    for name in ("10", "9", "1", "self", "net", "1a", "-1", "thread-self"):
        (tree.root / name).mkdir()
    assert list_pids(tree.root) == [1, 9, 10]


def test_only_links_to_sockets_count(tree: Tree) -> None:
    tree.add(7, "/dev/null", "pipe:[55]", "socket:[56]", "anon_inode:[eventpoll]", "/tmp/socket:[57]", "socket:[58]")
    assert socket_descriptors(tree.root, 7) == {56: (5,), 58: (8,)}


def test_a_process_without_sockets_holds_nothing(tree: Tree) -> None:
    tree.add(7)
    assert socket_descriptors(tree.root, 7) == {}


def test_several_descriptors_of_one_socket_are_all_found(tree: Tree) -> None:
    tree.add(7, "socket:[56]", "socket:[57]", "socket:[56]", "socket:[56]")
    found = socket_descriptors(tree.root, 7)
    assert {inode: sorted(fds) for inode, fds in found.items()} == {56: [3, 5, 6], 57: [4]}


def test_inodes_are_not_limited_to_32_bits(tree: Tree) -> None:
    tree.add(7, f"socket:[{2**63}]")
    assert socket_descriptors(tree.root, 7) == {2**63: (3,)}


def test_a_vanished_process_is_said_to_be_gone(tree: Tree) -> None:
    with pytest.raises((FileNotFoundError, ProcessLookupError)):
        socket_descriptors(tree.root, 7)
    (tree.root / "8").mkdir()
    with pytest.raises((FileNotFoundError, ProcessLookupError)):
        socket_descriptors(tree.root, 8)


def test_a_descriptor_that_closes_while_we_look_is_left_out(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.add(7, "socket:[56]")
    list_names = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: [*list_names(folder), "99"])
    assert socket_descriptors(tree.root, 7) == {56: (3,)}


def test_a_folder_of_somebody_else_is_a_permission_error(open_tree: Tree, unprivileged: Callable[[], None]) -> None:
    open_tree.add(7, "socket:[56]")
    open_tree.add(8, "socket:[57]").chmod(0)
    unprivileged()
    assert socket_descriptors(open_tree.root, 7) == {56: (3,)}
    with pytest.raises(PermissionError):
        socket_descriptors(open_tree.root, 8)


def test_looking_leaves_no_descriptor_open(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.add(7, "socket:[56]")
    before = open_descriptors()
    socket_descriptors(tree.root, 7)
    with pytest.raises(FileNotFoundError):
        socket_descriptors(tree.root, 8)

    def denied(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(os, "readlink", denied)
    with pytest.raises(PermissionError):
        socket_descriptors(tree.root, 7)
    assert open_descriptors() == before


def test_every_process_and_descriptor_of_a_shared_socket_is_an_owner_in_numeric_order(
    tree: Tree, index: OwnerIndex
) -> None:
    tree.add(10, "socket:[56]")
    tree.add(9, "socket:[56]", "socket:[57]", first_fd=9)
    tree.add(9, "socket:[56]", first_fd=100)
    tree.add(100, "socket:[58]")
    assert index.scan() == {56, 57, 58}
    assert index.of(56) == (owner(9, 9), owner(9, 100), owner(10, 3))
    assert (index.of(57), index.of(58), index.of(59)) == ((owner(9, 10),), (owner(100, 3),), ())


def test_a_scan_without_differences_touches_nothing(tree: Tree, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    index.scan()
    assert index.scan() == set()
    assert index.of(56) == (owner(9, 3),)


def test_a_socket_that_changes_hands_is_touched(tree: Tree, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    index.scan()
    tree.end(9)
    tree.add(10, "socket:[56]", first_fd=5)
    assert index.scan() == {56}
    assert index.of(56) == (owner(10, 5),)


def test_a_socket_loses_the_process_that_ended_and_keeps_the_others(tree: Tree, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]", "socket:[57]")
    tree.add(10, "socket:[56]")
    index.scan()
    tree.end(9)
    assert index.scan() == {56, 57}
    assert (index.of(56), index.of(57)) == ((owner(10, 3),), ())


def test_a_process_that_ends_during_the_scan_owns_nothing(tree: Tree, source: TreeSource, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    (tree.root / "10").mkdir()
    tree.add(11, "socket:[57]")
    source.named[9] = None
    assert index.scan() == {57}
    assert (index.of(56), index.denied) == ((), 0)


def test_unreadable_processes_are_counted_and_the_others_found(
    open_tree: Tree, unprivileged: Callable[[], None]
) -> None:
    index = OwnerIndex(TreeSource(open_tree), lambda: None)
    open_tree.add(7, "socket:[56]").chmod(0)
    open_tree.add(8, "socket:[57]")
    open_tree.add(9, "socket:[58]").chmod(0)
    unprivileged()
    assert index.scan() == {57}
    assert (index.of(57), index.denied) == ((owner(8, 3),), 2)


def test_a_number_that_is_used_again_is_another_process(tree: Tree, source: TreeSource, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    index.scan()
    source.named[9] = process(9, create_time=2000.0)
    assert index.scan() == {56}
    assert index.of(56)[0].process.create_time == 2000.0


def test_a_check_that_raises_ends_the_scan_and_changes_nothing(tree: Tree, source: TreeSource) -> None:
    calls: list[None] = []

    def check() -> None:
        calls.append(None)
        if len(calls) == 4:
            raise InterruptedError

    index = OwnerIndex(source, check)
    tree.add(9, "socket:[56]")
    tree.add(10, "socket:[57]")
    index.scan()
    tree.add(9, "socket:[58]", first_fd=4)
    with pytest.raises(InterruptedError):
        index.scan()
    assert (index.of(56), index.of(58)) == ((owner(9, 3),), ())
    assert index.scan() == {58}


class Child:
    """A process that calls itself what the test says."""

    CODE = """\
import sys
for line in sys.stdin:
    open("/proc/self/comm", "wb").write(bytes.fromhex(line))
    print(flush=True)
"""

    def __init__(self) -> None:
        command = [sys.executable, "-S", "-c", self.CODE]
        self.running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.running.pid

    def rename(self, name: bytes) -> None:
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write(f"{name.hex()}\n")
        self.running.stdin.flush()
        self.running.stdout.readline()


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    with made.running:
        yield made
        made.running.kill()


def test_a_process_may_call_itself_anything(tree: Tree, source: TreeSource, index: OwnerIndex, child: Child) -> None:
    name = b"a) \x1b[2J\n\xff[b]"
    child.rename(name)
    source.named[child.pid] = Processes().read(child.pid)
    tree.add(child.pid, "socket:[56]")
    index.scan()
    (found,) = index.of(56)
    assert found.process.name == os.fsdecode(name)
    assert printable(found.process.name) == r"a) \x1b[2J\x0a\xff[b]"


def test_metadata_of_this_process_is_what_the_kernel_says() -> None:
    found = Processes().read(os.getpid())
    assert found
    cmdline = Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    assert found.pid == os.getpid()
    assert [os.fsencode(word) for word in found.cmdline] == cmdline
    assert Path("/proc/self/comm").read_text().strip()[:15] == found.name[:15]


def test_metadata_is_kept_until_it_is_forgotten(child: Child) -> None:
    child.rename(b"one")
    processes = Processes()
    before = processes.read(child.pid)
    child.rename(b"two")
    assert processes.read(child.pid) is before
    processes.forget()
    after = processes.read(child.pid)
    assert before
    assert before.name == "one"
    assert after == before._replace(name="two")


def test_a_process_that_is_gone_has_no_metadata(child: Child) -> None:
    processes = Processes()
    assert processes.read(child.pid)
    child.running.kill()
    child.running.wait()
    assert processes.read(child.pid) is None


def test_a_zombie_is_a_process_without_arguments(child: Child) -> None:
    child.running.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    found = Processes().read(child.pid)
    assert found
    assert (found.pid, found.cmdline) == (child.pid, ())


def test_a_user_without_a_name_is_a_number(tree: Tree) -> None:
    source = LinuxSource(tree.root)
    assert (source.user(0), source.user(4_000_000_000)) == ("root", "4000000000")
