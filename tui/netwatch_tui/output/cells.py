r"""CSV and TSV: a socket a line, a field a cell, the ids of the fields as heading.

Cells keep what the kernel and the processes say, with four exceptions, all of them in text and never in numbers:

- What is invisible (control characters, line separators, broken UTF-8, signs of no width or that turn the direction)
  is written as `\xNN` or `\uNNNN`, so that a line is a socket, and a cell what it looks like.
- In TSV, tab, newline, carriage return and backslash are `\t`, `\n`, `\r` and `\\`.
- Lists stand between commas, with those texts in quotes that hold one themselves; lists of objects are JSON.
- A formula that a spreadsheet would run gets an apostrophe before it: at the start of a cell, and behind a semicolon,
  which stands between cells where the comma stands in numbers. In JSON a semicolon is `\u003b`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from netwatch_tui.fields.catalogue import CELL_FIELDS, named_fields
from netwatch_tui.fields.format import INVISIBLE, spelled
from netwatch_tui.fields.json_types import Value, flat
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump
from netwatch_tui.sockets.socket import Socket

_FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"^(?=[{re.escape(_FORMULA_STARTS)}])|(?<=;)(?=[\s\"']*[{re.escape(_FORMULA_STARTS)}])")
"""Where spreadsheets begin a formula: also with the wide signs, and where the semicolon stands between cells."""

_UNSAFE = re.compile(f"[{INVISIBLE}]")
_TSV_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\\": r"\\"}
_TSV_UNSAFE = re.compile(r"[\\]|" + _UNSAFE.pattern)


class _CsvLine:
    """What a csv writer writes to: keeps the last line."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """Sockets as CSV."""
    fields, moment = named_fields(head.fields(CELL_FIELDS)), head.moment
    values = ([field.value(socket, moment) for field in fields] for socket in sockets)
    return csv_rows([field.id for field in fields] if head.header else (), values)


def tsv_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """Sockets as TSV."""
    fields, moment = named_fields(head.fields(CELL_FIELDS)), head.moment
    values = ([field.value(socket, moment) for field in fields] for socket in sockets)
    return tsv_rows([field.id for field in fields] if head.header else (), values)


def csv_rows(heading: Sequence[str], rows: Iterable[Iterable[Value]]) -> Iterator[str]:
    """Cells between commas, in quotes where they need it; see RFC 4180. No heading where it is empty."""
    line = _CsvLine()
    write: Callable[[Iterable[Any]], Any] = csv.writer(line, lineterminator="").writerow
    if heading:
        write(heading)
        yield line.text
    for values in rows:
        write(map(cell, values))
        yield line.text


def tsv_rows(heading: Sequence[str], rows: Iterable[Iterable[Value]]) -> Iterator[str]:
    """Cells between tabs, without quotes. No heading where it is empty."""
    if heading:
        yield "\t".join(heading)
    for values in rows:
        yield "\t".join(cell(value, _TSV_UNSAFE) for value in values)


def cell(value: Value, unsafe: re.Pattern[str] = _UNSAFE) -> str:
    """The text of a cell: numbers as they are, text made harmless, nothing for what is not known, objects as JSON."""
    if _holds(value, dict):
        return unsafe.sub(_escape, dump(value).replace(";", r"\u003b"))
    text = flat(value)
    if not text or isinstance(value, bool | int | float) or _holds(value, int):
        return text
    is_plain = text.isascii() and text.isprintable() and "\\" not in text  # as most are
    if text[0] in _FORMULA_STARTS or ";" in text:
        text = _FORMULA.sub("'", text)
    return text if is_plain else unsafe.sub(_escape, text)


def _holds(value: Value, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], kind)


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if match.re is _TSV_UNSAFE and char in _TSV_ESCAPES:
        return _TSV_ESCAPES[char]
    return spelled(char)
