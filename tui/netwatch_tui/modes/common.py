"""What several modes share: choosing sockets, writing lines, complaining."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

from netwatch_tui.arguments import DEFAULT_INTERVAL
from netwatch_tui.fields.format import harmless, printable
from netwatch_tui.kernel.namespace import Sieve
from netwatch_tui.kernel.namespaces import NamespaceError
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.selection import LISTENING, Selection
from netwatch_tui.sockets.snapshot import Seen, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.row_choice import RowChoice

if TYPE_CHECKING:
    from netwatch_tui.query import Query
    from netwatch_tui.sockets.services import ServiceNames


class Machine(Source, Protocol):
    """A source on which a person may name a network namespace, and of which a part may be scanned already."""

    sieve: Sieve | None
    """Keeps some lines of the own namespace's tables to itself; obeyed where something was scanned."""

    def scanned(self) -> set[int] | None:
        """The inodes of all sockets that a process was seen to hold; None where nothing was scanned beforehand."""

    def choose_namespace(self, text: str) -> str:
        """What the collector calls it; see `NamespaceList.choose`."""


_AT_ONCE = 500
"""Lines that are made and written at once."""

Paint = Callable[[Iterator[str]], Iterator[str]]
"""Gives lines colours."""

MakeSource = Callable[[Needs], Machine]
"""Gives the machine, as one that can tell what is needed."""


def complain(text: str) -> None:
    """Say on standard error what is wrong, if it can be said."""
    if sys.stderr is not None:
        lines = (printable(line) for line in text.split("\n"))
        with suppress(OSError):
            sys.stderr.write("netwatch-tui: " + "\n".join(lines) + "\n")
            sys.stderr.flush()


def complain_of_hidden(seen: Seen) -> None:
    """Say of which network namespaces nothing is shown to who asked for all of them."""
    for text in seen.hidden_texts():
        complain(text)


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


def row_choice(options: argparse.Namespace, more: str = "") -> RowChoice:
    """Which sockets the command line chooses: by its letters, its filter, and one more that must match as well.

    A wrong filter ends the program with a line that says where. What should be known of one is said.
    """
    queries = tuple(query_with_notes(text) for text in (" ".join(options.filter), more) if text)
    return RowChoice(selection(options), queries)


def query_with_notes(text: str) -> Query:
    """A filter, as in `query`; what should be known of it is said."""
    found = query(text)
    for note in found.notes:
        complain(f"filter: {note.text}")
    return found


def choose_rows(choice: RowChoice, snapshot: Snapshot, sockets: Iterable[Socket] | None = None) -> list[Socket]:
    """What `RowChoice.in_snapshot` chooses, with a word of what it could not search in good time."""
    if not choice.queries:
        return choice.in_snapshot(snapshot, sockets)
    from netwatch_tui.query.regex import EFFORT_AT_ONCE, Effort

    effort = Effort(EFFORT_AT_ONCE)
    rows = choice.in_snapshot(snapshot, sockets, effort)
    if effort.text:
        complain(f"filter: {effort.text}")
    return rows


def tell_if_in_vain(choice: RowChoice, rows: Iterable[Socket], other_namespaces: int = 0) -> None:
    """Say what a filter asked for if there are no rows: an empty answer looks like a fact.

    Args:
        choice: What was asked for.
        rows: What was found.
        other_namespaces: How many network namespaces there are that were not looked at.
    """
    if any(True for _ in rows):
        return
    if vain := next(choice.asked_in_vain(), None):
        asked = f"the filter asks for {' and '.join(vain.values)} sockets"
        listed = f"listed only with {', '.join(vain.letters)}" if vain.letters else "left out by -4, -6 or -l"
        complain(f"{asked}, which are {listed}")
    elif other_namespaces and any(query.asks_for_namespaces for query in choice.queries):
        complain(f"{other_namespaces} more network namespaces were not read: --all-namespaces reads them")
    elif hints := [hint for query in choice.queries for hint in query.empty_hints]:
        complain(f"no socket matches the filter; {'; '.join(hints)}")


def tell_of_unmet_words(choice: RowChoice, rows: Sequence[Socket]) -> None:
    """Say which words of a filter with alternatives nothing has, such as `https` in `port http or https`."""
    for hint in filter(None, (query.word_hint(rows) for query in choice.queries)):
        complain(f"filter: nothing matches a part of it; {hint}")


def services_for(fields: Iterable[str], *, in_addresses: bool = False) -> ServiceNames:
    """What ports are called, where addresses or one of the fields with these ids tell it."""
    if not in_addresses and "service" not in fields:
        return {}
    from netwatch_tui.kernel.machine_names import read_services
    from netwatch_tui.sockets.services import names_of_ports

    return names_of_ports(read_services())


def is_elsewhere(options: argparse.Namespace) -> bool:
    """Whether the sockets are those of other machines; see `other_machines`."""
    return bool(options.host) or options.hosts is not None


def namespace_of(source: Machine, text: str) -> str:
    """What the collector calls the network namespace that a person named. A wrong one ends the program with a line."""
    try:
        return source.choose_namespace(text)
    except NamespaceError as error:
        complain(str(error))
        raise SystemExit(2) from error


def colours(options: argparse.Namespace) -> bool:
    """Whether the output is coloured."""
    if options.color in (None, "auto"):
        on_terminal = sys.stdout is not None and sys.stdout.isatty()
        return on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return bool(options.color == "always")


def tick_interval(options: argparse.Namespace) -> float:
    """Seconds between two ticks without a screen, which has a configuration."""
    return DEFAULT_INTERVAL if options.interval is None else float(options.interval)


def print_lines(lines: Iterable[str], paint: Paint = iter, encoding: str | None = None) -> int:
    """Write to standard output; returns the exit status."""
    return print_batches((lines,), paint, encoding)


def print_batches(batches: Iterable[Iterable[str]], paint: Paint = iter, encoding: str | None = None) -> int:
    """Write to standard output as long as somebody reads it, each batch at once; returns the exit status.

    Args:
        batches: Lines, from wherever; what is invisible in them is spelled out.
        paint: Gives lines that can do no harm colours.
        encoding: Of what is written; None for that of the locale.
    """
    if sys.stdout is None:
        return 0  # closed by whoever started us
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name may be in a script that the locale can't write.
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    for batch in batches:
        try:
            for part in _parts(paint(_harmless(batch))):
                sys.stdout.write("\n".join(part) + "\n")
            sys.stdout.flush()
        except OSError as error:
            return give_up_output(error)
    return 0


def give_up_output(error: OSError) -> int:
    """Say why nobody can read standard output, and write no more to it; returns the exit status.

    A reader that went away has what it wanted.
    """
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left for the flush at exit
    if isinstance(error, BrokenPipeError):
        return 0
    complain(f"can't write: {error.strerror}")
    return 1


def _harmless(lines: Iterable[str]) -> Iterator[str]:
    return chain.from_iterable(map(harmless, _parts(lines)))


def _parts(lines: Iterable[str]) -> Iterator[Sequence[str]]:
    """The lines, some at a time."""
    rest = iter(lines)
    while part := tuple(islice(rest, _AT_ONCE)):
        yield part
