"""What sock_diag adds to the rows that `/proc` gives: unix peers, backlogs, devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.socket import Family, Socket, State

if TYPE_CHECKING:  # see kernel.source
    from netwatch_tui.kernel.sock_diag import Bound, UnixDetails


class SockDiagFacts:
    """The last answers of sock_diag about the own namespace."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._unix: dict[int, UnixDetails] = {}
        self._bound: dict[int, Bound] = {}

    def refresh(self, *, unix: bool, bound: bool) -> None:
        """Ask again about the kinds of which some may be different."""
        if unix:
            self._unix = self._source.unix()
        if bound:
            self._bound = self._source.bound()

    def knows(self, inode: int) -> bool:
        """Whether the last answers spoke of this socket."""
        return inode in self._unix or inode in self._bound

    def add(self, socket: Socket) -> Socket:
        """The socket of the own namespace with what is known of it."""
        if socket.family is Family.UNIX:
            return self._add_to_unix(socket)
        if socket.family is Family.PACKET:
            return socket._replace(interface=self._source.device(socket.local_port))
        if is_bound(socket) and (bound := self._bound.get(socket.inode)):
            send_q = bound.send_q if socket.state is State.LISTEN else socket.send_q
            if (send_q, bound.interface) != (socket.send_q, socket.interface):
                return socket._replace(send_q=send_q, interface=bound.interface)
        return socket

    def _add_to_unix(self, socket: Socket) -> Socket:
        details = self._unix.get(socket.inode)
        if details is None:
            return socket
        return socket._replace(
            peer_port=details.peer_inode, recv_q=details.recv_q, send_q=details.send_q, uid=details.uid
        )


def is_connection(socket: Socket) -> bool:
    """Whether `SockDiag.inodes` tells about sockets like this one."""
    return socket.netid == "tcp" and socket.state is not State.LISTEN


def is_known_better(socket: Socket) -> bool:
    """Whether more is known of sockets like it than their lines tell."""
    return socket.family in (Family.UNIX, Family.PACKET) or is_bound(socket)


def is_bound(socket: Socket) -> bool:
    """Whether `SockDiag.bound` tells about sockets like this one."""
    return socket.netid == "udp" or (socket.state is State.LISTEN and socket.netid == "tcp")
