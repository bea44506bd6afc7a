"""What must be known to say whether a port can be bound; see bind(2), ip(7) and the kernel's ip-sysctl.rst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netwatch_tui.sockets.socket import Socket

PortRange = tuple[int, int]
"""The first and the last port of it."""


class PortRules(NamedTuple):
    """How a network namespace gives out its ports. None stands for what can't be read."""

    local_range: PortRange | None = None
    """From where the kernel takes the local ports of outgoing connections: `ip_local_port_range`."""
    reserved: tuple[PortRange, ...] = ()
    """What it leaves alone then: `ip_local_reserved_ports`. A process may bind them all the same."""
    unprivileged_start: int | None = None
    """The first port that anybody may bind: `ip_unprivileged_port_start`."""
    may_bind_low: bool | None = None
    """Whether this process has CAP_NET_BIND_SERVICE there, which ports below that take."""
    lists_bound: bool = False
    """Whether sockets are listed that are bound and neither listen nor connect: since Linux 6.8, by sock_diag alone."""

    def is_local(self, port: int) -> bool:
        """Whether the kernel may give the port to an outgoing connection."""
        return self._is_in_range(port) and not self.is_reserved(port)

    def is_reserved(self, port: int) -> bool:
        """Whether it is kept from outgoing connections that it could be given to otherwise."""
        return self._is_in_range(port) and any(first <= port <= last for first, last in self.reserved)

    def is_privileged(self, port: int) -> bool:
        """Whether it takes CAP_NET_BIND_SERVICE to bind the port."""
        return self.unprivileged_start is not None and port < self.unprivileged_start

    def _is_in_range(self, port: int) -> bool:
        return self.local_range is not None and self.local_range[0] <= port <= self.local_range[1]


class Lineage(NamedTuple):
    """From whom a process may have inherited descriptors."""

    ancestors: tuple[int, ...] = ()
    """The pids of its parent, its parent and so on."""
    is_orphan: bool = False
    """It seems that the process that started it has ended."""


class PortFacts(NamedTuple):
    """All that one tick found out about one port."""

    port: int
    netns: int
    """Inode of the network namespace in which it is asked about."""
    sockets: tuple[Socket, ...]
    """Those that have it as their local port, in that namespace."""
    elsewhere: tuple[Socket, ...] = ()
    """Those that wait at it in other namespaces."""
    names: Mapping[int, str] = {}
    """What these namespaces are called."""
    rules: PortRules = PortRules()
    lineages: Mapping[int, Lineage] = {}
    """Of the holders that can be looked into, by pid."""
