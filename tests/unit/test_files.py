"""Reading what anybody may have put there, and writing what is nobody else's business, on a real file system."""

from __future__ import annotations

import os
import stat
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwatch_tui.files import strict_json, text_lines
from netwatch_tui.files.bounded_reader import open_input, open_regular, read_bounded
from netwatch_tui.files.private_writer import open_output, write_file
from netwatch_tui.files.state_folder import check_folder, open_folder, state_folder
from netwatch_tui.files.strict_json import parse_json
from netwatch_tui.files.text_lines import OVERLONG, BrokenFileError, read_lines

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="files of another user are made by root")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# --- reading ---


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_directory(path: Path) -> None:
    path.mkdir()


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "words"),
    [(a_pipe, "a pipe"), (a_directory, "a directory"), (a_device, "a device")],
)
def test_only_regular_files_are_read_and_nothing_is_waited_for(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "x"
    make(path)
    for reads in (open_regular, open_input, lambda path: read_bounded(path, 10)):
        with pytest.raises(OSError, match=f"it is {words}, not a regular file"):
            reads(str(path))


def test_a_link_is_followed_only_where_a_person_named_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_bounded(str(tmp_path / "link"), 10) == b"text"
    with pytest.raises(OSError, match="a symbolic link, not a regular file"):
        read_bounded(str(tmp_path / "link"), 10, follow=False)


def test_no_more_is_read_than_may_be(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bounded(str(path), 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_bounded(str(path), 4)


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(OSError, match="null character"):
        open_input("a\0b")


@pytest.mark.parametrize("text", [b"[" * 100_000, b"NaN", b"1" * 5000, b"", b"{'a': 1}", b"\xff"])
def test_json_that_is_none_is_one_kind_of_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_json_of_nothing_but_values_is_refused_before_it_takes_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "FEW_PARTS", 1000)
    assert len(parse_json(b"[" + b"[]," * 499 + b"[]]")) == 500
    for part in (b"[]", b"{}", b"0", b'"a"'):
        with pytest.raises(ValueError, match="too many values"):
            parse_json(b"[" + (part + b",") * 5000 + part + b"]")
    parse_json(b"[" + b'"eighteen letters",' * 5000 + b"0]")


# --- lines ---


def lines_of(path: Path, data: bytes) -> Iterator[bytes]:
    path.write_bytes(data)
    return read_lines(open_regular(str(path)))


def test_a_line_that_is_too_long_is_left_out_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lines, "MOST_LINE", 100_000)
    longest, longer = b"a" * 100_000, b"b" * 100_001
    data = b"\n".join((b"first", longer, longest, longer, longer, b"last"))
    found = list(lines_of(tmp_path / "x", data))
    assert found == [b"first\n", OVERLONG, longest + b"\n", OVERLONG, OVERLONG, b"last"]
    assert list(lines_of(tmp_path / "x", longer)) == [OVERLONG]


@pytest.mark.parametrize("unit", [b"[", b"[],"], ids=["depth", "lists"])
def test_what_was_made_to_unpack_to_gigabytes_is_refused_before_it_takes_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: bytes
) -> None:
    monkeypatch.setattr(text_lines, "ALWAYS_UNPACKED", 1 << 18)
    press = zlib.compressobj(9, wbits=31)
    data = b"".join(press.compress(unit * (1 << 16)) for _ in range(1024)) + press.flush()
    tracemalloc.start()
    try:
        with pytest.raises(BrokenFileError, match="unpacks to more than 64 times its size"):
            for _ in lines_of(tmp_path / "x", data):
                pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 24  # of 64 MiB and more
    finally:
        tracemalloc.stop()


def test_what_stands_for_much_at_the_very_end_is_given_whole(tmp_path: Path) -> None:
    for size in (text_lines._PART - 1, text_lines._PART, text_lines._PART + 1, 5 * text_lines._PART):
        data = b"x" * size
        press = zlib.compressobj(9, wbits=31)
        packed = press.compress(data) + press.flush(zlib.Z_SYNC_FLUSH) + press.compress(b"y\n") + press.flush()
        assert b"".join(lines_of(tmp_path / "x", packed * 2)) == (data + b"y\n") * 2


# --- writing ---


def test_a_written_file_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new"
    write_file(path, (b"a", b"b"), replace=False)
    assert (path.read_bytes(), mode(path)) == (b"ab", 0o600)
    with pytest.raises(FileExistsError):
        write_file(path, (b"c",), replace=False)
    assert path.read_bytes() == b"ab"
    write_file(path, (b"c",), replace=True)
    assert (path.read_bytes(), mode(path)) == (b"c", 0o600)
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o600, 0o600), (0o400, 0o400), (0o666, 0o600)])
def test_no_mode_gets_looser(tmp_path: Path, before: int, after: int) -> None:
    path = tmp_path / "x"
    path.touch()
    path.chmod(before)
    write_file(path, (b"a",), replace=True)
    assert mode(path) == after


