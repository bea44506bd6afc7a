"""What happened, as recordings have it, and back: an object an event, what goes without saying left out.

`socket` and `before` are an id, if the frame or the one before it has a socket of that id that is the same, else all
about it. The other members are those of `SocketEvent`, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netwatch_tui.recording.shapes import MOMENT, Shape, ShapeError, members, named, shape_of
from netwatch_tui.sockets.connection_events import ConnectionTotals, EventProcess
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy

Entry = Callable[[Socket], Any]
"""What is written of a socket."""
Find = Callable[[Any], Socket]
"""The socket that was written.

Raises:
    ShapeError: There is none.
"""

_SHAPES: dict[str, Shape] = {
    "kind": shape_of(Happening, {}),
    "at": MOMENT,
    "source": shape_of(ToldBy, {}),
    "duration": shape_of(float, {}),
    "totals": shape_of(ConnectionTotals, {}),
    "closer": shape_of(EventProcess, {}),
    "error": shape_of(int, {}),
}
_NEEDED = ("kind", "at", "source")
_DEFAULTS = SocketEvent._field_defaults


def encode_event(event: SocketEvent, entry: Entry) -> dict[str, Any]:
    """All about an event."""
    told = {
        name: value
        for name, value in zip(SocketEvent._fields, event, strict=True)
        if name not in _DEFAULTS or value != _DEFAULTS[name]
    }
    told["socket"] = entry(event.socket)
    if event.before is not None:
        told["before"] = entry(event.before)
    return told


def decode_event(told: Any, find: Find) -> SocketEvent:
    """The event that `encode_event` wrote.

    Raises:
        ShapeError: It is none.
    """
    told = named(told)
    found: dict[str, Any] = members(_SHAPES, told, _NEEDED)
    for name in ("socket", "before"):
        if name == "socket" or name in told:
            try:
                found[name] = find(told.get(name))
            except ShapeError as error:
                raise error.within(name) from error
    return SocketEvent(**found)


def known_sockets(*frames: Mapping[int, Socket]) -> Callable[[int], Socket | None]:
    """Finds a socket by its id in the first of some frames, or parts of frames, that has one."""

    def find(id: int) -> Socket | None:
        return next((socket for frame in frames if (socket := frame.get(id)) is not None), None)

    return find
