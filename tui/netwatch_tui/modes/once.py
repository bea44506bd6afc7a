"""`--once`: one snapshot, and the end."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.modes.common import (
    MakeSource,
    RowChoice,
    colours,
    complain,
    no_namespace,
    print_lines,
)
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.socket import STATE_RANK, Socket

if TYPE_CHECKING:
    from netwatch_tui.arguments import Sort
    from netwatch_tui.output.head import Head
    from netwatch_tui.sockets.snapshot import Snapshot

_MORE_THAN_NAMES = frozenset({"owners", "cmdline", "unit", "container"})


def once(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Print what is there now."""
    choice = RowChoice(options)  # first, because it may end the program
    if options.replay:
        from netwatch_tui.modes.replay_once import last_of, opened

        recording = opened(options.replay)
        last = last_of(recording)
        return print_snapshot(options, last, choice.of(last), recording.host)
    source = make_source(needs_processes(options) or choice.needs_processes)
    # While the other process looks:
    import netwatch_tui.output.ss_table  # noqa: F401
    from netwatch_tui.collect.collector import Collector

    if not source.namespaces().chosen(options.net):
        return no_namespace(source, options.net)
    collector = Collector(source, TABLES if options.record else tables_of(choice.selection), namespaces=options.net)
    snapshot = collector.collect(time.time())
    if any(socket.owner_reason is OwnerReason.NOT_FOUND for socket in snapshot.sockets):
        snapshot = collector.collect(time.time())  # finds what was opened after the processes were looked at
    if options.record:
        from netwatch_tui.modes.record import record_one

        if (status := record_one(options, snapshot)) or options.record == "-":
            return status
    return print_snapshot(options, snapshot, choice.of(snapshot))


def tables_of(chosen: Selection) -> list[Table]:
    """The files that hold such sockets."""
    return [
        table
        for table in TABLES
        if (table.family in chosen.families or table.kind == "sctp")  # whose one file has both families
        and not chosen.netids.isdisjoint(KINDS[table.kind])
    ]


def needs_processes(options: argparse.Namespace) -> bool:
    """Whether more than the names of processes is needed, for which psutil must be imported."""
    if options.record or (options.sort and options.sort.column in _MORE_THAN_NAMES):
        return True
    if options.columns:
        return not _MORE_THAN_NAMES.isdisjoint(options.columns)
    return options.format not in (None, "table")


def print_snapshot(options: argparse.Namespace, snapshot: Snapshot, rows: list[Socket], host: str = "") -> int:
    """Print sockets of a snapshot as the options say; returns the exit status."""
    for problem in snapshot.problems:
        complain(problem.text)
    from netwatch_tui.output.head import Head
    from netwatch_tui.output.registry import write_lines

    format = options.format or "table"
    head = Head(
        snapshot.taken_at,
        host or _host(format),
        _columns(options, format),
        snapshot.namespaces.names,
        header=not options.no_header,
    )
    lines = write_lines(format, ordered(rows, options.sort, head), head)
    if format == "table" and head.header and colours(options):
        lines = _with_bold_heading(lines)
    return print_lines(lines)


def ordered(rows: list[Socket], sort: Sort | None, head: Head) -> Sequence[Socket]:
    """The rows in the order that is asked for, else by state."""
    if sort is None:
        rows.sort(key=lambda socket: STATE_RANK[socket.state])
        return rows
    from netwatch_tui.fields.columns import COLUMN_BY_ID, Moment
    from netwatch_tui.view.order import in_order

    moment = Moment(head.taken_at, head.marked, head.namespaces)
    return in_order(rows, COLUMN_BY_ID[sort.column], moment).rows(descending=sort.descending)


def _columns(options: argparse.Namespace, format: str) -> tuple[str, ...]:
    """The columns that are asked for; ss's letters add to those of the table."""
    columns: tuple[str, ...] = options.columns or ()
    if columns or format != "table" or not (options.extended or options.options):
        return columns
    from netwatch_tui.output.column_table import SS_COLUMNS

    extended = ("user", "inode") if options.extended else ()
    return (*SS_COLUMNS, *extended, *(("timer",) if options.options else ()))


def _host(format: str) -> str:
    """The name of this machine, where it is written."""
    if format != "json":
        return ""
    return os.uname().nodename


def _with_bold_heading(lines: Iterable[str]) -> Iterator[str]:
    rest = iter(lines)
    yield f"\x1b[1m{next(rest)}\x1b[0m"
    yield from rest
