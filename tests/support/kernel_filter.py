"""A process that holds sockets at chosen addresses, and tells which of all sockets in its namespace a filter chooses.

Run as `python -m tests.support.kernel_filter FOLDER`. A request is a list: letters of kinds as for ss, then a filter.
"""

from __future__ import annotations

import socket as net
import sys
import time

from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.format import local_text, peer_text
from netwatch_tui.fields.moment import Moment
from netwatch_tui.kernel.machine_names import read_names
from netwatch_tui.query import parse
from netwatch_tui.sockets.kinds import netids
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import answer, linux_source, requests

_KINDS = {"t": "tcp", "u": "udp", "w": "raw", "x": "unix"}


class Load:
    """The sockets. The kernel chooses a port where 0 is given."""

    def __init__(self, folder: str) -> None:
        self._kept: list[net.socket] = []
        ssh = self._listen(net.AF_INET, "0.0.0.0", 22)
        web = self._listen(net.AF_INET, "10.0.0.1", 8080)
        both = self._listen(net.AF_INET6, "::", 443)
        ftp = self._listen(net.AF_INET6, "2001:db8::1", 21)
        self._listen(net.AF_INET, "127.0.0.1", 1024)
        bound = self._listen(net.AF_INET, "0.0.0.0", 9000, device="lo")
        self._listen(net.AF_INET, "10.0.0.1", 0)
        for last in (1, 2, 3):
            self._connect(ssh, net.AF_INET, (f"10.0.0.{last}", 50_000 + last), ("10.0.0.1", 22))
        self._connect(web, net.AF_INET, ("10.1.0.1", 0), ("10.0.0.1", 8080))[0].setsockopt(
            net.SOL_SOCKET, net.SO_MARK, 5
        )
        self._connect(both, net.AF_INET, ("10.0.0.2", 50_020), ("10.0.0.1", 443))
        self._connect(ftp, net.AF_INET6, ("2001:db8::2", 50_030), ("2001:db8::1", 21))
        self._connect(both, net.AF_INET6, ("2001:db8:0:5::2", 50_031), ("2001:db8::1", 443))
        self._connect(web, net.AF_INET, ("10.0.0.3", 50_041), ("10.0.0.1", 8080))[1].close()  # FIN-WAIT-2, CLOSE-WAIT
        self._connect(bound, net.AF_INET, ("10.0.0.2", 50_050), ("10.0.0.1", 9000), device="lo", mark=0x12)
        self._connect(ssh, net.AF_INET, ("10.0.0.2", 50_051), ("10.0.0.1", 22), mark=0x11)
        self._unbound(ssh)
        self._datagrams(folder)
        client, server = self._connect(web, net.AF_INET, ("10.0.0.3", 50_040), ("10.0.0.1", 8080))
        server.close()  # TIME-WAIT, for a minute from now on
        client.recv(1)
        client.close()

    def _datagrams(self, folder: str) -> None:
        for family, ends in (
            (net.AF_INET, [("10.0.0.1", 53)]),
            (net.AF_INET, [("10.0.0.2", 0), ("10.0.0.1", 53)]),
            (net.AF_INET6, [("::", 5353)]),
        ):
            datagrams = net.socket(family, net.SOCK_DGRAM)
            datagrams.bind(ends[0])
            if ends[1:]:
                datagrams.connect(ends[1])
            self._kept.append(datagrams)
        self._kept.append(net.socket(net.AF_INET, net.SOCK_RAW, 89))
        for name in (f"{folder}/a.sock", f"{folder}/b.sock", "\0netwatch-filter"):
            named = net.socket(net.AF_UNIX)
            named.bind(name)
            named.listen()
            self._kept.append(named)
        self._kept += net.socketpair()

    def _listen(self, family: int, host: str, port: int, device: str = "") -> net.socket:
        listener = net.socket(family, net.SOCK_STREAM)
        listener.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
        if device:
            listener.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device.encode())
        if family == net.AF_INET6:
            listener.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, 0)
        listener.bind((host, port))
        listener.listen()
        self._kept.append(listener)
        return listener

    def _unbound(self, listener: net.socket) -> None:
        """A connection whose end here the kernel chooses whole, and a UDP socket whose port it chooses."""
        client = net.create_connection(("10.0.0.1", 22))
        self._kept += [client, listener.accept()[0], net.socket(net.AF_INET, net.SOCK_DGRAM)]
        self._kept[-1].connect(("10.0.0.1", 53))

    def _connect(
        self,
        listener: net.socket,
        family: int,
        here: tuple[str, int],
        there: tuple[str, int],
        *,
        device: str = "",
        mark: int = 0,
    ) -> tuple[net.socket, net.socket]:
        client = net.socket(family, net.SOCK_STREAM)
        if device:
            client.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, device.encode())
        if mark:
            client.setsockopt(net.SOL_SOCKET, net.SO_MARK, mark)
        client.bind(here)
        client.connect(there)
        server, _ = listener.accept()
        self._kept += [client, server]
        return client, server


def shown(socket: Socket) -> list[str]:
    """What ss always prints of a socket: its ends, of a unix one its inode. It leaves out a state that all have."""
    if socket.netid.startswith("u_"):
        return [socket.netid, str(socket.inode)]
    return [socket.netid, local_text(socket), peer_text(socket)]


def main() -> None:
    """Answer until nobody asks any more."""
    load = Load(sys.argv[1])
    names = read_names()
    with linux_source() as source:
        for letters, text in requests():
            query = parse(text, names)
            snapshot = Collector(source, needs=query.needs).collect(time.time())
            matches = query.compile(Moment(snapshot.taken_at, {}, snapshot.namespaces.names))
            kinds = frozenset[str]().union(*(netids(_KINDS[letter]) for letter in letters))
            of_kind = [socket for socket in snapshot.sockets if socket.netid in kinds]
            answer([shown(socket) for socket in of_kind if matches(socket)])
    del load


if __name__ == "__main__":
    main()
