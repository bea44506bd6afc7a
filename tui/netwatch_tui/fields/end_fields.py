"""The two ends of a socket: addresses, ports, the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netwatch_tui.fields.field import Field, Filter, FilterValue, Holds, Written, number_field, text_field
from netwatch_tui.fields.format import (
    BLANK,
    clip_named_endpoint,
    host_name_text,
    local_text,
    named_endpoint,
    peer_text,
    printable,
)
from netwatch_tui.fields.json_types import COUNT, TEXT, TEXT_OR_NULL
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.host_names import name_of
from netwatch_tui.sockets.needs import Need, Needs
from netwatch_tui.sockets.services import name_of_port
from netwatch_tui.sockets.socket import NOWHERE, PORT_NETIDS, Address, Family, Socket

NAMES = ("local_name", "peer_name")
"""Ids of the fields that `-r` adds to files."""


def _asked_for(address: Address) -> tuple[FilterValue, ...]:
    """An address as a filter takes it."""
    if address == NOWHERE:
        return ()
    return (f"[{address.text}]" if address.version == 6 else address.text,)


def _peer_key(socket: Socket, _: Moment) -> tuple[Address, int] | None:
    return (socket.peer, socket.peer_port) if socket.peer_port else None


def _peer_asked_for(socket: Socket, _: Moment) -> tuple[FilterValue, ...]:
    return _asked_for(socket.peer) if socket.peer_port else ()


def _endpoint(
    id: str, title: str, meaning: str, label: str, text: Callable[[Socket], str], port: Callable[[Socket], int],
    address: Callable[[Socket], Address], key: Callable[[Socket, Moment], Any], asked: Filter, **others: Any,
) -> Field:  # fmt: skip
    """An end as one text; `others` are further parts of `Field`."""

    def value(socket: Socket, _: Moment) -> str:
        return text(socket)

    def shown(socket: Socket, moment: Moment) -> str:
        shown = text(socket)
        if moment.shows_services and (service := name_of_port(socket, port(socket), moment.services)):
            shown = f"{shown.rpartition(':')[0]}:{printable(service)}"
        return named_endpoint(shown, name_of(address(socket), moment.host_names)) if moment.host_names else shown

    return Field(
        id, title, meaning, value, TEXT, shown, key, shown, label, filter=asked, written=Written.NOWHERE,
        is_shown=True, rank=0, width=8, enough=21, most=47, is_endpoint=True, clip=clip_named_endpoint,
    )._replace(**others)  # fmt: skip


def _port(id: str, title: str, meaning: str, read: Callable[[Socket], int], also: str, likeness: int) -> Field:
    def compared(socket: Socket, _: Moment) -> Iterable[FilterValue]:
        return (read(socket) or None,) if socket.netid in PORT_NETIDS else ()

    asked = Filter(Holds.PORT, compared, also=(also,), likeness=likeness)
    return number_field(
        id, title, meaning, read, json=COUNT, sentence=None, filter=asked, rank=3, width=6, most=10
    )  # fmt: skip


def _name(
    id: str, title: str, meaning: str, address: Callable[[Socket], Address], key: Callable[[Socket, Moment], Any]
) -> Field:
    """The name of an end. It is ordered by the address and no filter asks for it, since few are looked up."""

    def value(socket: Socket, moment: Moment) -> str | None:
        return name_of(address(socket), moment.host_names)

    def shown(socket: Socket, moment: Moment) -> str:
        name = value(socket, moment)
        return host_name_text(name) if name else BLANK

    return Field(
        id, title, meaning, value, TEXT_OR_NULL, shown, key, None, written=Written.NOWHERE, rank=15, width=12, most=39
    )


LOCAL_FIELDS = (
    _endpoint(
        "local", "Local Address:Port", "local address and port; * stands for all IPv4 and IPv6 addresses",
        "Local", local_text, lambda s: s.local_port, lambda s: s.local,
        lambda s, _: (s.local, s.local_port),
        Filter(Holds.ADDRESS, lambda s, _: _asked_for(s.local), also=("laddr", "local_address"), likeness=6),
        is_pinned=True,
    ),
    text_field(
        "local_address", "Local address", "local address; for unix the path, with @ if abstract; * if there is none",
        lambda s: s.local.text, json=TEXT, key=lambda s, _: s.local, sentence=None, filter=None,
        rank=15, width=15, most=39,
    ),
    _port(
        "local_port", "Local port",
        "local port; for unix the inode, for raw the protocol, for netlink the port id",
        lambda s: s.local_port, "lport", 2,
    ),
    _name(
        "local_name", "Local name", "what /etc/hosts or the network calls the local address, looked up with -r",
        lambda s: s.local, lambda s, _: s.local,
    ),
)  # fmt: skip

PEER_FIELDS = (
    _endpoint(
        "peer", "Peer Address:Port", "peer address and port; the port is * if there is no peer",
        "Peer", peer_text, lambda s: s.peer_port, lambda s: s.peer, _peer_key,
        Filter(Holds.ADDRESS, _peer_asked_for, also=("paddr", "peer_address"), likeness=3),
    ),
    text_field(
        "peer_address", "Peer address", "peer address; * if there is no peer",
        lambda s: s.peer.text, json=TEXT, key=lambda s, _: s.peer if s.peer_port else None,
        sentence=None, filter=None, rank=15, width=15, most=39,
    ),
    _port(
        "peer_port", "Peer port", "peer port; 0 if there is no peer", lambda s: s.peer_port, "pport", 5
    ),
    _name(
        "peer_name", "Peer name", "what /etc/hosts or the network calls the peer address, looked up with -r",
        lambda s: s.peer, lambda s, _: s.peer if s.peer_port else None,
    ),
    text_field(
        "interface", "Device", "network device to which the socket is bound", lambda s: s.interface, also=("dev",),
        takes="part of a device's name", likeness=8, needs=Needs(frozenset({Need.INTERFACE})),
        # The end of a packet socket is its device.
        sentence=lambda s, _: "" if s.family is Family.PACKET else printable(s.interface or ""), rank=14, most=15,
    ),
)  # fmt: skip

NAMED_PEER = PEER_FIELDS[0]._replace(enough=40)
"""The peer while names are looked up: who asked for them wants them before less important columns."""
