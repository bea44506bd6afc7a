"""TCP sockets that a test lets live, and the records that a kernel would make of them: the perfect observer."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from netwatch_tui.kernel.capture.destroyed_sockets import DestroyedSocket
from netwatch_tui.kernel.capture.tracepoints import DESTROY, ERROR, STATE
from netwatch_tui.sockets.connection_events import ConnectionTotals, EventKind

ESTAB, SYN_SENT, SYN_RECV, FIN_WAIT_1, FIN_WAIT_2, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN = 1, 2, 3, 4, 5, 7, 8, 9, 10
LOCAL, PEER = bytes(10) + b"\xff\xff\x7f\x00\x00\x01", bytes(10) + b"\xff\xff\x7f\x00\x00\x02"
STEP = 10_000
"""Nanoseconds between two records."""
TOLD = -1
"""The code of totals, which come beside the records."""
ECONNREFUSED = 111

LIVES = ("client", "server", "reset", "refused", "abandoned", "listener", "unused")


class Record(NamedTuple):
    """One thing that the kernel tells."""

    at: int
    pid: int
    code: int
    values: Any
    port: int
    """Of the life that it is about; each has a port of its own."""


class Life(NamedTuple):
    """What really happened to one socket."""

    port: int
    pid: int
    kinds: tuple[EventKind, ...]
    """What a perfect observer tells."""
    cookie: int
    totals: ConnectionTotals


class History(NamedTuple):
    """Everything that happened."""

    records: list[Record]
    lives: dict[int, Life]
    """By port."""


class _Socket:
    """One that is in the middle of its life."""

    def __init__(self, kind: str, port: int, skaddr: int) -> None:
        self.port = port
        self.pid = 1_000 + port
        self.skaddr = skaddr
        self.cookie = 50_000 + port
        self.totals = ConnectionTotals(port, 2 * port, False, 0, 0, None)
        self.steps = getattr(self, f"_{kind}")()

    def _state(self, old: int, new: int, *, pid: int | None = None, local: int | None = None) -> tuple[int, int, Any]:
        own = self.port if local is None else local
        peer = 0 if LISTEN in (old, new) else 80
        return (self.pid if pid is None else pid, STATE, (self.skaddr, old, new, own, peer, 2, LOCAL, PEER))

    def _gone(self, *, pid: int = 0, peer: int = 80) -> Iterator[tuple[int, int, Any]]:
        yield (pid, DESTROY, (self.skaddr, self.port, peer, self.cookie))
        yield (0, TOLD, None)

    def _client(self) -> Iterator[tuple[int, int, Any]]:
        yield self._state(CLOSE, SYN_SENT, local=0)
        yield self._state(SYN_SENT, ESTAB, pid=0)
        yield self._state(ESTAB, FIN_WAIT_1)
        yield self._state(FIN_WAIT_2, CLOSE, pid=0)
        yield from self._gone()

    def _server(self) -> Iterator[tuple[int, int, Any]]:
        yield self._state(SYN_RECV, ESTAB, pid=0)
        yield self._state(CLOSE_WAIT, LAST_ACK)
        yield self._state(LAST_ACK, CLOSE, pid=0)
        yield from self._gone()

    def _reset(self) -> Iterator[tuple[int, int, Any]]:
        yield self._state(SYN_RECV, ESTAB, pid=0)
        yield self._state(ESTAB, CLOSE)
        yield from self._gone(pid=self.pid, peer=0)

    def _refused(self) -> Iterator[tuple[int, int, Any]]:
        yield self._state(CLOSE, SYN_SENT, local=0)
        yield self._state(SYN_SENT, CLOSE, pid=0)
        yield (0, ERROR, (ECONNREFUSED, self.port, 80, LOCAL, PEER))
        yield from self._gone(pid=self.pid)

    def _abandoned(self) -> Iterator[tuple[int, int, Any]]:
        yield self._state(CLOSE, SYN_SENT, local=0)
        yield self._state(SYN_SENT, CLOSE)
        yield from self._gone(pid=self.pid)

    def _listener(self) -> Iterator[tuple[int, int, Any]]:
        yield self._state(CLOSE, LISTEN)
        yield self._state(LISTEN, CLOSE)
        yield from self._gone(pid=self.pid, peer=0)

    def _unused(self) -> Iterator[tuple[int, int, Any]]:
        yield from self._gone(pid=self.pid, peer=0)


_KINDS = {
    "client": (EventKind.OPENED, EventKind.CLOSED),
    "server": (EventKind.OPENED, EventKind.CLOSED),
    "reset": (EventKind.OPENED, EventKind.CLOSED),
    "refused": (EventKind.REFUSED,),
    "abandoned": (EventKind.ABANDONED,),
    "listener": (EventKind.LISTENING, EventKind.CLOSED),
    "unused": (),
}


def history(kinds: list[str], chance: Random) -> History:
    """Let sockets of these kinds live, some at a time, in an order that chance decides; skaddr is used again."""
    records: list[Record] = []
    lives: dict[int, Life] = {}
    waiting = list(enumerate(kinds, start=1))
    free = [0xF000, 0xE000, 0xD000]
    live: list[_Socket] = []
    told: list[_Socket] = []
    at = STEP
    while waiting or live or told:
        at += STEP
        if waiting and free and (not live or chance.random() < 0.4):
            port, kind = waiting.pop(0)
            live.append(_Socket(kind, port, free.pop(chance.randrange(len(free)))))
            lives[port] = Life(port, live[-1].pid, _KINDS[kind], live[-1].cookie, live[-1].totals)
        elif live and (not told or chance.random() < 0.8):
            socket = chance.choice(live)
            pid, code, values = next(socket.steps)
            if code != TOLD:
                records.append(Record(at, pid, code, values, socket.port))
            if code == DESTROY:
                live.remove(socket)
                free.append(socket.skaddr)
                told.append(socket)
        elif told:
            socket = told.pop(chance.randrange(len(told)))
            message = DestroyedSocket(at, 4, True, socket.cookie, b"", socket.totals)
            records.append(Record(at, 0, TOLD, message, socket.port))
    return History(records, lives)
