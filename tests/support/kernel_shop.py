"""Two processes with names, `shop-server` and `shop-client`, whose connections the recipes are asked about.

Asked once, the client has made them all: `SHORT` that are over, one that was refused, one that stays, and those that
fill an accept queue. Asked again, it has let go of the rest.
"""

from __future__ import annotations

import os
import socket as net
import threading
from contextlib import suppress
from pathlib import Path

from tests.support.kernel import answer, requests

SERVER, CLIENT = "192.0.2.9", "192.0.2.10"
PORT, FULL_PORT, REFUSED_PORT = 8099, 8100, 9
SHORT = 6
SENT, RECEIVED = 50, 1000
"""Bytes of each short connection, as the client sees them."""
KEPT_SENT, KEPT_RECEIVED = 700, 300
"""The same of the one that stays."""
BACKLOG, WAITING = 1, 2


def _serve(server: net.socket) -> None:
    while True:
        connection, _ = server.accept()
        if connection.recv(4096).startswith(b"k"):
            connection.sendall(b"y" * KEPT_RECEIVED)
            threading.Thread(target=_until_end, args=(connection,), daemon=True).start()
        else:
            connection.sendall(b"y" * RECEIVED)
            connection.close()


def _until_end(connection: net.socket) -> None:
    with connection:
        while connection.recv(4096):
            pass


def _connected(port: int) -> net.socket:
    return net.create_connection((SERVER, port), source_address=(CLIENT, 0))


def _receive(client: net.socket, count: int) -> None:
    while count > 0:
        count -= len(client.recv(4096))


def _talk() -> list[net.socket]:
    """Make all connections; those that stay."""
    for _ in range(SHORT):
        with _connected(PORT) as client:
            client.sendall(b"x" * SENT)
            _receive(client, RECEIVED)
            while client.recv(4096):
                pass
    with suppress(ConnectionRefusedError):
        _connected(REFUSED_PORT)
    kept = _connected(PORT)
    kept.sendall(b"k" * KEPT_SENT)
    _receive(kept, KEPT_RECEIVED)
    return [kept, *(_connected(FULL_PORT) for _ in range(WAITING))]


def _be(name: str) -> None:
    Path("/proc/self/comm").write_text(name)


def main() -> None:
    with net.create_server((SERVER, PORT)) as server, net.create_server((SERVER, FULL_PORT), backlog=BACKLOG) as full:
        if os.fork():
            _be("shop-server")
            threading.Thread(target=_serve, args=(server,), daemon=True).start()
            os.wait()
            return
        for each in (server, full):
            each.close()
        _be("shop-client")
        asked = requests()
        next(asked)
        staying = _talk()
        answer(staying[0].getsockname()[1])
        next(asked)
        for client in staying:
            client.close()
        answer(None)


if __name__ == "__main__":
    main()
