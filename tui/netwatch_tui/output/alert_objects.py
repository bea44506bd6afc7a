"""Sockets that began to match a watched filter, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwatch_tui.fields.iso_time import iso
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump, socket_objects
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.socket import Socket


def alert_lines(rule: str, sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """An event a socket, see `#/$defs/event` of the schema; `taken_at` of the head is the tick that found them."""
    about = {"version": VERSION, "time": iso(head.taken_at), "host": head.host, "event": "alert", "rule": rule}
    for told in socket_objects(sockets, head):
        yield dump({**about, "was": None, "socket": told})
