"""UDP sockets that live for microseconds: run as `python -m tests.support.kernel_datagrams PROCESSES SOCKETS`.

Each of so many processes makes so many sockets one after the other, of both families, half of them connected, and sends
one datagram from each to a port where nobody listens. Prints pid, port and family of each as one JSON line.
"""

from __future__ import annotations

import json
import os
import sys
from _socket import AF_INET, AF_INET6, SOCK_DGRAM, socket

_LOOPBACK: dict[int, str] = {AF_INET: "127.0.0.1", AF_INET6: "::1"}
_NOBODY = 9


def send(number: int) -> tuple[int, int, int]:
    """One life."""
    family = (AF_INET, AF_INET6)[number & 1]
    sender = socket(family, SOCK_DGRAM)
    if number & 2:
        sender.connect((_LOOPBACK[family], _NOBODY))
        sender.send(b"x")
    else:
        sender.sendto(b"x", (_LOOPBACK[family], _NOBODY))
    port = sender.getsockname()[1]
    sender.close()
    return os.getpid(), port, family


def main(processes: int, sockets: int) -> None:
    """Print what happened."""
    found = []
    for _ in range(processes):
        read, tell = os.pipe()
        if os.fork() == 0:
            os.write(tell, json.dumps([send(number) for number in range(sockets)]).encode())
            os._exit(0)
        os.close(tell)
        with os.fdopen(read) as told:
            found += json.load(told)
        os.wait()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
