from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwatch_tui.collect.owner_index import OwnerIndex
from netwatch_tui.fields.format import printable
from netwatch_tui.kernel.descriptors import NO_SOCKET, list_descriptors, list_pids, read_descriptors, stat_descriptors
from netwatch_tui.kernel.processes import Processes
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.ownership import Process
from tests.support.build import owner, process

NOBODY = 65_534


class Interrupted(BaseException):
    """As what ends a look, which is no error."""


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
        super().__init__(str(tree.root))
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


def scan(index: OwnerIndex) -> set[int]:
    """Look at everything; returns the inodes whose owners are different."""
    index.scan()
    touched = set(index.touched)
    index.settle()
    return touched


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


OTHER = ("/dev/null", "pipe:[55]", "anon_inode:[eventpoll]", "/tmp/socket:[57]", "net:[56]", "socket")


def test_only_links_to_sockets_count(tree: Tree) -> None:
    tree.add(7, *OTHER, "socket:[56]", "socket:[58]")
    assert read_descriptors(tree.root, 7) == {**dict.fromkeys(range(3, 9), NO_SOCKET), 9: 56, 10: 58}


def test_a_process_without_descriptors_holds_nothing(tree: Tree) -> None:
    tree.add(7)
    assert read_descriptors(tree.root, 7) == {}


def test_several_descriptors_of_one_socket_are_all_found(tree: Tree) -> None:
    tree.add(7, "socket:[56]", "socket:[57]", "socket:[56]", "socket:[56]")
    assert read_descriptors(tree.root, 7) == {3: 56, 4: 57, 5: 56, 6: 56}


def test_only_the_descriptors_that_were_asked_for_are_looked_at(tree: Tree) -> None:
    tree.add(7, "socket:[56]", "socket:[57]", "/dev/null")
    assert read_descriptors(tree.root, 7, [4, 5, 99]) == {4: 57, 5: NO_SOCKET}
    assert read_descriptors(tree.root, 7, []) == {}


def test_descriptors_are_listed_without_looking_behind_them(tree: Tree) -> None:
    tree.add(7, "socket:[56]", "/dev/null", first_fd=9)
    assert sorted(list_descriptors(tree.root, 7)) == [9, 10]


def test_the_kernel_tells_how_many_descriptors_are_open_or_0() -> None:
    count, listed = stat_descriptors("/proc", os.getpid()).size, len(os.listdir("/proc/self/fd")) - 1
    assert count in (0, listed)


def test_inodes_are_not_limited_to_32_bits(tree: Tree) -> None:
    tree.add(7, f"socket:[{2**63}]")
    assert read_descriptors(tree.root, 7) == {3: 2**63}


def test_a_vanished_process_is_said_to_be_gone(tree: Tree) -> None:
    (tree.root / "8").mkdir()
    for pid in (7, 8):
        for read in (stat_descriptors, list_descriptors, read_descriptors):
            with pytest.raises((FileNotFoundError, ProcessLookupError)):
                read(tree.root, pid)


def test_a_descriptor_that_closes_while_we_look_is_left_out(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.add(7, "socket:[56]")
    list_names = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: [*list_names(folder), "99"])
    assert read_descriptors(tree.root, 7) == {3: 56}


def test_a_folder_of_somebody_else_is_a_permission_error(open_tree: Tree, unprivileged: Callable[[], None]) -> None:
    open_tree.add(7, "socket:[56]")
    open_tree.add(8, "socket:[57]").chmod(0)
    unprivileged()
    assert read_descriptors(open_tree.root, 7) == {3: 56}
    with pytest.raises(PermissionError):
        read_descriptors(open_tree.root, 8)


