"""The whole configuration as a file with comments, in which everything is as it is without one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from netwatch_tui.settings.options import ALERT, COLORS, LIMITS, SCREEN, VIEW, Option

_HEAD = """\
# The configuration of netwatch-tui.
#
# Everything here is as it is without this file. To change something, take the # from the beginning of its line;
# what stays behind a # follows the program.
"""


class KeyHelp(NamedTuple):
    """What the file tells of one thing that keys do."""

    id: str
    keys: tuple[str, ...]
    """As a person calls them."""
    meaning: str


def config_lines(keys: Iterable[KeyHelp], themes: Iterable[str], colors: Mapping[str, str | None]) -> Iterator[str]:
    """The lines of the file.

    Args:
        keys: Everything that keys do.
        themes: The names of the themes that there are.
        colors: Those of signals, in the theme that holds without a configuration.
    """
    yield from _HEAD.splitlines()
    for option in SCREEN:
        more = f": {', '.join(themes)}" if option.name == "theme" else ""
        yield from ("", f"# {option.meaning[0].upper()}{option.meaning[1:]}{more}.", *_set(option.name, option.default))
    yield from ("", "# From when on something is a problem.", "[thresholds]")
    yield from _section(LIMITS)
    yield from ("", "# Colours of signals, in every theme: #rrggbb, or a name as in CSS.", "[colors]")
    yield from _section(option._replace(default=colors[option.name]) for option in COLORS)
    yield from ("", '# Keys, by what they do: one, some (["?", "F1"]) or none ([]).', "[keys]")
    for key in keys:
        yield from _set(key.id, key.keys[0] if len(key.keys) == 1 else key.keys, key.meaning)
    yield from ("", "# Views of your own, as many as you like; only the name is needed. For instance:")
    yield from (f"#   {line}" for line in ("[[views]]", *(f"{each.name} = {_toml(each.default)}" for each in VIEW)))
    yield from ("", "# Filters that are watched: what happens when a socket begins to match. For instance:")
    yield "#   [[alerts]]"
    yield from (f"#   {_assigned(each.name, each.default, each.meaning)}" for each in ALERT)


def _section(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        yield from _set(option.name, option.default, option.meaning)


def _set(name: str, value: Any, meaning: str = "") -> Iterator[str]:
    """A line that sets an option, with its meaning behind it."""
    key = name if name.replace("_", "").isalnum() else json.dumps(name)
    yield _assigned(f"#{key}", value, meaning)


def _assigned(key: str, value: Any, meaning: str) -> str:
    line = f"{key} = {_toml(value)}"
    return f"{line:<40} # {meaning}" if meaning else line


def _toml(value: Any) -> str:
    """A value as TOML has it; of texts, numbers, switches and lists of these, JSON's spelling is TOML's."""
    return json.dumps(value, ensure_ascii=False)
