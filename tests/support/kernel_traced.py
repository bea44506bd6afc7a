"""A client and a server in one process, with threads and a child: `python -m tests.support.kernel_traced PORT`.

Waits for a line before it begins, so that it can be traced from its first call on, and answers with the numbers of its
first thread and of its child. What can be looked at only while it lives is closed after a second line.
"""

from __future__ import annotations

import os
import socket as net
import struct
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from tests.support.kernel import answer

HOST = "127.0.0.1"
FREE_PORT = 9
"""At which nobody listens."""


def serve(listener: net.socket) -> None:
    """Answer one client, with every spelling of a send."""
    connection, _ = listener.accept()
    with connection:
        asked = connection.recv(65_536)
        connection.sendall(asked * 3)
        connection.sendmsg([asked, asked])
        os.write(connection.fileno(), asked)
        os.writev(connection.fileno(), [asked, asked, asked])
        connection.shutdown(net.SHUT_WR)
        while connection.recv(100):
            pass


def fetch(port: int, host: str = HOST) -> None:
    """Ask the server, with every spelling of a receive."""
    with net.socket(net.AF_INET6 if ":" in host else net.AF_INET) as client:
        client.connect((host, port))
        client.sendall(b"x" * 11)
        client.recv(4, net.MSG_PEEK)
        client.recvmsg(5)
        os.read(client.fileno(), 7)
        os.readv(client.fileno(), [bytearray(3), bytearray(4)])
        while client.recv(4_096):
            pass
        client.shutdown(net.SHUT_RDWR)


def exchange(port: int, host: str = HOST) -> None:
    """A server in a thread of its own, and a client in this one."""
    family = net.AF_INET6 if ":" in host else net.AF_INET
    with net.socket(family) as listener:
        listener.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(16)
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        fetch(port, host)
        server.join()


def fail(port: int) -> None:
    """What goes wrong."""
    with net.socket() as client, suppress(OSError):
        client.connect((HOST, FREE_PORT))
    with net.socket() as listener:
        listener.setblocking(False)
        listener.bind((HOST, port + 1))
        listener.listen(1)
        with suppress(BlockingIOError):
            listener.accept()
        with net.socket() as other, suppress(OSError):
            other.bind((HOST, port + 1))
        with net.socket() as client:
            client.setblocking(False)
            client.connect_ex((HOST, port + 1))
            with suppress(OSError):
                client.recv(10)
    with tempfile.TemporaryFile() as file:
        os.write(file.fileno(), b"a file")
        with suppress(OSError):
            net.socket(fileno=os.dup(file.fileno()))


def send_datagrams(port: int) -> net.socket:
    """With and without a peer; gives the server."""
    server = net.socket(net.AF_INET, net.SOCK_DGRAM)
    with net.socket(net.AF_INET, net.SOCK_DGRAM) as client:
        server.bind((HOST, port))
        client.sendto(b"to", (HOST, port))
        server.recvfrom(512)
        client.sendmsg([b"by message"], [], 0, (HOST, port))
        server.recvmsg(512)
        client.connect((HOST, port))
        client.send(b"connected")
        server.recv(512)
    return server


def talk_by_name(folder: str) -> list[net.socket]:
    """Unix sockets, of which one gets the number of a file; gives them."""
    name = str(Path(folder, "a name.sock"))
    listener, client = net.socket(net.AF_UNIX), net.socket(net.AF_UNIX)
    listener.bind(name)
    listener.listen(1)
    client.connect(name)
    connection, _ = listener.accept()
    with open(os.devnull, "rb") as file:
        os.dup2(client.fileno(), file.fileno())
        os.write(file.fileno(), b"through a copy")
        connection.recv(100)
    first, second = net.socketpair()
    first.sendall(b"pair")
    second.recv(10)
    return [listener, client, connection, first, second]


def reset(port: int) -> None:
    """A connection that is reset, so that nothing is left of it."""
    with net.socket() as listener:
        listener.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(1)
        client = net.create_connection((HOST, port))
        connection, _ = listener.accept()
        client.setsockopt(net.SOL_SOCKET, net.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        with connection, suppress(ConnectionResetError):
            connection.recv(10)


def main(port: int) -> None:
    """Do it all."""
    sys.stdin.readline()
    exchange(port)
    exchange(port, "::1")
    fail(port + 2)
    kept = [send_datagrams(port)]
    with tempfile.TemporaryDirectory() as folder:
        kept += talk_by_name(folder)
    reset(port + 4)
    told, telling = os.pipe()
    if not (child := os.fork()):
        os.close(telling)
        kept.append(send_datagrams(port + 6))
        os.read(told, 1)
        os._exit(0)
    answer([os.getpid(), child])
    sys.stdin.readline()
    os.close(telling)
    os.waitpid(child, 0)
    for each in kept:
        each.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
