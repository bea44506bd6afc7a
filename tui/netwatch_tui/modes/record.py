"""`--record` without the screen, and beside the other modes."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Never

from netwatch_tui.collect.collector import Collector, Collects
from netwatch_tui.collect.event_feed import EventFeed
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.modes.common import (
    MakeSource,
    complain,
    complain_of_hidden,
    is_elsewhere,
    namespace_of,
    tick_interval,
)
from netwatch_tui.modes.interrupts import Interrupts
from netwatch_tui.play.ticker import Ticker
from netwatch_tui.recording.recorder import Recorder
from netwatch_tui.sockets.needs import EVERY_NEED, Needs
from netwatch_tui.sockets.snapshot import Snapshot


def record(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Write down what is seen until stopped; returns the exit status."""
    if options.filter or options.kinds or options.families or options.listening:
        complain("a recording has every socket: give the filter to --replay")
        return 2
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts(for_reader=options.record == "-"))
        ticker = interrupts.ticker
        collector, events = stack.enter_context(_collector(options, make_source, ticker))
        recorder = begun(options, collector, tick_interval(options))
        if options.info:
            recorder.needs = Needs(flows_of_all=True, traffic=True)
        try:
            for _ in snapshots(recorder, ticker, tick_interval(options), options.duration, events):
                if recorder.failure:
                    return 0 if isinstance(recorder.failure, BrokenPipeError) else 1
        finally:
            finish(options, recorder)
    return 0


@contextmanager
def _collector(
    options: argparse.Namespace, make_source: MakeSource, ticker: Ticker[Never]
) -> Iterator[tuple[Collects, EventFeed | None]]:
    """What collects, and what tells of the kernel's events, while the block runs."""
    if is_elsewhere(options):
        from netwatch_tui.modes.other_machines import following

        with following(options, EVERY_NEED, captures=True) as fleet:
            yield fleet, None
        return
    source = make_source(EVERY_NEED)
    options.net = namespace_of(source, options.net)
    from netwatch_tui.modes.capturing import capturing  # for which those who only record as well do not wait

    with capturing(options) as events:
        yield Collector(source, TABLES, namespaces=options.net, check=ticker.check, events=events), events


def snapshots(
    collects: Collects,
    ticker: Ticker[Never],
    interval: float,
    lasts: float | None,
    events: EventFeed | None = None,
) -> Iterator[Snapshot]:
    """One for each tick that succeeds; the last one has all events.

    What can't be read is told once, and again when it is another thing; what is hidden, at the start.
    """
    told: frozenset[str] = frozenset()
    is_first = True
    for now in ticker.ticks(interval, lasts):
        snapshot: Snapshot | None = None
        if events is not None and ticker.is_last_tick:
            events.finish()
        try:
            snapshot = collects.collect(now)
            problems = {problem.text for problem in snapshot.problems}
        except Exception as error:  # noqa: BLE001 -- the program must outlive any fault of a tick, and says it
            problems = {f"collecting failed, retrying: {type(error).__name__}: {error}"}
        if snapshot is not None and is_first and collects.namespaces == "*":
            complain_of_hidden(snapshot.namespaces)
        is_first = is_first and snapshot is None
        for text in sorted(problems - told):
            complain(text)
        told = frozenset(problems)
        if snapshot is not None:
            yield snapshot


def record_one(options: argparse.Namespace, snapshot: Snapshot) -> int:
    """Write down one snapshot; returns the exit status."""
    names = [host.name for host in snapshot.hosts.values()]
    recorder = begun(options, _One(snapshot), tick_interval(options), names[0] if len(names) == 1 else "")
    for problem in recorder.collect(snapshot.taken_at).problems:
        if recorder.failure:
            complain(problem.text)
    finish(options, recorder)
    return 0 if recorder.failure is None or isinstance(recorder.failure, BrokenPipeError) else 1


@contextmanager
def recorded(options: argparse.Namespace, collector: Collects) -> Iterator[Collects]:
    """A collector that is recorded while the block runs, if the options say so."""
    if not options.record:
        yield collector
        return
    recorder = begun(options, collector, tick_interval(options))
    try:
        yield recorder
    finally:
        finish(options, recorder)


def begun(options: argparse.Namespace, collector: Collects, seconds: float, host: str = "") -> Recorder:
    """A recorder of ticks that are so many seconds apart, on the machine with this name.

    A file that can't be written ends the program with a line that says why.
    """
    try:
        return Recorder(collector, options.record, host or _machine(options, collector), time.time(), seconds)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise SystemExit(0) from error
        complain(f"can't write {options.record}: {error.strerror}")
        raise SystemExit(2) from error


def _machine(options: argparse.Namespace, collector: Collects) -> str:
    """The name of the machine of which a recording is; of several, of that on which it is made."""
    own = os.uname().nodename
    if not is_elsewhere(options):
        return own
    from netwatch_tui.modes.other_machines import name_of

    return name_of(collector, own)


def finish(options: argparse.Namespace, recorder: Recorder) -> None:
    """End a recording."""
    try:
        recorder.end(time.time())
    except BrokenPipeError:
        return
    except OSError as error:
        complain(f"can't write the end of {options.record}: {error.strerror}")


class _One:
    """Gives the one snapshot that there is."""

    namespaces = ""
    needs = EVERY_NEED

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self, _: float) -> Snapshot:
        return self._snapshot
