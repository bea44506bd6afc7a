"""The keys of `key:value`, which are the fields that can be asked for, and the words of `is:`."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.field import TAKES, Filter, Holds

__all__ = ["IS_WORDS", "KEYS", "KEY_OF", "RESERVED", "TIMELY_WORDS", "FilterKey", "Holds"]


class FilterKey(NamedTuple):
    """One key."""

    name: str
    holds: Holds
    needs: str
    """What stands behind it, in words."""
    also: tuple[str, ...] = ()
    """Its other spellings."""
    words: tuple[str, ...] = ()
    """What can stand behind it, or is offered, where that does not depend on the machine."""


def _key_of(id: str, asked: Filter) -> FilterKey:
    return FilterKey(id, asked.holds, asked.takes or TAKES[asked.holds], asked.also, asked.words)


IS_WORDS: dict[str, str] = {
    "new": "opened a moment ago",
    "changed": "its state changed a moment ago",
    "closed": "closed a moment ago and still shown",
    "listening": "waits for connections or datagrams, as listed by -l",
    "exposed": "a listener that can be reached from beyond this machine",
    "loopback": "local or peer address is a loopback address",
    "public": "local or peer address is neither loopback nor private",
    "problem": "something is wrong with it: a queue that is full or does not drain, a leaked descriptor...",
    "mine": "created by the user who runs this program",
}
"""Every word of `is:` and what it means."""

KEYS: tuple[FilterKey, ...] = (
    FilterKey("port", Holds.PORT, TAKES[Holds.PORT]),
    FilterKey("addr", Holds.ADDRESS, TAKES[Holds.ADDRESS], ("address",)),
    *(_key_of(field.id, field.filter) for field in FIELDS if field.filter),
    FilterKey("is", Holds.IS, TAKES[Holds.IS], words=tuple(IS_WORDS)),
)
"""Either end, every field that has a filter, and words about the row."""

KEY_OF = {spelling: key for key in KEYS for spelling in (key.name, *key.also)}
"""Every spelling."""

KEY_OF["machine"] = KEY_OF["host"]._replace(holds=Holds.TEXT, needs="part of a machine's name")
"""What `host:` is where it can't be an address."""


def names_end(text: str) -> bool:
    """Whether what stands behind `host:` is an end of a socket and no machine: no letter, or a colon, or a slash."""
    return not any(map(str.isalpha, text)) or ":" in text or "/" in text


TIMELY_WORDS = frozenset({"new", "changed", "closed", "problem"})
"""Those that depend on the moment at which one looks."""

RESERVED = frozenset(
    {"and", "or", "not", "state", "exclude", "excl", "sport", "dport", "src", "dst", "dev", "autobound"}
    | {"fwmark", "cgroup"}
)
"""Words that ss gives a meaning; in quotes they are looked for."""
