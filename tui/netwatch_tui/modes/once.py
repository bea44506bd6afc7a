"""`--once`: one snapshot, and the end."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.modes.common import (
    Machine,
    MakeSource,
    choose_rows,
    colours,
    complain,
    complain_of_hidden,
    is_elsewhere,
    namespace_of,
    print_lines,
    row_choice,
    services_for,
    tell_if_in_vain,
    tell_of_unmet_words,
    tick_interval,
)
from netwatch_tui.output.registry import fields_of
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.needs import EVERY_NEED, NOTHING_MORE, Needs
from netwatch_tui.sockets.ownership import NUMBER_SHIFT, OwnerReason
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.socket import STATE_RANK, Socket, State

if TYPE_CHECKING:
    from netwatch_tui.collect.collector import Collector
    from netwatch_tui.output.head import Head
    from netwatch_tui.output.ss_table import Cells
    from netwatch_tui.sockets.host_names import HostNames
    from netwatch_tui.sockets.snapshot import Snapshot
    from netwatch_tui.view.column_names import Sort
    from netwatch_tui.view.row_choice import RowChoice


NONE_DIRECT: Mapping[State, list[Cells]] = {}


def once(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Print what is there now."""
    choice = row_choice(options)  # first, because it may end the program
    if options.replay:
        from netwatch_tui.modes.replay_once import last_of, opened

        recording = opened(options.replay)
        last = last_of(recording)
        return print_snapshot(options, last, choice, recording.host)
    needs = choice.needs.union(printed_needs(options))
    if is_elsewhere(options):
        return _print_elsewhere(options, choice, needs)
    source = make_source(needs)
    from netwatch_tui.collect.collector import Collector  # which a replay has no use for

    options.net = namespace_of(source, options.net)
    tables = TABLES if options.record else tables_of(choice.selection)
    judges = bool(choice.queries) or not is_plain(options)
    collector = Collector(source, tables, namespaces=options.net, needs=needs, judges=judges)
    if goes_direct(options) and (held := source.scanned()):
        return _print_direct(options, source, collector, choice, held)
    started = time.monotonic()
    snapshot = collector.collect(time.time())
    if needs.rates:
        time.sleep(max(started + tick_interval(options) - time.monotonic(), 0.0))
        snapshot = collector.collect(time.time())
    elif any(socket.owner_reason is OwnerReason.NOT_FOUND for socket in snapshot.sockets):
        snapshot = collector.collect(time.time())  # finds what one process passed to another while they were looked at
    if options.record:
        from netwatch_tui.modes.record import record_one

        if (status := record_one(options, snapshot)) or options.record == "-":
            return status
    return print_snapshot(options, snapshot, choice)


def _print_elsewhere(options: argparse.Namespace, choice: RowChoice, needs: Needs) -> int:
    """Print what is there now on other machines."""
    from netwatch_tui.modes.other_machines import first_snapshot

    snapshot, missing = first_snapshot(options, needs)
    if options.record:
        from netwatch_tui.modes.record import record_one

        if (status := record_one(options, snapshot)) or options.record == "-":
            return status or missing
    return print_snapshot(options, snapshot, choice) or missing


def goes_direct(options: argparse.Namespace) -> bool:
    """Whether rows can be made from lines: for the plain table of all states in the own namespace; see `DirectRows`."""
    return is_plain(options) and not (options.filter or options.listening or options.net or options.replay)


_TRIES = 3
"""Looks in which every connection is to be found held; who holds it may change meanwhile."""


def _print_direct(
    options: argparse.Namespace, source: Machine, collector: Collector, choice: RowChoice, held: set[int]
) -> int:
    """Print the plain table, most of its rows from the kernel's lines."""
    from netwatch_tui.output.direct_rows import DirectRows

    direct = DirectRows(held)
    source.sieve = direct.sieve
    for _ in range(_TRIES):
        snapshot = collector.collect(time.time())
        is_explained = direct.are_explained(collector.owners_of)
        if is_explained and all(socket.owner_reason is not OwnerReason.NOT_FOUND for socket in snapshot.sockets):
            break
    return print_snapshot(options, snapshot, choice, direct=direct.by_state(collector.owners_of))


def tables_of(chosen: Selection) -> list[Table]:
    """The files that hold such sockets."""
    return [
        table
        for table in TABLES
        if (table.family in chosen.families or table.kind == "sctp")  # whose one file has both families
        and not chosen.netids.isdisjoint(KINDS[table.kind])
    ]


def is_plain(options: argparse.Namespace) -> bool:
    """Whether all that is asked for is ss's table, of which no column tells what is wrong with a socket."""
    is_table = (options.format or "table") == "table"
    return is_table and not (_columns(options, "table") or options.sort or options.record)


def printed_needs(options: argparse.Namespace) -> Needs:
    """What must be known of sockets to print them, in this order, and to record them if that is asked for."""
    if options.record:
        return EVERY_NEED
    format = options.format or "table"
    columns = _columns(options, format)
    if is_plain(options):
        return NOTHING_MORE  # said without the table of fields, for which the plain table need not wait
    from netwatch_tui.fields.field_needs import field_needs

    fields = columns or fields_of(format)
    return field_needs((*fields, options.sort.column) if options.sort else fields)


