"""The file of filters between two runs: what goes in comes out, and what is not ours stays as it is."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from netwatch_tui.ui.remembered import MOST_BYTES, MOST_LETTERS, MOST_TYPED, Filters, Remembered


def test_what_was_typed_last_is_last_and_nothing_is_there_twice(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "new" / "folder")
    assert remembered.read() == Filters()
    for text in ("a", "b", "a", "ü \x1b"):
        remembered.add_typed(text)
    assert Remembered(tmp_path / "new" / "folder").read().typed == ("b", "a", "ü \x1b")


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path)
    for number in range(MOST_TYPED + 5):
        remembered.add_typed(str(number))
    typed = remembered.read().typed
    assert (len(typed), typed[0]) == (MOST_TYPED, "5")


def test_a_name_stands_for_the_filter_that_got_it_last(tmp_path: Path) -> None:
    one, other = Remembered(tmp_path), Remembered(tmp_path)
    one.save("web", "port:80")
    other.save("dns", "port:53")
    one.save("web", "port:443")
    assert other.read().saved == {"web": "port:443", "dns": "port:53"}
    one.delete("web")
    one.delete("never there")
    assert other.read().saved == {"dns": "port:53"}
    assert [each.name for each in tmp_path.iterdir()] == ["filters.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"typed": 1, "saved": {}}',
        '{"typed": [1], "saved": {}}',
        '{"typed": [], "saved": {"a": 1}}',
        "\udcff",
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "filters.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ValueError):
        Remembered(tmp_path).add_typed("a")
    assert path.read_text(errors="surrogateescape") == text


def test_which_filters_are_watched_is_remembered_with_their_names(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path)
    for name in ("web", "dns"):
        remembered.save(name, "port:80")
        remembered.watch(name, is_on=True)
    remembered.watch("no such filter", is_on=True)
    remembered.add_typed("a")
    assert Remembered(tmp_path).read().watched == {"web", "dns"}
    remembered.watch("dns", is_on=False)
    remembered.save("web", "port:443")
    assert remembered.read().watched == {"web"}
    remembered.delete("web")
    assert remembered.read().watched == frozenset()


def test_a_file_of_an_older_program_has_none_that_are_watched(tmp_path: Path) -> None:
    (tmp_path / "filters.json").write_text('{"version": 1, "typed": ["a"], "saved": {"web": "port:80"}}')
    assert Remembered(tmp_path).read() == Filters(("a",), {"web": "port:80"})


@pytest.mark.parametrize(
    ("watched", "words"), [('"web"', "`watched` is no list"), ('["web", 1]', r"watched\[1\] is no text")]
)
def test_a_damaged_list_of_watched_ones_is_never_overwritten(tmp_path: Path, watched: str, words: str) -> None:
    path = tmp_path / "filters.json"
    path.write_text(text := f'{{"typed": [], "saved": {{"web": "port:80"}}, "watched": {watched}}}')
    with pytest.raises(ValueError, match=words):
        Remembered(tmp_path).watch("web", is_on=False)
    assert path.read_text() == text


LONG = "a" * (MOST_LETTERS + 1)


@pytest.mark.parametrize(
    ("typed", "saved", "words"),
    [
        (["a", 1, "b"], {"web": "port:80"}, r"typed\[1\] is no text of at most 10,000 letters; 1 such in all"),
        (["a", LONG, "b"], {"web": "port:80", "x": 1}, r"typed\[1\] is no text .*; 2 such in all"),
        (["a", "b"], {"x": None, "web": "port:80"}, r"saved\[0\] is no text"),
    ],
)
def test_of_a_damaged_file_the_rest_is_used_and_the_file_is_left_alone(
    tmp_path: Path, typed: list[object], saved: dict[str, object], words: str
) -> None:
    path = tmp_path / "filters.json"
    path.write_text(text := json.dumps({"typed": typed, "saved": saved}))
    remembered = Remembered(tmp_path)
    found = remembered.read()
    assert (found.typed, found.saved) == (("a", "b"), {"web": "port:80"})
    assert re.search(words, found.damage)
    with pytest.raises(ValueError, match=words):
        remembered.save("c", "c")
    assert path.read_text() == text


def test_what_would_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path)
    remembered.save("web", "port:80")
    for name, text in ((LONG, "a"), ("a", LONG)):
        with pytest.raises(ValueError, match="more than 10,000 letters"):
            remembered.save(name, text)
    assert remembered.read() == Filters((), {"web": "port:80"})


@pytest.mark.parametrize("kind", ["pipe", "device", "link", "huge", "deep"])
def test_no_file_that_lies_there_holds_the_program_up(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "filters.json"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "link":
            (tmp_path / "other").write_text('{"typed": [], "saved": {}}')
            path.symlink_to("other")
        case "huge":
            path.write_bytes(b" " * (MOST_BYTES + 1))
        case _:
            path.write_text("[" * 100_000)
    before = path.lstat()
    with pytest.raises((OSError, ValueError), match=re.escape(str(path))):
        Remembered(tmp_path).add_typed("a")
    after = path.lstat()  # when it was read last may be another moment
    assert [(each.st_ino, each.st_size, each.st_mtime_ns, each.st_mode) for each in (before, after)] == [
        (before.st_ino, before.st_size, before.st_mtime_ns, before.st_mode)
    ] * 2


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    Remembered(tmp_path).add_typed("a")
    path = tmp_path / "filters.json"
    path.chmod(0o644)
    Remembered(tmp_path).add_typed("b")
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_folder_it_remembers_until_the_program_ends() -> None:
    remembered = Remembered(None)
    remembered.add_typed("a")
    remembered.save("web", "port:80")
    assert remembered.read() == Filters(("a",), {"web": "port:80"})
    assert not remembered.lasts
    assert Remembered(None).read() == Filters()
