"""Who holds a socket: evidence, never a conclusion.

| reason | when |
|---|---|
| none | a descriptor was read: the owners are known |
| last-held | it was held before, and its process ended, or the socket outlives it |
| accept-queue | an established connection without a file that waits at a listener |
| kernel | proof that no process can hold it: no file stands behind it, and it was never seen held; netlink port 0 |
| permission | some process could not be looked into (`unseen.Unseen`), and nobody else holds it |
| not-found | everything could be read, and nobody holds it |
| gone | no tick saw it, and the kernel's events do not tell |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

NUMBER_SHIFT = 32
"""Above so many bits of a network namespace's inode, or of a pid, stands the number of the host that it is of.

Both are numbers of one kernel; several kernels use the same ones. With its host in it, a number names one thing of one
machine, and whatever goes by namespace or process is right across machines. The machine itself is number 0.
"""

_OWN = (1 << NUMBER_SHIFT) - 1


def own_number(number: int) -> int:
    """A namespace or a pid as the host itself calls it: what people and programs are told."""
    return number & _OWN


class OwnerReason(StrEnum):
    """Why a socket is shown without an owner; the value is what JSON says."""

    LAST_HELD = "last-held"
    """No process that may be read holds it any more; who did is in `Socket.evidence`."""
    ACCEPT_QUEUE = "accept-queue"
    """It waits to be accepted; who holds the listener is in `Socket.evidence`, all of them where it can be several."""
    KERNEL = "kernel"
    """No process can hold it."""
    PERMISSION = "permission"
    """Some processes may not be looked into, and none of the others holds it.

    Where one of those held it when it could be read last, `Socket.evidence` has the holders of that time.
    """
    NOT_YET = "not-yet"
    """Nobody who was looked into holds it, and the turn of some processes has not come yet: see `Unseen.waiting`."""
    NOT_FOUND = "not-found"
    """Every process could be looked into, and none holds it."""
    GONE = "gone"
    """It opened and closed between two ticks, and the kernel did not tell who held it."""


class Process(NamedTuple):
    """What is known of a process that owns sockets."""

    pid: int
    """Of another machine with the number of its host, see `sockets.hosts`; `own_pid` is what people are told."""
    name: str
    cmdline: tuple[str, ...]
    """The arguments; empty for a kernel thread or a zombie."""
    user: str
    """Name of the effective user, or the number where it has no name."""
    create_time: float
    """When it started, in seconds since the epoch; with the pid it tells two processes of one number apart."""
    unit: str | None = None
    """The systemd unit that it runs in."""
    container: str | None = None
    """The container that it runs in, `docker:0123456789ab`."""

    @property
    def own_pid(self) -> int:
        """The pid as its own machine calls it."""
        return own_number(self.pid)


class ProcessDetails(NamedTuple):
    """What is asked for only when a person looks at one process. None stands for what may not be seen."""

    exe: str | None
    """Path of the program."""
    cwd: str | None
    """Working directory."""
    parents: tuple[tuple[int, str], ...]
    """Pid and name of the parent, its parent and so on."""


class ProcessResources(NamedTuple):
    """What a process has by now, asked for while a person looks at it. None stands for what may not be seen."""

    threads: int | None = None
    children: int | None = None
    descriptors: int | None = None
    """How many are open."""
    descriptor_limit: int | None = None
    """How many may be, the soft RLIMIT_NOFILE; see getrlimit(2)."""
    hard_descriptor_limit: int | None = None
    """To how many it may raise that by itself."""


ProcessDetailsByPid = Mapping[int, ProcessDetails]
NO_PROCESS_DETAILS: ProcessDetailsByPid = {}


class Owner(NamedTuple):
    """One descriptor through which one process holds a socket."""

    pid: int
    fd: int | None
    """None where only the kernel's events told of it: which descriptor it was is not known then."""
    process: Process

    @property
    def own_pid(self) -> int:
        """The pid as its own machine calls it."""
        return own_number(self.pid)


def processes_of(owners: Iterable[Owner]) -> list[Process]:
    """Each process once, in their order: some hold a socket by 100,000 descriptors, and have long command lines."""
    return list({id(owner.process): owner.process for owner in owners}.values())


def descriptors_by_pid(owners: Iterable[Owner]) -> dict[int, list[Owner]]:
    """The descriptors of each process, in their order."""
    found: dict[int, list[Owner]] = {}
    for owner in owners:
        found.setdefault(owner.pid, []).append(owner)
    return found
