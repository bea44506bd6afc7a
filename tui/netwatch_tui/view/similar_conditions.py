"""Conditions of the filter language that a row meets: what to keep or exclude rows like it by."""

from __future__ import annotations

from netwatch_tui.fields.columns import Moment
from netwatch_tui.fields.format import absence_text
from netwatch_tui.query import term
from netwatch_tui.sockets.socket import NOWHERE, PORT_NETIDS, Socket


def similar_conditions(socket: Socket, moment: Moment) -> list[str]:
    """One condition for each value by which others may be like a socket, the most asked for first."""
    found: list[tuple[str, str]] = []
    names = dict.fromkeys(owner.process.name for owner in socket.owners)
    found += [("process", name) for name in names]
    if not socket.owners:
        found.append(("process", absence_text(socket)))
    if socket.netid in PORT_NETIDS:
        found.append(("lport", str(socket.local_port)))
        found += [("pport", str(socket.peer_port))] if socket.peer_port else []
    found.append(("state", socket.state.lower()))
    if socket.peer.version and socket.peer_port:
        found.append(("peer", socket.peer.text))
    if socket.local is not NOWHERE:
        found.append(("local", socket.local.text))
    found.append(("proto", socket.netid))
    if socket.user is not None:
        found.append(("user", socket.user))
    for owner in socket.owners[:1]:
        found.append(("pid", str(owner.pid)))
        found += [("unit", owner.process.unit)] if owner.process.unit else []
        found += [("container", owner.process.container)] if owner.process.container else []
    found.append(("netns", moment.namespaces.get(socket.netns, str(socket.netns))))
    return [term(key, value, is_known=True) for key, value in found]
