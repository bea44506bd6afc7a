"""A wire between two network namespaces that delays and loses packets, also on kernels without `tc netem`.

Run as root as `python -m tests.support.kernel_wire NAME NAME`. Each namespace has a device `wire` then, with the
addresses 10.77.0.1 and 10.77.0.2. Each request `{"delay": SECONDS, "lose": N}` is answered when it holds: packets
arrive that much later, and every Nth one with more than a header is lost (0: none; 1: all).
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from functools import partial

from netwatch_tui.kernel.inside import run_inside
from tests.support.kernel import answer, requests

DEVICE = "wire"
ADDRESSES = ("10.77.0.1", "10.77.0.2")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x1, 0x1000
_HEADERS = 100
"""Bytes up to which a packet is taken for one without data."""


class Wire:
    """What lies between two devices."""

    def __init__(self, ends: list[int]) -> None:
        self.delay = 0.0
        self.lose = 0
        self._ends = ends
        self._data = 0
        self._under_way: deque[tuple[float, int, bytes]] = deque()

    def run(self) -> None:
        """Carry packets for as long as the process lives."""
        while True:
            wait = max(self._under_way[0][0] - time.monotonic(), 0.0) if self._under_way else None
            for end in select.select(self._ends, [], [], wait)[0]:
                self._take(end, os.read(end, 1 << 16))
            while self._under_way and self._under_way[0][0] <= time.monotonic():
                _, end, packet = self._under_way.popleft()
                os.write(end, packet)

    def _take(self, end: int, packet: bytes) -> None:
        if len(packet) > _HEADERS:
            self._data += 1
            if self.lose and self._data % self.lose == 0:
                return
        other = self._ends[1 - self._ends.index(end)]
        self._under_way.append((time.monotonic() + self.delay, other, packet))


def _opened() -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def main(*names: str) -> None:
    """Be the wire between these namespaces."""
    ends = []
    for name, address in zip(names, ADDRESSES, strict=True):
        file = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        ends.append(run_inside(file, partial(_opened)))
        for words in (f"addr add {address}/30 dev {DEVICE}", f"link set {DEVICE} mtu 1500 up"):
            subprocess.run(["ip", "-n", name, *words.split()], check=True)
    wire = Wire(ends)
    threading.Thread(target=wire.run, daemon=True).start()
    for request in requests():
        wire.delay, wire.lose = request["delay"], request["lose"]
        answer(None)


if __name__ == "__main__":
    main(*sys.argv[1:])
