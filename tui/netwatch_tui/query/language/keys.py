"""The keys of `key:value`, and the words of `is:`."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Holds(Enum):
    """What kind of value a key has."""

    TEXT = "text"
    PORT = "port"
    NUMBER = "number"
    SIZE = "size"
    AGE = "age"
    ADDRESS = "address"
    STATE = "state"
    KIND = "kind of socket"
    IS = "is"


class FilterKey(NamedTuple):
    """One key."""

    name: str
    holds: Holds
    needs: str
    """What stands behind it, in words."""
    also: tuple[str, ...] = ()
    """Its other spellings."""


_PORT = "a number from 0 to 65535, a range (8000-8999), a comparison (>1024) or a service"
_NUMBER = "a number, a range (1-9) or a comparison (>0)"
_SIZE = "a number of bytes (0, 64k), a range or a comparison (>0)"
_ADDRESS = "an address, a network (10.0.0.0/8), address:port or part of what is shown"

KEYS: tuple[FilterKey, ...] = (
    FilterKey("port", Holds.PORT, _PORT),
    FilterKey("lport", Holds.PORT, _PORT),
    FilterKey("pport", Holds.PORT, _PORT),
    FilterKey("addr", Holds.ADDRESS, _ADDRESS, ("address", "host")),
    FilterKey("local", Holds.ADDRESS, _ADDRESS, ("laddr",)),
    FilterKey("peer", Holds.ADDRESS, _ADDRESS, ("paddr",)),
    FilterKey("process", Holds.TEXT, "part of a process name", ("proc", "name")),
    FilterKey("cmd", Holds.TEXT, "part of a command line", ("cmdline", "command")),
    FilterKey("pid", Holds.NUMBER, _NUMBER),
    FilterKey("user", Holds.TEXT, "part of a user's name, or a whole user number"),
    FilterKey("uid", Holds.NUMBER, _NUMBER),
    FilterKey("state", Holds.STATE, "a state or a group of states"),
    FilterKey("proto", Holds.KIND, "a kind of socket", ("netid",)),
    FilterKey("fd", Holds.NUMBER, _NUMBER),
    FilterKey("inode", Holds.NUMBER, _NUMBER, ("ino",)),
    FilterKey("unit", Holds.TEXT, "part of the name of a unit or container"),
    FilterKey("container", Holds.TEXT, "part of the name of a container"),
    FilterKey("netns", Holds.TEXT, "part of a namespace's name, or its whole number", ("ns", "namespace")),
    FilterKey("age", Holds.AGE, "a span of time: <10s, >1h, 5m-10m"),
    FilterKey("recvq", Holds.SIZE, _SIZE, ("recv_q",)),
    FilterKey("sendq", Holds.SIZE, _SIZE, ("send_q",)),
    FilterKey("drops", Holds.SIZE, _SIZE),
    FilterKey("timer", Holds.TEXT, "part of a timer's name (on, keepalive, timewait, persist)"),
    FilterKey("dev", Holds.TEXT, "part of a device's name", ("interface",)),
    FilterKey("is", Holds.IS, "a word about the row"),
)

KEY_OF = {spelling: key for key in KEYS for spelling in (key.name, *key.also)}
"""Every spelling."""

IS_WORDS: dict[str, str] = {
    "new": "opened a moment ago",
    "changed": "its state changed a moment ago",
    "closed": "gone, and still shown for a moment",
    "listening": "what -l lists: waits for connections or for datagrams",
    "loopback": "one of its ends is this machine's loopback address",
    "public": "bound to or talking to an address that is neither loopback nor private",
    "mine": "made by the user who looks",
}
"""Every word of `is:` and what it means."""

TIMELY_WORDS = frozenset({"new", "changed", "closed"})
"""Those that depend on the moment at which one looks."""

RESERVED = frozenset(
    {"and", "or", "not", "state", "exclude", "excl", "sport", "dport", "src", "dst", "dev", "autobound"}
    | {"fwmark", "cgroup"}
)
"""Words that ss gives a meaning; in quotes they are looked for."""
