"""The front door: arguments, and which mode runs."""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.procnet import TABLES, Table
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.model.marks import Marks
from netwatch_tui.model.query import QueryError, parse
from netwatch_tui.model.socket import Family, OwnerReason
from netwatch_tui.model.view import Selection, ViewSpec, arrange

EPILOG = """\
FILTER: words that must all match. port:N is exactly that port at either end, process:TEXT part of a process name,
a bare number exactly a port or a pid, any other word part of anything that the row shows.

examples:
  netwatch-tui                          live table of all TCP and UDP sockets
  netwatch-tui port:443 process:nginx   live, filtered
  netwatch-tui -tulpn                   only listening sockets
  netwatch-tui --once -t | grep ESTAB   one snapshot as plain text
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    options = _parser().parse_args(argv)
    if options.version:
        from importlib.metadata import version

        print(f"netwatch-tui {version('netwatch-tui')}")
        return 0
    try:
        query = parse(" ".join(options.filter))
    except QueryError as error:
        _complain(f"filter: {error.message}\n{error.pointed()}")
        return 2
    spec = ViewSpec(query=query, selection=_selection(options))
    if options.once or not sys.stdout.isatty():
        return _once(spec, header=not options.no_header)
    return _live(spec, options)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the line and leave with status 2."""
        _complain(f"{message} (see --help)")
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="netwatch-tui",
        usage="%(prog)s [options] [FILTER ...]",
        description="A live table of this machine's sockets and the processes that own them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("filter", nargs="*", metavar="FILTER", help=argparse.SUPPRESS)
    add("-t", "--tcp", dest="netids", action="append_const", const="tcp", help="TCP sockets")
    add("-u", "--udp", dest="netids", action="append_const", const="udp", help="UDP sockets")
    add("-4", "--ipv4", dest="families", action="append_const", const=Family.INET, help="IPv4 sockets")
    add("-6", "--ipv6", dest="families", action="append_const", const=Family.INET6, help="IPv6 sockets")
    add("-l", "--listening", dest="listening", action="store_true", help="listening sockets only")
    add("-a", "--all", dest="listening", action="store_false", help="sockets in all states (this is the default)")
    add("-n", "--numeric", action="store_true", help="numbers instead of names (this is the default)")
    add("-p", "--processes", action="store_true", help="owning processes (they are always shown)")
    add("--once", action="store_true", help="print one snapshot and exit; the default when stdout is no terminal")
    add("-H", "--no-header", action="store_true", help="with --once: no heading")
    add("--theme", metavar="NAME", default="netwatch", help="colours (default: %(default)s)")
    add("--interval", metavar="SECONDS", type=_interval, default=1.0, help="0.05 to 60 (default: 1)")
    add("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    add("--version", action="store_true", help="print the version and exit")
    return parser


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.05 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.05 to 60")
    return seconds


def _selection(options: argparse.Namespace) -> Selection:
    return Selection(
        netids=frozenset(options.netids or ()),
        families=frozenset(options.families or ()),
        listening=options.listening,
    )


def _once(spec: ViewSpec, *, header: bool) -> int:
    """Print one snapshot."""
    from netwatch_tui.output.table import table_lines

    collector = Collector(LinuxSource(), _tables(spec.selection))
    snapshot = collector.collect(time.time())
    if any(socket.owner_reason is OwnerReason.EXITED for socket in snapshot.sockets):
        snapshot = collector.collect(time.time())  # tells a process that ended from a socket of the kernel's own
    view = arrange(snapshot, Marks(), spec, snapshot.taken_at)
    for problem in snapshot.problems:
        _complain(problem.text)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name in a script that the locale can't write
    try:
        for line in table_lines(view.rows, header=header):
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left for the flush at exit
    return 0


def _tables(selection: Selection) -> tuple[Table, ...]:
    """The tables that hold sockets of these kinds."""
    return tuple(
        table
        for table in TABLES
        if table.netid in (selection.netids or {table.netid}) and table.family in (selection.families or {table.family})
    )


def _live(spec: ViewSpec, options: argparse.Namespace) -> int:
    """Run the full-screen program."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        _complain("the screen needs a terminal as standard input and standard error; --once prints to a pipe")
        return 2
    from netwatch_tui.ui.run import run
    from netwatch_tui.ui.themes import ThemeError

    try:
        return run(
            spec,
            _tables(spec.selection),
            theme=options.theme,
            interval=options.interval,
            mouse=not options.no_mouse,
        )
    except ThemeError as error:
        _complain(str(error))
        return 2


def _complain(text: str) -> None:
    print(f"netwatch-tui: {text}", file=sys.stderr)
