"""`--diff A B`: what is different between two recordings or snapshots."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator

from netwatch_tui.modes.common import (
    choose_rows,
    colours,
    complain,
    print_lines,
    row_choice,
    services_for,
    tell_if_in_vain,
)
from netwatch_tui.output.differences import difference_lines, difference_objects
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import fields_of
from netwatch_tui.recording.last_state import Last, last_state
from netwatch_tui.recording.reader import RecordingError
from netwatch_tui.sockets.comparison import Side, compare

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "~": "\x1b[33m"}


def diff(options: argparse.Namespace) -> int:
    """Print what is different; status 1 if anything is, 0 if not, 2 where that can't be said."""
    if options.format not in (None, "table", "ndjson"):
        complain(f"--diff prints table or ndjson, not {options.format} (see --help)")
        return 2
    choice = row_choice(options)
    snapshots = [_read(path).snapshot for path in options.diff]
    chosen = [choose_rows(choice, each) for each in snapshots]
    tell_if_in_vain(choice, itertools.chain(*chosen))
    before, after = (Side(rows, each.namespaces.names) for rows, each in zip(chosen, snapshots, strict=True))
    found = compare(before, after)
    services = services_for(fields_of("ndjson")) if options.format == "ndjson" else {}
    heads = (Head(each.taken_at, "", networks=each.networks, services=services, hosts=each.hosts) for each in snapshots)
    hosts = (each.hosts for each in snapshots)
    lines = difference_objects(found, *heads) if options.format == "ndjson" else difference_lines(found, *hosts)
    is_coloured = options.format != "ndjson" and colours(options)
    return print_lines(lines, _coloured if is_coloured else iter) or int(bool(found))


def _coloured(lines: Iterator[str]) -> Iterator[str]:
    return (f"{_COLOURS[line[0]]}{line}\x1b[0m" for line in lines)


def _read(path: str) -> Last:
    try:
        last = last_state(path)
    except RecordingError as error:
        complain(str(error))
    except OSError as error:
        complain(f"can't read {path}: {error.strerror}")
    else:
        if last.note:
            complain(last.note)
        return last
    raise SystemExit(2)
