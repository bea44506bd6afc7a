"""TOML read statement by statement: the same as read at once where it is right, and lines where it is not."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch_tui.settings.toml_sections import Entry, Section, read_sections

TEXT = """\
interval = 2  # a comment
columns = [
  "pid",   # one
  "state",
]
keys = { "app.quit" = "Q" }

[keys]
filter.edit = ["/", "Ctrl+F"]
[keys.move]
up = \"""
several
lines\"""

[[views]]
name = "a"
[[views]]
name = "b"
"""


def told(sections: list[Section]) -> list[tuple[str, bool, list[tuple[str, Any, int]]]]:
    return [(each.name, each.is_item, [tuple(entry) for entry in each.entries]) for each in sections]


def test_every_way_to_write_something_down() -> None:
    sections, faults = read_sections(TEXT)
    assert not faults
    assert told(sections) == [
        ("", False, [("interval", 2, 1), ("columns", ["pid", "state"], 2)]),
        ("keys", False, [("app.quit", "Q", 6)]),
        ("keys", False, [("filter.edit", ["/", "Ctrl+F"], 9)]),
        ("keys", False, [("move.up", "several\nlines", 11)]),
        ("views", True, [("name", "a", 16)]),
        ("views", True, [("name", "b", 18)]),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("interval 5", "expected '=' after a key in a key/value pair"),
        ("interval =", "invalid value"),
        ('theme = "nord', "unterminated string"),
        ("[keys", "expected ']' at the end of a table declaration"),
        ('columns = ["pid",', "invalid value"),
        ('a = """', "unterminated string"),
        ("a = 1 b = 2", "expected newline or end of document after a statement"),
        ("\udcff = 1", "not UTF-8"),
        ("a = " + "1" * 5_000, "a number is too long"),
    ],
)
def test_a_wrong_line_costs_no_other(wrong: str, reason: str, newline: str) -> None:
    sections, faults = read_sections(newline.join(("first = 1", wrong, "last = 2", "")))
    assert sections[0].entries == [Entry("first", 1, 1), Entry("last", 2, 3)]
    assert [fault.line for fault in faults] == [2]
    assert reason in faults[0].what


def test_what_is_nested_without_end_is_a_fault() -> None:
    sections, faults = read_sections("a = " + "[" * 100_000 + "\nb = 1")
    assert sections[0].entries == [Entry("b", 1, 2)]
    assert [fault.line for fault in faults] == [1]


@given(st.text(alphabet=st.sampled_from("ab=[]{}\"'#.,\n\\ 1\x00\udcff")))
@example('a = """\n' * 30)
def test_nothing_makes_it_fail(text: str) -> None:
    sections, faults = read_sections(text)
    lines = text.count("\n") + 1
    places = [fault.line for fault in faults] + [section.line for section in sections]
    places += [entry.line for section in sections for entry in section.entries]
    assert all(1 <= place <= lines for place in places)


VALUES = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("ab\n\"'\\", max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
NAMES = st.text("abc", min_size=1, max_size=3)


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[\n  " + ",\n".join(map(toml, value)) + "\n]"
    return '"' + value.translate({10: "\\n", 34: '\\"', 92: "\\\\"}) + '"' if isinstance(value, str) else str(value)


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, min_size=1)))
def test_what_is_right_is_read_as_a_whole_file_is(top: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    tables = {name: table for name, table in tables.items() if name not in top}
    lines = [f"{name} = {toml(value)}" for name, value in top.items()]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {toml(value)}" for key, value in table.items())]
    text = "\n".join(lines)
    sections, faults = read_sections(text)
    read = {entry.name: entry.value for entry in sections[0].entries}
    read |= {each.name: {entry.name: entry.value for entry in each.entries} for each in sections[1:]}
    assert not faults
    assert read == tomllib.loads(text)
