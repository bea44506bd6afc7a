"""A process that moves known numbers of bytes between sockets of its own.

Run as `python -m tests.support.kernel_transfer`. Each request is `[HOST, OUT, IN, END]`: a connection on that loopback
address through which so many bytes go out and come in, and which then is left open ("open"), half closed by the peer
("half"), let go by the one that connected ("closed"), or filled until nothing more goes in ("full"). The answer is the
local port of the one that connected.
"""

from __future__ import annotations

import socket as net
from contextlib import suppress

from tests.support.kernel import answer, requests


def main() -> None:
    """Hold everything until there are no more requests."""
    kept = []
    for host, out, into, end in requests():
        with net.create_server((host, 0), family=net.AF_INET6 if ":" in host else net.AF_INET) as server:
            client = net.create_connection(server.getsockname()[:2])
            peer, _ = server.accept()
        move(client, peer, out)
        move(peer, client, into)
        port = client.getsockname()[1]
        if end == "half":
            peer.shutdown(net.SHUT_WR)
        elif end == "closed":
            client.close()
        elif end == "full":
            client.setblocking(False)
            with suppress(BlockingIOError):
                while True:
                    client.send(bytes(65_536))
        kept += [client, peer]
        answer(port)


def move(sender: net.socket, receiver: net.socket, size: int) -> None:
    """Send so many bytes and receive them all."""
    left = size
    while left:
        sender.sendall(bytes(min(left, 30_000)))
        part = min(left, 30_000)
        left -= part
        while part:
            part -= len(receiver.recv(part))


if __name__ == "__main__":
    main()
