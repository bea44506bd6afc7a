"""From where a listener can be reached."""

from __future__ import annotations

from netwatch_tui.fields.field import Field, Filter, Holds
from netwatch_tui.fields.format import BLANK, printable
from netwatch_tui.fields.json_types import TEXT_OR_NULL
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.scope import EVERYONE, THIS_MACHINE, scope_of
from netwatch_tui.sockets.socket import Socket


def _value(socket: Socket, moment: Moment) -> str | None:
    scope = scope_of(socket, moment.networks)
    return scope.text if scope else None


def _text(socket: Socket, moment: Moment) -> str:
    return printable(_value(socket, moment) or BLANK)


def _key(socket: Socket, moment: Moment) -> tuple[int, str] | None:
    scope = scope_of(socket, moment.networks)
    return (scope.breadth, scope.text) if scope else None


def _sentence(socket: Socket, moment: Moment) -> str:
    text = _value(socket, moment)
    return f"reachable from {printable(text)}" if text else ""


def _compared(socket: Socket, moment: Moment) -> tuple[str | None]:
    return (_value(socket, moment),)


SCOPE_FIELDS = (
    Field(
        "scope", "Scope",
        "from where a listener can be reached: this machine, a network by its device, everyone; whether by IPv6 only",
        _value, TEXT_OR_NULL, _text, _key, _sentence, descends=True,
        filter=Filter(
            Holds.TEXT, _compared, takes="everyone, part of a network (10.0.0.0/8), or a device",
            words=(EVERYONE, THIS_MACHINE), likeness=13,
        ),
        needs=Needs(of_networks=True), rank=6, width=8, enough=16, most=28,
    ),
)  # fmt: skip
