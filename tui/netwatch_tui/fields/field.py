"""The type of an entry in the one table of what is known about a socket.

Columns, filter keys, `--columns`, `--sort`, CSV, JSON and its schema, details, "like this one", copies, the manual page
and the help are views of that table: an entry here is in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, Flag, auto
from typing import Any, NamedTuple, TypeAlias

from netwatch_tui.fields.format import BLANK, clip, clip_amount, clip_more, printable
from netwatch_tui.fields.json_types import COUNT_OR_NULL, TEXT_OR_NULL, JsonType, Value, flat
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.socket import Socket


class Holds(Enum):
    """What kind of value a filter key has."""

    TEXT = "text"
    WORD = "one of some words"
    PORT = "port"
    NUMBER = "number"
    SIZE = "size"
    AGE = "age"
    ADDRESS = "address"
    STATE = "state"
    KIND = "kind of socket"
    IS = "is"
    HOST = "machine or address"


FilterValue: TypeAlias = str | int | float | None
"""What a filter compares; None for what is not known, which `-` asks for."""

_PORT = "a number from 0 to 65535, a range (8000-8999), a comparison (>1024) or a service"
TAKES = {
    Holds.PORT: _PORT,
    Holds.NUMBER: "a number, a range (1-9) or a comparison (>0)",
    Holds.SIZE: "a number of bytes (0, 64k), a range or a comparison (>0)",
    Holds.AGE: "a duration: <10s, >1h, 5m-10m, >200ms",
    Holds.ADDRESS: "an address, a network (10.0.0.0/8), address:port or part of the text shown",
    Holds.STATE: "a state or a group of states",
    Holds.KIND: "a kind of socket",
    Holds.IS: "one of its words",
    Holds.WORD: "one of its words",
}
"""What stands behind a key, in words; a key that holds text says what text."""


class Filter(NamedTuple):
    """How a field is asked for."""

    holds: Holds
    read: Callable[[Socket, Moment], Iterable[FilterValue]]
    """What is compared: one value, or one for each owner; empty where nothing is known."""
    one: Callable[[Socket], FilterValue] | None = None
    """The same of a field with one value that the moment does not change: what is asked for most is judged faster."""
    also: tuple[str, ...] = ()
    """Other spellings of the key, whose name is the field's id."""
    takes: str = ""
    """What stands behind the key, in words; the words of its kind where nothing is said."""
    words: tuple[str, ...] = ()
    """All that may stand there, or what is offered."""
    likeness: int | None = 50
    """Its place among the values by which rows are called alike; None where an equal value means nothing."""
    needs: Needs = NOTHING_MORE
    """What must be known of sockets before they are judged by it, beyond what the field needs anyway."""


def _of_one(holds: Holds, one: Callable[[Socket], FilterValue]) -> Filter:
    """The filter of a field with one value."""
    return Filter(holds, lambda socket, _: (one(socket),), one)


class Written(Flag):
    """Where a field is written without being asked for."""

    NOWHERE = 0
    OBJECTS = auto()
    """In JSON and NDJSON."""
    CELLS = auto()
    """In CSV and TSV."""
    EVERYWHERE = OBJECTS | CELLS


