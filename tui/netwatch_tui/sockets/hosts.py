"""The machines of a table that shows several: their numbers, and how each of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.ownership import NUMBER_SHIFT, own_number

__all__ = [
    "NO_HOSTS",
    "NUMBER_SHIFT",
    "HostPhase",
    "HostStatus",
    "Hosts",
    "at_host",
    "host_number",
    "names_hosts",
    "on_host",
    "own_number",
]


def host_number(number: int) -> int:
    """The number of the host that a namespace or a pid is of; 0 for this machine."""
    return number >> NUMBER_SHIFT


def on_host(number: int, host: int) -> int:
    """A namespace or a pid of a host, as one of all hosts. A number that is too large names none of another host."""
    return own_number(number) | host << NUMBER_SHIFT


class HostPhase(StrEnum):
    """How it stands with a host."""

    CONNECTING = "connecting"
    LIVE = "live"
    LATE = "late"
    """It is connected, and a tick of it is overdue."""
    LOST = "lost"
    """It was live, and the connection ended."""
    REFUSED = "refused"
    """It never was: the connection could not be made, or there is no Python that fits."""


class HostStatus(NamedTuple):
    """How it stands with one host."""

    name: str
    """As the person wrote it."""
    phase: HostPhase
    text: str = ""
    """Why, in words; empty while it is live."""
    as_of: float | None = None
    """When its last tick was, in seconds since the epoch by this machine's clock; None before the first."""
    clock_offset: float | None = None
    """Seconds by which its clock is ahead of this machine's; None while that is not measured."""
    retry_at: float | None = None
    """When it is tried again, in seconds since the epoch; None while it is connected or is not tried again."""
    sockets: int = 0
    """How many rows the table has of it."""
    own_namespace: int = 0
    """The network namespace in which a command that is run there is, as one of all hosts; 0 while that is not known."""

    @property
    def is_live(self) -> bool:
        """Whether what the table has of it is of now."""
        return self.phase is HostPhase.LIVE


Hosts = Mapping[int, HostStatus]
"""By number, from 1 on, in the order in which they were asked for."""

NO_HOSTS: Hosts = {}
"""Only the machine on which the program runs."""


def names_hosts(hosts: Sized) -> bool:
    """Whether there are several machines, so that a row has to say of which it is."""
    return len(hosts) > 1


def at_host(text: str, number: int, hosts: Hosts) -> str:
    """A name that is unique on one machine, as one that is unique among all: `web01:default`.

    Args:
        text: The name.
        number: The namespace or pid that has it.
        hosts: The machines in the table.
    """
    host = hosts.get(host_number(number)) if names_hosts(hosts) else None
    return text if host is None else f"{host.name}:{text}"
