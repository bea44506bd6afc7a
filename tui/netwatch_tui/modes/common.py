"""What several modes need: choosing sockets, writing lines, complaining."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from netwatch_tui.fields.format import printable
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.needs import Need
from netwatch_tui.sockets.selection import LISTENING, Selection
from netwatch_tui.sockets.socket import Socket

if TYPE_CHECKING:
    from netwatch_tui.fields.moment import Moment
    from netwatch_tui.query import Query
    from netwatch_tui.sockets.snapshot import Snapshot

MakeSource = Callable[[bool], LinuxSource]
"""Gives the machine. True: all about processes, False: at least their names."""


def complain(text: str) -> None:
    """Say on standard error what is wrong."""
    if sys.stderr is not None:
        lines = (printable(line) for line in text.split("\n"))
        sys.stderr.write("netwatch-tui: " + "\n".join(lines) + "\n")


def selection(options: argparse.Namespace) -> Selection:
    """What the letters choose; a letter that is not given leaves the default."""
    chosen = Selection()
    if options.kinds:
        chosen = chosen._replace(netids=frozenset().union(*options.kinds))
    if options.families:
        chosen = chosen._replace(families=frozenset(options.families))
    return chosen.only(LISTENING) if options.listening else chosen


def query(text: str) -> Query:
    """A filter. A wrong one ends the program with a line that says where."""
    from netwatch_tui.kernel.machine_names import read_names
    from netwatch_tui.query import QueryError, parse

    try:
        return parse(text, read_names())
    except QueryError as error:
        complain(f"filter: {error.message}\n{error.pointed()}")
        raise SystemExit(2) from error


class RowChoice:
    """Which sockets the command line chooses: by its letters, its filter, and one more."""

    def __init__(self, options: argparse.Namespace, more: str = "") -> None:
        """Read them. A wrong filter ends the program with a line that says where.

        Args:
            options: What was asked for.
            more: Another filter that has to match as well.
        """
        self.selection = selection(options)
        self._queries = [query(text) for text in (" ".join(options.filter), more) if text]

    @property
    def needs_processes(self) -> bool:
        """Whether a filter asks for more than the names of processes."""
        if not self._queries:
            return False
        from netwatch_tui.fields.catalogue import FIELD_BY_ID
        from netwatch_tui.query.language.syntax import Term
        from netwatch_tui.query.match.compile import leaves

        every = (leaf for each in self._queries for leaf in leaves(each.expression))
        keys = {leaf.key for leaf in every if isinstance(leaf, Term)}
        return any(FIELD_BY_ID[key].need is Need.PROCESSES for key in keys & FIELD_BY_ID.keys())

    def of(self, snapshot: Snapshot, sockets: Iterable[Socket] | None = None) -> list[Socket]:
        """Those of a snapshot that are chosen.

        Args:
            snapshot: What is known of the moment.
            sockets: Some that belong to it, such as those that closed; all of its own where nothing is said.
        """
        found = self.selection.choose(snapshot.sockets if sockets is None else sockets)
        if self._queries:
            moment = _moment(snapshot)
            for each in self._queries:
                found = list(filter(each.compile(moment), found))
        return found


def _moment(snapshot: Snapshot) -> Moment:
    """What a filter may ask for besides the socket: what happened in a look is new at that look."""
    from netwatch_tui.fields.moment import Moment
    from netwatch_tui.sockets.marks import Marks

    marks = Marks().advance(snapshot.delta, until=None)
    return Moment(snapshot.taken_at, marks.by_id, snapshot.namespaces.names)


def no_namespace(source: LinuxSource, name: str) -> int:
    """Say which namespaces there are instead of the one that was asked for; returns the exit status."""
    seen = source.namespaces()
    names = ", ".join(each.name for each in (seen.own, *seen.others))
    complain(f"no network namespace {name!r} can be seen; there are: {names}")
    return 2


def colours(options: argparse.Namespace) -> bool:
    """Whether the output is coloured."""
    if options.color in (None, "auto"):
        on_terminal = sys.stdout is not None and sys.stdout.isatty()
        return on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return bool(options.color == "always")


def print_lines(lines: Iterable[str]) -> int:
    """Write to standard output; returns the exit status."""
    return print_batches((lines,))


def print_batches(batches: Iterable[Iterable[str]]) -> int:
    """Write to standard output as long as somebody reads it, each batch at once; returns the exit status."""
    if sys.stdout is None:
        return 0  # closed by whoever started us
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name in a script that the locale can't write
    for batch in batches:
        try:
            sys.stdout.writelines(f"{line}\n" for line in batch)
            sys.stdout.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left for the flush at exit
            if isinstance(error, BrokenPipeError):
                return 0
            complain(f"can't write: {error.strerror}")
            return 1
    return 0
