"""The tests that a filter is made of."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from netwatch_tui.model.columns import process_text
from netwatch_tui.model.format import local_text, peer_text, printable
from netwatch_tui.model.socket import PORT_NETIDS, Socket


class Term(Protocol):
    """One condition on a socket."""

    def matches(self, socket: Socket) -> bool:
        """Whether the socket meets it."""


class Port(NamedTuple):
    """Exactly this port, at either end."""

    port: int

    def matches(self, socket: Socket) -> bool:
        """Whether one of the two ports is this one."""
        return self.port in _ports(socket)


class ProcessName(NamedTuple):
    """Part of the name of a process that holds the socket."""

    text: str
    """In case-folded form."""

    def matches(self, socket: Socket) -> bool:
        """Whether any owner's name holds the text, upper and lower case alike."""
        return any(self.text in printable(owner.process.name).casefold() for owner in socket.owners)


class Number(NamedTuple):
    """A bare number: exactly a port or a pid."""

    number: int

    def matches(self, socket: Socket) -> bool:
        """Whether a port or an owner has this number."""
        return self.number in _ports(socket) or any(owner.pid == self.number for owner in socket.owners)


class Word(NamedTuple):
    """Part of any text that the row shows."""

    text: str
    """In case-folded form."""

    def matches(self, socket: Socket) -> bool:
        """Whether netid, state, an address, a process or the user holds the text."""
        return any(self.text in part.casefold() for part in _shown(socket))


def _ports(socket: Socket) -> tuple[int, ...]:
    """Only TCP and the like have ports; the numbers of other kinds are inodes, protocols and port ids."""
    return (socket.local_port, socket.peer_port) if socket.netid in PORT_NETIDS else ()


def _shown(socket: Socket) -> tuple[str, ...]:
    return (
        socket.netid,
        socket.state,
        local_text(socket),
        peer_text(socket),
        process_text(socket),
        printable(socket.user or ""),
    )
