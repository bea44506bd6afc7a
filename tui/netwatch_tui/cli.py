"""The front door: arguments, and which mode runs."""

from __future__ import annotations

import argparse
import gc
import io
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.ahead import AheadSource
from netwatch_tui.kernel.names import Names
from netwatch_tui.kernel.procnet import TABLES
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.model.format import printable
from netwatch_tui.model.kinds import KINDS, netids
from netwatch_tui.model.selection import LISTENING, Selection
from netwatch_tui.model.socket import STATE_RANK, Family, OwnerReason

if TYPE_CHECKING:
    from netwatch_tui.model.query import Query
    from netwatch_tui.model.socket import Socket
    from netwatch_tui.model.view import View

EPILOG = """\
FILTER: an expression of ss (dport = :ssh, src 10.0.0.0/8, state established), key:value (port:443, process:nginx,
peer:10.0.0.0/8, age:<10s, -user:root) or words; a bare number is a port or a pid. Side by side means and; or, not, ( )
are known, and read from left to right. The help screen and the README have the whole language.

examples:
  netwatch-tui                          live table of all TCP and UDP sockets
  netwatch-tui port:443 process:nginx   live, filtered
  netwatch-tui -tan 'dport = :22 or sport = :22'
  netwatch-tui -tulpn                   only listening sockets
  netwatch-tui --once -t | grep ESTAB   one snapshot as plain text
"""


