"""The full-screen program, on this machine or on a recording."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netwatch_tui.fields.format import printable
from netwatch_tui.files.state_folder import check_folder, state_folder
from netwatch_tui.modes.common import MakeSource, complain, is_elsewhere, namespace_of, query, selection, services_for
from netwatch_tui.modes.configuration import read_configuration
from netwatch_tui.settings.arrangement import Arranged, Arrangement
from netwatch_tui.settings.saved_views import SavedView, SavedViews, with_saved
from netwatch_tui.settings.settings import Settings
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.traced_call import TraceBatch
from netwatch_tui.ui.run import ScreenError, Start, run
from netwatch_tui.ui.setup import Hands
from netwatch_tui.ui.themes import ThemeError
from netwatch_tui.view.named_views import NamedView
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

if TYPE_CHECKING:
    from netwatch_tui.collect.collector import Collects
    from netwatch_tui.play.alerting import Alerting
    from netwatch_tui.play.news import Feed
    from netwatch_tui.recording.recorder import Recorder


def live(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Run it; returns the exit status."""
    from_stdin = options.replay == "-"
    if not (from_stdin or (sys.stdin and sys.stdin.isatty())) or not (sys.stderr and sys.stderr.isatty()):
        complain("the screen needs a terminal as standard input and standard error; --once prints to a pipe")
        return 2
    if os.environ.get("TERM") == "dumb":
        complain("the screen needs a terminal that moves its cursor, and TERM is dumb; --once prints to any")
        return 2
    settings, problems = read_configuration(options.config)
    settings = settings._replace(read_only=settings.read_only or options.read_only)
    folder = _state_folder(problems)
    arrangement = Arrangement(folder, settings)
    arranged = Arranged() if options.fresh else arrangement.read()
    saved = _saved_views(folder, problems)
    views = with_saved(settings.all_views, saved)
    view = _first_view(options, views, arranged)
    start = Start(
        settings,
        folder,
        arrangement,
        options.theme,
        arranged.values.get("theme"),
        saved,
        view,
        mouse=settings.mouse and not options.no_mouse,
        notices=(*problems, *arranged.problems),
        debug=options.debug,
    )
    spec = _spec(options, settings, arranged, views[view])
    if options.info:
        spec = spec.with_flows()
    if options.resolve:
        spec = spec._replace(service_names=bool(spec.query.names.port_names), host_names=True)
    if options.replay:
        return _replay(options, spec, start)
    if is_elsewhere(options):
        return _follow(options, spec._replace(namespaces=options.net), start)
    return _watch(options, spec, start, make_source)


def _state_folder(problems: list[str]) -> Path | None:
    """Where something is remembered; None, and a line that says why, where there is no such place."""
    try:
        folder = state_folder()
        check_folder(folder)
    except OSError as error:
        problems.append(f"nothing is remembered: {printable(error.strerror or str(error))}")
        return None
    return folder


def _saved_views(folder: Path | None, problems: list[str]) -> tuple[SavedView, ...]:
    """The views that were saved on the screen; nothing, and a line that says why, where they can't be read."""
    try:
        return SavedViews(folder).read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problems.append(f"saved views can't be read: {printable(str(reason))}")
        return ()


def _first_view(options: argparse.Namespace, views: Sequence[NamedView], arranged: Arranged) -> int:
    """Which view is shown first.

    That which the command line names, which ends the program if there is none; else that in which the program was
    left, or the first if the command line asks for rows.
    """
    names = [view.name for view in views]
    if options.view is not None:
        known = {str(at + 1): at for at in range(len(names))} | {name.casefold(): at for at, name in enumerate(names)}
        if (at := known.get(options.view.casefold())) is not None:
            return at
        there_are = ", ".join(f"{at + 1} {name}" for at, name in enumerate(names))
        complain(f"there is no view {options.view!r}; there are: {there_are}")
        raise SystemExit(2)
    name = arranged.values.get("view")
    asked = options.filter or options.kinds or options.families or options.listening or options.net
    return names.index(name) if name in names and not asked else 0


def _spec(options: argparse.Namespace, settings: Settings, arranged: Arranged, shown: NamedView) -> ViewSpec:
    """What is shown at first: as the command line says, else as it was arranged, else as the view has it."""
    interval = settings.interval if options.interval is None else options.interval
    asked = ViewSpec(query=query(" ".join(options.filter)), interval=interval, linger=settings.linger)
    spec = shown.spec(asked)
    if options.filter:
        own = spec.query.text
        spec = spec._replace(query=query(f"({own}) ({asked.query.text})") if own else asked.query)
    if options.kinds or options.families or options.listening:
        spec = spec._replace(selection=selection(options))
    left = arranged.values if arranged.values.get("view", shown.name) == shown.name else {}
    if sort := options.sort or left.get("sort"):
        spec = spec._replace(sort=sort.column, descending=sort.descending)
    if columns := options.columns or left.get("columns"):
        spec = spec._replace(columns=columns)
    named = arranged.values.get("service_names", False) and bool(spec.query.names.port_names)
    widths = arranged.values.get("widths", spec.widths)
    return spec._replace(grouping=left.get("group", spec.grouping), service_names=named, widths=widths)


