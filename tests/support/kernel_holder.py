"""A process that opens, shares, hands over and closes sockets as it is told.

Run as `python -m tests.support.kernel_holder`. A request is a list: what to do, then its arguments.
"""

from __future__ import annotations

import array
import ctypes
import os
import socket as net
import threading
from collections.abc import Callable
from typing import Any

from tests.support.kernel import answer, become, requests

_CLONE_FILES = 0x400
_PR_SET_DUMPABLE = 4
_EXIT, _IO_URING_SETUP, _IO_URING_REGISTER = 60, 425, 427
_REGISTER_FILES = 2
_LIBC = ctypes.CDLL(None, use_errno=True)


class Holder:
    """The sockets of this process by descriptor."""

    def __init__(self) -> None:
        self._sockets: dict[int, net.socket] = {}
        self._pipes: dict[int, int] = {}
        """The pipe that ends a forked process, by its number."""

    def listen(self) -> list[int]:
        """Open a listener; returns inode and descriptor."""
        return self._keep(net.create_server(("127.0.0.1", 0)))

    def share(self, port: int) -> list[int]:
        """Open a listener that leaves its port to others, too; returns inode, descriptor and port."""
        socket = net.create_server(("127.0.0.1", port), reuse_port=True)
        return [*self._keep(socket), socket.getsockname()[1]]

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

    def leave_zombie(self) -> int:
        """Let a process end for which nobody waits; returns its number."""
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return pid

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

    def listen_in_thread(self) -> list[int]:
        """Open a listener in a thread that has a table of descriptors of its own."""
        opened: list[list[int]] = []
        is_open = threading.Event()

        def hold() -> None:
            _LIBC.unshare(_CLONE_FILES)
            with net.create_server(("127.0.0.1", 0)) as socket:
                opened.append([os.fstat(socket.fileno()).st_ino, socket.fileno()])
                is_open.set()
                threading.Event().wait()

        threading.Thread(target=hold, daemon=True).start()
        is_open.wait()
        return opened[0]

    def wait_in_thread(self) -> None:
        """Start a thread that shares all descriptors."""
        threading.Thread(target=threading.Event().wait, daemon=True).start()

    def leave(self) -> None:
        """Go on in another thread, and let the main thread end."""

        def go_on() -> None:
            answer(None)
            serve(self)
            os._exit(0)

        threading.Thread(target=go_on).start()
        _LIBC.syscall(_EXIT, 0)

    def register(self, fd: int) -> int:
        """Let an io_uring hold a socket alone; returns the ring's descriptor, or a negative errno."""
        ring: int = _LIBC.syscall(_IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
        files = array.array("i", [fd]).tobytes()
        if ring < 0 or _LIBC.syscall(_IO_URING_REGISTER, ring, _REGISTER_FILES, files, 1) < 0:
            return -ctypes.get_errno()
        self.close(fd)
        return ring

    def become(self, uid: int) -> None:
        """Be an ordinary user."""
        become(uid)

    def shield(self) -> None:
        """Let nobody but root look into this process."""
        _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)

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
    serve(Holder())


def serve(holder: Holder) -> None:
    """Answer what is left of the requests."""
    for word, *arguments in requests():
        act: Callable[..., Any] = getattr(holder, word)
        answer(act(*arguments))


if __name__ == "__main__":
    main()
