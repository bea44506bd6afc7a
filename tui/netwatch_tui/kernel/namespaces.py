"""Network namespaces, each with one process through which its sockets can be read; see network_namespaces(7)."""

from __future__ import annotations

import os
from typing import NamedTuple

from netwatch_tui.kernel.descriptors import list_pids

NAMED = "/run/netns"
"""Where `ip netns` keeps the namespaces to which it gave a name."""


OWN = "own"
"""What the own namespace is called when nobody gave it a name."""


class Namespace(NamedTuple):
    """A network namespace."""

    inode: int
    name: str
    """From `ip netns`, else the container or unit of its first process, else its inode."""
    pid: int
    """A process in it; its `/proc/PID/net` shows the namespace's sockets."""


class Namespaces(NamedTuple):
    """What can be seen of them."""

    own: Namespace
    others: tuple[Namespace, ...]
    denied: int
    """Processes whose namespace may not be looked at."""

    def chosen(self, name: str) -> tuple[Namespace, ...]:
        """Those meant by a name or number; the own one for the empty name, all for `*`."""
        if not name:
            return (self.own,)
        every = (self.own, *self.others)
        return every if name == "*" else tuple(each for each in every if name in (each.name, str(each.inode)))


def list_namespaces(proc: str, named: str = NAMED) -> Namespaces:
    """All network namespaces that have a process that may be looked into."""
    own = _inode(f"{proc}/self/ns/net")
    first: dict[int, int] = {}
    denied = 0
    for pid in list_pids(proc):
        try:
            first.setdefault(_inode(f"{proc}/{pid}/ns/net"), pid)
        except PermissionError:
            denied += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    names = _names(named)
    others = (
        Namespace(inode, names.get(inode) or _origin(proc, pid) or str(inode), pid)
        for inode, pid in first.items()
        if inode != own
    )
    return Namespaces(Namespace(own, names.get(own) or OWN, os.getpid()), tuple(others), denied)


def _inode(link: str) -> int:
    """The number in `net:[4026531840]`."""
    return int(os.readlink(link).rpartition("[")[2][:-1])


def _names(named: str) -> dict[int, str]:
    """The names that `ip netns` gave, by inode."""
    try:
        return {entry.stat().st_ino: entry.name for entry in os.scandir(named)}
    except OSError:
        return {}


def _origin(proc: str, pid: int) -> str | None:
    from netwatch_tui.kernel.cgroups import parse_cgroup  # here, because most machines have one namespace

    try:
        with open(f"{proc}/{pid}/cgroup", errors="replace") as file:
            origin = parse_cgroup(file.read())
    except OSError:
        return None
    return origin.container or origin.unit
