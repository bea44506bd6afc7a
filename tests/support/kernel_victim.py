"""A process that has connections and tells what becomes of them.

Run as `python -m tests.support.kernel_victim [UID]`. A request is a list: what to do, then its arguments.
"""

from __future__ import annotations

import errno
import os
import signal
import socket as net
import struct
import sys
from typing import Any

from tests.support.kernel import answer, become, requests

_PATIENCE = 10


class Victim:
    """Its sockets by descriptor."""

    def __init__(self) -> None:
        self._sockets: dict[int, net.socket] = {}

    def listen(self, port: int = 0) -> list[int]:
        """Open a listener; gives inode, descriptor and port."""
        return self._keep(net.create_server(("127.0.0.1", port)))

    def connect(self, port: int, own_port: int = 0) -> list[int]:
        """Connect to a port; gives inode, descriptor and the own port."""
        socket = net.socket()
        socket.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
        socket.bind(("127.0.0.1", own_port))
        socket.connect(("127.0.0.1", port))
        return self._keep(socket)

    def accept(self, fd: int) -> list[int]:
        """Accept a connection; gives inode, descriptor and port."""
        return self._keep(self._sockets[fd].accept()[0])

    def open(self, family: str, kind: str, peer: int = 0) -> list[int]:
        """Open a socket of another kind, connected to a port of this machine if one is given."""
        socket = net.socket(getattr(net, family), getattr(net, kind), 255 if kind == "SOCK_RAW" else 0)
        if family == "AF_INET" and kind == "SOCK_DGRAM":
            socket.bind(("127.0.0.1", 0))
        if peer:
            socket.connect(("127.0.0.1", peer))
        return self._keep(socket)

    def pair(self) -> list[list[int]]:
        """Open two unix sockets that are connected."""
        return list(map(self._keep, net.socketpair()))

    def received(self, fd: int) -> str:
        """What recv(2) gives next: the name of an error, or the bytes as text; empty for the end of file."""
        return self._told(lambda socket: socket.recv(1).decode(), fd)

    def accepted(self, fd: int) -> str:
        """What accept(2) gives next: the name of an error, or `a connection`."""
        return self._told(lambda socket: "a connection" if socket.accept() else "", fd)

    def send(self, fd: int) -> None:
        """Send one byte."""
        self._sockets[fd].send(b"x")

    def reset(self, fd: int) -> None:
        """Close without a trace: with RST, and no TIME-WAIT."""
        socket = self._sockets.pop(fd)
        socket.setsockopt(net.SOL_SOCKET, net.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close()

    def close(self, fd: int) -> None:
        """Close."""
        self._sockets.pop(fd).close()

    def ignore(self, name: str) -> None:
        """Ignore a signal."""
        signal.signal(getattr(signal, name), signal.SIG_IGN)

    def _told(self, ask: Any, fd: int) -> str:
        socket = self._sockets[fd]
        # The kernel's own timeout: one of Python's makes it a poll, after which UDP does not tell of a shutdown.
        socket.setsockopt(net.SOL_SOCKET, net.SO_RCVTIMEO, struct.pack("ll", _PATIENCE, 0))
        try:
            return str(ask(socket))
        except OSError as error:
            return errno.errorcode[error.errno or 0]

    def _keep(self, socket: net.socket) -> list[int]:
        self._sockets[socket.fileno()] = socket
        port = socket.getsockname()[1] if socket.family == net.AF_INET and socket.type != net.SOCK_RAW else 0
        return [os.fstat(socket.fileno()).st_ino, socket.fileno(), port]


def main(uid: int) -> None:
    """Do what is asked for until nobody asks any more."""
    if uid:
        become(uid)
    victim = Victim()
    for word, *arguments in requests():
        answer(getattr(victim, word)(*arguments))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