def _watch(options: argparse.Namespace, spec: ViewSpec, start: Start, make_source: MakeSource) -> int:
    """Show this machine, and record what is seen if that is asked for."""
    source = make_source(EVERY_NEED)
    if options.net:
        spec = spec._replace(namespaces=namespace_of(source, options.net))
    from netwatch_tui.actions.actor import Actor
    from netwatch_tui.actions.open_trace import open_trace
    from netwatch_tui.actions.probes import plan_probe
    from netwatch_tui.kernel.proc_net import TABLES
    from netwatch_tui.modes.capturing import capturing
    from netwatch_tui.play.live_feed import LiveFeed

    settings = start.settings
    with _recording(options, spec.interval) as record, capturing(options) as events:
        if events.status.is_partial:
            start = start._replace(notices=(*start.notices, events.status.sentence))
        feed = LiveFeed(
            source,
            TABLES,
            spec,
            record=record,
            thresholds=settings.thresholds,
            rewind_memory=settings.rewind_memory,
            alerts=_alerting(settings, os.uname().nodename),
            events=events,
            history=settings.history,
        )
        return _run(feed, spec, start, lambda: os.uname().nodename, Hands(Actor(), open_trace, plan_probe))


def _follow(options: argparse.Namespace, spec: ViewSpec, start: Start) -> int:
    """Show other machines, and record what is seen if that is asked for."""
    from netwatch_tui.hosts.fleet_actor import FleetActor
    from netwatch_tui.modes.other_machines import fleet_of, name_of
    from netwatch_tui.play.live_feed import LiveFeed

    settings = start.settings
    fleet = fleet_of(options, spec.needs, spec.interval, settings.thresholds, captures=True)
    host = name_of(fleet, os.uname().nodename)
    with _recording(options, spec.interval) as record:
        feed = LiveFeed(
            fleet,
            (),
            spec,
            record=record,
            rewind_memory=settings.rewind_memory,
            alerts=_alerting(settings, host),
            history=settings.history,
        )
        actor = FleetActor(fleet)
        return _run(feed, spec, start, lambda: host, Hands(actor, actor.open_trace, actor.plan_probe))


@contextmanager
def _recording(options: argparse.Namespace, interval: float) -> Iterator[Callable[[Collects], Collects] | None]:
    """What puts a recorder around a collector while the block runs; None where nothing is recorded."""
    if not options.record:
        yield None
        return
    from netwatch_tui.modes.record import begun, finish  # only who records waits for it to be loaded

    recorders: list[Recorder] = []

    def record(collector: Collects) -> Collects:
        recorders.append(begun(options, collector, interval))
        return recorders[0]

    try:
        yield record
    finally:
        for recorder in recorders:
            finish(options, recorder)


def _alerting(settings: Settings, host: str) -> Alerting:
    """What watches the configured filters, on the machine with this name."""
    from netwatch_tui.fields.catalogue import OBJECT_FIELDS
    from netwatch_tui.output.alert_objects import AlertFormat
    from netwatch_tui.play.alerting import Alerting

    return Alerting(settings.alerts, AlertFormat(host, partial(services_for, OBJECT_FIELDS)))


def _replay(options: argparse.Namespace, spec: ViewSpec, start: Start) -> int:
    """Show a recording, or a stream that is being recorded elsewhere."""
    from netwatch_tui.files.bounded_reader import open_input
    from netwatch_tui.files.text_lines import read_lines
    from netwatch_tui.modes.replay_once import opened
    from netwatch_tui.play.player import Player
    from netwatch_tui.recording.reader import Recording, count_frames, open_recording

    path, settings = options.replay, start.settings
    thresholds, memory, history = settings.thresholds, settings.rewind_memory, settings.history
    if path == "-":
        try:
            stream = open_input(path)
        except OSError as error:
            complain(f"can't read {path}: {error.strerror}")
            return 2
        os.dup2(_keyboard(), 0)
        piped = partial(Recording, read_lines(stream), "standard input", thresholds)
        feed = Player(piped, spec, live=True, rewind_memory=memory, history=history)
    else:
        opened(path)  # so that what is no recording is refused before the screen is there
        recording, count = partial(open_recording, path, thresholds), partial(count_frames, path)
        feed = Player(recording, spec, count=count, rewind_memory=memory, history=history)
    return _run(feed, spec, start, lambda: feed.position.host)


def _run(feed: Feed, spec: ViewSpec, start: Start, host: Callable[[], str], hands: Hands | None = None) -> int:
    """Show what a feed sends, of the machine with this name, with what does something there."""

    def file_lines(format: str, sockets: Iterable[Socket], view: View) -> Iterable[str]:
        from netwatch_tui.output.head import Head
        from netwatch_tui.output.registry import write_lines

        moment = view.moment
        columns: tuple[str, ...] = ()
        if view.spec.history:
            columns = _history_columns(format, view)
        if view.spec.host_names:
            from netwatch_tui.modes.once import with_names

            columns = with_names(columns, format)
        head = Head(
            moment.now,
            host(),
            columns,
            namespaces=moment.namespaces,
            marked=moment.marked,
            findings=moment.findings,
            flows=moment.flows,
            networks=moment.networks,
            services=moment.services,
            host_names=moment.host_names,
            events=moment.events,
            hosts=moment.hosts,
        )
        return write_lines(format, sockets, head)

    def call_lines(format: str, calls: TraceBatch, host: str) -> Iterable[str]:
        from netwatch_tui.modes.trace import lines_of

        return lines_of(format, host)(calls)

    try:
        return run(feed, spec, start, file_lines, call_lines, hands)
    except ThemeError as error:
        complain(str(error))
        return 2
    except ScreenError as error:
        complain(str(error))
        return 1


def _history_columns(format: str, view: View) -> tuple[str, ...]:
    """What is written of the history: in a table what is shown, else all that is known of an event and its socket."""
    if format == "table":
        return view.spec.columns
    from netwatch_tui.fields.event_fields import EVENT_FIELDS
    from netwatch_tui.output.registry import fields_of

    return (*(field.id for field in EVENT_FIELDS), *fields_of(format))


def _keyboard() -> int:
    """The terminal that the keys come from when standard input is something else."""
    try:
        return os.open("/dev/tty", os.O_RDWR)
    except OSError:  # not the controlling one, but it is written to
        return os.dup(2)
