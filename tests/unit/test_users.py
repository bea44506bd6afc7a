"""Names of users come from a file, and from nobody who would have to be asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwatch_tui.kernel import users
from netwatch_tui.kernel.limits import read_lines
from netwatch_tui.kernel.users import Users


def test_a_user_has_the_name_of_the_first_line_with_that_number(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_bytes(b"root:x:0:0::/root:/bin/sh\ntoor:x:0:0:::\nj\xf6rg:x:1000:1000:::\n")
    known = Users(str(passwd))
    assert [known.name(uid) for uid in (0, 1000, 1001)] == ["root", "j\udcf6rg", "1001"]


@pytest.mark.parametrize(
    "line",
    [b"", b":", b"a:x", b"a:x:", b"a:x:y", b"a:x:-1", b"+::::::", b":x:0:0:::", b"a:x:" + b"9" * 5000, b"\0" * 99],
)
def test_what_is_no_line_of_a_user_is_passed_over(tmp_path: Path, line: bytes) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_bytes(line + b"\nroot:x:0:0:::\n")
    assert Users(str(passwd)).name(0) == "root"


def test_without_the_file_users_are_numbers(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        assert Users(str(path)).name(0) == "0"


def test_the_file_is_read_again_when_it_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("before:x:7:7:::\n")
    known, reads = Users(str(passwd)), 0

    def counted(path: str) -> list[bytes]:
        nonlocal reads
        reads += 1
        return read_lines(path)

    monkeypatch.setattr(users, "read_lines", counted)
    for _ in range(3):
        assert known.name(7) == "before"
        known.look_again()
    assert reads == 1
    other = tmp_path / "other"
    other.write_text("after:x:7:7:::\n")
    os.replace(other, passwd)
    assert known.name(7) == "before", "not for every name"
    known.look_again()
    assert known.name(7) == "after"


def test_users_without_a_name_are_not_remembered_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "USERS", 10)
    known = Users(str(tmp_path / "nothing"))
    assert [known.name(uid) for uid in range(100)] == [str(uid) for uid in range(100)]
    assert known._names is not None
    assert len(known._names) == 10
