"""One process of the load: holds pairs of connected sockets. Started by `load.py`, by its path and without packages.

Every socket lingers for 0 seconds, so that closing it, also by being killed, sends a reset and leaves no TIME-WAIT.
"""

from __future__ import annotations

import os
import resource
import select
import socket
import struct
import sys
import time
from collections.abc import Iterable

_AT_ONCE = struct.pack("ii", 1, 0)
_LOWEST_WAIT = 0.002

Pair = tuple[socket.socket, socket.socket]


class Holder:
    """The sockets of this process."""

    def __init__(self) -> None:
        self._listeners: list[socket.socket] = []
        self._pairs: list[Pair] = []
        self._position = 1

    def open(self, address: str, listeners: int, pairs: int) -> None:
        """Open everything."""
        for _ in range(listeners):
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)  # what it accepts has it too
            listener.bind((address, 0))
            listener.listen(8)
            self._listeners.append(listener)
        self._pairs = [self._connect(index) for index in range(pairs)]

    def pad(self, count: int) -> None:
        """Hold so many more descriptors, which are no sockets."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        for _ in range(count - 1):
            os.dup(nothing)

    def replace(self, indices: Iterable[int]) -> None:
        """Close these pairs and open others in their places."""
        chosen = list(indices)
        for index in chosen:
            self._close(index)
        for index in chosen:
            self._pairs[index] = self._connect(index)

    def churn(self, pairs_per_second: float, phase: float) -> int:
        """Replace one pair after the other until the next request comes; returns how many.

        The phase, from 0 to 1, keeps processes that begin together from replacing together.
        """
        start, done = time.monotonic(), 0
        while True:
            ahead = (done + phase) / pairs_per_second - (time.monotonic() - start) if pairs_per_second else 60.0
            # Looks at standard input once for every pair that is due: the next request never waits long.
            if select.select([0], [], [], ahead if ahead > _LOWEST_WAIT else 0)[0]:
                return done
            if ahead <= _LOWEST_WAIT:
                # A linear congruential generator: enough to jump about, and nothing to import.
                self._position = (self._position * 1_103_515_245 + 12_345) % 2**31
                self.replace([(self._position >> 8) % len(self._pairs)])
                done += 1

    def _connect(self, index: int) -> Pair:
        listener = self._listeners[index % len(self._listeners)]
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        return client, server

    def _close(self, index: int) -> None:
        for end in self._pairs[index]:
            end.close()


def main() -> None:
    """Answer requests until there are no more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    holder = Holder()
    churned = 0
    for line in sys.stdin:
        word, *rest = line.split()
        answer = "ok"
        try:
            if word == "open":
                holder.open(rest[0], int(rest[1]), int(rest[2]))
            elif word == "pad":
                holder.pad(int(rest[0]))
            elif word == "replace":
                holder.replace(map(int, rest))
            elif word == "stop":
                answer = f"ok {churned}"
            elif word != "churn":
                answer = f"error what is {word}?"
        except OSError as error:
            answer = f"error {error.strerror}"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
        if word == "churn":  # answered first: the request after it is not sent, and so not in a buffer, before that
            churned = holder.churn(float(rest[0]), float(rest[1]))


if __name__ == "__main__":
    main()
