"""A process that holds listeners which share a port, and tells which of them the kernel gave each connection to.

Run as `python -m tests.support.kernel_listeners`, in a network namespace of its own. A request is a list of listeners,
each `[HOST, DEVICE, OPTION, ...]`, and the host to connect to; the answer names the place in that list of the listener
that accepted, and the places of those that `Listeners` takes for it, before and after the connection was accepted.
"""

from __future__ import annotations

import os
import select
import socket as net
import time
from contextlib import ExitStack

from netwatch_tui.collect.collector import Collector
from netwatch_tui.sockets.listeners import Listeners
from netwatch_tui.sockets.socket import State
from tests.support.kernel import answer, linux_source, requests

PORT = 8080


def _listener(host: str, device: str, *options: str) -> net.socket:
    listener = net.socket(net.AF_INET6 if ":" in host else net.AF_INET)
    listener.setsockopt(net.SOL_SOCKET, net.SO_REUSEPORT, 1)
    if listener.family == net.AF_INET6:
        listener.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, "v6only" in options)
    if device:
        listener.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device.encode())
    listener.bind((host, PORT))
    listener.listen()
    return listener


def _judged(inodes: list[int], client_port: int) -> list[int]:
    """The places of the listeners that the program takes for the one of the connection from this port."""
    with linux_source() as source:
        sockets = Collector(source).collect(time.time()).sockets
    (connection,) = [
        each
        for each in sockets
        if (each.local_port, each.peer_port) == (PORT, client_port) and each.state is State.ESTAB
    ]
    return sorted(inodes.index(each.inode) for each in Listeners(sockets).of(connection))


def _tried(places: list[list[str]], host: str) -> tuple[int, list[int], list[int]]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(_listener(*place)) for place in places]
        inodes = [os.fstat(listener.fileno()).st_ino for listener in listeners]
        client = stack.enter_context(net.create_connection((host, PORT), timeout=20))
        (ready,) = select.select(listeners, [], [], 20)[0]
        waiting = _judged(inodes, client.getsockname()[1])
        accepted = stack.enter_context(ready.accept()[0])
        answered = listeners.index(ready), waiting, _judged(inodes, client.getsockname()[1])
        accepted.setsockopt(net.SOL_SOCKET, net.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))  # no TIME-WAIT is left
        return answered


def main() -> None:
    """Answer until nobody asks any more."""
    for places, host in requests():
        answer(_tried(places, host))


if __name__ == "__main__":
    main()
