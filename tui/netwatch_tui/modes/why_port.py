"""`--why-port PORT`: why a port can't be bound, or that it can."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Collection, Iterator

from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.catalogue import OBJECT_FIELDS
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.modes.common import MakeSource, complain, namespace_of, print_lines, services_for
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump
from netwatch_tui.output.port_object import port_object
from netwatch_tui.sockets.bind_conflicts import PROTOCOL_OF
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.port_facts import PortFacts
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.port_verdict import PortVerdict, port_verdict

_TABLES = tuple(table for table in TABLES if table.kind in ("tcp", "udp", "udplite", "sctp", "mptcp", "bound"))
_INDENT = "  "


def why_port(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Say it; status 0 if the port can be bound, 1 if not, 2 where that is not what was asked for."""
    protocols = _protocols(options)
    if options.filter:
        complain("--why-port takes one port and no filter (see --help)")
        return 2
    if options.format not in (None, "table", "json"):
        complain(f"--why-port prints table or json, not {options.format} (see --help)")
        return 2
    asked = Needs(of_processes=True, of_port=options.why_port)
    needs = asked.union(field_needs(OBJECT_FIELDS)) if options.format == "json" else asked
    source = make_source(needs)
    namespace = namespace_of(source, options.net)
    snapshot = Collector(source, _TABLES, namespaces=namespace, needs=needs).collect(time.time())
    for problem in snapshot.problems:
        complain(problem.text)
    facts = snapshot.port_facts
    if facts is None:
        complain(f"network namespace {options.net!r} has ended")
        return 2
    verdict = port_verdict(facts, snapshot.unseen, protocols)
    lines = iter((_json(verdict, facts, snapshot),)) if options.format == "json" else _lines(verdict)
    return print_lines(lines) or int(not verdict.is_free)


def _protocols(options: argparse.Namespace) -> Collection[str]:
    """The protocols that the letters ask for; none where there is no letter.

    A kind of socket that has no ports ends the program with a line.
    """
    netids = sorted(frozenset().union(*options.kinds or ()))
    if strangers := [netid for netid in netids if netid not in PROTOCOL_OF]:
        complain(f"--why-port asks about ports, which {strangers[0]} sockets do not have (see --help)")
        raise SystemExit(2)
    return dict.fromkeys(PROTOCOL_OF[netid] for netid in netids)


def _lines(verdict: PortVerdict) -> Iterator[str]:
    """The verdict, then what speaks for it, then what to do."""
    yield from verdict.headlines
    yield from (f"{_INDENT}{text}" for text in verdict.evidence)
    if verdict.advice:
        yield "What to do:"
        yield from (f"{_INDENT}{text}" for text in verdict.advice)


def _json(verdict: PortVerdict, facts: PortFacts, snapshot: Snapshot) -> str:
    """The verdict as one object."""
    head = Head(
        snapshot.taken_at,
        os.uname().nodename,
        namespaces={**facts.names, **snapshot.namespaces.names},
        findings=snapshot.findings,
        flows=snapshot.flows,
        networks=snapshot.networks,
        services=services_for(OBJECT_FIELDS),
        process_details=snapshot.process_details,
    )
    return dump(port_object(verdict, facts, head))
