"""One option of the command line: what it is, and how its value is read from a word."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from netwatch_tui.sockets.kinds import KINDS, netids

if TYPE_CHECKING:
    from netwatch_tui.view.column_names import Sort

Given = TypeVar("Given")
Meant = TypeVar("Meant")


class Mode(StrEnum):
    """What the program does; the value is how a person asks for it."""

    LIVE = "the screen"
    ONCE = "--once"
    WATCH = "--watch"
    WAIT = "--wait-for"
    WHY_PORT = "--why-port"
    RECORD = "--record without a screen"
    DIFF = "--diff"
    ACT = "--close or --kill"
    PROBE = "--probe"
    TRACE = "--trace"


class Completes(StrEnum):
    """What a shell offers as the value of an option."""

    NOTHING = ""
    FILE = "file"
    CHOICES = "choices"
    KINDS = "kinds"
    COLUMNS = "columns"
    THEMES = "themes"
    SIGNALS = "signals"


EVERY_MODE = frozenset(Mode)
"""Whatever the program does."""


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
    on_hosts: bool = True
    """Whether it means something when the sockets are those of other machines."""
    is_value_optional: bool = False
    """Whether the flag may stand alone, which gives the empty text."""

    @property
    def name(self) -> str:
        """The attribute of the parsed options that holds its value."""
        return self.dest or self.flags[-1].lstrip("-").replace("-", "_")


# --- readers of values, which raise argparse.ArgumentTypeError with what is wrong ---


def interval_of(text: str) -> float:
    """Seconds from one tick to the next."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.05 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.05 to 60")
    return seconds


def span_of(text: str) -> float:
    """A span of time in seconds."""
    from netwatch_tui.fields import span_text

    return _understood(span_text.span_of, text)


def kinds_of(text: str) -> frozenset[str]:
    """The netids of some kinds, as `inet,unix` lists them."""
    try:
        return netids(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{str(error)!r} is not a kind of socket: {', '.join(KINDS)}, inet, all"
        ) from error


def port_of(text: str) -> int:
    """A port by its number, or by the name of its service."""
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 0xFFFF:
        return int(text)
    from netwatch_tui.kernel.machine_names import read_services

    ports = {ports[text] for ports in read_services().values() if text in ports}
    if len(ports) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is several ports: {', '.join(map(str, sorted(ports)))}")
    if not ports:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a port from 1 to 65535 nor the name of a service")
    return ports.pop()


def host_of(text: str) -> str:
    """The same text, if it names a machine, or several."""
    from netwatch_tui.hosts.targets import parse_targets

    _understood(parse_targets, (text,))
    return text


def columns_of(text: str) -> tuple[str, ...]:
    """The ids of the columns with these names."""
    from netwatch_tui.view.column_names import columns_named

    return _understood(columns_named, text.split(","))


def sort_of(text: str) -> Sort:
    """The column, and which way."""
    from netwatch_tui.view.column_names import sort_named

    return _understood(sort_named, text)


def _understood(read: Callable[[Given], Meant], given: Given) -> Meant:
    """What somebody else makes of it, whose complaint argparse would swallow."""
    try:
        return read(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
