"""Acts on the machines of a fleet, traces and tries ports there: on one at a time, through its connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Protocol

from netwatch_tui.actions.act import Act
from netwatch_tui.actions.aim import Aim, HeldProcess, HeldSocket, Hit, NotHeldError, Target
from netwatch_tui.actions.open_trace import Trace, TraceRefusedError
from netwatch_tui.actions.probes import ProbeRefusedError, Probes
from netwatch_tui.actions.subject import Subject
from netwatch_tui.hosts.fleet_probe import FleetProbe
from netwatch_tui.hosts.host_feed import HostFeed
from netwatch_tui.sockets.hosts import host_number, on_host, own_number
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Socket

_MOST_NAMED = 3


class Feeds(Protocol):
    """The machines of a fleet."""

    def feed_of(self, host: int) -> HostFeed | None:
        """The machine with this number; None if there is none."""


class FleetActor:
    """Does it on whichever machine it is that is meant. For threads that may wait."""

    def __init__(self, feeds: Feeds) -> None:
        """Act on these."""
        self._feeds = feeds

    def open_trace(self, pids: Sequence[int], inode: int | None = None) -> Trace:
        """Begin to trace processes by their pids in the table.

        Raises:
            TraceRefusedError: They are not traced, or on more than one machine.
        """
        try:
            _, feed = self._the_only(pids)
        except NotHeldError as error:
            raise TraceRefusedError(str(error)) from error
        try:
            return feed.open_trace(list(map(own_number, pids)), inode)
        except TraceRefusedError as error:
            raise TraceRefusedError(f"on {feed.name}: {error}") from error

    def plan_probe(self, listeners: Sequence[Socket], _: Iterable[Socket]) -> Probes:
        """Plan attempts at listeners of the table; all sockets beside them are known on their machine.

        Raises:
            ProbeRefusedError: They can't be tried, or are on more than one machine.
        """
        try:
            host, feed = self._the_only(each.netns for each in listeners)
        except NotHeldError as error:
            raise ProbeRefusedError(str(error)) from error
        rows = {_own_socket(each): each for each in listeners}
        try:
            return FleetProbe(feed.plan_probe(list(rows)), host, rows)
        except ProbeRefusedError as error:
            raise ProbeRefusedError(f"on {feed.name}: {error}") from error

    def take_aim(self, subject: Subject) -> Aim:
        """Hold what a subject means, where it is.

        Raises:
            NotHeldError: It is not held, or on more than one machine.
        """
        sockets = (*subject.sockets, *subject.accepted)
        numbers = (*(each.netns for each in sockets), *(process.pid for process in subject.processes))
        host, feed = self._the_only(numbers)
        try:
            aim = feed.take_aim(_own_subject(subject))
        except NotHeldError as error:
            raise NotHeldError(f"on {feed.name}: {error}") from error
        rows = {_own_socket(each): each for each in chain(subject.sockets, subject.accepted)}
        own: dict[Target, Target] = {}
        """What stands in the table, and what that is on its machine."""

        def of_table(held: Sequence[HeldSocket]) -> tuple[HeldSocket, ...]:
            found = tuple(each._replace(socket=rows[each.socket]) for each in held)
            own.update(zip(found, held, strict=True))
            return found

        def perform(act: Act, targets: Sequence[Target]) -> list[Hit]:
            hits = aim.perform(act, [own[target] for target in targets])
            return [hit._replace(target=target) for hit, target in zip(hits, targets, strict=True)]

        processes = tuple(_of_table(each, host) for each in aim.processes)
        own.update(zip(processes, aim.processes, strict=True))
        return aim._replace(
            processes=processes,
            connections=of_table(aim.connections),
            listeners=of_table(aim.listeners),
            accepted=of_table(aim.accepted),
            perform=perform,
            host=feed.name,
        )

    def _the_only(self, numbers: Iterable[int]) -> tuple[int, HostFeed]:
        """The machine on which all of these are, namespaces or pids of the table."""
        hosts = set(map(host_number, numbers))
        feeds = {host: feed for host in sorted(hosts) if (feed := self._feeds.feed_of(host))}
        if len(hosts) == len(feeds) == 1:
            return next(iter(feeds.items()))
        names = [feed.name for feed in feeds.values()]
        if not names:
            raise NotHeldError("this is on no machine of the table")
        listed = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
        raise NotHeldError(f"this is on {len(names)} machines ({listed}): one at a time, as by host:{names[0]}")


def _own_subject(subject: Subject) -> Subject:
    """The same by the numbers of its machine, as far as that needs it."""
    return Subject(
        sockets=tuple(map(_own_socket, subject.sockets)),
        processes=tuple(map(_own_process, subject.processes)),
        accepted=tuple(map(_own_socket, subject.accepted)),
    )


def _own_socket(socket: Socket) -> Socket:
    return socket._replace(
        netns=own_number(socket.netns),
        owners=tuple(map(_own_owner, socket.owners)),
        evidence=tuple(map(_own_owner, socket.evidence)),
    )


def _own_owner(owner: Owner) -> Owner:
    return Owner(own_number(owner.pid), owner.fd, _own_process(owner.process))


def _own_process(process: Process) -> Process:
    return process._replace(pid=own_number(process.pid))


def _of_table(held: HeldProcess, host: int) -> HeldProcess:
    return held._replace(process=held.process._replace(pid=on_host(held.process.pid, host)))
