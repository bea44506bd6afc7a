"""What a filter has to be told about the machine that it is typed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netwatch_tui.sockets.services import NO_SERVICES, ServiceNames


class MachineNames(NamedTuple):
    """Names and numbers of one machine, read once. Without them a filter knows numbers only."""

    services: Mapping[str, Mapping[str, int]] = {}
    """By protocol (`tcp`, `udp`...), then by name or alias, the port."""
    me: int | None = None
    """The user who looks, for `is:mine`; None when nobody does."""
    devices: Mapping[int, str] = {}
    """Names of network devices by index, for `dev 2`."""

    port_names: ServiceNames = NO_SERVICES
    """The same the other way round, for `service:`."""

    def ports(self, service: str) -> tuple[int, ...]:
        """The ports that have this name, in ascending order: mostly one, whatever the protocol."""
        found = {ports[service] for ports in self.services.values() if service in ports}
        return tuple(sorted(found))


NO_NAMES = MachineNames()
