"""The one table of what the command line takes: the parser, the manual page and the completions are made from it."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from netwatch_tui.output.registry import FORMATS
from netwatch_tui.sockets.kinds import KINDS, LETTERS, netids
from netwatch_tui.sockets.socket import Family


class Mode(StrEnum):
    """What the program does; the value is how a person asks for it."""

    LIVE = "the screen"
    ONCE = "--once"
    WATCH = "--watch"
    WAIT = "--wait-for"
    RECORD = "--record without a screen"
    DIFF = "--diff"


class Completes(StrEnum):
    """What a shell offers as the value of an option."""

    NOTHING = ""
    FILE = "file"
    CHOICES = "choices"
    KINDS = "kinds"
    COLUMNS = "columns"
    THEMES = "themes"


EVERY_MODE = frozenset(Mode)


class Argument(NamedTuple):
    """One option. `--once` must start quickly, so that this holds only plain values."""

    flags: tuple[str, ...]
    help: str
    section: str
    dest: str = ""
    """Where several options say one thing; else the name follows from the long flag."""
    values: tuple[str, ...] = ()
    """What stands for its values in the help; empty for a switch."""
    action: str = "store_true"
    """Of a switch, as argparse calls it."""
    const: Any = None
    default: Any = None
    type: Callable[[str], Any] | None = None
    choices: tuple[str, ...] = ()
    completes: Completes = Completes.NOTHING
    modes: frozenset[Mode] = EVERY_MODE
    """In which it means something; it is refused in the others."""
    on_replay: bool = True
    """Whether it means something when the sockets come from a recording."""

    @property
    def name(self) -> str:
        """The attribute of the parsed options that holds its value."""
        return self.dest or self.flags[-1].lstrip("-").replace("-", "_")


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.05 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.05 to 60")
    return seconds


def _span(text: str) -> float:
    """A span of time in seconds: `30`, `1.5s`, `10m`, `2h30m`, `1d`."""
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)([smhd])", text)
    if text and "".join(map("".join, parts)) == text:
        return sum(float(number) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit] for number, unit in parts)
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no span of time such as 30s, 10m or 2h30m")


def _kinds(text: str) -> frozenset[str]:
    try:
        return netids(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{str(error)!r} is no kind of socket: {', '.join(KINDS)}, inet, all"
        ) from error


def _columns(text: str) -> tuple[str, ...]:
    from netwatch_tui.fields.catalogue import FIELD_BY_ID

    for id in (ids := tuple(text.split(","))):
        if id not in FIELD_BY_ID:
            raise argparse.ArgumentTypeError(f"{id!r} is no column: {', '.join(FIELD_BY_ID)}")
    return ids


class Sort(NamedTuple):
    """By which column the rows are ordered."""

    column: str
    descending: bool


def _sort(text: str) -> Sort:
    from netwatch_tui.fields.catalogue import FIELD_BY_ID

    id, colon, direction = text.partition(":")
    if id not in FIELD_BY_ID:
        raise argparse.ArgumentTypeError(f"{id!r} is no column to sort by: {', '.join(FIELD_BY_ID)}")
    if direction not in (("asc", "desc") if colon else ("",)):
        raise argparse.ArgumentTypeError(f"{direction!r} is no order: asc, desc")
    return Sort(id, direction == "desc" if colon else FIELD_BY_ID[id].descends)


WHICH, HOW, STREAM, RECORDINGS, SCREEN, ABOUT = SECTIONS = (
    "which sockets", "one snapshot", "streams", "recordings", "the screen", "about",
)  # fmt: skip

_PRINTS = frozenset({Mode.ONCE, Mode.WAIT})
_TICKS = frozenset({Mode.LIVE, Mode.ONCE, Mode.WATCH, Mode.WAIT, Mode.RECORD})

ARGUMENTS: tuple[Argument, ...] = (
    *(
        Argument((letter, f"--{kind}"), f"{kind} sockets", WHICH, "kinds", action="append_const", const=netids(kind))
        for kind, letter in LETTERS.items()
    ),
    Argument(
        ("-A", "--query"),
        f"kinds of sockets, separated by commas: {', '.join(KINDS)}, inet, all",
        WHICH,
        "kinds",
        ("LIST",),
        "append",
        type=_kinds,
        completes=Completes.KINDS,
    ),
    Argument(("-4", "--ipv4"), "IPv4 sockets", WHICH, "families", action="append_const", const=Family.INET),
    Argument(("-6", "--ipv6"), "IPv6 sockets", WHICH, "families", action="append_const", const=Family.INET6),
    Argument(("-l", "--listening"), "listening sockets only", WHICH, "listening", default=False),
    Argument(
        ("-a", "--all"),
        "sockets in all states (this is the default)",
        WHICH,
        "listening",
        action="store_false",
        default=False,
    ),
    Argument(
        ("-N", "--net"),
        "the network namespace of this name, path, pid or number",
        WHICH,
        values=("NAME",),
        default="",
        modes=_TICKS,
        on_replay=False,
    ),
    Argument(
        ("--all-namespaces",),
        "every network namespace that can be seen",
        WHICH,
        "net",
        action="store_const",
        const="*",
        default="",
        modes=_TICKS,
        on_replay=False,
    ),
    Argument(("--once",), "print one snapshot and exit; the default when stdout is no terminal", HOW, default=False),
    Argument(
        ("-f", "--format"),
        f"print in this form: {', '.join(FORMATS)} (default: table)",
        HOW,
        values=("FORMAT",),
        choices=FORMATS,
        completes=Completes.CHOICES,
        modes=_PRINTS | {Mode.WATCH, Mode.DIFF},
    ),
    Argument(
        ("--columns",),
        "these columns, by id, separated by commas; the manual page lists them",
        HOW,
        values=("LIST",),
        type=_columns,
        completes=Completes.COLUMNS,
        modes=_PRINTS | {Mode.WATCH, Mode.LIVE},
    ),
    Argument(
        ("--sort",),
        "order by this column; :asc or :desc says which way, else amounts come with the greatest first",
        HOW,
        values=("COLUMN[:asc|:desc]",),
        type=_sort,
        completes=Completes.COLUMNS,
        modes=_PRINTS | {Mode.LIVE},
    ),
    Argument(("-H", "--no-header"), "no heading in table, csv and tsv", HOW, default=False),
    Argument(("-e", "--extended"), "user and inode in the table as well", HOW, default=False),
    Argument(("-o", "--options"), "timers in the table as well", HOW, default=False),
    Argument(
        ("--color",),
        "colour heading and differences: auto, always, never (default: auto, which is on a terminal)",
        HOW,
        values=("WHEN",),
        choices=("auto", "always", "never"),
        completes=Completes.CHOICES,
        modes=_PRINTS | {Mode.DIFF},
    ),
    Argument(("-n", "--numeric"), "accepted: addresses and ports are numbers anyway", HOW, default=False),
    Argument(("-p", "--processes"), "accepted: owning processes are shown anyway", HOW, default=False),
    Argument(
        ("-i", "--info"),
        "what flows as well: rates, totals, round-trip times, retransmits; rates take two looks, --interval apart",
        HOW,
        default=False,
        modes=_PRINTS | {Mode.WATCH, Mode.LIVE},
        on_replay=False,
    ),
    Argument(("-r", "--resolve"), "accepted, and looks no name up: nothing is sent", HOW, default=False),
    Argument(
        ("--watch",), "print what opens, changes and closes, as NDJSON, until stopped", STREAM, default=False
    ),
    Argument(
        ("--wait-for",),
        "end with status 0 as soon as a socket matches, with 1 after --timeout; print it if a --format is given",
        STREAM,
        values=("FILTER",),
        on_replay=False,
    ),
    Argument(
        ("--timeout",),
        "with --wait-for: give up after this time, for instance 30s",
        STREAM,
        values=("TIME",),
        type=_span,
        modes=frozenset({Mode.WAIT}),
    ),
    Argument(
        ("--for",),
        "stop after this time, for instance 30s, 10m or 2h30m; with --record, no screen",
        STREAM,
        "duration",
        ("TIME",),
        type=_span,
        modes=frozenset({Mode.WATCH, Mode.RECORD}),
        on_replay=False,
    ),
    Argument(("--interval",), "seconds between two looks, 0.05 to 60 (default: 1)", STREAM, values=("SECONDS",),
             type=_interval, default=1.0),
    Argument(
        ("--record",),
        "write what is seen, of every kind of socket, to FILE; - is stdout, and .gz is compressed",
        RECORDINGS,
        values=("FILE",),
        completes=Completes.FILE,
        modes=_TICKS,
        on_replay=False,
    ),
    Argument(
        ("--replay",),
        "sockets of a recording instead of this machine's; - is stdin",
        RECORDINGS,
        values=("FILE",),
        completes=Completes.FILE,
        modes=frozenset({Mode.LIVE, Mode.ONCE, Mode.WATCH}),
    ),
    Argument(
        ("--diff",),
        "what opened, closed and changed owner between two recordings or JSON snapshots; status 1 if anything did",
        RECORDINGS,
        values=("A", "B"),
        completes=Completes.FILE,
        on_replay=False,
    ),
    Argument(("--theme",), "colours (default: netwatch)", SCREEN, values=("NAME",), default="netwatch",
             completes=Completes.THEMES),
    Argument(("--no-mouse",), "leave the mouse to the terminal", SCREEN, default=False),
    Argument(("--version",), "print the version and exit", ABOUT, default=False),
)  # fmt: skip


DESCRIPTION = "A live table of this machine's sockets and the processes that own them."

FILTER = """\
an expression of ss (dport = :ssh, src 10.0.0.0/8, state established), key:value (port:443, process:nginx,
peer:10.0.0.0/8, age:<10s, -user:root) or words; a bare number is a port or a pid. Side by side means and; or, not, ( )
are known, and read from left to right. The help screen and the README have the whole language."""

EXAMPLES = (
    ("netwatch-tui", "live table of all TCP and UDP sockets"),
    ("netwatch-tui port:443 process:nginx", "live, filtered"),
    ("netwatch-tui 'dport = :22 or sport = :22'", "as ss has it"),
    ("netwatch-tui -tulpn", "only listening sockets"),
    ("netwatch-tui --once -t | grep ESTAB", "one snapshot as plain text"),
    ("netwatch-tui -f json | jq .sockets[]", "the same for programs"),
    ("netwatch-tui --once -ti --sort rate_out", "which connection eats the line"),
    ("netwatch-tui --watch --for 30s", "what opens, changes and closes"),
    ("netwatch-tui -l --wait-for port:8080", "until a server is up"),
    ("netwatch-tui --record it.gz", "for tomorrow: netwatch-tui --replay it.gz"),
)
"""Commands and what they do."""


def refusals(options: argparse.Namespace, mode: Mode) -> Iterator[str]:
    """What is asked for that would mean nothing, in words."""
    for argument in ARGUMENTS:
        if getattr(options, argument.name) == argument.default:
            continue
        if mode not in argument.modes:
            yield f"{argument.flags[-1]} means nothing with {mode}"
        elif options.replay is not None and not argument.on_replay:
            yield f"{argument.flags[-1]} means nothing with --replay"
