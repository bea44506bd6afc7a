"""Connections that live for less than a millisecond, and what really happened to each of them.

Run as `python -m tests.support.kernel_brief COUNT RATE CLIENTS`, in a network namespace with a loopback device. Two
servers, one for each family, echo what they get and more; so many client processes make the connections, a quarter of
them for a single one. Each fourth connection is closed by a reset. Prints the truth as one JSON line.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import sys
import time
import traceback
from _socket import AF_INET, AF_INET6, SO_LINGER, SOCK_STREAM, SOL_SOCKET, socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

_LOOPBACK: dict[int, str] = {AF_INET: "127.0.0.1", AF_INET6: "::1"}
_FAMILIES = (AF_INET, AF_INET6)
_RESET = struct.pack("ii", 1, 0)
_AT_ONCE = 2
"""Clients that work at the same time."""
_RECORD = struct.Struct("=iHHqqHHB")


class Brief(NamedTuple):
    """One connection as its client knows it."""

    pid: int
    port: int
    """Of the client."""
    server_port: int
    began: int
    """In nanoseconds of CLOCK_MONOTONIC, just before connect(2)."""
    ended: int
    """Just after close(2)."""
    sent: int
    """Bytes, from the client."""
    answered: int
    """Bytes, from the server."""
    was_reset: int
    """1 if the client closed it by a reset."""


class Truth(NamedTuple):
    """All that happened."""

    connections: list[Brief]
    servers: dict[int, int]
    """Process numbers by ports."""
    seconds: float


def _serve(listener: socket) -> None:
    """Answer with twice as many bytes, then wait for the end."""
    while True:
        file, _ = listener._accept()  # type: ignore[attr-defined]  # what socket.accept() wraps
        asked = os.read(file, 64)
        if asked:
            try:
                os.write(file, asked + asked)
                os.read(file, 1)
            except ConnectionError:
                pass
        os.close(file)


def _connect(family: int, to: tuple[str, int], number: int) -> bytes:
    """One life; returns its record."""
    data = b"x" * (1 + number % 40)
    was_reset = number % 4 == 3
    began = time.monotonic_ns()
    client = socket(family, SOCK_STREAM)
    client.connect(to)
    client.send(data)
    answered = 0
    while answered < 2 * len(data):
        answered += len(client.recv(128))
    port = client.getsockname()[1]
    if was_reset:
        client.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
    client.close()
    return _RECORD.pack(os.getpid(), port, to[1], began, time.monotonic_ns(), len(data), answered, was_reset)


def _work(numbers: range, start: int, rate: int, servers: list[tuple[int, tuple[str, int]]], tell: int) -> None:
    for number in numbers:
        due = start + number * 1_000_000_000 // rate
        while (early := due - time.monotonic_ns()) > 0:
            if early > 200_000:
                time.sleep(early / 2e9)
        os.write(tell, _connect(*servers[number % 2], number))


def _shares(count: int, clients: int) -> Iterator[range]:
    """Which connections each client makes: of the first quarter of the clients each a single one, between others."""
    single = clients // 4
    long = clients - single
    size, rest = divmod(count - single, long)
    at = 0
    for index in range(long):
        for _ in range(single // long + (index < single % long)):
            yield range(at, at + 1)
            at += 1
        more = size + (index < rest)
        yield range(at, at + more)
        at += more


def make(count: int, rate: int, clients: int) -> Truth:
    """Let it happen, and wait for the end of all processes."""
    servers, owners = [], {}
    for family in _FAMILIES:
        listener = socket(family, SOCK_STREAM)
        listener.bind((_LOOPBACK[family], 0))
        listener.listen(1024)
        port = listener.getsockname()[1]
        servers.append((family, (_LOOPBACK[family], port)))
        owners[port] = _forked(f"server{family}", partial(_serve, listener))
        listener.close()
    told = os.memfd_create("told")
    fcntl.fcntl(told, fcntl.F_SETFL, os.O_APPEND)
    start = time.monotonic_ns()
    running: dict[int, None] = {}
    for index, numbers in enumerate(_shares(count, clients)):
        if len(running) == _AT_ONCE:
            del running[os.wait()[0]]
        running[_forked(f"client{index}", partial(_work, numbers, start, rate, servers, told))] = None
    while running:
        del running[os.wait()[0]]
    seconds = (time.monotonic_ns() - start) / 1e9
    for pid in owners.values():
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    records = os.pread(told, count * _RECORD.size, 0)
    return Truth([Brief(*each) for each in _RECORD.iter_unpack(records)], owners, seconds)


def _forked(name: str, work: Callable[[], None]) -> int:
    """The number of a new process with a name of its own, which ends when it has worked."""
    if pid := os.fork():
        return pid
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(name)
        work()
    except BaseException:  # noqa: BLE001  # nothing may run on in a copy of the parent
        traceback.print_exc()
    os._exit(0)


def main(count: int, rate: int, clients: int) -> None:
    """Print what happened."""
    sys.stdout.write(json.dumps(make(count, rate, clients)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
