"""Which of this machine's listeners can be reached: from their own network namespace, and from the program's own."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

from netwatch_tui.kernel.direct_addresses import DirectRoutes
from netwatch_tui.kernel.namespace import LinuxNamespace, namespace_inode
from netwatch_tui.kernel.namespaces import NAMED, NamespaceList
from netwatch_tui.kernel.port_probe import try_ports
from netwatch_tui.sockets.networks import AddressNetworks, Networks
from netwatch_tui.sockets.probe_plan import attempts, planned
from netwatch_tui.sockets.probe_results import Outcome, ProbeEnd
from netwatch_tui.sockets.socket import Socket

_PROC = "/proc"


class ListenerProbe:
    """Plans what to try when it is made, and tries nothing before it is told to. For one thread, and to be closed."""

    def __init__(self, listeners: Sequence[Socket], every: Iterable[Socket]) -> None:
        """Find out where these listeners can be tried.

        Args:
            listeners: Those that are wanted; of those that are no TCP sockets nothing is tried.
            every: All sockets of the same network namespaces.

        Raises:
            OSError: The own network namespace can't be told from others.
        """
        own = namespace_inode(f"{_PROC}/self/ns/net")
        self._list = NamespaceList(_PROC, NAMED)
        self._own = LinuxNamespace(own, _PROC, is_own=True)
        self._origins = {own: self._own, **self._others({each.netns for each in listeners} - {own})}
        self.networks: Networks = {inode: _networks(each) for inode, each in self._origins.items()}
        """The addresses of each namespace with a listener; empty where they can't be had."""
        direct = self._direct() if len(self._origins) > 1 else {}
        self.planned = planned(listeners, every, self.networks, own, direct)
        self.ends = attempts(self.planned)
        """All that will be tried."""

    def close(self) -> None:
        """Let go of all namespaces."""
        self._list.close()
        self._own.close()

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        """Try everything, and tell what came of it; see `port_probe.try_ports`."""
        return try_ports(self.ends, self._origins, check)

    def _others(self, wanted: set[int]) -> dict[int, LinuxNamespace]:
        """Other network namespaces, as far as they are there and may be entered."""
        if not wanted:
            return {}
        self._list.look()
        found = (self._list.known(inode) for inode in wanted)
        return {each.inode: each for each in found if each is not None}

    def _direct(self) -> dict[int, frozenset[bytes]]:
        """By the inode of each other namespace, which of its addresses the own one leads to."""
        try:
            routes = DirectRoutes()
        except OSError:
            return {}
        try:
            return {
                inode: _led_to(routes, self.networks[inode], namespace)
                for inode, namespace in self._origins.items()
                if not namespace.is_own
            }
        finally:
            routes.close()


def _networks(namespace: LinuxNamespace) -> AddressNetworks:
    try:
        return namespace.networks()
    except OSError:
        return {}  # nothing is tried where the machine's own addresses are not known


def _led_to(routes: DirectRoutes, addresses: Iterable[bytes], namespace: LinuxNamespace) -> frozenset[bytes]:
    try:
        return routes.lead_to(addresses, namespace.hold())
    except (OSError, struct.error):
        return frozenset()