class Field(NamedTuple):
    """One thing that is known about a socket."""

    id: str
    """Its one name: in JSON, `--columns`, `--sort` and the filter."""
    title: str
    """The heading of its column, where possible in the spelling of ss."""
    meaning: str
    value: Callable[[Socket, Moment], Value]
    """For programs: null where nothing is known, numbers as numbers, a list where a socket has many."""
    json: JsonType
    """The schema of `value`."""
    text: Callable[[Socket, Moment], str]
    """For the eye: harmless to show, `-` where nothing is known."""
    key: Callable[[Socket, Moment], Any]
    """Orders rows. None stands for a blank, which is last in both directions."""
    sentence: Callable[[Socket, Moment], str] | None
    """What the details say: empty where there is nothing to say; None where another field says it."""
    label: str = ""
    """What stands before that sentence, at most 12 cells; the title where nothing is said."""
    unit: str = ""
    """What a number counts."""
    descends: bool = False
    """The greatest is wanted first."""
    filter: Filter | None = None
    needs: Needs = NOTHING_MORE
    """What must be known of sockets before the field can be shown or written, chosen or ordered by."""
    is_timely: bool = False
    """Another moment may give another value of the same socket."""
    written: Written = Written.EVERYWHERE
    is_shown: bool = False
    """It is a column of the screen unless told otherwise."""
    rank: int = 20
    """Importance, 0 the highest: those are never hidden, and the greatest number goes first."""
    width: int = 8
    """Cells that its column has at least."""
    enough: int = 20
    """As many of the cells that its texts need it has before a less important column is shown."""
    most: int = 20
    """As many it has before a luxury is shown; whatever room is left over beyond that can still be its own."""
    right_aligned: bool = False
    is_endpoint: bool = False
    """Holds address:port: the middle of the address can be left out, and the port is never cut."""
    ends_line: bool = False
    """Stands behind all others, where it can use whatever room is left over."""
    is_pinned: bool = False
    """Stays when the others are scrolled sideways."""
    clip: Callable[[str, int], str] = clip
    """Fits its text into a number of cells."""
    holders: Callable[[Socket], tuple[Owner, ...]] | None = None
    """Of a field whose value is owners, who they are: the details tell all about each."""


def number_field(
    id: str,
    title: str,
    meaning: str,
    read: Callable[[Socket], int | None],
    *,
    holds: Holds = Holds.NUMBER,
    also: tuple[str, ...] = (),
    likeness: int | None = 50,
    unit: str = "",
    **others: Any,
) -> Field:
    """A field whose value is a number or not known; `others` are further parts of `Field`."""

    def value(socket: Socket, _: Moment) -> int | None:
        return read(socket)

    def text(socket: Socket, _: Moment) -> str:
        number = read(socket)
        return BLANK if number is None else str(number)

    def sentence(socket: Socket, _: Moment) -> str:
        number = read(socket)
        return "" if number is None else f"{number:,} {unit}".rstrip()

    return Field(
        id, title, meaning, value, COUNT_OR_NULL, text, value, sentence,
        unit=unit, right_aligned=True, clip=clip_amount if holds is Holds.SIZE else clip_more,
        filter=_of_one(holds, read)._replace(also=also, likeness=likeness),
    )._replace(**others)  # fmt: skip


def text_field(
    id: str,
    title: str,
    meaning: str,
    read: Callable[[Socket], str | None],
    *,
    holds: Holds = Holds.TEXT,
    also: tuple[str, ...] = (),
    takes: str = "",
    words: tuple[str, ...] = (),
    likeness: int | None = 50,
    **others: Any,
) -> Field:
    """A field whose value is a text from the kernel or not known; `others` are further parts of `Field`."""

    def value(socket: Socket, _: Moment) -> str | None:
        return read(socket)

    def text(socket: Socket, _: Moment) -> str:
        found = read(socket)
        return BLANK if found is None else printable(found)

    def sentence(socket: Socket, _: Moment) -> str:
        return printable(read(socket) or "")

    asked = _of_one(holds, read)._replace(also=also, takes=takes, words=words, likeness=likeness)
    return Field(id, title, meaning, value, TEXT_OR_NULL, text, value, sentence, filter=asked)._replace(**others)


def flag_field(id: str, title: str, meaning: str, read: Callable[[Socket], bool | None], **others: Any) -> Field:
    """A field that is true, false or not known; `others` are further parts of `Field`."""

    def value(socket: Socket, _: Moment) -> bool | None:
        return read(socket)

    def text(socket: Socket, _: Moment) -> str:
        return flat(read(socket)) or BLANK

    def word(socket: Socket) -> str | None:
        return flat(read(socket)) or None

    asked = _of_one(Holds.WORD, word)._replace(words=("true", "false"), likeness=None)
    json: JsonType = {"type": ["boolean", "null"]}
    return Field(id, title, meaning, value, json, text, value, None, filter=asked, width=5, most=8)._replace(**others)
