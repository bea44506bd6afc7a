"""The full-screen program."""

from __future__ import annotations

import argparse
import sys

from netwatch_tui.model.view import ViewSpec
from netwatch_tui.modes.common import MakeSource, complain, no_namespace, query, selection


def live(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Run it; returns the exit status."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        complain("the screen needs a terminal as standard input and standard error; --once prints to a pipe")
        return 2
    spec = ViewSpec(query=query(" ".join(options.filter)), selection=selection(options), namespaces=options.net)
    if options.sort:
        spec = spec._replace(sort=options.sort.column, descending=options.sort.descending)
    source = make_source(True)
    if not source.namespaces().chosen(options.net):
        return no_namespace(source, options.net)
    from netwatch_tui.ui.run import run
    from netwatch_tui.ui.themes import ThemeError

    try:
        return run(
            source,
            spec,
            theme=options.theme,
            interval=options.interval,
            mouse=not options.no_mouse,
        )
    except ThemeError as error:
        complain(str(error))
        return 2
