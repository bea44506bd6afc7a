from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwatch_tui.kernel import descriptor_limit
from netwatch_tui.kernel.namespaces import (
    DESCRIPTORS_EACH,
    OTHER_DESCRIPTORS,
    NamespaceError,
    NamespaceList,
    Namespaces,
)
from tests.support.build import NETNS
from tests.support.fake import FakeNamespace, FakeSource, Place

NOBODY = 65_534
BLUE, RED = NETNS + 100, NETNS + 200

Told = tuple[int, str, str | None]
"""Number, name and way of a namespace."""


class Tree:
    """A folder that looks like /proc, with processes in network namespaces. Nothing stands in `ip netns`'s folder."""

    def __init__(self, root: Path) -> None:
        self.proc = root / "proc"
        self.list = NamespaceList(str(self.proc), str(root / "netns"))
        self._enter("self", NETNS)

    def add(self, pid: int, netns: int, cgroup: str | None = None, *, threads: tuple[int, ...] = ()) -> Path:
        """A process; its further threads have numbers behind its own, and are in these namespaces."""
        folder = self._enter(str(pid), netns)
        if cgroup is not None:
            (folder / "cgroup").write_text(f"0::{cgroup}\n")
        for tid, inside in enumerate((netns, *threads), pid):
            self._enter(f"{pid}/task/{tid}", inside)
        return folder

    def look(self) -> Namespaces:
        return self.list.look()

    def others(self) -> list[Told]:
        """What is told of all but the own one."""
        self.look()
        return [
            (each.inode, each.name, each.way and each.way.removeprefix(str(self.proc)))
            for each in self.list._known.values()
            if not each.is_own
        ]

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
    seen = tree.look()
    assert (seen.own.inode, seen.own.name, seen.others, seen.denied, seen.unreadable) == (NETNS, "own", (), 0, 0)


def test_the_own_one_is_that_of_this_process_whoever_has_its_number(tree: Tree) -> None:
    tree.add(os.getpid(), BLUE)  # as below the /proc of another pid namespace
    assert tree.look().own.inode == NETNS
    assert tree.others() == [(BLUE, str(BLUE), f"/{os.getpid()}")]


def test_a_proc_without_this_process_is_refused_in_one_line(tree: Tree) -> None:
    (tree.proc / "self" / "ns" / "net").unlink()
    for ask in (tree.look, lambda: tree.list.choose(""), lambda: tree.list.choose("*")):
        with pytest.raises(NamespaceError, match=r"^this process is not in .*pid namespace"):
            ask()


def test_each_namespace_is_told_once_with_its_first_process(tree: Tree) -> None:
    for pid, netns in ((1, NETNS), (200, BLUE), (30, BLUE), (1000, RED), (1001, BLUE), (1002, RED), (9, NETNS)):
        tree.add(pid, netns)
    assert tree.others() == [(BLUE, str(BLUE), "/30"), (RED, str(RED), "/1000")]


def test_a_namespace_in_which_only_a_thread_is_is_found(tree: Tree) -> None:
    tree.add(30, NETNS, threads=(NETNS, BLUE, RED))
    tree.add(40, RED)
    assert sorted(tree.others()) == [(BLUE, str(BLUE), "/30/task/32"), (RED, str(RED), "/40")]


def test_threads_whose_process_has_lost_its_main_one_are_found(tree: Tree) -> None:
    (tree.add(30, NETNS, threads=(BLUE,)) / "ns" / "net").unlink()
    assert tree.others() == [(BLUE, str(BLUE), "/30/task/31")]


def test_a_namespace_is_one_object_as_long_as_it_is_there(tree: Tree) -> None:
    tree.add(30, BLUE)
    (first,) = tree.look().others
    (tree.proc / "30" / "ns" / "net").unlink()
    tree.add(31, BLUE)
    assert tree.look().others == (first,)
    (tree.proc / "31" / "ns" / "net").unlink()
    assert tree.look().others == ()


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
    assert tree.others() == [(BLUE, name, "/30")]


def test_a_process_that_vanishes_while_we_look_is_left_out(tree: Tree) -> None:
    tree.add(30, BLUE)
    (tree.proc / "31").mkdir()
    tree.add(32, RED)
    assert [way for _, _, way in tree.others()] == ["/30", "/32"]
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


