"""A process that opens, shares, hands over and closes sockets as it is told.

Run as `python -m tests.support.kernel_holder`. A request is a list: what to do, then its arguments.
"""

from __future__ import annotations

import os
import socket as net
from collections.abc import Callable
from typing import Any

from tests.support.kernel import answer, requests


class Holder:
    """The sockets of this process by descriptor."""

    def __init__(self) -> None:
        self._sockets: dict[int, net.socket] = {}
        self._pipes: dict[int, int] = {}
        """The pipe that ends a forked process, by its number."""

    def listen(self) -> list[int]:
        """Open a listener; returns inode and descriptor."""
        return self._keep(net.create_server(("127.0.0.1", 0)))

    def udp(self) -> list[int]:
        """Open another socket."""
        socket = net.socket(net.AF_INET, net.SOCK_DGRAM)
        socket.bind(("127.0.0.1", 0))
        return self._keep(socket)

    def dup(self, fd: int) -> list[int]:
        """Another descriptor of a socket."""
        return self._keep(self._sockets[fd].dup())

    def fork(self) -> int:
        """Let another process hold all that this one holds; returns its number."""
        alive, end = os.pipe()
        if pid := os.fork():
            os.close(alive)
            self._pipes[pid] = end
            return pid
        for copy in (end, *self._pipes.values()):
            os.close(copy)
        os.read(alive, 1)
        os._exit(0)

    def end(self, pid: int) -> None:
        """Let a forked process end."""
        os.close(self._pipes.pop(pid))
        os.waitpid(pid, 0)

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        self._sockets.pop(fd).close()

    def offer(self, name: str) -> list[int]:
        """Wait for another process under an abstract name."""
        socket = net.socket(net.AF_UNIX, net.SOCK_STREAM)
        socket.bind(f"\0{name}")
        socket.listen()
        return self._keep(socket)

    def connect(self, name: str) -> list[int]:
        """Connect to a process that waits."""
        socket = net.socket(net.AF_UNIX, net.SOCK_STREAM)
        socket.connect(f"\0{name}")
        return self._keep(socket)

    def send(self, through: int, fd: int) -> list[int]:
        """Hand a descriptor to who has connected; returns the connection's inode and descriptor."""
        connection, _ = self._sockets[through].accept()
        net.send_fds(connection, [b"x"], [fd])
        return self._keep(connection)

    def receive(self, connection: int) -> list[int]:
        """Take the descriptor that was handed over."""
        _, (fd,), _, _ = net.recv_fds(self._sockets[connection], 1, 1)
        return self._keep(net.socket(fileno=fd))

    def exec(self, path: str, fd: int) -> None:
        """Become another program, which keeps one descriptor. Answers first."""
        os.set_inheritable(fd, True)
        answer(None)
        os.execv(path, [path])

    def _keep(self, socket: net.socket) -> list[int]:
        self._sockets[socket.fileno()] = socket
        return [os.fstat(socket.fileno()).st_ino, socket.fileno()]


def main() -> None:
    """Do what is asked for until nobody asks any more."""
    holder = Holder()
    for word, *arguments in requests():
        act: Callable[..., Any] = getattr(holder, word)
        answer(act(*arguments))


if __name__ == "__main__":
    main()
