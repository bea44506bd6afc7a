from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwatch_tui.kernel import process_visibility
from netwatch_tui.kernel.process_visibility import read_denied, read_visibility
from netwatch_tui.sockets.unseen import Denied, Unseen

USER, ROOT, TRACER = Unseen(), Unseen(is_root=True), Unseen(is_root=True, may_trace=True)


@pytest.mark.parametrize(
    ("unseen", "texts"),
    [
        (USER, []),
        (USER._replace(others=1_200), ["root needed for 1,200 processes of other users"]),
        (USER._replace(others=1), ["root needed for 1 process of another user"]),
        (USER._replace(others=1, may_trace=True), ["1 process of another user closed even to CAP_SYS_PTRACE"]),
        (ROOT._replace(others=2), ["CAP_SYS_PTRACE needed for 2 processes of other users"]),
        (TRACER._replace(shielded=1), ["1 shielded process closed even to CAP_SYS_PTRACE"]),
        (TRACER._replace(others=1, may_search=False), ["CAP_DAC_READ_SEARCH needed for 1 process of another user"]),
        (ROOT._replace(unreadable=1), ["1 process could not be read"]),
        (ROOT._replace(not_listed=True), ["processes could not be listed"]),
        (ROOT._replace(waiting=1_200), ["1,200 processes not looked into yet"]),
        (
            USER._replace(others=2, shielded=1, proc_hides=True, is_enclosed=True),
            [
                "root needed for 2 processes of other users",
                "root needed for 1 shielded process",
                "/proc hides processes of other users (hidepid)",
                "processes outside this pid namespace do not show",
            ],
        ),
    ],
)
def test_what_is_unseen_has_words_for_what_it_takes(unseen: Unseen, texts: list[str]) -> None:
    assert unseen.texts() == texts
    assert unseen.is_anything is bool(texts)


_KERNEL_THREAD, _PROGRAM = 0x0020_8040, 0x0040_0100


@pytest.mark.parametrize(
    ("state", "flags", "threads", "meaning"),
    [
        ("S", _PROGRAM, 1, Denied.SHIELDED),
        ("I", _KERNEL_THREAD, 1, Denied.EMPTY),
        ("Z", _PROGRAM, 1, Denied.EMPTY),
        ("Z", _PROGRAM, 2, Denied.HEADLESS),
        ("X", _PROGRAM, 0, Denied.EMPTY),
    ],
)
def test_what_has_no_descriptors_is_told_from_what_hides_them(
    tmp_path: Path, state: str, flags: int, threads: int, meaning: Denied
) -> None:
    (tmp_path / "30" / "task" / "31" / "fd").mkdir(parents=True)
    before = f"30 (a) b) {state} 2 0 0 0 -1 {flags} " + "0 " * 10
    (tmp_path / "30" / "stat").write_text(f"{before}{threads} 0 24 0 0\n")
    assert read_denied(str(tmp_path), 30) is meaning
    assert read_denied(str(tmp_path), 31) is Denied.EMPTY, "it is gone"


@pytest.mark.parametrize(("hidepid", "hides"), [("0", False), ("2", False), ("ptraceable", True)])
def test_a_security_module_hides_processes_from_root_too_where_only_the_traceable_are_listed(
    tmp_path: Path, hidepid: str, hides: bool
) -> None:
    if os.stat("/proc/self/ns/user").st_ino != process_visibility._FIRST_USER_NAMESPACE:
        pytest.skip("not in the first user namespace, of which root may look at everything")
    own, device = tmp_path / "self", tmp_path.stat().st_dev
    own.mkdir()
    (own / "ns").symlink_to("/proc/self/ns")
    (own / "status").write_text("CapEff:\t000001ffffffffff\n")
    mount = f"22 27 {os.major(device)}:{os.minor(device)} / /proc rw - proc proc rw,hidepid={hidepid}\n"
    (own / "mountinfo").write_text(mount)
    assert read_visibility(str(tmp_path)).proc_hides is hides
    (tmp_path / "1").mkdir()
    assert not read_visibility(str(tmp_path)).proc_hides


def test_where_it_cannot_be_found_out_what_is_hidden_something_may_be(tmp_path: Path) -> None:
    assert read_visibility(str(tmp_path)).is_anything
