"""What a value of the configuration may be: each check gives what the program works with, or says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.kinds import KINDS, netids
from netwatch_tui.view.column_names import Sort, columns_named, sort_named
from netwatch_tui.view.groupings import GROUPINGS

_WIDEST = 1_000
"""Cells of a column: more than any screen has."""

Check = Callable[[Any], Any]
"""Takes a value of TOML. Raises ValueError with the reason, which goes on from the name of the option."""


def number(least: float, most: float) -> Check:
    """A number in these bounds."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            _refuse(value, f"is not a number from {least:g} to {most:g}")
        return float(value)

    return check


def whole_number(least: int, most: int) -> Check:
    """A whole number in these bounds."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            _refuse(value, f"is not a whole number from {least} to {most}")
        return value

    return check


def switch(value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        _refuse(value, "is neither true nor false")
    return value


def text(value: Any) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        _refuse(value, "is not a non-empty text")
    return value


def name(value: Any) -> str:
    """A text that can be shown as it is."""
    if printable(text(value)) != value:
        _refuse(value, "has characters that can't be shown")
    return str(value)


def texts(value: Any) -> tuple[str, ...]:
    """Some texts, or one."""
    many = [value] if isinstance(value, str) else value
    if not isinstance(many, list):
        _refuse(value, "is not a list of texts")
    return tuple(map(text, many))


def file(value: Any) -> str:
    """The path of a file; it must not depend on where the program is started."""
    path = str(text(value))
    if not path.startswith(("/", "~/")) or path.endswith("/") or "\0" in path:
        _refuse(value, "is not the path of a file that begins with / or ~/")
    return path


def command(value: Any) -> tuple[str, ...]:
    """A program and its arguments, of which some may be empty."""
    if not isinstance(value, list) or not all(isinstance(word, str) and "\0" not in word for word in value):
        _refuse(value, 'is not a list of words such as ["mail", "-s", "ssh", "root"]')
    if not value or not value[0]:
        raise ValueError("it names no program")
    return tuple(value)


def columns(value: Any) -> tuple[str, ...]:
    """Ids of columns, none twice. The sign of the row is always first: without it nothing would light up."""
    ids = columns_named(texts(value))
    if not ids:
        raise ValueError("the list is empty")
    return tuple(dict.fromkeys((COLUMNS[0].id, *ids)))


def widths(value: Any) -> dict[str, int]:
    """Cells of columns, by their ids."""
    if not isinstance(value, dict):
        _refuse(value, "is no table of widths")
    for id, cells in value.items():
        if isinstance(cells, bool) or not isinstance(cells, int) or not 0 < cells <= _WIDEST:
            _refuse(cells, f"is not a width of {printable(str(id))}: a number from 1 to {_WIDEST}")
    return dict(value)


def kinds(value: Any) -> frozenset[str]:
    """The netids of kinds of sockets."""
    names = texts(value)
    if not names:
        raise ValueError("the list is empty")
    try:
        return netids(",".join(names))
    except ValueError as error:
        raise ValueError(f"{str(error)!r} is not a kind of socket: {', '.join(KINDS)}, inet, all") from error


def sort(value: Any) -> Sort:
    """`COLUMN`, `COLUMN:asc` or `COLUMN:desc`."""
    return sort_named(text(value))


def group(value: Any) -> str:
    """The id of a grouping."""
    if text(value) not in GROUPINGS:
        _refuse(value, f"is not a grouping: {', '.join(GROUPINGS)}")
    return str(value)


def _refuse(value: Any, reason: str) -> NoReturn:
    told = str(value).lower() if isinstance(value, bool) else repr(value)  # as TOML has it
    raise ValueError(f"{told} {reason}")
