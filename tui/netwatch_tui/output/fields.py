"""The one table of what can be written about a socket: values for programs, and cells for the eye."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from netwatch_tui.fields.columns import COLUMN_BY_ID, Moment
from netwatch_tui.fields.format import BLANK, local_text, peer_text, printable
from netwatch_tui.output.head import Head
from netwatch_tui.output.ss_table import users_text
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.socket import Socket

Value = None | bool | int | float | str | list[int] | list[str] | list[dict[str, object]]
"""What JSON can say of one field."""

MARK_WORDS = {Mark.NEW: "new", Mark.CHANGED: "changed", Mark.CLOSED: "closed"}


class Field(NamedTuple):
    """One thing that can be written about a socket."""

    id: str
    title: str
    """The heading in a table, where possible in the spelling of ss."""
    value: Callable[[Socket, Head], Value]
    """For programs: null where nothing is known, numbers as numbers, a list where a socket has many."""
    text: Callable[[Socket, Moment], str]
    """For the eye, harmless to show."""
    right_aligned: bool = False


def iso(seconds: float) -> str:
    """A time in seconds since the epoch as ISO 8601 in UTC, to the microsecond: `2026-01-01T09:00:00.250000Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def owner_object(owner: Owner) -> dict[str, object]:
    """A holder of a socket as JSON says it."""
    pid, fd, process = owner
    return {
        "pid": pid,
        "fd": fd,
        "name": process.name,
        "cmdline": process.cmdline,
        "user": process.user,
        "started_at": iso(process.create_time) if process.create_time else None,
        "unit": process.unit,
        "container": process.container,
    }


def _mark(socket: Socket, head: Head) -> Value:
    marked = head.marked.get(socket.id)
    return MARK_WORDS[marked.mark] if marked else None


def _known(values: Mapping[str | None, None]) -> list[str]:
    """Each value once, in the order in which they came, without those that are not known."""
    return [value for value in values if value]


_VALUES: dict[str, Callable[[Socket, Head], Value]] = {
    "netid": lambda s, _: s.netid,
    "family": lambda s, _: s.family,
    "state": lambda s, _: s.state,
    "recv_q": lambda s, _: s.recv_q,
    "send_q": lambda s, _: s.send_q,
    "local": lambda s, _: local_text(s),
    "local_address": lambda s, _: s.local.text,
    "local_port": lambda s, _: s.local_port,
    "peer": lambda s, _: peer_text(s),
    "peer_address": lambda s, _: s.peer.text,
    "peer_port": lambda s, _: s.peer_port,
    "interface": lambda s, _: s.interface,
    "inode": lambda s, _: s.inode,
    "uid": lambda s, _: s.uid,
    "user": lambda s, _: s.user,
    "owners": lambda s, _: [owner_object(owner) for owner in s.owners],
    "owner_reason": lambda s, _: s.owner_reason,
    "pid": lambda s, _: [owner.pid for owner in s.owners],
    "fd": lambda s, _: [owner.fd for owner in s.owners],
    "process": lambda s, _: [owner.process.name for owner in s.owners],
    "cmdline": lambda s, _: [" ".join(owner.process.cmdline) for owner in s.owners],
    "unit": lambda s, _: _known(dict.fromkeys(owner.process.unit for owner in s.owners)),
    "container": lambda s, _: _known(dict.fromkeys(owner.process.container for owner in s.owners)),
    "netns": lambda s, _: s.netns,
    "netns_name": lambda s, head: head.namespaces.get(s.netns),
    "timer": lambda s, _: s.timer.name if s.timer else None,
    "timer_left": lambda s, _: s.timer.left if s.timer else None,
    "retransmits": lambda s, _: s.retransmits,
    "drops": lambda s, _: s.drops,
    "refs": lambda s, _: s.refs,
    "seen_at": lambda s, _: iso(s.seen_at),
    "was_there": lambda s, _: s.was_there,
    "age": lambda s, head: round(max(head.taken_at - s.seen_at, 0.0), 6),
    "mark": _mark,
}

_TITLES = {
    "local": "Local Address:Port",
    "peer": "Peer Address:Port",
    "uid": "UID",
    "mark": "",
}
"""Headings that are neither those of the screen nor the field's name."""


def _plain(id: str) -> Callable[[Socket, Moment], str]:
    """The cell of a field that the screen has no column for: its value."""
    value = _VALUES[id]

    def text(socket: Socket, moment: Moment) -> str:
        found = value(socket, Head(moment.now, "", namespaces=moment.namespaces))
        if isinstance(found, list):
            return printable(",".join(map(str, found))) or BLANK
        return BLANK if found is None else printable(flat(found))

    return text


def flat(value: Value) -> str:
    """A value as the text of one cell: lists with commas, nothing for null."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _from_text(id: str) -> Callable[[Socket, Head], Value]:
    """The value of a column of the screen of which nothing better is known: its text, as a number if it is one."""
    column = COLUMN_BY_ID[id]

    def value(socket: Socket, head: Head) -> Value:
        text = column.text(socket, Moment(head.taken_at, head.marked, head.namespaces))
        if text in (BLANK, ""):
            return None
        return int(text) if column.right_aligned and text.isascii() and text.isdigit() else text

    return value


def _field(id: str) -> Field:
    column = COLUMN_BY_ID.get(id)
    title = _TITLES.get(id) or (column.title if column else id.replace("_", " ").capitalize())
    value = _VALUES.get(id) or _from_text(id)
    if column is None:
        return Field(id, title, value, _plain(id), right_aligned=id in _NUMBERS)
    return Field(id, title, value, column.text, column.right_aligned)


_NUMBERS = frozenset({"local_port", "peer_port", "inode", "uid", "netns", "timer_left", "retransmits", "refs"})

FIELD_BY_ID: dict[str, Field] = {
    **{id: _field(id) for id in dict.fromkeys((*_VALUES, *COLUMN_BY_ID))},
    "owners": Field("owners", "Owners", _VALUES["owners"], lambda s, _: users_text(s)),
    "users": Field("users", "Process", lambda s, _: users_text(s), lambda s, _: users_text(s)),
}
"""Everything that `--columns` can name; `users` is the owners in the spelling of `ss -p`."""

_COMMON_FIRST = (
    "netid", "family", "state", "recv_q", "send_q", "local_address", "local_port", "peer_address", "peer_port",
    "interface", "inode", "uid", "user",
)  # fmt: skip
_COMMON_LAST = (
    "owner_reason", "netns", "netns_name", "timer", "timer_left", "retransmits", "drops", "refs", "seen_at",
    "was_there", "age", "mark",
)  # fmt: skip

OBJECT_FIELDS = (*_COMMON_FIRST, "owners", *_COMMON_LAST)
"""What a socket has in JSON."""

CELL_FIELDS = (*_COMMON_FIRST, "pid", "fd", "process", "cmdline", "unit", "container", *_COMMON_LAST)
"""What a socket has in CSV and TSV: the same, with its owners in flat columns."""


def chosen(head: Head, default: tuple[str, ...]) -> list[Field]:
    """The fields that are asked for.

    Raises:
        KeyError: There is none of that name.
    """
    return [FIELD_BY_ID[id] for id in head.columns or default]
