from __future__ import annotations

from pathlib import Path

import pytest

from netwatch_tui.kernel.process_visibility import read_visibility
from netwatch_tui.sockets.unseen import Unseen

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


def test_where_it_cannot_be_found_out_what_is_hidden_something_may_be(tmp_path: Path) -> None:
    assert read_visibility(str(tmp_path)).is_anything
