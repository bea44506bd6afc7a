"""The one table of what the command line takes: the parser, the manual page and the completions are made from it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from netwatch_tui.argument import (
    EVERY_MODE,
    Argument,
    Completes,
    Mode,
    columns_of,
    host_of,
    interval_of,
    kinds_of,
    port_of,
    sort_of,
    span_of,
)
from netwatch_tui.output.registry import FORMATS, METRICS
from netwatch_tui.sockets.kinds import KINDS, LETTERS, netids
from netwatch_tui.sockets.socket import Family

DEFAULT_INTERVAL = 1.0
"""Seconds between two ticks where nothing is said."""

_CHOOSES = EVERY_MODE - {Mode.WHY_PORT}
"""Those that are about sockets of any kind."""
_LISTS = _CHOOSES - {Mode.TRACE}
"""Those that print them."""

WHICH, HOW, STREAM, RECORDINGS, ACTIONS, SCREEN, ABOUT = SECTIONS = (
    "which sockets", "output", "streams", "recordings", "actions", "screen", "about",
)  # fmt: skip

_PROTOCOL_NAMES = {"tcp": "TCP", "udp": "UDP"}
_PRINTS = frozenset({Mode.ONCE, Mode.WAIT})
_SCREEN = frozenset({Mode.LIVE})
_TICKS = frozenset({Mode.LIVE, Mode.ONCE, Mode.WATCH, Mode.WAIT, Mode.RECORD})
_ACT = frozenset({Mode.ACT})
_HOSTS = _TICKS | _ACT | {Mode.TRACE}
_NAMESPACES = _TICKS | {Mode.PROBE, Mode.TRACE}

_OF_ROWS = frozenset({"columns", "sort", "info", "resolve", "no_header", "extended", "options"})
"""Names of arguments that say what rows tell: metrics have none."""

ARGUMENTS: tuple[Argument, ...] = (
    *(
        Argument(
            (letter, f"--{kind}"),
            f"{_PROTOCOL_NAMES.get(kind, kind)} sockets",
            WHICH,
            "kinds",
            action="append_const",
            const=netids(kind),
        )
        for kind, letter in LETTERS.items()
    ),
    Argument(
        ("-A", "--query"),
        f"comma-separated kinds of sockets: {', '.join(KINDS)}, inet, all",
        WHICH,
        "kinds",
        ("LIST",),
        "append",
        type=kinds_of,
        completes=Completes.KINDS,
    ),
    *(
        Argument((letter, f"--ip{version}"), f"IP{version} sockets", WHICH, "families", action="append_const",
                 const=family, modes=_CHOOSES)
        for letter, version, family in (("-4", "v4", Family.INET), ("-6", "v6", Family.INET6))
    ),
    Argument(("-l", "--listening"), "listening sockets only", WHICH, "listening", default=False, modes=_CHOOSES),
    Argument(
        ("-a", "--all"),
        "sockets in all states (the default)",
        WHICH,
        "listening",
        action="store_false",
        default=False,
    ),
    Argument(
        ("-N", "--net"),
        "the network namespace with this name, path, pid or inode",
        WHICH,
        values=("NAME",),
        default="",
        modes=_NAMESPACES | {Mode.WHY_PORT},
        on_replay=False,
        on_hosts=False,  # a path or a pid is one of this machine
    ),
    Argument(
        ("--all-namespaces",),
        "every visible network namespace",
        WHICH,
        "net",
        action="store_const",
        const="*",
        default="",
        modes=_NAMESPACES,
        on_replay=False,
    ),
    Argument(
        ("--host",),
        "the sockets of another machine, over ssh with nothing installed there; web[01-20] is several, docker:NAME, "
        "podman:NAME and kubectl:NAMESPACE/POD are containers that have a Python; may be repeated",
        WHICH,
        values=("[USER@]NAME",),
        action="append",
        type=host_of,
        modes=_HOSTS,
        on_replay=False,
    ),
    Argument(
        ("--hosts",),
        "the machines that FILE names, one a line, as --host takes them",
        WHICH,
        values=("FILE",),
        completes=Completes.FILE,
        modes=_HOSTS,
        on_replay=False,
    ),
    Argument(
        ("--sudo",),
        "with --host and --hosts: run as root there, by sudo -n, which asks for no password",
        WHICH,
        default=False,
        modes=_HOSTS,
        on_replay=False,
    ),
    Argument(
        ("--once",),
        "print one snapshot and exit; the default when stdout is not a terminal",
        HOW,
        default=False,
        modes=frozenset({Mode.ONCE}),
    ),
    Argument(
        ("-f", "--format"),
        f"output format: {', '.join(FORMATS)} (default: table)",
        HOW,
        values=("FORMAT",),
        choices=FORMATS,
        completes=Completes.CHOICES,
        modes=_PRINTS | {Mode.WATCH, Mode.DIFF, Mode.PROBE, Mode.WHY_PORT, Mode.TRACE},
    ),
    Argument(
        ("--why-port",),
        "say why a port, by number or service, can't be bound, who holds it and what to do; -t or -u for one protocol, "
        "--format json for one object; status 0 if it can be bound, 1 if not",
        HOW,
        values=("PORT",),
        type=port_of,
        modes=frozenset({Mode.WHY_PORT}),
        on_replay=False,
    ),
    Argument(
        ("--columns",),
        "comma-separated columns, by id; the manual lists them",
        HOW,
        values=("LIST",),
        type=columns_of,
        completes=Completes.COLUMNS,
        modes=_PRINTS | {Mode.WATCH, Mode.LIVE},
    ),
    Argument(
        ("--sort",),
        "sort by this column, in the given direction; by default amounts are sorted from the largest down",
        HOW,
        values=("COLUMN[:asc|:desc]",),
        type=sort_of,
        completes=Completes.COLUMNS,
        modes=_PRINTS | {Mode.LIVE},
    ),
    Argument(("-H", "--no-header"), "no header line in table, csv and tsv", HOW, default=False, modes=_LISTS),
    Argument(("-e", "--extended"), "add user and inode to the table", HOW, default=False, modes=_LISTS),
    Argument(("-o", "--options"), "add timers to the table", HOW, default=False, modes=_LISTS),
    Argument(
        ("--color",),
        "colour the header and differences: auto, always or never (default: auto, on for a terminal)",
        HOW,
        values=("WHEN",),
        choices=("auto", "always", "never"),
        completes=Completes.CHOICES,
        modes=_PRINTS | {Mode.DIFF},
    ),
    Argument(("-n", "--numeric"), "accepted; addresses and ports are numeric unless -r is given", HOW, default=False),
    Argument(("-p", "--processes"), "accepted; owning processes are always shown", HOW, default=False),
    Argument(
        ("-i", "--info"),
        "add rates, totals, round-trip times and retransmits, with --record also to the file; rates take two looks, "
        "--interval apart",
        HOW,
        default=False,
        modes=_PRINTS | {Mode.WATCH, Mode.LIVE, Mode.RECORD},
    ),
    Argument(
        ("-r", "--resolve"),
        "names of services for ports and of hosts beside addresses: from /etc/hosts, else by asking the network",
        HOW,
        default=False,
        modes=_PRINTS | {Mode.LIVE},
        on_replay=False,
        on_hosts=False,  # what a name means here, it need not mean there
    ),
    Argument(
        ("--probe",),
        "try this machine's own listening TCP ports by connecting to them at its own addresses, and print which answer",
        HOW,
        default=False,
        modes=frozenset({Mode.PROBE}),
        on_replay=False,
    ),
    Argument(
        ("--watch",),
        "print an NDJSON event whenever a socket opens, changes or closes, until stopped",
        STREAM,
        default=False,
        modes=frozenset({Mode.WATCH}),
    ),
    Argument(
        ("--on",),
        "with --watch: print nothing but an `alert` event for each socket that begins to match FILTER; may be repeated",
        STREAM,
        values=("FILTER",),
        action="append",
        modes=frozenset({Mode.WATCH}),
    ),
    Argument(
        ("--wait-for",),
        "exit with status 0 as soon as a socket matches, with 1 after --timeout; print it if --format is given",
        STREAM,
        values=("FILTER",),
        modes=frozenset({Mode.WAIT}),
        on_replay=False,
    ),
    Argument(
        ("--timeout",),
        "with --wait-for: give up after this long, such as 30s",
        STREAM,
        values=("TIME",),
        type=span_of,
        modes=frozenset({Mode.WAIT}),
    ),
    Argument(
        ("--for",),
        "stop after this long, such as 30s, 10m or 2h30m; with --record, without the screen",
        STREAM,
        "duration",
        ("TIME",),
        type=span_of,
        modes=frozenset({Mode.WATCH, Mode.RECORD, Mode.TRACE}),
        on_replay=False,
    ),
    Argument(
        ("--trace",),
        "print what a process, or each that holds a socket that FILTER chooses, does with its sockets, call by call, "
        "with threads and children, until they end or --for is over",
        STREAM,
        values=("PID|FILTER",),
        modes=frozenset({Mode.TRACE}),
        on_replay=False,
    ),
    Argument(
        ("--interval",),
        f"seconds from one tick to the next, 0.05 to 60 (default: {DEFAULT_INTERVAL:g})",
        STREAM,
        values=("SECONDS",),
        type=interval_of,
        modes=_LISTS,
    ),
    Argument(
        ("--capture",),
        "whether to take in the kernel's events beside the ticks, so that no connection is missed however short: auto "
        "(as far as this user may), always (or not at all), never (default: auto)",
        STREAM,
        values=("WHEN",),
        choices=("auto", "always", "never"),
        completes=Completes.CHOICES,
        modes=frozenset({Mode.LIVE, Mode.WATCH, Mode.RECORD}),
        on_replay=False,
    ),
    Argument(
        ("--record",),
        "record sockets of every kind to FILE; - is stdout, .gz compresses",
        RECORDINGS,
        values=("FILE",),
        completes=Completes.FILE,
        modes=_TICKS,
        on_replay=False,
    ),
    Argument(
        ("--replay",),
        "show a recording instead of this machine's sockets; - is stdin",
        RECORDINGS,
        values=("FILE",),
        completes=Completes.FILE,
        modes=frozenset({Mode.LIVE, Mode.ONCE, Mode.WATCH}),
    ),
    Argument(
        ("--diff",),
        "print what opened, closed or changed owner between two recordings or JSON snapshots; status 1 if anything did",
        RECORDINGS,
        values=("A", "B"),
        completes=Completes.FILE,
        on_replay=False,
    ),
    Argument(
        ("--close",),
        "close the sockets that FILTER chooses, listeners only with -l or state:listen; prints one NDJSON object a hit",
        ACTIONS,
        default=False,
        modes=_ACT,
        on_replay=False,
    ),
    Argument(
        ("--kill",),
        "send a signal, by name and by default TERM, to the processes that hold a socket that FILTER chooses",
        ACTIONS,
        values=("SIGNAL",),
        completes=Completes.SIGNALS,
        modes=_ACT,
        on_replay=False,
        is_value_optional=True,
    ),
    Argument(
        ("--yes",),
        "with --close and --kill: do it; without it they only list what they would hit, and exit with status 3",
        ACTIONS,
        default=False,
        modes=_ACT,
    ),
    Argument(
        ("--read-only",),
        "no action at all: nothing is ended or closed, whatever is pressed",
        ACTIONS,
        default=False,
        modes=_SCREEN | _ACT,
    ),
    Argument(
        ("--view",),
        "start with this view, by its name or digit (default: the one the program was left in)",
        SCREEN,
        values=("NAME",),
        modes=_SCREEN,
    ),
    Argument(("--theme",), "colour theme (default: netwatch)", SCREEN, values=("NAME",), completes=Completes.THEMES),
    Argument(("--no-mouse",), "leave the mouse to the terminal", SCREEN, default=False),
    Argument(
        ("--config",),
        "the configuration (default: $XDG_CONFIG_HOME/netwatch-tui/config.toml)",
        SCREEN,
        values=("FILE",),
        completes=Completes.FILE,
        modes=_SCREEN | _ACT,
    ),
    Argument(
        ("--fresh",), "without the columns, order, group and theme of the last time", SCREEN, default=False,
        modes=_SCREEN,
    ),
    Argument(("--man",), "print the manual, which man netwatch-tui shows where it is installed, and exit", ABOUT,
             default=False),
    Argument(("--print-config",), "print the whole configuration with comments, and exit", ABOUT, default=False),
    Argument(
        ("--print-agent",),
        "write the program that --host runs on other machines to standard output, and exit: a Python zipapp",
        ABOUT,
        default=False,
    ),
    Argument(
        ("--debug",),
        "add where something failed to debug.log in the state folder, ~/.local/state/netwatch-tui",
        ABOUT,
        default=False,
    ),
    Argument(("--version",), "print the version and exit", ABOUT, default=False),
)  # fmt: skip


DESCRIPTION = "A live table of this machine's sockets and the processes that own them."

FILTER = """\
an ss expression (dport = :ssh, src 10.0.0.0/8, state established), key:value (port:443, process:nginx,
peer:10.0.0.0/8, age:<10s, -user:root), or words; a bare number is a port or a pid. Conditions side by side must
all match; and, or, not and ( ) combine them, from left to right. The manual (--man) and the help screen (?) describe
the whole language."""

EXAMPLES = (
    ("netwatch-tui", "live table of all TCP and UDP sockets"),
    ("netwatch-tui port:443 process:nginx", "live, filtered"),
    ("netwatch-tui 'dport = :22 or sport = :22'", "as ss has it"),
    ("netwatch-tui -tulpn", "only listening sockets"),
    ("netwatch-tui --once -t | grep ESTAB", "one snapshot as plain text"),
    ("netwatch-tui -f json | jq .sockets[]", "the same as JSON"),
    ("netwatch-tui -f prometheus", "counts and queues for Prometheus"),
    ("netwatch-tui --why-port 8080", "who keeps a server from binding it"),
    ("netwatch-tui --once -ti --sort rate_out", "which connection fills the line"),
    ("netwatch-tui --watch --for 30s", "what opens, changes and closes"),
    ("netwatch-tui --watch --on port:22 | logger", "who connects by ssh"),
    ("netwatch-tui -l --wait-for port:8080", "wait until a server listens"),
    ("netwatch-tui --probe port:8000-8999", "which of these listeners answer, and where"),
    ("netwatch-tui --trace 6056", "what a process does with its sockets"),
    ("netwatch-tui --record it.gz", "to be shown later by --replay it.gz"),
    ("netwatch-tui --host 'web[01-20]' is:problem", "what is wrong on twenty machines"),
    ("netwatch-tui --kill TERM port:8080", "who would be ended; --yes does it"),
)
"""Commands and what they do."""


def _is_given(argument: Argument, value: Any) -> bool:
    """Whether a value was given by this option, and not by another one of the same name, as --all-namespaces is."""
    if argument.action == "store_const":
        return bool(value == argument.const)
    others = (each.const for each in ARGUMENTS if each.action == "store_const" and each.name == argument.name)
    return value != argument.default and value not in others


def refusals(options: argparse.Namespace, mode: Mode) -> Iterator[str]:
    """What is asked for that would mean nothing, in words."""
    on_hosts = bool(options.host) or options.hosts is not None
    if options.sudo and not on_hosts:
        yield "--sudo can't be used without --host or --hosts"
    for argument in ARGUMENTS:
        if not _is_given(argument, getattr(options, argument.name)):
            continue
        if mode not in argument.modes:
            yield f"{argument.flags[-1]} can't be used with {mode}"
        elif options.replay is not None and not argument.on_replay:
            yield f"{argument.flags[-1]} can't be used with --replay"
        elif options.format == METRICS and argument.name in _OF_ROWS:
            yield f"{argument.flags[-1]} can't be used with --format {METRICS}, which has no rows"
        elif on_hosts and not argument.on_hosts:
            yield f"{argument.flags[-1]} can't be used with other machines"
