"""JSON: one object with all sockets, or one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from errno import errorcode
from typing import TYPE_CHECKING

from netwatch_tui.fields.catalogue import OBJECT_FIELDS, named_fields
from netwatch_tui.fields.exact_text import readable
from netwatch_tui.fields.iso_time import iso
from netwatch_tui.output.head import Head
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.socket import Socket

if TYPE_CHECKING:  # for which --once does not wait
    from netwatch_tui.sockets.connection_events import ConnectionTotals
    from netwatch_tui.sockets.socket_events import SocketEvent

# Everything beyond ASCII is escaped, so that no control or format character gets out raw.
_encode = json.JSONEncoder(ensure_ascii=True, check_circular=False, allow_nan=False).encode


def dump(value: object) -> str:
    """A value as one line of JSON that strict readers take, without any control character."""
    text = _encode(value)
    if "\\ud" in text:  # a sign beyond the 65,536 first, or a byte that is no UTF-8
        text = _encode(readable(value))
    return text.replace("\x7f", "\\u007f") if "\x7f" in text else text


def socket_objects(sockets: Iterable[Socket], head: Head) -> Iterator[dict[str, object]]:
    """Each socket as JSON says it."""
    fields = [(field.id, field.value) for field in named_fields(head.fields(OBJECT_FIELDS))]
    moment = head.moment
    for socket in sockets:
        yield {id: value(socket, moment) for id, value in fields}


def object_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """A socket a line."""
    return map(dump, socket_objects(sockets, head))


def document_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """One object that holds all sockets, a line each."""
    return document("sockets", object_lines(sockets, head), head)


def document(name: str, lines: Iterable[str], head: Head) -> Iterator[str]:
    """One object that holds a list under a name, of which each line is an item."""
    about = dump({"version": VERSION, "taken_at": iso(head.taken_at), "host": head.host})
    yield f'{about[:-1]}, "{name}": ['
    last = None
    for line in lines:
        if last is not None:
            yield f"{last},"
        last = line
    if last is not None:
        yield last
    yield "]}"


def event_lines(events: Iterable[SocketEvent], head: Head) -> Iterator[str]:
    """An event a line; `taken_at` of the head is the tick that tells of them, or told of them alone."""
    for event in events:
        own = head._replace(events={event.socket.id: event}) if head.columns else head
        (told,) = socket_objects((event.socket,), own)
        yield dump(
            {
                "version": VERSION,
                "time": iso(event.at),
                "host": head.host_of(event.socket),
                "event": event.kind,
                "source": event.source,
                "was": event.before and event.before.state,
                "duration": None if event.duration is None else round(event.duration, 6),
                "totals": _totals(event.totals),
                "closer": None if event.closer is None else {"pid": event.closer.own_pid, "name": event.closer.name},
                "error": None if event.error is None else errorcode.get(event.error, str(event.error)),
                "socket": told,
            }
        )


def _totals(totals: ConnectionTotals | None) -> dict[str, object] | None:
    if totals is None:
        return None
    return {
        "bytes_in": totals.bytes_in,
        "bytes_out": totals.bytes_out,
        "bytes_retrans": totals.bytes_retrans,
        "retrans_total": totals.retrans_total,
        "rtt": totals.rtt,
    }
