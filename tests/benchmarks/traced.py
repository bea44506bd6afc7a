"""A ping-pong of two threads over TCP: `python -m tests.benchmarks.traced`. Each line asks for so many rounds.

Answers with the seconds that they took, as `helper` wants it.
"""

from __future__ import annotations

import socket
import sys
import threading
import time


def echo(listener: socket.socket) -> None:
    """Send back what comes."""
    connection, _ = listener.accept()
    while data := connection.recv(64):
        connection.sendall(data)


def main() -> None:
    """Play as long as somebody asks."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=echo, args=(listener,), daemon=True).start()
    client = socket.create_connection(listener.getsockname())
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            client.sendall(b"ping")
            client.recv(64)
        sys.stdout.write(f"ok {time.perf_counter() - start}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