def test_a_process_that_ends_while_its_links_are_read_is_gone_and_not_forbidden(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.add(7, "socket:[56]")

    def ended(*_: object, **__: object) -> str:
        tree.end(7)
        raise PermissionError

    monkeypatch.setattr(os, "readlink", ended)
    with pytest.raises(ProcessLookupError):
        read_descriptors(tree.root, 7)


def test_looking_leaves_no_descriptor_open(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.add(7, "socket:[56]")
    before = open_descriptors()
    read_descriptors(tree.root, 7)
    with pytest.raises(FileNotFoundError):
        read_descriptors(tree.root, 8)

    def denied(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(os, "readlink", denied)
    with pytest.raises(PermissionError):
        read_descriptors(tree.root, 7)
    assert open_descriptors() == before


def test_every_process_and_descriptor_of_a_shared_socket_is_an_owner_in_numeric_order(
    tree: Tree, index: OwnerIndex
) -> None:
    tree.add(10, "socket:[56]")
    tree.add(9, "socket:[56]", "socket:[57]", first_fd=9)
    tree.add(9, "socket:[56]", first_fd=100)
    tree.add(100, "socket:[58]")
    assert scan(index) == {56, 57, 58}
    assert index.of(56) == (owner(9, 9), owner(9, 100), owner(10, 3))
    assert (index.of(57), index.of(58), index.of(59)) == ((owner(9, 10),), (owner(100, 3),), ())


def test_a_scan_without_differences_touches_nothing(tree: Tree, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    scan(index)
    assert scan(index) == set()
    assert index.of(56) == (owner(9, 3),)


def test_a_socket_that_changes_hands_is_touched(tree: Tree, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    scan(index)
    tree.end(9)
    tree.add(10, "socket:[56]", first_fd=5)
    assert scan(index) == {56}
    assert index.of(56) == (owner(10, 5),)


def test_a_socket_loses_the_process_that_ended_and_keeps_the_others(tree: Tree, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]", "socket:[57]")
    tree.add(10, "socket:[56]")
    scan(index)
    tree.end(9)
    assert scan(index) == {56, 57}
    assert (index.of(56), index.of(57)) == ((owner(10, 3),), ())


def test_a_process_that_ends_during_the_scan_owns_nothing(tree: Tree, source: TreeSource, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    (tree.root / "10").mkdir()
    tree.add(11, "socket:[57]")
    source.named[9] = None
    assert scan(index) == {57}
    assert (index.of(56), index.denied) == ((), (0, 0))


def test_unreadable_processes_are_counted_and_the_others_found(
    open_tree: Tree, unprivileged: Callable[[], None]
) -> None:
    index = OwnerIndex(TreeSource(open_tree), lambda: None)
    open_tree.add(7, "socket:[56]").chmod(0)
    open_tree.add(8, "socket:[57]")
    open_tree.add(9, "socket:[58]").chmod(0)
    for pid in (7, 9):
        (open_tree.root / str(pid) / "stat").write_text(f"{pid} (p) S{' 1' * 20}\n")
    unprivileged()
    assert scan(index) == {57}
    assert (index.of(57), sum(index.denied)) == ((owner(8, 3),), 2)


def test_a_number_that_is_used_again_is_another_process(tree: Tree, source: TreeSource, index: OwnerIndex) -> None:
    tree.add(9, "socket:[56]")
    scan(index)
    source.named[9] = process(9, create_time=2000.0)
    assert scan(index) == {56}
    assert index.of(56)[0].process.create_time == 2000.0


def test_a_check_that_raises_ends_the_scan_before_it_changes_anything(tree: Tree, source: TreeSource) -> None:
    calls: list[None] = []

    def check() -> None:
        calls.append(None)
        if len(calls) == 3:
            raise Interrupted

    index = OwnerIndex(source, check)
    tree.add(9, "socket:[56]")
    tree.add(10, "socket:[57]")
    scan(index)
    tree.add(9, "socket:[58]", first_fd=4)
    with pytest.raises(Interrupted):
        index.scan()
    assert (index.of(56), index.of(58)) == ((owner(9, 3),), ())
    assert scan(index) == {58}


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
    source.named[child.pid] = Processes("/proc").read(child.pid)
    tree.add(child.pid, "socket:[56]")
    scan(index)
    (found,) = index.of(56)
    assert found.process.name == os.fsdecode(name)
    assert printable(found.process.name) == r"a) \x1b[2J\x0a\xff[b]"


def test_metadata_of_this_process_is_what_the_kernel_says() -> None:
    found = Processes("/proc").read(os.getpid())
    assert found
    cmdline = Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    assert found.pid == os.getpid()
    assert [os.fsencode(word) for word in found.cmdline] == cmdline
    assert Path("/proc/self/comm").read_text().strip()[:15] == found.name[:15]


def test_metadata_is_the_same_object_until_a_process_renames_itself(child: Child) -> None:
    child.rename(b"one")
    processes = Processes("/proc")
    before = processes.read(child.pid)
    assert processes.read(child.pid) is before
    child.rename(b"two")
    after = processes.read(child.pid)
    assert before
    assert before.name == "one"
    assert after == before._replace(name="two")


def test_metadata_is_asked_for_anew_when_it_was_forgotten(child: Child) -> None:
    processes = Processes("/proc")
    before = processes.read(child.pid)
    processes.forget(child.pid)
    after = processes.read(child.pid)
    assert after is not before
    assert after == before


def test_another_program_of_the_same_name_has_its_own_command_line() -> None:
    """As when an interpreter runs one script and then another: neither pid, start time nor name is different."""
    second = "print(flush=True); input()"
    run = f"os.execv(sys.executable, [sys.executable, '-S', '-c', {second!r}])"
    code = f"import os, sys; print(flush=True); input(); {run}"
    command = [sys.executable, "-S", "-c", code]
    processes = Processes("/proc")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin
        assert running.stdout
        running.stdout.readline()  # it runs: the kernel lets the parent go on before the arguments are in place
        before = processes.read(running.pid)
        running.stdin.write("\n")
        running.stdin.flush()
        running.stdout.readline()
        after = processes.read(running.pid)
        assert before
        assert after
        assert (before.cmdline[-1], after.cmdline[-1]) == (code, second)
        assert after.create_time == before.create_time


def test_a_process_that_is_gone_has_no_metadata(child: Child) -> None:
    processes = Processes("/proc")
    assert processes.read(child.pid)
    child.running.kill()
    child.running.wait()
    assert processes.read(child.pid) is None


class Twin:
    """A process of this machine that has a folder in a tree, where its cgroup and its start can be made up."""

    def __init__(self, tree: Tree, pid: int) -> None:
        self.pid = pid
        self.folder = tree.root / str(pid)
        self.folder.mkdir()
        self.start("4242")
        self.processes = Processes(str(tree.root))

    def start(self, ticks: str, name: str = "a) (b 1 2 3") -> None:
        fields = ["S", *map(str, range(4, 22)), ticks, *map(str, range(23, 53))]
        (self.folder / "stat").write_text(f"{self.pid} ({name}) {' '.join(fields)}\n")

    def rename(self, name: str) -> None:
        (self.folder / "comm").write_text(f"{name}\n")

    def read(self) -> Process:
        found = self.processes.read(self.pid)
        assert found
        return found


@pytest.fixture
def twin(tree: Tree, child: Child) -> Twin:
    return Twin(tree, child.pid)


def test_a_process_tells_its_unit_and_its_container(twin: Twin) -> None:
    text = f"0::/system.slice/docker-{'ab' * 32}.scope/\udcff.service\n"
    (twin.folder / "cgroup").write_text(text, errors="surrogateescape")
    assert (twin.read().container, twin.read().unit) == ("docker:abababababab", "\ufffd.service")


def test_a_process_whose_cgroup_cannot_be_read_has_neither(twin: Twin) -> None:
    assert (twin.read().container, twin.read().unit) == (None, None)


def test_metadata_of_a_number_that_is_used_again_is_that_of_the_new_process(twin: Twin) -> None:
    twin.rename("one")
    before = twin.read()
    twin.rename("two")
    assert twin.read() is before
    twin.start("4243")
    assert (before.name, twin.read().name) == ("one", "two")


def test_details_of_a_process_are_program_folder_and_parents(child: Child) -> None:
    found = Processes("/proc").details(child.pid)
    assert found
    assert found.exe == str(Path(f"/proc/{child.pid}/exe").readlink())
    assert found.cwd == os.getcwd()
    assert found.parents[0][0] == os.getpid()
    assert found.parents[-1][0] == 1 or len(found.parents) > 1


def test_a_process_that_is_gone_has_no_details(child: Child) -> None:
    child.running.kill()
    child.running.wait()
    assert Processes("/proc").details(child.pid) is None


def test_details_that_may_not_be_seen_are_left_out(child: Child, unprivileged: Callable[[], None]) -> None:
    if os.geteuid():
        pytest.skip("only root has a process that others may not look into")
    unprivileged()
    found = Processes("/proc").details(child.pid)
    assert found
    assert (found.exe, found.cwd) == (None, None)
    assert found.parents[0][0] == os.getpid()


def test_a_zombie_is_a_process_without_arguments(child: Child) -> None:
    child.running.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    found = Processes("/proc").read(child.pid)
    assert found
    assert (found.pid, found.cmdline) == (child.pid, ())


def test_a_user_without_a_name_is_a_number(tree: Tree) -> None:
    source = LinuxSource(str(tree.root))
    assert (source.user(0), source.user(4_000_000_000)) == ("root", "4000000000")
