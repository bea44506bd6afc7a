"""Of which machine a socket is, where the table has several."""

from __future__ import annotations

from netwatch_tui.fields.field import Field, Filter, FilterValue, Holds, Written
from netwatch_tui.fields.format import BLANK, printable
from netwatch_tui.fields.json_types import TEXT_OR_NULL
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.hosts import host_number, names_hosts
from netwatch_tui.sockets.socket import Socket


def _name(socket: Socket, moment: Moment) -> str | None:
    """The machine's name as the person wrote it; None where there is only one."""
    host = moment.hosts.get(host_number(socket.netns)) if names_hosts(moment.hosts) else None
    return None if host is None else host.name


def _text(socket: Socket, moment: Moment) -> str:
    return printable(_name(socket, moment) or BLANK)


def _sentence(socket: Socket, moment: Moment) -> str:
    return printable(_name(socket, moment) or "")


def _compared(socket: Socket, moment: Moment) -> tuple[FilterValue, ...]:
    return (_name(socket, moment),)


HOST_FIELDS = (
    Field(
        "host", "Host", "machine that the socket is on, where several are shown", _name, TEXT_OR_NULL, _text, _name,
        _sentence,
        filter=Filter(
            Holds.HOST, _compared, also=("machine",),
            takes="part of a machine's name; an address is looked for at either end, as by addr:", likeness=6,
        ),
        written=Written.NOWHERE, rank=1, width=4, enough=12, most=20,
    ),
)  # fmt: skip
"""Shown and written wherever there are several machines, also unasked: see `SocketTable.columns` and `Head`."""
