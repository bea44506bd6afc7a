"""What happened to a socket: the columns of the history, of which a row is one event."""

from __future__ import annotations

from collections.abc import Callable
from errno import errorcode
from typing import Any

from netwatch_tui.fields.field import Field, Filter, FilterValue, Holds, Written
from netwatch_tui.fields.format import BLANK, clip_amount, printable
from netwatch_tui.fields.holders import process_name
from netwatch_tui.fields.iso_time import iso
from netwatch_tui.fields.json_types import COUNT_OR_NULL, SECONDS_OR_NULL, TEXT_OR_NULL, TIME, JsonType, Value, one_of
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import amount, brief_time
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy

_TIME_OR_NULL: JsonType = {"oneOf": [TIME, {"type": "null"}]}


def _event_field(
    id: str,
    title: str,
    meaning: str,
    read: Callable[[SocketEvent], Any],
    value: Callable[[Any], Value],
    json: JsonType,
    text: Callable[[Any], str],
    **others: Any,
) -> Field:
    """A field of an event; `others` are further parts of `Field`.

    Args:
        id: As in `Field`, like all that is not named here.
        title: The same.
        meaning: The same.
        read: What is known; None for nothing.
        value: That as JSON has it.
        json: The schema.
        text: That for the eye.
        others: Further parts of `Field`.
    """

    def known(socket: Socket, moment: Moment) -> Any:
        event = moment.events.get(socket.id)
        return None if event is None else read(event)

    def told(socket: Socket, moment: Moment) -> Value:
        found = known(socket, moment)
        return None if found is None else value(found)

    def shown(socket: Socket, moment: Moment) -> str:
        found = known(socket, moment)
        return BLANK if found is None else text(found)

    def sentence(socket: Socket, moment: Moment) -> str:
        found = known(socket, moment)
        return "" if found is None else text(found)

    return Field(
        id, title, meaning, told, json, shown, known, sentence, written=Written.NOWHERE, is_timely=True
    )._replace(**others)


def _compared(read: Callable[[SocketEvent], FilterValue]) -> Callable[[Socket, Moment], tuple[FilterValue, ...]]:
    def compared(socket: Socket, moment: Moment) -> tuple[FilterValue, ...]:
        event = moment.events.get(socket.id)
        return (None if event is None else read(event),)

    return compared


def _word(
    id: str,
    title: str,
    meaning: str,
    words: Any,
    read: Callable[[SocketEvent], str],
    also: tuple[str, ...] = (),
    **others: Any,
) -> Field:
    asked = Filter(Holds.WORD, _compared(read), words=tuple(words), likeness=2, also=also)
    return _event_field(id, title, meaning, read, str, one_of(words, or_null=True), str, filter=asked, **others)


def _size(id: str, title: str, meaning: str, read: Callable[[SocketEvent], int | None]) -> Field:
    asked = Filter(Holds.SIZE, _compared(read), likeness=None)
    return _event_field(
        id, title, meaning, read, int, COUNT_OR_NULL, amount,
        filter=asked, unit="bytes", descends=True, right_aligned=True, clip=clip_amount, rank=9, width=9, most=9,
    )  # fmt: skip


def _closer(event: SocketEvent) -> str | None:
    if event.closer is None:
        return None
    return f"{process_name(event.closer.name or '')} {event.closer.own_pid}".lstrip()


def _error(event: SocketEvent) -> str | None:
    return None if event.error is None else errorcode.get(event.error, str(event.error))


def _when(socket: Socket, moment: Moment) -> str:
    """The time of day where the person is, to the millisecond."""
    event = moment.events.get(socket.id)
    return BLANK if event is None else iso(event.at + moment.utc_offset)[11:23]


EVENT_FIELDS = (
    _event_field(
        "happened_at", "When", "when it happened, in the history", lambda event: event.at, iso, _TIME_OR_NULL, iso,
        descends=True, rank=1, width=12, most=12, label="When",
    )._replace(text=_when),
    _word("event", "Event", "what happened, in the history", Happening, lambda event: event.kind,
          also=("history",), rank=0, width=9, most=9),
    _word("told_by", "Told by", "who told of it: the kernel by an event, or a tick", ToldBy,
          lambda event: event.source, rank=18, width=7, most=7),
    _event_field(
        "lifetime", "Life", "how long it lived, at its end; by ticks it may be an interval off",
        lambda event: event.duration, lambda seconds: round(seconds, 6), SECONDS_OR_NULL, brief_time,
        filter=Filter(Holds.AGE, _compared(lambda event: event.duration), likeness=None), unit="seconds",
        descends=True, right_aligned=True, rank=4, width=6, most=6,
    ),
    _size("received", "Bytes in", "bytes that it had received at its end",
          lambda event: None if event.totals is None else event.totals.bytes_in),
    _size("sent", "Bytes out", "bytes that it had sent at its end, each counted once",
          lambda event: None if event.totals is None else event.totals.bytes_out),
    _event_field(
        "closer", "Closed by", "process that closed it, where the kernel told", _closer, str, TEXT_OR_NULL, str,
        filter=Filter(Holds.TEXT, _compared(_closer), takes="part of the name of a process", likeness=None), rank=17,
        width=10, most=24,
    ),
    _event_field(
        "error", "Error", "error that ended it, such as ECONNREFUSED", _error, str, TEXT_OR_NULL, printable,
        filter=Filter(Holds.TEXT, _compared(_error), takes="part of the name of an error", likeness=None), rank=11,
        width=5, most=12,
    ),
)  # fmt: skip
"""All of them; they are blank of sockets to which nothing has happened that is remembered."""

HISTORY_COLUMNS = (
    "happened_at", "event", "netid", "state", "local", "peer", "pid", "process", "lifetime", "received", "sent",
    "error", "user", "cmdline",
)  # fmt: skip
"""Ids of the columns of the history."""
