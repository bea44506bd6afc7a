"""The full-screen program, on this machine or on a recording."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from netwatch_tui.modes.common import MakeSource, complain, namespace_of, query, selection
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

if TYPE_CHECKING:
    from netwatch_tui.collect.collector import Collects
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
    spec = ViewSpec(
        query=query(" ".join(options.filter)),
        selection=selection(options),
        interval=options.interval,
    )
    if options.sort:
        spec = spec._replace(sort=options.sort.column, descending=options.sort.descending)
    if options.columns:
        spec = spec._replace(columns=options.columns)
    if options.info:
        spec = spec.with_flows()
    return _replay(options, spec) if options.replay else _watch(options, spec, make_source)


def _watch(options: argparse.Namespace, spec: ViewSpec, make_source: MakeSource) -> int:
    """Show this machine, and record what is seen if that is asked for."""
    source = make_source(EVERY_NEED)
    spec = spec._replace(namespaces=namespace_of(source, options.net))
    from netwatch_tui.kernel.proc_net import TABLES
    from netwatch_tui.play.live_feed import LiveFeed

    recorders: list[Recorder] = []

    def record(collector: Collects) -> Collects:
        from netwatch_tui.modes.record import begun  # only who records waits for it to be loaded

        recorders.append(begun(options, collector))
        return recorders[0]

    feed = LiveFeed(source, TABLES, spec, record=record if options.record else None)
    try:
        return _run(options, feed, spec, lambda: os.uname().nodename)
    finally:
        for recorder in recorders:
            from netwatch_tui.modes.record import finish

            finish(options, recorder)


def _replay(options: argparse.Namespace, spec: ViewSpec) -> int:
    """Show a recording, or a stream that is being recorded elsewhere."""
    from netwatch_tui.files.text_lines import read_lines
    from netwatch_tui.modes.replay_once import opened
    from netwatch_tui.play.player import Player
    from netwatch_tui.recording.reader import Recording, count_frames, open_recording

    path = options.replay
    if path == "-":
        stream = os.dup(0)
        os.dup2(_keyboard(), 0)
        feed = Player(lambda: Recording(read_lines(stream), "standard input"), spec, live=True)
    else:
        opened(path)  # so that what is no recording is refused before the screen is there
        feed = Player(partial(open_recording, path), spec, count=partial(count_frames, path))
    return _run(options, feed, spec, lambda: feed.position.host)


def _run(options: argparse.Namespace, feed: Feed, spec: ViewSpec, host: Callable[[], str]) -> int:
    """Show what a feed sends, of the machine with this name."""
    from netwatch_tui.ui.run import ScreenError, run
    from netwatch_tui.ui.themes import ThemeError

    def file_lines(format: str, sockets: Iterable[Socket], view: View) -> Iterable[str]:
        from netwatch_tui.output.head import Head
        from netwatch_tui.output.registry import write_lines

        moment = view.moment
        head = Head(
            moment.now,
            host(),
            namespaces=moment.namespaces,
            marked=moment.marked,
            findings=moment.findings,
            flows=moment.flows,
        )
        return write_lines(format, sockets, head)

    try:
        return run(feed, spec, theme=options.theme, mouse=not options.no_mouse, write=file_lines, debug=options.debug)
    except ThemeError as error:
        complain(str(error))
        return 2
    except ScreenError as error:
        complain(str(error))
        return 1


def _keyboard() -> int:
    """The terminal that the keys come from when standard input is something else."""
    try:
        return os.open("/dev/tty", os.O_RDWR)
    except OSError:  # not the controlling one, but it is written to
        return os.dup(2)
