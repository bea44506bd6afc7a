"""`--trace`: what processes do with their sockets, call by call."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing

from netwatch_tui.actions.open_trace import TraceRefusedError, open_trace
from netwatch_tui.modes.common import (
    MakeSource,
    choose_rows,
    complain,
    namespace_of,
    print_batches,
    row_choice,
    tell_if_in_vain,
)
from netwatch_tui.modes.interrupts import Interrupts
from netwatch_tui.play.traces import PACE, batches
from netwatch_tui.sockets.traced_call import TraceBatch
from netwatch_tui.view.call_text import unknown_text

_GRACE = 3.0
"""Seconds to print what was traced before a signal came: all that the buffers hold takes a second."""


def trace(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Print the calls until stopped, or until nobody is left who could make any; returns the exit status."""
    if options.format not in (None, "table", "ndjson"):
        complain(f"--trace prints table or ndjson, not {options.format} (see --help)")
        return 2
    pids = _pids(options, make_source)
    if not pids:
        return 1
    try:
        traced = open_trace(pids)
    except TraceRefusedError as error:
        complain(str(error))
        return 1
    with closing(traced), Interrupts(for_reader=True, grace=_GRACE) as interrupts:
        them = "process" if len(pids) == 1 else "processes"
        complain(f"tracing {them} {', '.join(map(str, pids))}, whose calls take longer meanwhile")
        for remark in traced.remarks:
            complain(remark)
        unknown = 0

        def counted() -> Iterator[TraceBatch]:
            nonlocal unknown
            for batch in batches(traced, interrupts.ticker.ticks(PACE, options.duration)):
                unknown += batch.unknown
                yield batch

        status = print_batches(map(lines_of(options.format), counted()))
        if unknown:
            complain(unknown_text(unknown))
        return status
    complain("the last calls are not printed: that took too long after the signal")
    return 1


def _pids(options: argparse.Namespace, make_source: MakeSource) -> list[int]:
    """The processes that are asked for; says so if there are none."""
    asked = options.trace
    if asked.isascii() and asked.isdigit():
        if options.filter or options.kinds or options.families or options.listening or options.net:
            complain("--trace PID traces that process, and takes neither a filter nor kinds of sockets (see --help)")
            raise SystemExit(2)
        return [int(asked)]
    from netwatch_tui.collect.collector import Collector
    from netwatch_tui.modes.once import tables_of
    from netwatch_tui.sockets.needs import Needs

    choice = row_choice(options, asked)
    needs = Needs(of_processes=True).union(choice.needs)
    source = make_source(needs)
    options.net = namespace_of(source, options.net)
    collector = Collector(source, tables_of(choice.selection), namespaces=options.net, needs=needs)
    snapshot = collector.collect(time.time())
    for problem in snapshot.problems:
        complain(problem.text)
    rows = choose_rows(choice, snapshot)
    tell_if_in_vain(choice, rows, snapshot.namespaces.others)
    pids = {owner.pid for row in rows for owner in row.owners} - {os.getpid()}
    if not pids:
        complain("no process to trace holds such a socket")
    return sorted(pids)


def lines_of(format: str | None) -> Callable[[TraceBatch], Iterator[str]]:
    """What makes lines in a format of what was traced, without their ends."""
    from netwatch_tui.output.call_lines import call_objects, text_lines

    if format == "ndjson":
        host = os.uname().nodename
        return lambda batch: call_objects(batch, time.time(), host)
    from netwatch_tui.ui.wall_clock import time_of_day

    return lambda batch: text_lines(batch, time.time(), time_of_day)
