"""A process that holds sockets of every kind, together with two processes that it forks.

Run as `python -m tests.support.kernel_load FOLDER [UID]`; every socket that is listed somewhere is told in the answer.
"""

from __future__ import annotations

import json
import os
import resource
import socket as net
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.support.kernel import answer, become, requests
from tests.support.kernel_transfer import fill

_UDPLITE = 136
_ETH_ALL, _ETH_IP, _ETH_ARP, _ETH_LLDP = 0x0003, 0x0800, 0x0806, 0x88CC
_V4, _V6 = net.AF_INET, net.AF_INET6
_LOOPBACK: dict[int, str] = {_V4: "127.0.0.1", _V6: "::1"}
_ANYWHERE: dict[int, str] = {_V4: "0.0.0.0", _V6: "::"}


class Held(NamedTuple):
    """A socket that must be listed."""

    netid: str
    uid: int
    inode: int
    pid: int
    fd: int


class Load:
    """All that one process holds."""

    def __init__(self, folder: str, uid: int) -> None:
        self._folder = folder
        self._uid = uid
        self._held: dict[str, list[net.socket]] = {}
        self._stirred: list[net.socket] = []
        self._names = 0
        self.embryos = 0
        """Connections of unix sockets that nobody accepted."""

    def new(self, netid: str, family: int, kind: int, protocol: int = 0) -> net.socket:
        """A socket that will be listed."""
        return self.keep(netid, net.socket(family, kind, protocol))

    def keep(self, netid: str, socket: net.socket) -> net.socket:
        """Hold a socket to the end."""
        self._held.setdefault(netid, []).append(socket)
        return socket

    def held(self) -> list[Held]:
        """All sockets that are held; numbers come from `fstat`, not from `/proc`."""
        return [
            Held(netid, self._uid, os.fstat(socket.fileno()).st_ino, os.getpid(), socket.fileno())
            for netid, sockets in self._held.items()
            for socket in sockets
            if socket.fileno() >= 0
        ]

    def open_first(self) -> None:
        """What the forked processes will hold, too."""
        for family in (_V4, _V6):
            self._tcp(family, connections=15)
            self._udp(family, pairs=5)
        self._unix(pairs=5)

    def open_rest(self) -> None:
        """What this process holds alone."""
        if not self._uid:
            self._privileged()
        for family in (_V4, _V6):
            self._tcp(family, connections=90)
            self._udp(family, pairs=20)
            self._udplite(family)
        self._unix(pairs=25)
        for protocol, groups in ((0, 0), (15, 1), (16, 0)):
            self.new("nl", net.AF_NETLINK, net.SOCK_RAW, protocol).bind((0, groups))

    def stir(self) -> None:
        """Close some sockets and open others."""
        for socket in self._stirred:
            socket.close()
        self._stirred = []
        for family in (_V4, _V6):
            self._tcp(family, connections=20)
            self._udp(family, pairs=5)
        self._unix(pairs=5)

    def _listen(self, family: int, *, host: str = "", v6only: bool = True, device: bytes = b"") -> net.socket:
        listener = self.new("tcp", family, net.SOCK_STREAM)
        if family == _V6:
            listener.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, v6only)
        if device:
            listener.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device)
        listener.bind((host or _LOOPBACK[family], 0))
        listener.listen(8)
        return listener

    def _connect(self, listener: net.socket, family: int, host: str = "") -> tuple[net.socket, net.socket]:
        client = self.new("tcp", family, net.SOCK_STREAM)
        client.connect((host or _LOOPBACK[family], listener.getsockname()[1]))
        return client, self.keep("tcp", listener.accept()[0])

    def _tcp(self, family: int, connections: int) -> None:
        for _ in range(3):
            first = self.new("tcp", family, net.SOCK_STREAM)
            second = self.new("tcp", family, net.SOCK_STREAM)
            for listener in (first, second):
                listener.setsockopt(net.SOL_SOCKET, net.SO_REUSEPORT, 1)
            first.bind((_LOOPBACK[family], 0))
            second.bind(first.getsockname())
            for listener in (first, second):
                listener.listen(5)
        self._listen(family, host=_ANYWHERE[family])
        self._listen(family, device=b"lo")
        listener = self._listen(family)
        for number in range(connections):
            client, server = self._connect(listener, family)
            match number:
                case 0 | 1:  # half closed: FIN-WAIT-2 and CLOSE-WAIT, both with an inode
                    client.shutdown(net.SHUT_WR)
                case 2 | 3:  # FIN-WAIT-2 without a process, CLOSE-WAIT
                    client.close()
                case 4 | 5:  # TIME-WAIT
                    client.close()
                    server.close()
                case 6 | 7 | 8:
                    client.send(bytes(1000 * number))
                case 9:  # the window closes: bytes wait on both sides
                    fill(client)
                case 10 | 11 | 12 | 13:
                    self._stirred += (client, server)
        waiting = self._listen(family)
        for _ in range(2):  # nobody accepts
            self.new("tcp", family, net.SOCK_STREAM).connect((_LOOPBACK[family], waiting.getsockname()[1]))
        if family == _V6:
            dual = self._listen(_V6, host="::", v6only=False)
            client = self.new("tcp", _V4, net.SOCK_STREAM)
            client.connect(("127.0.0.1", dual.getsockname()[1]))
            self.keep("tcp", dual.accept()[0])

    def _udp(self, family: int, pairs: int) -> None:
        for _ in range(3):
            self.new("udp", family, net.SOCK_DGRAM).bind((_ANYWHERE[family], 0))
        first, second = (self.new("udp", family, net.SOCK_DGRAM) for _ in range(2))
        for shared in (first, second):
            shared.setsockopt(net.SOL_SOCKET, net.SO_REUSEPORT, 1)
        first.bind((_LOOPBACK[family], 0))
        second.bind(first.getsockname())
        on_device = self.new("udp", family, net.SOCK_DGRAM)
        on_device.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, b"lo")
        on_device.bind((_ANYWHERE[family], 0))
        for number in range(pairs):
            a, b = (self.new("udp", family, net.SOCK_DGRAM) for _ in range(2))
            for end in (a, b):
                end.bind((_LOOPBACK[family], 0))
            a.connect(b.getsockname())
            match number:
                case 0 | 1:
                    a.send(bytes(100 + number))
                case 2 | 3:
                    b.connect(a.getsockname())
                case 4:
                    self._stirred += (a, b)

    def _udplite(self, family: int) -> None:
        a, b = (self.new("udpl", family, net.SOCK_DGRAM, _UDPLITE) for _ in range(2))
        for end in (a, b):
            end.bind((_LOOPBACK[family], 0))
        a.connect(b.getsockname())
        a.send(b"lite")

    def _name(self, *, path: bool) -> str:
        """A name for a unix socket; blanks are allowed in it."""
        self._names += 1
        return f"{self._folder}/{os.getpid()}.{self._names}" if path else f"\0netwatch {os.getpid()} {self._names}"

    def _unix(self, pairs: int) -> None:
        for netid, kind in (("u_str", net.SOCK_STREAM), ("u_dgr", net.SOCK_DGRAM), ("u_seq", net.SOCK_SEQPACKET)):
            self.new(netid, net.AF_UNIX, kind)
            for number in range(pairs):
                a, b = (self.keep(netid, end) for end in net.socketpair(net.AF_UNIX, kind))
                match number:
                    case 0 | 1:
                        a.send(bytes(100 * (number + 1)))
                    case 2:
                        self._stirred += (a, b)
                    case 3:
                        b.close()  # its peer is gone, but nobody told the peer's process
            for path in (True, False):
                server = self.new(netid, net.AF_UNIX, kind)
                server.bind(self._name(path=path))
                if kind == net.SOCK_DGRAM:
                    client = self.new(netid, net.AF_UNIX, kind)
                    client.connect(server.getsockname())
                    client.send(b"unread")
                    continue
                server.listen(4)
                for accepted in (True, True, False):
                    client = self.new(netid, net.AF_UNIX, kind)
                    client.connect(server.getsockname())
                    if accepted:
                        self.keep(netid, server.accept()[0])
                    else:
                        client.send(b"unread")
                        self.embryos += 1

    def _privileged(self) -> None:
        """Sockets that see other people's packets: small queues that are full before anybody looks."""
        Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 65534")
        for family, icmp in ((_V4, 1), (_V6, 58)):
            self.new("icmp", family, net.SOCK_DGRAM, icmp).bind((_LOOPBACK[family], 0))
            for protocol in (icmp, 6, 17, 253, 255):
                self._small(self.new("raw", family, net.SOCK_RAW, protocol))
            connected = self._small(self.new("raw", family, net.SOCK_RAW, 253))
            connected.bind((_LOOPBACK[family], 0))
            connected.connect((_LOOPBACK[family], 0))
        for netid, kind in (("p_raw", net.SOCK_RAW), ("p_dgr", net.SOCK_DGRAM)):
            for protocol in (_ETH_ALL, _ETH_IP, _ETH_ARP, _ETH_LLDP, 0):
                self._small(self.new(netid, net.AF_PACKET, kind, net.htons(protocol)))
            self._small(self.new(netid, net.AF_PACKET, kind, net.htons(_ETH_ARP))).bind(("lo", _ETH_ARP))

    @staticmethod
    def _small(socket: net.socket) -> net.socket:
        socket.setsockopt(net.SOL_SOCKET, net.SO_RCVBUF, 1)
        return socket


class Forked:
    """A process that holds what its parent held when it was forked, until the parent ends."""

    def __init__(self, report: Callable[[], list[Held]]) -> None:
        self._alive, never = os.pipe()
        told, tell = os.pipe()
        if os.fork():
            os.close(self._alive)
            os.close(tell)
            with os.fdopen(told, encoding="utf-8") as file:
                self.held = [Held(*each) for each in json.load(file)]
            return
        os.close(never)
        os.close(told)
        with os.fdopen(tell, "w", encoding="utf-8") as file:
            json.dump(report(), file)
        os.read(self._alive, 1)
        os._exit(0)


def main(folder: str, uid: int) -> None:
    """Open everything and hold it until nobody asks any more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if uid:
        become(uid)
    load = Load(folder, uid)
    load.open_first()

    def again() -> list[Held]:
        copies = [load.keep(held.netid, net.socket(fileno=os.dup(held.fd))) for held in load.held()[::3]]
        assert copies
        return load.held()

    forked = [Forked(load.held), Forked(again)]
    load.open_rest()
    for request in requests():
        if request == "stir":
            load.stir()
        answer({"held": [*load.held(), *(held for each in forked for held in each.held)], "embryos": load.embryos})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
