"""What is told of listeners that were tried: the columns of `--probe` in every format, and on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Flag, auto
from ipaddress import ip_address
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.format import BLANK, clip, printable
from netwatch_tui.fields.holders import clip_names
from netwatch_tui.fields.json_types import COUNT, SECONDS_OR_NULL, TEXT, TEXTS, JsonType, Value, one_of
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import brief_time
from netwatch_tui.sockets.probe_results import Attempt, PortState, ProbeEnd, ProbeRow, Reach

UNLIMITED = 1_000
"""Cells, more than any text has."""


class Place(Flag):
    """Where a column is."""

    TABLE = auto()
    CELLS = auto()
    """In CSV and TSV."""
    OBJECTS = auto()
    """In JSON and NDJSON, where the listener is an object of its own with all that is known of sockets."""
    EVERYWHERE = TABLE | CELLS | OBJECTS
    FLAT = TABLE | CELLS


class ProbeField(NamedTuple):
    """One thing that is told of an outcome."""

    id: str
    title: str
    meaning: str
    told: Place
    value: Callable[[ProbeRow, Moment], Value]
    text: Callable[[ProbeRow, Moment], str]
    """For the eye: harmless to show, `-` where nothing is known."""
    json: JsonType
    """The schema of `value`."""
    right_aligned: bool = False
    rank: int = 0
    """Importance, 0 the highest: where there is no room for all, the greatest goes first."""
    width: int = UNLIMITED
    """As many of the cells that its texts need it has before a less important column is left out."""
    most: int = UNLIMITED
    """Cells that it has at most."""
    clip: Callable[[str, int], str] = clip
    """Fits its text into a number of cells."""


def _of_listener(id: str, told: Place, rank: int = 9, width: int = UNLIMITED) -> ProbeField:
    """What is known of the socket anyway."""
    field = FIELD_BY_ID[id]
    return ProbeField(
        id, field.title, field.meaning, told, lambda row, moment: field.value(row.listener, moment),
        lambda row, moment: field.text(row.listener, moment), field.json, field.right_aligned, rank, width,
        clip=field.clip,
    )  # fmt: skip


def _port(row: ProbeRow, _: Moment) -> str:
    return f"{row.listener.local_port}/{row.listener.netid}"


def _time(row: ProbeRow, _: Moment) -> str:
    return BLANK if row.seconds is None else brief_time(row.seconds)


def _address(end: ProbeEnd) -> str:
    """An address as it is written, with the device after `%` where it means nothing without."""
    text = str(ip_address(end.address))
    return f"{text}%{end.device}" if end.device else text


def _origin(end: ProbeEnd) -> str:
    return "inside" if end.origin == end.netns else "outside"


def _addresses(row: ProbeRow, _: Moment) -> list[str]:
    return list(dict.fromkeys(_address(each.end) for each in row.attempts))


def _addresses_text(row: ProbeRow, moment: Moment) -> str:
    return printable(",".join(_addresses(row, moment))) or BLANK


def _origins(row: ProbeRow, _: Moment) -> list[str]:
    return list(dict.fromkeys(_origin(each.end) for each in row.attempts))


def _origins_text(row: ProbeRow, moment: Moment) -> str:
    found = _origins(row, moment)
    return "both" if len(found) > 1 else "".join(found) or BLANK


def _attempt(attempt: Attempt) -> dict[str, object]:
    end, seconds = attempt
    return {"address": _address(end), "from": _origin(end), "seconds": seconds}


_ATTEMPT: JsonType = {
    "type": "object",
    "required": ["address", "from", "seconds"],
    "properties": {
        "address": {**TEXT, "description": "one of the machine's own, with %device if it is link-local"},
        "from": {
            **one_of(("inside", "outside")),
            "description": "from the listener's own network namespace, or from the program's",
        },
        "seconds": {**SECONDS_OR_NULL, "description": "until connect(2) ended; null if nothing was sent"},
    },
}

PROBE_FIELDS = (
    ProbeField("port", "Port", "port and protocol", Place.TABLE, _port, _port, TEXT, rank=0),
    _of_listener("netid", Place.CELLS),
    _of_listener("local_address", Place.CELLS),
    _of_listener("local_port", Place.CELLS),
    ProbeField(
        "state", "State", "what became of the attempts: open, refused, filtered, no answer, or not tried",
        Place.EVERYWHERE, lambda r, _: r.state, lambda r, _: r.state, one_of(PortState), rank=0,
    ),
    _of_listener("service", Place.FLAT, rank=6, width=8),
    ProbeField(
        "reason", "Reason", "how that is known", Place.EVERYWHERE, lambda r, _: r.reason, lambda r, _: r.reason, TEXT,
        rank=1,
    ),
    ProbeField(
        "seconds", "Time", "seconds that the longest of these attempts took; null if nothing was sent",
        Place.EVERYWHERE, lambda r, _: r.seconds, _time, SECONDS_OR_NULL, right_aligned=True, rank=7,
    ),
    ProbeField(
        "addresses", "Tried at", "addresses with this outcome, +N for N more", Place.FLAT, _addresses, _addresses_text,
        TEXTS, rank=3, width=12, most=40, clip=clip_names,
    ),
    ProbeField(
        "from", "From", "inside: from the listener's own network namespace; outside: from the program's", Place.FLAT,
        _origins, _origins_text, TEXTS, rank=3,
    ),
    ProbeField(
        "attempts", "Attempts", "each attempt with this outcome", Place.OBJECTS,
        lambda r, _: [_attempt(each) for each in r.attempts], lambda r, _: str(len(r.attempts)),
        {"type": "array", "items": _ATTEMPT},
    ),
    ProbeField(
        "reach", "Answers at", "where the listener as a whole answered, of all that was tried; null if nothing was",
        Place.EVERYWHERE, lambda r, _: r.reach, lambda r, _: r.reach or BLANK, one_of(Reach, or_null=True), rank=5,
    ),
    ProbeField(
        "not_tried", "Not tried", "addresses left out, to leave room in its accept queue or because there are too many",
        Place.CELLS | Place.OBJECTS, lambda r, _: r.left_out, lambda r, _: str(r.left_out), COUNT, right_aligned=True,
    ),
    _of_listener("pid", Place.FLAT, rank=8),
    _of_listener("process", Place.FLAT, rank=2, width=9),
    _of_listener("user", Place.CELLS),
    _of_listener("scope", Place.FLAT, rank=4, width=12),
    _of_listener("netns", Place.CELLS),
)  # fmt: skip


def told_in(where: Place) -> list[ProbeField]:
    """The columns that are there, in their order."""
    return [field for field in PROBE_FIELDS if where in field.told]


def table_fields(rows: Sequence[ProbeRow]) -> list[ProbeField]:
    """The columns of a table: from where is told only if there is more than one place."""
    is_mixed = any(each.end.origin != each.end.netns for row in rows for each in row.attempts)
    return [field for field in told_in(Place.TABLE) if is_mixed or field.id != "from"]