def test_processes_that_hide_their_namespace_are_counted_but_those_that_show_the_own_tables(
    open_tree: Tree, unprivileged: Callable[[], None]
) -> None:
    open_tree.add(30, BLUE)
    own = open_tree.proc / "self" / "net" / "tcp"
    own.parent.mkdir()
    own.touch()
    for pid, inside in ((31, RED), (32, RED), (33, NETNS)):
        folder = open_tree.add(pid, inside)
        (folder / "ns").chmod(0)
        (folder / "net").mkdir()
        if inside == NETNS:
            os.link(own, folder / "net" / "tcp")
        else:
            (folder / "net" / "tcp").touch()
    zombie = open_tree.add(34, RED)  # has no tables, being in no namespace
    (zombie / "ns").chmod(0)
    unprivileged()
    assert [told[0] for told in open_tree.others()] == [BLUE]
    assert open_tree.look().denied == 2
    with pytest.raises(NamespaceError, match="process 31 may not be looked at"):
        open_tree.list.choose("31")


def test_a_container_that_may_not_be_read_is_a_number(open_tree: Tree, unprivileged: Callable[[], None]) -> None:
    (open_tree.add(30, BLUE, "/lxc/web") / "cgroup").chmod(0)
    unprivileged()
    assert open_tree.others() == [(BLUE, str(BLUE), "/30")]


# --- which one is meant ---


OWN, *OTHERS = (
    FakeNamespace(FakeSource(), Place(inode, name, 1))
    for inode, name in ((NETNS, "main"), (BLUE, "blue"), (RED, "red"), (5, "red"))
)


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
    assert [each.inode for each in Namespaces(OWN, tuple(OTHERS), 0).chosen(name)] == inodes


@pytest.fixture
def named(tree: Tree) -> Tree:
    """A tree with a container, a unit, and two namespaces of units of one name."""
    tree.add(30, BLUE, "/lxc.payload.web/init.scope")
    tree.add(31, RED, "/system.slice/twin.service")
    tree.add(32, RED + 1, "/system.slice/twin.service")
    tree.add(33, RED + 2, "/system.slice/31.service")
    return tree


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("", ""),
        ("*", "*"),
        ("own", "own"),
        ("lxc:web", "lxc:web"),
        (str(BLUE), str(BLUE)),
        ("30", str(BLUE)),
        ("32", str(RED + 1)),
        ("31.service", "31.service"),
    ],
)
def test_a_name_a_number_or_a_pid_is_what_the_collector_can_follow(named: Tree, text: str, called: str) -> None:
    assert named.list.choose(text) == called


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            "green",
            rf"no network namespace 'green' can be seen; there are: own, lxc:web, twin.service \({RED}\), twin",
        ),
        ("999", "no network namespace '999' can be seen"),
        ("twin.service", rf"'twin.service' means several .*: twin.service \({RED}\), twin.service \({RED + 1}\); say"),
        ("/no/such/file", "^/no/such/file: No such file or directory$"),
        ("/dev/null", "^/dev/null is not the file of a network namespace$"),
    ],
)
def test_what_is_none_or_several_is_refused_in_one_line(named: Tree, text: str, refusal: str) -> None:
    with pytest.raises(NamespaceError, match=refusal) as caught:
        named.list.choose(text)
    assert "\n" not in str(caught.value)


def test_of_more_than_there_are_descriptors_for_the_named_ones_are_read_first_and_then_those_that_are_there_longest(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descriptor_limit, "own_limit_for", lambda _: OTHER_DESCRIPTORS + 12 * DESCRIPTORS_EACH)
    tree.add(os.getpid(), NETNS)
    for number in range(10):
        tree.add(100 + number, NETNS + 10 + number)
    assert tree.look().left_out == frozenset()

    for number in range(10):
        tree.add(200 + number, NETNS + 30 + number)
    first = {NETNS + 10 + number for number in range(10)}
    seen = tree.look()
    assert first <= {each.inode for each in seen.others}
    assert (len(seen.others), len(seen.left_out)) == (12, 8)
    assert seen.problems_of("") == ()
    (problem,) = seen.problems_of("*")
    assert problem == ("8 network namespaces are not read: no descriptors are left for more", 8)
    assert {each.inode for each in tree.look().others} == {each.inode for each in seen.others}, "and those again"

    wanted = min(seen.left_out)
    assert tree.list.choose(str(wanted)) == str(wanted)
    assert [each.inode for each in tree.look().chosen(str(wanted))] == [wanted]
