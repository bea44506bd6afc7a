"""TOML by statements: each with its line, so that a wrong one is told with its place and costs none of the others.

`tomllib` reads a file as a whole: it gives no lines, and one mistake costs everything. But a TOML file is a series of
statements, none of which needs another to be read; each is given to `tomllib` by itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

_MOST_LINES = 500
"""Lines of one statement; what is open for longer was never meant to be."""

_AT_THE_END = "(at end of document)"
_PLACE = re.compile(r" \(at (?:end of document|line \d+, column \d+)\)$")


class Fault(NamedTuple):
    """What is wrong in a line, counted from 1."""

    line: int
    what: str


class Entry(NamedTuple):
    """A value with its name; the parts of a dotted name are joined by dots again."""

    name: str
    value: Any
    line: int


class Section(NamedTuple):
    """A `[table]`, or one item of a `[[list]]`; the first one, without a name, is what stands before all others."""

    name: str
    line: int
    is_item: bool
    entries: list[Entry]


class _Statement(NamedTuple):
    text: str
    value: dict[str, Any]
    line: int


def read_sections(text: str) -> tuple[list[Section], list[Fault]]:
    """What stands in a file, in its order, and what can't be read of it."""
    top = Section("", 1, is_item=False, entries=[])
    sections, faults = [top], list[Fault]()
    section, prefix = top, ""
    for statement in _statements(text, faults):
        if statement.text.lstrip().startswith("["):
            section, prefix = _opened(statement)
            sections.append(section)
        elif section is top:
            sections += _top_level(top, statement)
        else:
            section.entries.extend(_leaves(statement.value, prefix, statement.line))
    return sections, faults


def _statements(text: str, faults: list[Fault]) -> Iterator[_Statement]:
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        count = 1
        if lines[at].strip() and not lines[at].lstrip().startswith("#"):
            found = _statement(lines, at)
            if isinstance(found, Fault):
                faults.append(found)
            else:
                yield found
                count = found.text.count("\n") + 1
        at += count


def _statement(lines: list[str], at: int) -> _Statement | Fault:
    """The statement that begins in a line, which ends in the first line after which nothing is open any more."""
    wrong = ""
    for end in range(at + 1, min(at + _MOST_LINES, len(lines)) + 1):
        text = "\n".join(lines[at:end])
        try:
            text.encode()
            return _Statement(text, tomllib.loads(text), at + 1)
        except UnicodeEncodeError:
            return Fault(at + 1, "not UTF-8")
        except RecursionError:
            return Fault(at + 1, "nested too deeply")
        except tomllib.TOMLDecodeError as error:
            wrong = wrong or _PLACE.sub("", str(error))
            if _AT_THE_END not in str(error):
                break
        except ValueError:  # of more digits than Python turns into a number, see sys.set_int_max_str_digits
            return Fault(at + 1, "a number is too long")
    return Fault(at + 1, f"not valid TOML: {wrong[0].lower()}{wrong[1:]}")


def _opened(statement: _Statement) -> tuple[Section, str]:
    """The section that a heading begins, and what stands before the names in it."""
    path: list[str] = []
    value: Any = statement.value
    while isinstance(value, dict) and value:
        path.append(next(iter(value)))
        value = value[path[-1]]
    is_item = isinstance(value, list)
    name, *rest = (".".join(path),) if is_item else path
    return Section(name, statement.line, is_item, []), "".join(f"{part}." for part in rest)


def _top_level(top: Section, statement: _Statement) -> Iterator[Section]:
    """Put values where they belong, and give the sections that are written as values: `keys = { ... }`."""
    line = statement.line
    for name, value in statement.value.items():
        if isinstance(value, dict):
            yield Section(name, line, is_item=False, entries=list(_leaves(value, "", line)))
        elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            for each in value:
                yield Section(name, line, is_item=True, entries=list(_leaves(each, "", line)))
        else:
            top.entries.append(Entry(name, value, line))


def _leaves(table: dict[str, Any], prefix: str, line: int) -> Iterator[Entry]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.", line)
        else:
            yield Entry(f"{prefix}{name}", value, line)
