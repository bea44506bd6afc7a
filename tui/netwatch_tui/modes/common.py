"""What several modes need: choosing sockets, writing lines, complaining."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.model.format import printable
from netwatch_tui.model.selection import LISTENING, Selection
from netwatch_tui.model.socket import Socket

if TYPE_CHECKING:
    from netwatch_tui.model.query import Query

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
    from netwatch_tui.model.query import QueryError, parse

    try:
        return parse(text)
    except QueryError as error:
        complain(f"filter: {error.message}\n{error.pointed()}")
        raise SystemExit(2) from error


def matcher(text: str) -> Callable[[Socket], bool] | None:
    """A filter as a test of one socket; None where there is none."""
    return query(text).matches if text else None


def chooser(options: argparse.Namespace) -> Callable[[Iterable[Socket]], list[Socket]]:
    """Gives those of some sockets that the letters and the filter of the command line choose."""
    chosen, matches = selection(options), matcher(" ".join(options.filter))

    def choose(sockets: Iterable[Socket]) -> list[Socket]:
        found = chosen.choose(sockets)
        return found if matches is None else [socket for socket in found if matches(socket)]

    return choose


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
