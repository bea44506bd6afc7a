"""`--probe`: which of this machine's listeners can be reached, and the end."""

from __future__ import annotations

import argparse
import os
import time
from contextlib import closing

from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.kernel.listener_probe import ListenerProbe
from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.modes.common import (
    MakeSource,
    choose_rows,
    complain,
    complain_of_hidden,
    namespace_of,
    print_lines,
    row_choice,
    services_for,
    tell_if_in_vain,
)
from netwatch_tui.modes.interrupts import Interrupts
from netwatch_tui.modes.once import tables_of
from netwatch_tui.output.head import Head
from netwatch_tui.output.probe_lines import probe_lines
from netwatch_tui.output.registry import METRICS, fields_of
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.probe_results import TIMED_OUT, ProbeRow, remarks, rows_of
from netwatch_tui.sockets.scope import is_listener
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.row_choice import RowChoice


def probe(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Try the listeners that are chosen, and print what came of it; returns the exit status."""
    if options.format == METRICS:
        complain(f"--probe prints table, json, ndjson, csv or tsv, not {METRICS} (see --help)")
        return 2
    choice = row_choice(options)
    has_objects = options.format in ("json", "ndjson")  # with all that is known of listeners
    needs = (field_needs(fields_of("json")) if has_objects else Needs(of_networks=True)).union(choice.needs)
    source = make_source(needs)
    options.net = namespace_of(source, options.net)
    with Interrupts() as interrupts:
        check = interrupts.ticker.check
        collector = Collector(source, _tables(choice.selection), namespaces=options.net, needs=needs, check=check)
        snapshot = collector.collect(time.time())
        for problem in snapshot.problems:
            complain(problem.text)
        if options.net == "*":
            complain_of_hidden(snapshot.namespaces)
        listeners = _chosen(choice, snapshot)
        try:
            with closing(ListenerProbe(listeners, snapshot.sockets)) as tried:
                outcomes = dict(tried.run(check))
        except OSError as error:
            complain(f"the ports can't be tried: {reason(error_number(error))}")
            return 1
        is_late = any(outcome.reason == TIMED_OUT.reason for outcome in outcomes.values())
        now = collector.collect(time.time()).sockets if is_late else ()  # whether queues are full by now
        rows = rows_of(tried.planned, outcomes, {socket.id: socket for socket in now})
        return _print(options, rows, snapshot)
    return 128 + (interrupts.signal or 0)


def _tables(chosen: Selection) -> list[Table]:
    """What holds such sockets, and TCP of both families: at an address other listeners may answer than those chosen."""
    return [table for table in TABLES if table.kind == "tcp" or table in tables_of(chosen)]


def _chosen(choice: RowChoice, snapshot: Snapshot) -> list[Socket]:
    """The listeners that are wanted, by namespace and port; says so if there are none."""
    listeners = [socket for socket in choose_rows(choice, snapshot) if is_listener(socket)]
    if not listeners:
        tell_if_in_vain(choice, listeners, snapshot.namespaces.others)
        complain("there is no listener to try")
    return sorted(listeners, key=lambda socket: (socket.netns, socket.local_port, socket.netid, socket.local))


def _print(options: argparse.Namespace, rows: list[ProbeRow], snapshot: Snapshot) -> int:
    format = options.format or "table"
    head = Head(
        snapshot.taken_at,
        os.uname().nodename,
        namespaces=snapshot.namespaces.names,
        header=not options.no_header,
        findings=snapshot.findings,
        networks=snapshot.networks,
        services=services_for(("service",)),
        process_details=snapshot.process_details,
    )
    for remark in remarks(rows):
        complain(remark)
    return print_lines(probe_lines(format, rows, head))
