"""The one table of what the configuration takes: it is read and printed by this."""

from __future__ import annotations

from typing import Any, NamedTuple

from netwatch_tui.settings import checks
from netwatch_tui.settings.settings import Settings
from netwatch_tui.sockets.thresholds import THRESHOLDS
from netwatch_tui.view.spec import ViewSpec

_DEFAULTS = Settings()


class Option(NamedTuple):
    """One name of a section."""

    name: str
    check: checks.Check
    default: Any
    """As TOML has it; also the example where there is no default."""
    meaning: str
    """For whoever reads the printed configuration; how often, in which unit, from where on."""
    is_needed: bool = False


SCREEN = (
    Option("interval", checks.number(0.05, 60), _DEFAULTS.interval, "seconds between two ticks, 0.05 to 60"),
    Option("linger", checks.number(0, 60), _DEFAULTS.linger,
           "seconds for which a new or changed row stays lit, and a closed one stays, 0 to 60"),
    Option("rewind_memory", checks.number(0, 4096), _DEFAULTS.rewind_memory,
           "MiB for the ticks that can be gone back to, of which the oldest go first, 0 to 4096; 0 keeps none"),
    Option("history", checks.whole_number(1_000, 10_000_000), _DEFAULTS.history,
           "events that the history remembers, 1,000 to 10,000,000; 100,000 take up to 80 MB"),
    Option("theme", checks.text, "netwatch", "colours"),
    Option("mouse", checks.switch, _DEFAULTS.mouse, "false leaves the mouse to the terminal"),
    Option("read_only", checks.switch, _DEFAULTS.read_only,
           "true takes every action away: nothing is ended or closed, also by --close and --kill"),
    Option("columns", checks.columns, list(ViewSpec().columns), "columns from left to right"),
)  # fmt: skip
"""What stands before all sections."""

LIMITS = tuple(
    Option(each.id, checks.number(0.1, 1_000_000), each.default, each.meaning) for each in THRESHOLDS
)  # fmt: skip

COLORS = (
    Option("new", checks.text, "#5fd787", "a row that appeared"),
    Option("changed", checks.text, "#ffd75f", "a row whose state changed"),
    Option("closed", checks.text, "#ff5f5f", "the mark of a row that is closed"),
    Option("warning", checks.text, "#ffaf5f", "a problem"),
    Option("error", checks.text, "#ff5f5f", "a problem that harms already"),
)

VIEW = (
    Option("name", checks.name, "database", "by which it is chosen", is_needed=True),
    Option("filter", checks.text, "port:5432", "as it is typed after /"),
    Option("kinds", checks.kinds, ["tcp", "unix"], "kinds of sockets, as -A takes them"),
    Option("columns", checks.columns, ["state", "recv_q", "send_q", "peer", "process"], "columns from left to right"),
    Option("sort", checks.sort, "recv_q:desc", "COLUMN, COLUMN:asc or COLUMN:desc"),
    Option("group", checks.group, "process", "what rows are put together by"),
)
"""What a `[[views]]` holds."""

ALERT = (
    Option("name", checks.name, "ssh", "by which the screen calls it", is_needed=True),
    Option("filter", checks.text, "local_port:22 state:estab", "as it is typed after /", is_needed=True),
    Option("bell", checks.switch, True, "true rings the terminal's bell (default: false)"),
    Option("notice", checks.switch, True, "false says nothing on the screen (default: true)"),
    Option("file", checks.file, "~/ssh.ndjson", "gets a line of JSON for each socket"),
    Option("command", checks.command, ["notify-send", "ssh"],
           "is started, without a shell, with the socket as JSON on its standard input, at most once a second"),
)  # fmt: skip
"""What an `[[alerts]]` holds."""