def print_snapshot(
    options: argparse.Namespace,
    snapshot: Snapshot,
    choice: RowChoice,
    host: str = "",
    direct: Mapping[State, list[Cells]] = NONE_DIRECT,
) -> int:
    """Print the sockets of a snapshot that are chosen, as the options say; returns the exit status.

    Args:
        options: Of the command line.
        snapshot: What there is.
        choice: What is wanted of it.
        host: The name of the machine; where nothing is said, the one that the snapshot is of.
        direct: Rows of the plain table that are in no snapshot.
    """
    for problem in snapshot.problems:
        complain(problem.text)
    if options.net == "*":
        complain_of_hidden(snapshot.namespaces)
    rows = choose_rows(choice, snapshot)
    if rows or direct:
        tell_of_unmet_words(choice, rows)
    elif choice.depends_on_time and not options.replay:
        complain("one snapshot does not tell what is new or how old it is; the screen, --watch and --wait-for do")
    else:
        tell_if_in_vain(choice, rows, 0 if options.replay else snapshot.namespaces.others)
    from netwatch_tui.output.head import Head
    from netwatch_tui.output.registry import encoding_of, write_lines

    format = options.format or "table"
    columns = _columns(options, format)
    told = (*(columns or fields_of(format)), *((options.sort.column,) if options.sort else ()))
    head = Head(
        snapshot.taken_at,
        host or _host(format, snapshot),
        columns,
        snapshot.namespaces.names,
        header=not options.no_header,
        findings=snapshot.findings,
        flows=snapshot.flows,
        networks=snapshot.networks,
        services=services_for(told, in_addresses=options.resolve),
        shows_services=options.resolve,
        host_names=_host_names(options, rows),
        process_details=snapshot.process_details,
        cost=snapshot.cost,
        unseen=snapshot.unseen,
        problems=snapshot.problems,
        hosts=snapshot.hosts,
    )
    if direct:
        lines = _plain_lines(rows, direct, header=head.header)
    else:
        lines = write_lines(format, ordered(rows, options.sort, head), head)
    has_bold_heading = format == "table" and head.header and colours(options)
    return print_lines(lines, _with_bold_heading if has_bold_heading else iter, encoding_of(format))


def _plain_lines(rows: Iterable[Socket], direct: Mapping[State, list[Cells]], *, header: bool) -> Iterator[str]:
    """The plain table by state."""
    from netwatch_tui.output.ss_table import cells_lines, cells_of

    by_state: dict[State, list[Cells]] = {}
    for socket in rows:
        by_state.setdefault(socket.state, []).append(cells_of(socket))
    parts = (cells for state in State for cells in (direct.get(state, ()), by_state.get(state, ())))
    return cells_lines(list(chain.from_iterable(parts)), header=header)


def _host_names(options: argparse.Namespace, rows: list[Socket]) -> HostNames:
    """What the addresses of these rows are called, where that is asked for; a word where only a column asks for it."""
    if not options.resolve:
        if options.columns:
            from netwatch_tui.fields.end_fields import NAMES

            for name in NAMES:
                if name in options.columns:
                    complain(f"{name}: names are looked up only with -r")
        return {}
    from netwatch_tui.modes.look_up_rows import names_of_rows

    return names_of_rows(rows)


def ordered(rows: list[Socket], sort: Sort | None, head: Head) -> Sequence[Socket]:
    """The rows in the order that is asked for, else by state; of several machines first by these."""
    if sort is None and head.hosts:
        rows.sort(key=lambda socket: (socket.netns >> NUMBER_SHIFT, STATE_RANK[socket.state]))
        return rows
    if sort is None:
        rows.sort(key=lambda socket: STATE_RANK[socket.state])
        return rows
    from netwatch_tui.fields.catalogue import FIELD_BY_ID
    from netwatch_tui.view.order import in_order

    return in_order(rows, FIELD_BY_ID[sort.column], head.moment).rows(descending=sort.descending)


def _columns(options: argparse.Namespace, format: str) -> tuple[str, ...]:
    """The columns that are asked for; ss's letters add to those of the table."""
    columns: tuple[str, ...] = options.columns or ()
    if not columns and format == "table" and (options.extended or options.options or options.resolve):
        from netwatch_tui.output.ss_table import SS_COLUMNS

        extended = ("user", "inode") if options.extended else ()
        columns = (*SS_COLUMNS, *extended, *(("timer",) if options.options else ()))
    columns = with_info(columns, format) if options.info else columns
    return with_names(columns, format) if options.resolve else columns


def with_info(columns: tuple[str, ...], format: str) -> tuple[str, ...]:
    """These columns, or those of the format where there are none, and what `-i` adds to them."""
    from netwatch_tui.fields.flow_fields import INFO, INFO_COLUMNS

    shown = columns or fields_of(format)
    return tuple(dict.fromkeys((*shown, *(INFO_COLUMNS if format == "table" else INFO))))


def with_names(columns: tuple[str, ...], format: str) -> tuple[str, ...]:
    """These columns, or those of the format where there are none, and what `-r` adds to files.

    In a table names stand beside the addresses.
    """
    if format == "table":
        return columns
    from netwatch_tui.fields.end_fields import NAMES

    return tuple(dict.fromkeys((*(columns or fields_of(format)), *NAMES)))


def _host(format: str, snapshot: Snapshot) -> str:
    """The name of the machine that a snapshot is of, or of several of this one, where it is written."""
    if format != "json":
        return ""
    if len(snapshot.hosts) == 1:
        return next(host.name for host in snapshot.hosts.values())
    return os.uname().nodename


def _with_bold_heading(lines: Iterator[str]) -> Iterator[str]:
    yield f"\x1b[1m{next(lines)}\x1b[0m"
    yield from lines
