"""Takes aim: opens and verifies what a person pointed at, and finds out what may be done to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack

from netwatch_tui.actions.aim import Aim, HeldSocket, NotHeldError, TooManyError
from netwatch_tui.actions.deeds import Deeds
from netwatch_tui.actions.guards import OwnSession, read_ssh_connection
from netwatch_tui.actions.holding import MOST_PROCESSES, Handles, hold_processes, hold_sockets
from netwatch_tui.actions.subject import Subject, holding_of
from netwatch_tui.fields.format import both_ends
from netwatch_tui.kernel.lineage import read_lineage
from netwatch_tui.kernel.socket_closer import SocketCloser
from netwatch_tui.kernel.source import PROC, LinuxSource
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.socket import Socket, State


class Actor:
    """Acts on this machine. For a thread that may wait for the kernel, one at a time."""

    def __init__(self, make_source: Callable[[], LinuxSource] = LinuxSource) -> None:
        """Hold nothing yet; what is given makes the machine, as one that nobody else reads."""
        self._make_source = make_source

    def take_aim(self, subject: Subject) -> Aim:
        """Hold what a subject means, as far as it is still there.

        Raises:
            TooManyError: It is more than can be held.
            NotHeldError: Any of it is on another machine, where the same pids and inodes are other things.
            OSError: The machine can't be read.
        """
        _check_is_here(subject)
        if len(subject.processes) > MOST_PROCESSES:
            raise TooManyError(f"{len(subject.processes):,} processes are too many at once; filter for fewer")
        lineage = read_lineage(PROC, os.getpid())
        session = OwnSession(os.getpid(), lineage.ancestors if lineage else (), read_ssh_connection(os.environ))
        with ExitStack() as held:
            source = self._make_source()
            held.callback(source.close)
            handles, closers = Handles(held), NamespaceClosers(source, held)
            meant, missed = hold_processes(subject, source, handles, session)
            sockets = tuple(dict.fromkeys((*subject.sockets, *subject.accepted)))
            found = dict(zip(sockets, hold_sockets(sockets, closers, handles, session), strict=True))
            return Aim(
                processes=meant,
                holding=holding_of((each.process for each in meant), subject.every),
                connections=_those(found, subject.sockets, are_listeners=False),
                listeners=_those(found, subject.sockets, are_listeners=True),
                accepted=_those(found, subject.accepted, are_listeners=False),
                missed=(*missed, *(f"{both_ends(socket)} has closed" for socket in sockets if not found[socket])),
                perform=Deeds(handles, closers).perform,
                release=held.pop_all().close,
            )


def _check_is_here(subject: Subject) -> None:
    every = (*subject.sockets, *subject.accepted)
    holders = (owner.pid for socket in every for owner in (*socket.owners, *socket.evidence))
    numbers = (*(socket.netns for socket in every), *(process.pid for process in subject.processes), *holders)
    if any(map(host_number, numbers)):
        raise NotHeldError("this is on another machine, and nothing is done to it from here")


def _those(
    found: Mapping[Socket, HeldSocket | None], sockets: Iterable[Socket], *, are_listeners: bool
) -> tuple[HeldSocket, ...]:
    return tuple(
        each for socket in sockets if (each := found[socket]) and (socket.state is State.LISTEN) == are_listeners
    )


class NamespaceClosers:
    """What closes the sockets of each network namespace, opened when it is needed first."""

    def __init__(self, source: LinuxSource, held: ExitStack) -> None:
        """Open them on a machine, until what is held is let go."""
        self._source = source
        self._held = held
        self._by_namespace: dict[int, SocketCloser | OSError] = {}

    def of(self, netns: int) -> SocketCloser:
        """The closer of the namespace with this inode.

        Raises:
            OSError: It can't be entered.
        """
        found = self._by_namespace.get(netns)
        if found is None:
            try:
                found = self._source.opened_in(netns, SocketCloser)
                self._held.callback(found.close)
            except OSError as error:
                found = error
            self._by_namespace[netns] = found
        if isinstance(found, OSError):
            raise found
        return found
