"""What a person points at when they want to act: sockets and processes as they stood on the screen at that moment.

It is never looked up again by a place on the screen. What is hit is what had this identity, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Socket, State


class Holding(NamedTuple):
    """What processes hold together, all of which ends with them."""

    listeners: int
    connections: int
    others: int
    """Further sockets."""
    sharers: int
    """Further processes that hold any of these, too."""


def holding_of(processes: Iterable[Process], sockets: Iterable[Socket]) -> Holding:
    """What some processes hold of all sockets that can be seen."""
    pids = {process.pid for process in processes}
    held = [socket for socket in sockets if any(owner.pid in pids for owner in socket.owners)]
    listeners = sum(socket.state is State.LISTEN for socket in held)
    connections = sum(bool(socket.peer_port) for socket in held)
    sharers = {owner.pid for socket in held for owner in socket.owners} - pids
    return Holding(listeners, connections, len(held) - listeners - connections, len(sharers))


class Subject(NamedTuple):
    """Sockets, and those of the processes behind them that are meant."""

    sockets: tuple[Socket, ...]
    processes: tuple[Process, ...]
    """Those that signals go to."""
    others: tuple[Process, ...] = ()
    """Further processes that hold any of these sockets, and would notice if one is closed."""
    accepted: tuple[Socket, ...] = ()
    """Connections that came in through the listeners among the sockets, and certainly through them."""
    every: tuple[Socket, ...] = ()
    """All sockets that could be seen, among which are those that the processes hold besides."""
    label: str = ""
    """What a person calls all of it, `the group nginx` or `3 marked sockets`; empty for a single socket."""

    def aimed_at(self, processes: Iterable[Process]) -> Subject:
        """The same with other ones of its processes meant."""
        meant = tuple(processes)
        rest = tuple(each for each in (*self.processes, *self.others) if each not in meant)
        return self._replace(processes=meant, others=rest)


def subject_of(socket: Socket, every: tuple[Socket, ...], accepted: Iterable[Socket] = ()) -> Subject:
    """A single socket of all that could be seen, and of its holders the one whose name stands first in its row."""
    meant = holders((socket,))
    return Subject((socket,), meant[:1], meant[1:], tuple(accepted), every)


def subject_of_all(sockets: Iterable[Socket], every: tuple[Socket, ...], label: str) -> Subject:
    """Several sockets, and all processes that hold any of them."""
    meant = tuple(sockets)
    return Subject(meant, holders(meant), every=every, label=label)


def holders(sockets: Iterable[Socket]) -> tuple[Process, ...]:
    """The processes that hold any of these sockets, each once, in the order in which they are met."""
    return tuple({owner.pid: owner.process for socket in sockets for owner in socket.owners}.values())


def descriptors_of(pid: int, sockets: Iterable[Socket]) -> list[tuple[Owner, Socket]]:
    """Through which descriptors a process holds which of these sockets."""
    return [(owner, socket) for socket in sockets for owner in socket.owners if owner.pid == pid]
