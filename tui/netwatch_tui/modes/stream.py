"""`--watch` and `--wait-for`: what goes on collecting, without a screen."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from netwatch_tui.collect.alert_watch import AlertWatch, Ringing
from netwatch_tui.collect.collector import Collector, Collects
from netwatch_tui.collect.event_feed import EventFeed
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.modes.common import (
    MakeSource,
    choose_rows,
    complain,
    is_elsewhere,
    namespace_of,
    print_batches,
    query_with_notes,
    row_choice,
    services_for,
    tell_if_in_vain,
    tick_interval,
)
from netwatch_tui.modes.interrupts import Interrupts
from netwatch_tui.modes.once import print_snapshot, printed_needs, tables_of, with_info
from netwatch_tui.modes.record import recorded, snapshots
from netwatch_tui.output.alert_objects import alert_lines
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import event_lines
from netwatch_tui.output.registry import fields_of
from netwatch_tui.sockets.needs import EVERY_NEED, NOTHING_MORE, Needs
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket_events import SocketEvent
from netwatch_tui.view.alert_rule import AlertRule
from netwatch_tui.view.row_choice import RowChoice


def watch(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Print what happens to sockets, an event a line, until stopped; returns the exit status."""
    if options.format not in (None, "ndjson"):
        complain(f"--watch prints ndjson, not {options.format} (see --help)")
        return 2
    choice, columns, status = row_choice(options), options.columns or (), 0
    columns = with_info(columns, "ndjson") if options.info else columns
    alerts = AlertWatch(_rules(options.on, choice)) if options.on else None
    if options.replay:
        from netwatch_tui.modes.replay_once import opened, told

        with Interrupts() as interrupts:
            recording = opened(options.replay)
            shown = told(recording, interrupts.ticker)
            status = print_batches(batches(shown, choice, columns, recording.host, alerts))
    else:
        judged = alerts.needs if alerts else NOTHING_MORE
        needs = choice.needs.union(judged, field_needs(columns or fields_of("ndjson")))
        with (
            Interrupts(for_reader=True) as interrupts,
            collecting(
                options, make_source, choice.selection, needs, options.duration, interrupts, captures=True
            ) as collected,
        ):
            status = print_batches(batches(collected, choice, columns, _host(options), alerts))
    return status


def wait_for(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Collect until a socket matches; status 0 if one did, 1 if the time is over."""
    choice = row_choice(options, options.wait_for)
    needs = choice.needs.union(printed_needs(options)) if options.format else choice.needs
    with (
        Interrupts() as interrupts,
        collecting(options, make_source, choice.selection, needs, options.timeout, interrupts) as collected,
    ):
        for snapshot in collected:
            if choose_rows(choice, snapshot):
                return print_snapshot(options, snapshot, choice) if options.format else 0
    if interrupts.signal is not None:
        return 128 + interrupts.signal
    tell_if_in_vain(choice, ())
    return 1


@contextmanager
def collecting(
    options: argparse.Namespace,
    make_source: MakeSource,
    selection: Selection,
    needs: Needs,
    lasts: float | None,
    interrupts: Interrupts,
    *,
    captures: bool = False,
) -> Iterator[Iterator[Snapshot]]:
    """One snapshot a tick of these kinds of sockets, recorded if the options say so, while the block runs.

    Raises:
        Stopped: It is to end before it has begun.
    """
    if options.record == "-":
        complain("--record - needs standard output for itself (see --help)")
        raise SystemExit(2)
    needs = EVERY_NEED if options.record else needs
    source = None if is_elsewhere(options) else make_source(needs)
    if source is not None:
        options.net = namespace_of(source, options.net)
    tables = TABLES if options.record else tables_of(selection)
    with ExitStack() as stack:
        ticker = interrupts.ticker
        collector: Collects
        events = stack.enter_context(_captured(options)) if captures and source is not None else None
        if source is None:
            collector = stack.enter_context(_followed(options, needs, captures=captures))
        else:
            check = ticker.check
            collector = Collector(source, tables, namespaces=options.net, needs=needs, check=check, events=events)
        with recorded(options, collector) as collects:
            yield snapshots(collects, ticker, tick_interval(options), lasts, events)


def _followed(options: argparse.Namespace, needs: Needs, *, captures: bool) -> AbstractContextManager[Collects]:
    """Other machines, with the modules that only who asks for them waits for."""
    from netwatch_tui.modes.other_machines import following

    return following(options, needs, captures=captures)


def _host(options: argparse.Namespace) -> str:
    """The name of this machine; of others each event has its own."""
    return "" if is_elsewhere(options) else os.uname().nodename


def _captured(options: argparse.Namespace) -> AbstractContextManager[EventFeed]:
    """The kernel's events, with the modules that only who asks for them waits for."""
    from netwatch_tui.modes.capturing import capturing

    return capturing(options)


def batches(
    snapshots: Iterable[Snapshot],
    choice: RowChoice,
    columns: tuple[str, ...],
    host: str,
    alerts: AlertWatch | None = None,
) -> Iterator[Iterator[str]]:
    """What happened between one snapshot and the next, as lines; only what begins to match, where that is watched."""
    services = services_for(columns or fields_of("ndjson"))
    for snapshot in snapshots:
        head = Head.of(snapshot, host, columns, services)
        if alerts is None:
            yield event_lines(events(snapshot, choice), head)
        else:
            yield ringing_lines(alerts.look(snapshot), head)


def ringing_lines(found: Iterable[Ringing], head: Head) -> Iterator[str]:
    """What begins to match, rule by rule, with a word of what could not be searched in good time."""
    for rule, sockets, unsearched in found:
        yield from alert_lines(rule.name, sockets, head)
        if unsearched:
            complain(f"filter: {unsearched}")


def _rules(filters: Iterable[str], choice: RowChoice) -> Iterator[AlertRule]:
    """Each filter watched among the sockets that are chosen anyway."""
    for text in filters:
        yield AlertRule(text, choice._replace(queries=(*choice.queries, query_with_notes(text))))


def events(snapshot: Snapshot, choice: RowChoice) -> Iterator[SocketEvent]:
    """What a snapshot brings of the sockets that are chosen; of a change, before or after it."""
    happened = tuple(snapshot.happened)
    if not happened:
        return
    chosen: set[int] = set()
    for each in _one_for_a_socket(happened):
        sides = [side for event in each for side in (event.before, event.socket) if side is not None]
        chosen |= {id(socket) for socket in choose_rows(choice, snapshot._replace(events=each), sides)}
    for event in happened:
        if not chosen.isdisjoint((id(event.before), id(event.socket))):
            yield event


def _one_for_a_socket(happened: tuple[SocketEvent, ...]) -> Iterator[tuple[SocketEvent, ...]]:
    """Events in parts in which each is the only one of its socket, so that a filter can ask for what happened."""
    parts: list[list[SocketEvent]] = []
    times = Counter[int]()
    for event in happened:
        at = times[event.socket.id]
        times[event.socket.id] += 1
        if at == len(parts):
            parts.append([])
        parts[at].append(event)
    yield from map(tuple, parts)