@pytest.mark.parametrize("replace", [False, True])
def test_what_fails_half_way_leaves_everything_as_it_was(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "x"
    if replace:
        path.write_bytes(b"before")

    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, chunks(), replace=replace)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == ({"x": b"before"} if replace else {})


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("target", ["secret", "nowhere"])
def test_nothing_is_written_through_a_link(tmp_path: Path, replace: bool, target: str) -> None:
    secret, link = tmp_path / "secret", tmp_path / "link"
    secret.write_bytes(b"secret")
    link.symlink_to(target)
    with pytest.raises(OSError):
        write_file(link, (b"a",), replace=replace)
    with pytest.raises(OSError, match="symbolic link"):
        open_output(str(link))
    assert (secret.read_bytes(), link.is_symlink()) == (b"secret", True)
    assert not (tmp_path / "nowhere").exists()


def test_names_of_what_is_unfinished_are_not_known_before(tmp_path: Path) -> None:
    names = set()

    def chunks() -> Iterator[bytes]:
        names.update(os.listdir(tmp_path))
        yield b"a"

    for at in range(8):
        write_file(tmp_path / f"{at}", chunks(), replace=True)
    assert len({name for name in names if name.startswith(".")}) == 8


def test_a_stream_is_written_to_a_new_or_empty_file_and_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "x"
    os.umask(umask := os.umask(0))
    assert umask & 0o077 != 0o077, "the umask would hide what is tested"
    os.close(open_output(str(path)))
    assert mode(path) == 0o600
    path.chmod(0o644)
    os.close(open_output(str(path)))
    assert mode(path) == 0o600
    path.write_bytes(b"something")
    with pytest.raises(FileExistsError, match="it exists already, and is not replaced"):
        open_output(str(path))
    assert path.read_bytes() == b"something"
    (tmp_path / "y").touch()
    (tmp_path / "z").hardlink_to(tmp_path / "y")
    with pytest.raises(PermissionError):
        open_output(str(tmp_path / "z"))


def test_a_stream_may_go_into_a_pipe_that_somebody_reads(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="nobody reads"):
        open_output(str(path))
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = open_output(str(path))
    os.write(writer, b"a")
    assert (os.read(reader, 2), os.get_blocking(writer)) == (b"a", True)
    os.close(reader)
    os.close(writer)


@needs_root
def test_a_file_or_pipe_of_another_user_gets_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("file", "pipe"):
        os.chown(tmp_path / name, NOBODY, NOBODY)
        with pytest.raises(PermissionError, match="belongs to another user"):
            open_output(str(tmp_path / name))
    os.close(reader)


# --- the folder ---


def test_the_folder_is_where_the_environment_or_else_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert state_folder() == Path("/somewhere/netwatch-tui")
    for odd in ("not/absolute", "", "~"):
        monkeypatch.setenv("XDG_STATE_HOME", odd)
        monkeypatch.setenv("HOME", "/home/ada")
        assert state_folder() == Path("/home/ada/.local/state/netwatch-tui")
    for odd in ("not/absolute", ""):
        monkeypatch.setenv("HOME", odd)
        assert state_folder().is_absolute()


def test_a_user_without_name_and_home_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)
    with pytest.raises(OSError, match="user 4000000000 has no home directory"):
        state_folder()


def test_the_folder_is_made_for_its_owner_alone_when_it_is_needed(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    check_folder(folder)
    with pytest.raises(FileNotFoundError):
        open_folder(folder, create=False)
    assert not (tmp_path / "a").exists()
    os.close(open_folder(folder, create=True))
    assert (mode(tmp_path / "a"), mode(folder)) == (0o700, 0o700)
    os.close(open_folder(folder, create=False))


@needs_root
def test_nothing_is_kept_below_a_folder_of_another_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    (tmp_path / "link").symlink_to("home")
    for folder in (home, home / "a" / "b", tmp_path / "link" / "a"):
        for opens in (lambda folder: open_folder(folder, create=True), check_folder):
            with pytest.raises(PermissionError, match="home belongs to another user"):
                opens(folder)
    assert os.listdir(home) == []


def test_nothing_is_kept_where_anybody_could_take_its_place(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(PermissionError, match="anybody may write to"):
        check_folder(tmp_path / "open" / "a")
    (tmp_path / "open").chmod(0o1777)
    check_folder(tmp_path / "open" / "a")


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for opens in (lambda folder: open_folder(folder, create=True), check_folder):
        with pytest.raises(OSError, match="a is not a directory"):
            opens(tmp_path / "a" / "b")
