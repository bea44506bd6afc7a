"""Sockets that began to match a watched filter, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from netwatch_tui.fields.iso_time import iso
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump, object_lines, socket_objects
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.services import ServiceNames
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket


def alert_lines(rule: str, sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """An event a socket, see `#/$defs/event` of the schema; `taken_at` of the head is the tick that found them."""
    found = list(sockets)
    about = {"version": VERSION, "time": iso(head.taken_at)}
    for socket, told in zip(found, socket_objects(found, head), strict=True):
        yield dump({**about, "host": head.host_of(socket), "event": "alert", "rule": rule, "was": None, "socket": told})


class AlertFormat:
    """Tells the sockets that ring as the file and the command of a rule get them."""

    def __init__(self, host: str, services: Callable[[], ServiceNames]) -> None:
        """Tell them as sockets of the machine with this name.

        Args:
            host: What it is called.
            services: Reads what ports are called; asked when something rings for the first time.
        """
        self._host = host
        self._services = cache(services)

    def events(self, rule: str, sockets: Iterable[Socket], snapshot: Snapshot) -> Iterator[str]:
        """An event a socket."""
        return alert_lines(rule, sockets, self._head(snapshot))

    def socket(self, socket: Socket, snapshot: Snapshot) -> str:
        """The socket alone."""
        (line,) = object_lines((socket,), self._head(snapshot))
        return line

    def _head(self, snapshot: Snapshot) -> Head:
        return Head.of(snapshot, self._host, (), self._services())
