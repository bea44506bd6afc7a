"""The machines of a table that shows several: their numbers, and how each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

NUMBER_SHIFT = 32
"""Above so many bits of a network namespace's inode, or of a pid, stands the number of the host that it is of.

Both are numbers of one kernel; several kernels use the same ones. With its host in it, a number names one thing of one
machine, and whatever goes by namespace or process is right across machines. The machine itself is number 0.
"""

_OWN = (1 << NUMBER_SHIFT) - 1


def host_number(number: int) -> int:
    """The number of the host that a namespace or a pid is of; 0 for this machine."""
    return number >> NUMBER_SHIFT


def on_host(number: int, host: int) -> int:
    """A namespace or a pid of a host, as one of all hosts."""
    return number | host << NUMBER_SHIFT


def own_number(number: int) -> int:
    """A namespace or a pid as the host itself calls it."""
    return number & _OWN


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


Hosts = Mapping[int, HostStatus]
"""By number, from 1 on, in the order in which they were asked for."""

NO_HOSTS: Hosts = {}
