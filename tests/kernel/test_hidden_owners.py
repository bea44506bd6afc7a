"""What keeps owners out of sight, made with real mounts, namespaces and users: they are hidden, and it is said why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.kernel.process_visibility import read_visibility
from tests.support.kernel import NOBODY, Child, Netns, quiet_machine

pytestmark = pytest.mark.usefixtures("may_make_namespaces")

AROUND = read_visibility("/proc")
"""What keeps processes from the tests themselves, which may run in a pid namespace of their own."""
LOOKER, HOLDER = "tests.support.kernel_look", "tests.support.kernel_holder"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def mounted(options: str, source: str = "proc") -> list[str]:
    """Runs a program that has another /proc."""
    script = 'mount -t proc -o "$0" "$1" /proc && shift && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, options, source]


class Scene:
    """A listener of root in a namespace, and a look at it."""

    def __init__(self, stack: ExitStack, netns: Netns) -> None:
        self._stack = stack
        self._netns = netns
        self.holder = stack.enter_context(Child(HOLDER, netns=netns))
        self.inode, self.fd = self.holder.ask(["listen"])

    def look(self, uid: int, before: list[str]) -> tuple[dict[str, Any], list[str]]:
        """The listener's row as somebody sees it who was started this way, and what he is told that he can't see."""
        looker = self._stack.enter_context(Child(LOOKER, "", str(uid), netns=self._netns, before=before))
        seen = looker.ask({"now": 0.0, "of": [self._netns.inode]})
        (row,) = (socket for socket in seen["sockets"] if socket["inode"] == self.inode)
        return row, [text for text in seen["unseen"] if text not in AROUND.texts()]


@pytest.fixture
def scene(stack: ExitStack, here: Netns) -> Scene:
    return Scene(stack, here)


@pytest.mark.parametrize("options", ["hidepid=2", "hidepid=invisible,gid=12345", "hidepid=ptraceable"])
def test_what_proc_does_not_list_is_hidden_from_a_user_and_not_from_root(scene: Scene, options: str) -> None:
    row, unseen = scene.look(NOBODY, mounted(options))
    assert (row["owners"], row["reason"]) == ([], "permission")
    assert unseen == ["/proc hides processes of other users (hidepid)"]
    row, unseen = scene.look(0, mounted(options))
    assert (row["owners"], row["reason"]) == ([[scene.holder.pid, scene.fd]], None)
    assert not [text for text in unseen if "hidepid" in text]


def test_a_proc_that_was_mounted_without_a_source_hides_as_any_other(scene: Scene) -> None:
    row, unseen = scene.look(NOBODY, mounted("hidepid=2", source=""))
    assert (row["owners"], row["reason"]) == ([], "permission")
    assert unseen == ["/proc hides processes of other users (hidepid)"]


def test_the_group_that_hidepid_lets_off_is_told_what_it_may_not_read_instead(scene: Scene) -> None:
    row, unseen = scene.look(NOBODY, mounted(f"hidepid=2,gid={NOBODY}"))
    assert (row["owners"], row["reason"], len(unseen)) == ([], "permission", 1)
    assert unseen[0].startswith("root needed for ")


def test_what_is_listed_and_may_not_be_read_is_counted(scene: Scene) -> None:
    row, unseen = scene.look(NOBODY, mounted("hidepid=1"))
    assert (row["owners"], row["reason"], len(unseen)) == ([], "permission", 1)
    assert unseen[0].startswith("root needed for ")
    assert unseen[0].endswith(" of other users")


def test_the_processes_outside_a_pid_namespace_are_hidden(scene: Scene) -> None:
    row, unseen = scene.look(0, ["unshare", "--pid", "--fork", "--mount-proc"])
    assert (row["owners"], row["reason"]) == ([], "permission")
    assert unseen == ([] if AROUND.is_enclosed else ["processes outside this pid namespace do not show"])


def test_a_pid_namespace_that_keeps_the_proc_around_it_hides_nothing() -> None:
    code = "from netwatch_tui.kernel.process_visibility import read_visibility as read; print(read('/proc'))"
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == repr(AROUND)


def test_a_thread_with_a_table_of_its_own_is_found_below_the_proc_of_an_outer_pid_namespace(
    scene: Scene, stack: ExitStack, here: Netns
) -> None:
    """System calls take other numbers than that /proc has."""
    inode, fd = scene.holder.ask(["listen_in_thread"])
    looker = stack.enter_context(Child(LOOKER, "", netns=here, before=["unshare", "--pid", "--fork", "--kill-child"]))
    seen = looker.ask({"now": 0.0, "of": [here.inode]})
    owners = {socket["inode"]: socket["owners"] for socket in seen["sockets"]}
    assert owners[inode] == [[scene.holder.pid, fd]]


def test_a_proc_of_processes_alone_shows_every_owner(scene: Scene) -> None:
    row, _ = scene.look(0, mounted("subset=pid"))
    assert (row["owners"], row["reason"]) == ([[scene.holder.pid, scene.fd]], None)


def test_a_shielded_process_is_told_from_those_of_other_users(scene: Scene) -> None:
    scene.holder.ask(["become", NOBODY])
    row, unseen = scene.look(NOBODY, [])
    assert row["owners"] == [[scene.holder.pid, scene.fd]]
    others = len(unseen)
    scene.holder.ask(["shield"])
    row, unseen = scene.look(NOBODY, [])
    assert (row["owners"], row["reason"]) == ([], "permission")
    assert unseen[others:] == ["root needed for 1 shielded process"]


def test_who_may_trace_and_not_search_is_told_which_right_is_missing(scene: Scene) -> None:
    scene.holder.ask(["become", NOBODY])
    row, unseen = scene.look(0, ["setpriv", "--bounding-set=-dac_read_search,-dac_override"])
    assert row["reason"] == "permission"
    assert unseen
    assert all(text.startswith("CAP_DAC_READ_SEARCH needed for ") for text in unseen)


def test_a_process_that_shields_itself_is_not_said_to_have_let_go_of_its_sockets(
    scene: Scene, stack: ExitStack, here: Netns
) -> None:
    scene.holder.ask(["become", NOBODY])
    looker = stack.enter_context(Child(LOOKER, "", str(NOBODY), netns=here))

    def row(now: float) -> dict[str, Any]:
        seen = looker.ask({"now": now, "of": [here.inode]})
        (row,) = (socket for socket in seen["sockets"] if socket["inode"] == scene.inode)
        return dict(row)

    before = row(0.0)
    scene.holder.ask(["shield"])
    after = row(LOOK_ROUND_EVERY)
    assert (before["owners"], after["owners"]) == ([[scene.holder.pid, scene.fd]], [])
    assert (after["reason"], after["evidence"]) == ("permission", before["owners"])


def test_an_ordinary_user_finds_what_his_process_holds_whose_main_thread_has_ended(scene: Scene) -> None:
    scene.holder.ask(["become", NOBODY])
    _, before = scene.look(NOBODY, [])
    scene.holder.ask(["leave"])
    row, unseen = scene.look(NOBODY, [])
    assert (row["owners"], row["reason"]) == ([[scene.holder.pid, scene.fd]], None)
    assert unseen == before


def test_what_holds_nothing_hides_nothing(stack: ExitStack) -> None:
    """The files of a zombie are root's, whoever's it is; so may nobody but root read that it has no descriptors."""
    quiet = stack.enter_context(quiet_machine())
    looker = stack.enter_context(Child(LOOKER, "*", str(NOBODY), before=quiet))
    mine, roots = (stack.enter_context(Child(HOLDER, before=quiet)) for _ in range(2))
    mine.ask(["become", NOBODY])
    roots.ask(["udp"])
    before = looker.ask({"now": 0.0, "of": []})
    for parent in (mine, roots):
        parent.ask(["leave_zombie"])
    after = looker.ask({"now": LOOK_ROUND_EVERY, "of": []})
    assert (after["unseen"], after["denied"]) == (before["unseen"], before["denied"])


def test_root_is_told_which_right_is_missing_and_not_that_root_is(scene: Scene) -> None:
    scene.holder.ask(["become", NOBODY])
    row, unseen = scene.look(0, ["setpriv", "--bounding-set=-sys_ptrace"])
    assert (row["owners"], row["reason"]) == ([], "permission")
    assert unseen
    assert all(text.startswith("CAP_SYS_PTRACE needed for ") for text in unseen)


def test_root_of_a_user_namespace_is_told_that_his_rights_end_there(scene: Scene) -> None:
    row, unseen = scene.look(0, ["unshare", "--user", "--map-root-user"])
    assert (row["owners"], row["reason"]) == ([], "permission")
    assert all(text.endswith(" closed even to CAP_SYS_PTRACE") for text in unseen)
    assert unseen
