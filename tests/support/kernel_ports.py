"""A process that takes ports in every way, tries to bind them, and says what the program thinks of that.

Run as `python -m tests.support.kernel_ports`. A request is a list: what to do, then its arguments.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket as net
import time
from collections.abc import Callable, Sequence
from typing import Any

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.bind_conflicts import AnyAddress, is_in_the_way
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.view.port_verdict import port_verdict
from tests.support.kernel import answer, become, requests

_PR_SET_NAME = 15
_KINDS = {"tcp": net.SOCK_STREAM, "udp": net.SOCK_DGRAM}


class Ports:
    """The sockets of this process."""

    def __init__(self) -> None:
        self._held: list[net.socket] = []

    def listen(self, address: str, port: int, **options: Any) -> int:
        """Open a listener with SO_REUSEADDR; returns its port."""
        socket = _bound("tcp", address, port, reuse=True, **options)
        socket.listen()
        return self._keep(socket)

    def hold(self, protocol: str, address: str, port: int, **options: Any) -> int:
        """Bind a socket, and do nothing more; returns its port."""
        return self._keep(_bound(protocol, address, port, **options))

    def connect(self, address: str, port: int) -> int:
        """Connect to a listener of this process, from any port; returns that."""
        return self._keep(net.create_connection((address, port)))

    def close(self) -> None:
        """Close everything."""
        while self._held:
            self._held.pop().close()

    def leave_time_wait(self, *, reuse: bool) -> int:
        """Accept a connection, and close all of it, this end first; returns the port."""
        with _bound("tcp", "127.0.0.1", 0, reuse=reuse) as server:
            server.listen()
            port = int(server.getsockname()[1])
            with net.create_connection(("127.0.0.1", port)) as client:
                server.accept()[0].close()
                client.recv(1)
        return port

    def outlive(self) -> int:
        """Accept a connection, and close its listener alone; returns the port."""
        with _bound("tcp", "127.0.0.1", 0, reuse=True) as server:
            server.listen()
            port = int(server.getsockname()[1])
            self._held.append(net.create_connection(("127.0.0.1", port)))
            self._held.append(server.accept()[0])
        return port

    def leave_to_orphan(self) -> list[int]:
        """Let a process inherit a listener of which the opener ends; returns its port, the heir's number and its end.

        The end is a descriptor: closed, it ends the heir.
        """
        told, tell = os.pipe()
        alive, end = os.pipe()
        if not (opener := os.fork()):
            os.setsid()
            socket = _bound("tcp", "127.0.0.1", 0, reuse=True)
            socket.listen()
            if os.fork():
                os._exit(0)
            os.close(end)
            os.write(tell, f"{socket.getsockname()[1]} {os.getpid()}".encode())
            os.read(alive, 1)
            os._exit(0)
        os.close(alive)
        os.waitpid(opener, 0)
        port, heir = os.read(told, 64).split()
        return [int(port), int(heir), end]

    def end_orphan(self, end: int) -> None:
        """Let the heir end."""
        os.close(end)

    def call_yourself(self, name: str) -> None:
        """Have another name."""
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)

    def set(self, name: str, value: str) -> None:
        """Change a setting of this network namespace."""
        with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
            file.write(value)

    def become(self, uid: int) -> None:
        """Be an ordinary user."""
        become(uid)

    def bind(self, protocol: str, address: str, port: int, **options: Any) -> str:
        """Try to bind; returns the name of the error, empty for none."""
        try:
            _bound(protocol, address, port, **options).close()
        except OSError as error:
            return errno.errorcode[error.errno or 0]
        return ""

    def verdict(self, port: int, protocols: Sequence[str] = ("tcp",), namespaces: str = "") -> dict[str, Any]:
        """What the program says of a port."""
        source = LinuxSource()
        needs = EVERY_NEED._replace(of_port=port)
        try:
            snapshot = Collector(source, namespaces=namespaces, needs=needs).collect(time.time())
        finally:
            source.close()
        assert snapshot.port_facts
        assert not snapshot.problems
        verdict = port_verdict(snapshot.port_facts, snapshot.unseen, protocols)
        return {
            "verdict": verdict.verdict,
            "is_free": verdict.is_free,
            "headline": " ".join(verdict.headlines),
            "texts": verdict.texts,
            "taken": {
                address.name: any(is_in_the_way(socket, address) for socket in snapshot.port_facts.sockets)
                for address in AnyAddress
            },
        }

    def _keep(self, socket: net.socket) -> int:
        self._held.append(socket)
        return int(socket.getsockname()[1])


def _bound(
    protocol: str,
    address: str,
    port: int,
    *,
    reuse: bool = False,
    reuse_port: bool = False,
    v6only: bool = False,
    device: str = "",
) -> net.socket:
    socket = net.socket(net.AF_INET6 if ":" in address else net.AF_INET, _KINDS[protocol])
    try:
        socket.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, reuse)
        socket.setsockopt(net.SOL_SOCKET, net.SO_REUSEPORT, reuse_port)
        if device:
            socket.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device.encode())
        if ":" in address:
            socket.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, v6only)
        socket.bind((address, port))
    except OSError:
        socket.close()
        raise
    return socket


def main() -> None:
    """Do what is asked for until nobody asks any more."""
    ports = Ports()
    for word, *arguments in requests():
        act: Callable[..., Any] = getattr(ports, word)
        options = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
        answer(act(*arguments, **options))


if __name__ == "__main__":
    main()
