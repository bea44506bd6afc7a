"""A process that moves known numbers of bytes between sockets of its own.

Run as `python -m tests.support.kernel_transfer`. Each request is `[HOST, OUT, IN, END]`: a connection on that loopback
address through which so many bytes go out and come in, and which then is left open ("open"), half closed by the peer
("half"), let go by the one that connected ("closed"), or filled until nothing more goes in ("full"). The answer is the
local port of the one that connected.
"""

from __future__ import annotations

import fcntl
import socket as net
import struct
import termios
import time
from contextlib import suppress

from tests.support.kernel import answer, requests

_QUIET = 0.5
"""Seconds in which nothing moves any more: the first probe of a window that is shut, after 0.2, still moves some."""


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
            fill(client)
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


def fill(sender: net.socket) -> int:
    """Send until nothing more goes in; gives how many bytes that took."""
    sender.setblocking(False)
    written = 0
    with suppress(BlockingIOError):
        while True:
            written += sender.send(bytes(65_536))
    return written


def fill_for_good(sender: net.socket) -> int:
    """Send until nothing more goes in, and nothing more goes on to the peer either; gives how many bytes that took.

    On a busy machine what was sent is still under way when the first send is refused.
    """
    written, before, quiet_since = 0, -1, time.monotonic()
    while time.monotonic() < quiet_since + _QUIET:
        written += fill(sender)
        if (waiting := _waiting(sender)) != before:
            before, quiet_since = waiting, time.monotonic()
        time.sleep(0.01)
    return written


def _waiting(sender: net.socket) -> int:
    """How many bytes the peer has not acknowledged; see SIOCOUTQ in tcp(7)."""
    (waiting,) = struct.unpack("i", fcntl.ioctl(sender, termios.TIOCOUTQ, bytes(4)))
    return int(waiting)


if __name__ == "__main__":
    main()
