"""The services behind the ports."""

from __future__ import annotations

from netwatch_tui.fields.field import Field, Filter, Holds
from netwatch_tui.fields.format import BLANK, printable
from netwatch_tui.fields.json_types import TEXT_OR_NULL
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.services import service_of
from netwatch_tui.sockets.socket import Socket


def _value(socket: Socket, moment: Moment) -> str | None:
    return service_of(socket, moment.services)


def _compared(socket: Socket, moment: Moment) -> tuple[str | None]:
    return (_value(socket, moment),)


SERVICE_FIELDS = (
    Field(
        "service", "Service",
        "service by the local port of a listener, else by the port that has a name in /etc/services, the lower of two",
        _value, TEXT_OR_NULL, lambda s, m: printable(_value(s, m) or BLANK), _value,
        lambda s, m: printable(_value(s, m) or ""),
        filter=Filter(Holds.TEXT, _compared, takes="part of a service's name", likeness=14), rank=12, width=8, most=16,
    ),
)  # fmt: skip
