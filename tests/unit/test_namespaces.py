from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwatch_tui.kernel.namespaces import Namespace, Namespaces, list_namespaces
from tests.support.build import NETNS

NOBODY = 65_534
BLUE, RED = NETNS + 100, NETNS + 200


class Tree:
    """A folder that looks like /proc, with processes in network namespaces, and one that looks like /run/netns."""

    def __init__(self, root: Path) -> None:
        self.proc = root / "proc"
        self.named = root / "netns"
        self._enter("self", NETNS)

    def add(self, pid: int, netns: int, cgroup: str | None = None) -> Path:
        """A process."""
        folder = self._enter(str(pid), netns)
        if cgroup is not None:
            (folder / "cgroup").write_text(f"0::{cgroup}\n")
        return folder

    def name(self, name: str) -> int:
        """Give a name to a new namespace, as `ip netns add` does; returns its inode."""
        self.named.mkdir(exist_ok=True)
        (self.named / name).touch()
        return (self.named / name).stat().st_ino

    def look(self) -> Namespaces:
        return list_namespaces(str(self.proc), str(self.named))

    def _enter(self, name: str, netns: int) -> Path:
        folder = self.proc / name
        (folder / "ns").mkdir(parents=True)
        (folder / "ns" / "net").symlink_to(f"net:[{netns}]")
        return folder


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_without_others_there_is_the_own_one(tree: Tree) -> None:
    tree.add(1, NETNS)
    tree.add(os.getpid(), NETNS)
    assert tree.look() == Namespaces(Namespace(NETNS, "own", os.getpid()), (), 0)


def test_each_namespace_is_told_once_with_its_first_process(tree: Tree) -> None:
    for pid, netns in ((1, NETNS), (200, BLUE), (30, BLUE), (1000, RED), (1001, BLUE), (1002, RED), (9, NETNS)):
        tree.add(pid, netns)
    assert tree.look().others == (Namespace(BLUE, str(BLUE), 30), Namespace(RED, str(RED), 1000))


def test_a_namespace_has_the_name_that_was_given_to_it(tree: Tree) -> None:
    blue, _ = tree.name("blue"), tree.name("empty")
    tree.add(30, blue, "/system.slice/nginx.service")
    tree.add(40, RED)
    assert tree.look().others == (Namespace(blue, "blue", 30), Namespace(RED, str(RED), 40))


def test_the_own_namespace_can_have_a_name_too(tree: Tree) -> None:
    blue = tree.name("blue")
    link = tree.proc / "self" / "ns" / "net"
    link.unlink()
    link.symlink_to(f"net:[{blue}]")
    assert tree.look().own == Namespace(blue, "blue", os.getpid())


@pytest.mark.parametrize(
    ("cgroup", "name"),
    [
        (f"/system.slice/docker-{'ab' * 32}.scope", "docker:abababababab"),
        ("/lxc.payload.web/init.scope", "lxc:web"),
        ("/system.slice/nginx.service", "nginx.service"),
        ("/", str(BLUE)),
        (None, str(BLUE)),
    ],
)
def test_a_namespace_without_a_name_has_that_of_its_container_or_unit(
    tree: Tree, cgroup: str | None, name: str
) -> None:
    tree.add(30, BLUE, cgroup)
    tree.add(31, BLUE, "/system.slice/other.service")
    assert tree.look().others == (Namespace(BLUE, name, 30),)


def test_a_process_that_vanishes_while_we_look_is_left_out(tree: Tree) -> None:
    tree.add(30, BLUE)
    (tree.proc / "31").mkdir()
    tree.add(32, RED)
    assert [namespace.pid for namespace in tree.look().others] == [30, 32]
    assert tree.look().denied == 0


@pytest.fixture
def unprivileged() -> Iterator[Callable[[], None]]:
    """Gives up root's rights until the test ends."""
    before = os.geteuid()

    def drop() -> None:
        if before == 0:
            os.seteuid(NOBODY)

    yield drop
    os.seteuid(before)


@pytest.fixture
def open_tree() -> Iterator[Tree]:
    """A tree that others can enter, unlike pytest's own folders."""
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        yield Tree(Path(root))


def test_processes_that_may_not_be_looked_at_are_counted(open_tree: Tree, unprivileged: Callable[[], None]) -> None:
    open_tree.add(30, BLUE)
    for pid in (31, 32):
        (open_tree.add(pid, RED) / "ns").chmod(0)
    unprivileged()
    seen = open_tree.look()
    assert (seen.others, seen.denied) == ((Namespace(BLUE, str(BLUE), 30),), 2)


def test_a_container_that_may_not_be_read_is_a_number(open_tree: Tree, unprivileged: Callable[[], None]) -> None:
    (open_tree.add(30, BLUE, "/lxc/web") / "cgroup").chmod(0)
    unprivileged()
    assert open_tree.look().others == (Namespace(BLUE, str(BLUE), 30),)


OWN = Namespace(NETNS, "main", 1)
ALL = Namespaces(OWN, (Namespace(BLUE, "blue", 30), Namespace(RED, "red", 40), Namespace(5, "red", 50)), 0)


@pytest.mark.parametrize(
    ("name", "inodes"),
    [
        ("", [NETNS]),
        ("*", [NETNS, BLUE, RED, 5]),
        ("blue", [BLUE]),
        (str(BLUE), [BLUE]),
        ("main", [NETNS]),
        (str(NETNS), [NETNS]),
        ("red", [RED, 5]),
        ("blu", []),
        ("Blue", []),
        ("30", []),
    ],
)
def test_a_namespace_is_chosen_by_name_or_number(name: str, inodes: list[int]) -> None:
    assert [namespace.inode for namespace in ALL.chosen(name)] == inodes
