"""`--trace`: what processes do with their sockets, call by call."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from netwatch_tui.actions.open_trace import OpenTrace, Trace, TraceRefusedError, open_trace
from netwatch_tui.modes.common import (
    MakeSource,
    choose_rows,
    complain,
    is_elsewhere,
    namespace_of,
    print_batches,
    row_choice,
    tell_if_in_vain,
)
from netwatch_tui.modes.interrupts import Interrupts
from netwatch_tui.play.traces import PACE, batches
from netwatch_tui.sockets.hosts import host_number, on_host
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import own_number
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.traced_call import TraceBatch
from netwatch_tui.view.call_text import unknown_text
from netwatch_tui.view.row_choice import RowChoice

_GRACE = 3.0
"""Seconds to print what was traced before a signal came: all that the buffers hold takes a second."""


def trace(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Print the calls until stopped, or until nobody is left who could make any; returns the exit status."""
    if options.format not in (None, "table", "ndjson"):
        complain(f"--trace prints table or ndjson, not {options.format} (see --help)")
        return 2
    with _meant(options, make_source) as (pids, begin, host):
        if not pids:
            return 1
        try:
            return _print(options, begin(pids, None), pids, host)
        except TraceRefusedError as error:
            complain(str(error))
            return 1


def _print(options: argparse.Namespace, traced: Trace, pids: Sequence[int], host: str) -> int:
    with closing(traced), Interrupts(for_reader=True, grace=_GRACE) as interrupts:
        them = "process" if len(pids) == 1 else "processes"
        complain(f"tracing {them} {', '.join(map(str, map(own_number, pids)))}, whose calls take longer meanwhile")
        for remark in traced.remarks:
            complain(remark)
        unknown = 0

        def counted() -> Iterator[TraceBatch]:
            nonlocal unknown
            for batch in batches(traced, interrupts.ticker.ticks(PACE, options.duration)):
                unknown += batch.unknown
                yield batch

        status = print_batches(map(lines_of(options.format, host), counted()))
        if unknown:
            complain(unknown_text(unknown))
        return status
    complain("the last calls are not printed: that took too long after the signal")
    return 1


@contextmanager
def _meant(options: argparse.Namespace, make_source: MakeSource) -> Iterator[tuple[list[int], OpenTrace, str]]:
    """The processes that are asked for, what begins to trace them, and the machine where they are if it is another."""
    asked = options.trace
    is_pid = asked.isascii() and asked.isdigit()
    if is_pid and (options.filter or options.kinds or options.families or options.listening or options.net):
        complain("--trace PID traces that process, and takes neither a filter nor kinds of sockets (see --help)")
        raise SystemExit(2)
    choice = None if is_pid else row_choice(options, asked)
    needs = Needs(of_processes=True)
    if is_elsewhere(options):
        from netwatch_tui.hosts.fleet_actor import FleetActor
        from netwatch_tui.modes.other_machines import looking

        with looking(options, needs.union(choice.needs) if choice else needs) as (fleet, snapshot, _):
            pids = (
                [on_host(int(asked), host) for host in snapshot.hosts] if choice is None else _holders(choice, snapshot)
            )
            hosts = {snapshot.hosts[host_number(pid)].name for pid in pids}
            yield pids, FleetActor(fleet).open_trace, ", ".join(sorted(hosts))
    elif choice is None:
        yield [int(asked)], open_trace, ""
    else:
        yield _holders(choice, _looked(options, choice, needs, make_source)), open_trace, ""


def _looked(options: argparse.Namespace, choice: RowChoice, needs: Needs, make_source: MakeSource) -> Snapshot:
    """What is there on this machine."""
    from netwatch_tui.collect.collector import Collector
    from netwatch_tui.modes.once import tables_of

    needs = needs.union(choice.needs)
    source = make_source(needs)
    options.net = namespace_of(source, options.net)
    collector = Collector(source, tables_of(choice.selection), namespaces=options.net, needs=needs)
    return collector.collect(time.time())


def _holders(choice: RowChoice, snapshot: Snapshot) -> list[int]:
    """The processes that hold what is chosen; says so if there are none."""
    for problem in snapshot.problems:
        complain(problem.text)
    rows = choose_rows(choice, snapshot)
    tell_if_in_vain(choice, rows, snapshot.namespaces.others)
    pids = {owner.pid for row in rows for owner in row.owners} - {os.getpid()}
    if not pids:
        complain("no process to trace holds such a socket")
    return sorted(pids)


def lines_of(format: str | None, host: str = "") -> Callable[[TraceBatch], Iterator[str]]:
    """What makes lines in a format of what was traced, without their ends.

    Args:
        format: `ndjson`, or the text that persons read.
        host: The machine where that was; empty for this one.
    """
    from netwatch_tui.output.call_lines import call_objects, text_lines

    if format == "ndjson":
        name = host or os.uname().nodename
        return lambda batch: call_objects(batch, time.time(), name)
    from netwatch_tui.ui.wall_clock import time_of_day

    return lambda batch: text_lines(batch, time.time(), time_of_day)