def entry() -> NoReturn:
    """Run the program and end at once: taking 100,000 sockets apart one by one takes longer than printing them."""
    try:
        status = main()
    except SystemExit as request:
        status = request.code if isinstance(request.code, int) else 0
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    options = _parser().parse_intermixed_args(argv)
    if options.version:
        from importlib.metadata import version

        print(f"netwatch-tui {version('netwatch-tui')}")
        return 0
    if options.once or sys.stdout is None or not sys.stdout.isatty():
        gc.disable()  # one look, and then the end: there is no garbage worth looking for
        try:
            return _once(options)
        finally:
            gc.enable()
    return _live(options)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the line and leave with status 2."""
        _complain(f"{message} (see --help)")
        raise SystemExit(2)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal, found out without the module that argparse imports for it at every start."""
    try:
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 80
    except OSError:
        columns = 80
    return argparse.RawDescriptionHelpFormatter(prog, width=columns - 2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="netwatch-tui",
        usage="%(prog)s [options] [FILTER ...]",
        description="A live table of this machine's sockets and the processes that own them.",
        epilog=EPILOG,
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("filter", nargs="*", metavar="FILTER", help=argparse.SUPPRESS)
    for letter, kind in (("-t", "tcp"), ("-u", "udp"), ("-w", "raw"), ("-x", "unix")):
        add(letter, f"--{kind}", dest="kinds", action="append_const", const=netids(kind), help=f"{kind} sockets")
    add(
        "-A",
        "--query",
        dest="kinds",
        action="append",
        type=_kinds,
        metavar="LIST",
        help=f"kinds of sockets, separated by commas: {', '.join(KINDS)}, inet, all",
    )
    add("-4", "--ipv4", dest="families", action="append_const", const=Family.INET, help="IPv4 sockets")
    add("-6", "--ipv6", dest="families", action="append_const", const=Family.INET6, help="IPv6 sockets")
    add("-l", "--listening", dest="listening", action="store_true", help="listening sockets only")
    add("-a", "--all", dest="listening", action="store_false", help="sockets in all states (this is the default)")
    add("-n", "--numeric", action="store_true", help="numbers instead of names (this is the default)")
    add("-p", "--processes", action="store_true", help="owning processes (they are always shown)")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("-N", "--net", metavar="NAME", default="", help="the network namespace of this name or number")
    scope.add_argument(
        "--all-namespaces", dest="net", action="store_const", const="*", help="every network namespace that can be seen"
    )
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


def _kinds(text: str) -> frozenset[str]:
    try:
        return netids(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{str(error)!r} is no kind of socket: {', '.join(KINDS)}, inet, all"
        ) from error


def _selection(options: argparse.Namespace) -> Selection:
    """What the letters choose; a letter that is not given leaves the default."""
    chosen = Selection()
    if options.kinds:
        chosen = chosen._replace(netids=frozenset().union(*options.kinds))
    if options.families:
        chosen = chosen._replace(families=frozenset(options.families))
    return chosen.only(LISTENING) if options.listening else chosen


def _once(options: argparse.Namespace) -> int:
    """Print one snapshot."""
    selection, query = _selection(options), _query(options) if options.filter else None
    source = AheadSource(processes=Names())
    from netwatch_tui.output.table import table_lines  # while the other process looks

    if not source.namespaces().chosen(options.net):
        return _no_namespace(source, options.net)
    tables = [
        table
        for table in TABLES
        if (table.family in selection.families or table.kind == "sctp")  # whose one file has both families
        and not selection.netids.isdisjoint(KINDS[table.kind])
    ]
    collector = Collector(source, tables, namespaces=options.net)
    snapshot = collector.collect(time.time())
    if any(socket.owner_reason is OwnerReason.EXITED for socket in snapshot.sockets):
        snapshot = collector.collect(time.time())  # tells a process that ended from a socket of the kernel's own
    for problem in snapshot.problems:
        _complain(problem.text)
    rows = selection.choose(snapshot.sockets)
    if query is not None:
        from netwatch_tui.model.columns import Moment

        matches = query.compile(Moment(snapshot.taken_at, {}, snapshot.namespaces.names))
        rows = [socket for socket in rows if matches(socket)]
    rows.sort(key=lambda socket: STATE_RANK[socket.state])
    return _print(table_lines(rows, header=not options.no_header))


def _query(options: argparse.Namespace) -> Query:
    """The filter of the command line. A wrong one ends the program with a line that says where."""
    from netwatch_tui.kernel.services import read_names
    from netwatch_tui.model.query import QueryError, parse

    try:
        return parse(" ".join(options.filter), read_names())
    except QueryError as error:
        _complain(f"filter: {error.message}\n{error.pointed()}")
        raise SystemExit(2) from error


def _print(lines: Iterable[str]) -> int:
    """Write to standard output as long as somebody reads it."""
    if sys.stdout is None:
        return 0  # closed by whoever started us
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name in a script that the locale can't write
    try:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
    except BrokenPipeError:
        status = 0
    except OSError as error:
        _complain(f"can't write: {error.strerror}")
        status = 1
    else:
        return 0
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left for the flush at exit
    return status


def _no_namespace(source: LinuxSource, name: str) -> int:
    seen = source.namespaces()
    names = ", ".join(each.name for each in (seen.own, *seen.others))
    _complain(f"no network namespace {name!r} can be seen; there are: {names}")
    return 2


def _live(options: argparse.Namespace) -> int:
    """Run the full-screen program."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        _complain("the screen needs a terminal as standard input and standard error; --once prints to a pipe")
        return 2
    from netwatch_tui.model.view import ViewSpec

    spec = ViewSpec(
        query=_query(options), selection=_selection(options), namespaces=options.net, interval=options.interval
    )
    source = LinuxSource()
    if not source.namespaces().chosen(options.net):
        return _no_namespace(source, options.net)
    from netwatch_tui.ui.run import run
    from netwatch_tui.ui.themes import ThemeError

    try:
        return run(
            source,
            spec,
            theme=options.theme,
            mouse=not options.no_mouse,
            write=_file_lines,
        )
    except ThemeError as error:
        _complain(str(error))
        return 2


def _file_lines(format: str, sockets: Iterable[Socket], view: View) -> Iterable[str]:
    """What the screen writes to a file."""
    from netwatch_tui.output.formats import Head, write_lines

    moment = view.moment
    return write_lines(
        format, sockets, Head(moment.now, os.uname().nodename, (), moment.namespaces, True, moment.marked)
    )


def _complain(text: str) -> None:
    lines = (printable(line) for line in text.split("\n"))
    print("netwatch-tui:", "\n".join(lines), file=sys.stderr)
